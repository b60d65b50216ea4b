# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.retry import RetryPolicy
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import NO_RESPONSE, NOT_RETRYABLE, NOT_SENT

POLICY = RetryPolicy(attempts=4, max_rate_limit_attempts=30, initial_delay=1.0, max_delay=60.0, jitter=lambda: 0.0)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"X-RateLimit-Reset": "7"}, 8.0),
        ({"X-RateLimit-Reset": "2.5"}, 3.5),
        ({"X-RateLimit-Reset": "0"}, 1.0),
        ({"X-RateLimit-Reset": "0.5"}, 1.5),
        ({"Retry-After": "4"}, 5.0),
        ({"X-RateLimit-Reset": "3", "Retry-After": "9"}, 4.0),
        ({"X-RateLimit-Reset": "86400"}, 60.0),
        ({}, 4.0),
        ({"X-RateLimit-Reset": "soon"}, 4.0),
        ({"X-RateLimit-Reset": "-1"}, 4.0),
        ({"X-RateLimit-Reset": "nan"}, 4.0),
        ({"X-RateLimit-Reset": "inf"}, 4.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 4.0),
    ],
)
def test_rate_limited_request_is_retried_when_the_api_says(method: str, headers: dict[str, str], delay: float) -> None:
    # After two attempts, since these headers do not determine the pause before the third one.
    assert POLICY.delay(3, 429, headers, method) == delay


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("outcome", [408, 502, 503, 504, NO_RESPONSE])
def test_unknown_outcome_is_retried_only_if_safe(outcome: int | str, method: str) -> None:
    assert [POLICY.delay(attempt, outcome, {}, method) for attempt in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, None]
    assert POLICY.delay(1, outcome, {}, "POST") is None
    assert POLICY.delay(1, outcome, {}, "") is None


def test_server_error_of_the_api_is_retried_only_for_reads() -> None:
    assert [POLICY.delay(attempt, 500, {}) for attempt in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, None]
    for method in ("POST", "PATCH", "DELETE", ""):
        assert POLICY.delay(1, 500, {}, method) is None


def test_unsent_request_is_always_retried() -> None:
    assert POLICY.delay(1, NOT_SENT, {}, "POST") == 1.0
    assert POLICY.delay(4, NOT_SENT, {}, "POST") is None


@pytest.mark.parametrize("outcome", [400, 401, 403, 404, 409, 424, 501, NOT_RETRYABLE])
@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_other_outcomes_are_not_retried(method: str, outcome: int | str) -> None:
    assert POLICY.delay(1, outcome, {}, method) is None


@pytest.mark.parametrize(
    ("method", "delays"), [("GET", [1.0, 1.0]), ("PATCH", [1.0, 1.0]), ("DELETE", [1.0, 1.0]), ("POST", [1.0, None])]
)
def test_rate_limit_of_a_gateway_is_not_retried_for_a_creation(method: str, delays: list[float | None]) -> None:
    assert [POLICY.delay(1, 429, {}, method, may_have_been_applied=applied) for applied in (False, True)] == delays


def test_rate_limit_is_retried_more_often_than_failures() -> None:
    assert POLICY.delay(29, 429, {"X-RateLimit-Reset": "1"}) == 2.0
    assert POLICY.delay(30, 429, {"X-RateLimit-Reset": "1"}) is None


def test_pause_has_a_maximum() -> None:
    assert RetryPolicy(attempts=99, jitter=lambda: 0.0).delay(50, 503, {}) == 60.0


def test_jitter_lengthens_a_pause() -> None:
    policy = RetryPolicy(jitter=lambda: 1.0)
    assert policy.delay(1, 503, {}) == 1.25
    assert policy.delay(1, 429, {"X-RateLimit-Reset": "3"}) == 5.0
