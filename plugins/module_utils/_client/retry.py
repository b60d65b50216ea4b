# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When to ask again, and how long to wait first."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from .._errors import NO_ANSWER, NOT_SENT, Outcome

#: Outcomes that leave open whether the API has acted.
UNCERTAIN = frozenset({408, 502, 503, 504, NO_ANSWER})
#: By the method of a request that may be sent twice, since the second one finds things as the first one left them: the
#: outcomes after which it is sent again. 500 is an error of the API itself, in whatever it was doing. Reading again
#: does no harm, while a write would have it do the same again; the next run compares first.
SENT_AGAIN = {"GET": UNCERTAIN | {500}, "PATCH": UNCERTAIN, "DELETE": UNCERTAIN}


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
    attempts_when_limited: int = 30
    first: float = 1.0
    longest: float = 60.0
    jitter: Callable[[], float] = random.random

    def delay(
        self,
        attempt: int,
        outcome: Outcome,
        headers: Mapping[str, str],
        method: str = "GET",
        *,
        maybe_done: bool = False,
    ) -> float | None:
        """Seconds to wait before attempt + 1, or None when this outcome stands. Attempts count from 1.

        Any other method than those in SENT_AGAIN is one of a request that must not be sent twice. maybe_done is whether
        the API may have done what it was asked to do.
        """
        if outcome == 429 and (method in SENT_AGAIN or not maybe_done):
            return self._when_limited(attempt, headers)
        if attempt >= self.attempts:
            return None
        if outcome == NOT_SENT or outcome in SENT_AGAIN.get(method, ()):
            return self._backoff(attempt)
        return None

    def _when_limited(self, attempt: int, headers: Mapping[str, str]) -> float | None:
        if attempt >= self.attempts_when_limited:
            return None
        for name in ("X-RateLimit-Reset", "Retry-After"):
            seconds = _seconds(headers.get(name))
            if seconds is not None:
                # One second more, since the header is rounded; some jitter, since others wait for the same moment.
                return min(seconds + 1.0, self.longest) + self.jitter()
        return self._backoff(attempt)

    def _backoff(self, attempt: int) -> float:
        pause: float = min(self.first * 2 ** (attempt - 1), self.longest)
        return pause * (1 + self.jitter() / 4)


def _seconds(text: str | None) -> float | None:
    """The seconds that a header names; None when it is missing or names none."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
