# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When to ask again, and how long to wait first."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from .._errors import NO_RESPONSE, NOT_SENT, RequestOutcome

#: Outcomes that leave open whether the API has acted.
AMBIGUOUS_STATUSES = frozenset({408, 502, 503, 504, NO_RESPONSE})
#: By the method of a request that may be sent twice, since the second one finds things as the first one left them: the
#: outcomes after which it is sent again. 500 is an error of the API itself, in whatever it was doing. Reading again
#: does no harm, while a write would have it do the same again; the next run compares first.
RETRY_SAFE_METHODS = {"GET": AMBIGUOUS_STATUSES | {500}, "PATCH": AMBIGUOUS_STATUSES, "DELETE": AMBIGUOUS_STATUSES}


@dataclass(frozen=True)
class RetryPolicy:
    """Decides, from what became of a request, whether it is sent again.

    - 429 was refused unread, if the API itself says so: any request is sent again, after the seconds that the API
      names. If something else says so, only a request in SENT_AGAIN is, since the API may have acted.
    - A request that was never sent is sent again, whatever it would do.
    - 408, 502, 503, 504 and a lost answer: only a request in SENT_AGAIN is, since the API may have acted.
    - 500: only a request that reads is.
    - Anything else is an answer.
    """

    attempts: int = 4
    max_rate_limit_attempts: int = 30
    first: float = 1.0
    longest: float = 60.0
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
        """Seconds to wait before attempt + 1, or None when this outcome stands. Attempts count from 1.

        Any other method than those in SENT_AGAIN is one of a request that must not be sent twice. maybe_done is whether
        the API may have done what it was asked to do.
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
                # One second more, since the header is rounded; some jitter, since others wait for the same moment.
                return min(seconds + 1.0, self.longest) + self.jitter()
        return self._backoff(attempt)

    def _backoff(self, attempt: int) -> float:
        pause: float = min(self.first * 2 ** (attempt - 1), self.longest)
        return pause * (1 + self.jitter() / 4)


def parse_delay(text: str | None) -> float | None:
    """The seconds that a header names; None when it is missing or names none."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
