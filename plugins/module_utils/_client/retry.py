# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When to send a request again, and how long to wait first."""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from .._errors import NO_RESPONSE, NOT_SENT, RequestOutcome

#: Outcomes after which it is not known whether the API has acted.
AMBIGUOUS_STATUSES = frozenset({408, 502, 503, 504, NO_RESPONSE})
#: By the method of a request that has the same effect once or twice: the outcomes after which it is sent again.
#: 500 is an error of the API itself: reading again does no harm, but a write could fail in the same way, half done.
RETRY_SAFE_METHODS = {
    "GET": AMBIGUOUS_STATUSES | {500},
    "PUT": AMBIGUOUS_STATUSES,
    "PATCH": AMBIGUOUS_STATUSES,
    "DELETE": AMBIGUOUS_STATUSES,
}


class Retry(enum.Enum):
    """The rules for sending a failed request again."""

    #: Not at all: the caller does it.
    NEVER = enum.auto()
    #: Only if the API has certainly not acted on it.
    IF_SAFE = enum.auto()
    #: Whenever RetryPolicy allows it for the method.
    ALWAYS = enum.auto()
    #: Whenever RetryPolicy allows it for PUT: a POST that replaces everything has the same effect once or twice.
    LIKE_PUT = enum.auto()

    def method(self, method: str) -> str:
        """Return the method whose rules apply to a request with this method, "" for none of RETRY_SAFE_METHODS."""
        return {Retry.ALWAYS: method, Retry.LIKE_PUT: "PUT"}.get(self, "")


@dataclass(frozen=True)
class RetryPolicy:
    """The rules that decide by the outcome of a request whether it is sent again.

    - 429 from the API itself: the API has not acted, so any request is sent again, after the delay in the response.
      From anything else: only methods in RETRY_SAFE_METHODS, since the API may have acted.
    - Not sent: any request.
    - 408, 502, 503, 504 and no response: only methods in RETRY_SAFE_METHODS, since the API may have acted.
    - 500: only GET.
    - Anything else is final.
    """

    attempts: int = 4
    max_rate_limit_attempts: int = 30
    initial_delay: float = 1.0
    max_delay: float = 60.0
    jitter: Callable[[], float] = random.random

    def delay(
        self,
        attempt: int,
        outcome: RequestOutcome,
        headers: Mapping[str, str],
        method: str = "GET",
        *,
        may_have_been_applied: bool = False,
    ) -> float | None:
        """Return the seconds to wait before attempt + 1, or None if the outcome is final. Attempts count from 1.

        A method that is not in RETRY_SAFE_METHODS, such as "", is sent again only if the API has certainly not acted.
        """
        if outcome == 429 and (method in RETRY_SAFE_METHODS or not may_have_been_applied):
            return self._rate_limit_delay(attempt, headers)
        if attempt >= self.attempts:
            return None
        if outcome == NOT_SENT or outcome in RETRY_SAFE_METHODS.get(method, ()):
            return self._backoff(attempt)
        return None

    def _rate_limit_delay(self, attempt: int, headers: Mapping[str, str]) -> float | None:
        if attempt >= self.max_rate_limit_attempts:
            return None
        for name in ("X-RateLimit-Reset", "Retry-After"):
            seconds = parse_delay(headers.get(name))
            if seconds is not None:
                # The header is rounded, so one second is added; jitter keeps processes from retrying together.
                return min(seconds + 1.0, self.max_delay) + self.jitter()
        return self._backoff(attempt)

    def _backoff(self, attempt: int) -> float:
        delay: float = min(self.initial_delay * 2 ** (attempt - 1), self.max_delay)
        return delay * (1 + self.jitter() / 4)


def parse_delay(text: str | None) -> float | None:
    """Return the seconds in a header; None if it is missing, negative or not a number."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
