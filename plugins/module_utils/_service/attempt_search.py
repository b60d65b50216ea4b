# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Search for the service or API key that an attempt may have created, until the outcome is known."""

from __future__ import annotations

import abc
import functools
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from .._client.api import Api
from .._client.progress import Progress
from .._errors import CloudError, OutcomeUnknown
from .creation_attempt import VISIBILITY_TIMEOUT, CreationAttempt

#: Seconds between two requests for a resource that is not visible yet; the last one is repeated.
LOOKUP_DELAYS = (1, 2, 4, 8, 10)

#: A recent resource that was visible before, and is not found this many times in a row, counts as deleted.
MAX_NOT_FOUND = 5

Found = TypeVar("Found", bound=Mapping[str, Any])


@dataclass
class AttemptSearch(Generic[Found], abc.ABC):
    """The search, for up to timeout seconds, for the resource that an attempt may have created.

    A subclass states its kind, noun with an article, and how to find it. error is why the outcome of an attempt of this
    task is not known.
    """

    article: ClassVar[str] = "a"
    noun: ClassVar[str]

    api: Api
    name: str
    attempt: CreationAttempt
    timeout: float = VISIBILITY_TIMEOUT
    error: CloudError | None = None
    progress: Progress = field(default_factory=Progress)
    _last_error: CloudError | None = field(default=None, init=False)
    _not_found: int = field(default=0, init=False)

    def run(self) -> Found | None:
        """Wait until the resource is visible; return None when the attempt has created none.

        Raise OutcomeUnknown when it is not visible in time, and may still appear.
        """
        if not self.attempt.is_recent:
            return None
        deadline = time.monotonic() + self.timeout
        self.api.discard_lists()
        for delay in itertools.takewhile(lambda _delay: self.attempt.is_recent, self._delays()):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise self._outcome_unknown()
            self.progress.pause(
                min(delay, remaining),
                self._describe,
                functools.partial("for up to {:.0f} more seconds".format, remaining),
            )
            found, is_settled = self._look_up()
            if is_settled:
                return found
        return self._find_by_name()

    def _describe(self) -> str:
        requested_at = format_utc(self.attempt.sent_at)
        return f"Waiting for {self.noun} {self.name!r}, which may have been created at {requested_at}"

    def _delays(self) -> Iterator[float]:
        """Return the seconds before each lookup."""
        # Without an ID, there is only the list, which was read just now.
        first = [0] if self.attempt.resource_id or self.error else []
        return itertools.chain(first, lookup_delays())

    def _look_up(self) -> tuple[Found | None, bool]:
        """Return the resource, and whether that is the outcome. Raise CloudError for an error that is not transient."""
        try:
            found, is_settled = self._find()
        except CloudError as error:
            self._last_error, self._not_found = error, 0
            if error.is_transient:
                return None, False
            if self.error:
                raise self._outcome_unknown() from error
            raise
        self._last_error = None
        self._not_found += 1
        return found, is_settled or (self.attempt.seen and self._not_found == MAX_NOT_FOUND)

    def _find(self) -> tuple[Found | None, bool]:
        """Return the resource if it is visible and as expected, and whether the attempt certainly had its effect."""
        if self.attempt.resource_id:
            # A list may lag behind this request.
            found = self._find_by_id(self.attempt.resource_id)
            if found is not None:
                return found if self._is_expected(found) else None, True
        found = self._find_by_name()
        return found, found is not None

    @abc.abstractmethod
    def _find_by_id(self, resource_id: str) -> Found | None:
        """Return the resource in any state; None when there is none."""

    @abc.abstractmethod
    def _find_by_name(self) -> Found | None:
        """Return the only resource of this name that exists; None when there is none."""

    def _is_expected(self, found: Found) -> bool:
        """Return whether the resource of the known ID still is the one that was created."""
        return found.get("name") == self.name

    def _outcome_unknown(self) -> OutcomeUnknown:
        """Return the error of an attempt whose outcome is still unknown."""
        attempt = self.attempt
        requested = f"its creation was requested at {format_utc(attempt.sent_at)}"
        if attempt.sent_at > time.time():
            requested += ", by a clock that was set back since then"
        outcome = (
            f"the API returned the ID {attempt.resource_id}" if attempt.resource_id else "its response is not known"
        )
        if self._last_error:
            situation = (
                f"Whether there is {self.article} {self.noun} {self.name!r} is not known: {requested}, {outcome}."
                f" {self._last_error}"
            )
        else:
            situation = (
                f"{self.article.capitalize()} {self.noun} {self.name!r} may still appear: {requested}, {outcome}, and"
                f" it is not visible after {self.timeout:g} seconds."
            )
        advice = (
            f"Run the task again later: it uses the {self.noun} once it is visible. Until"
            f" {format_utc(attempt.expiry)}, no task creates another one. If you are sure that it will not"
            f" appear, remove {attempt.path}."
        )
        return OutcomeUnknown(" ".join([*([str(self.error)] if self.error else []), situation, advice]), self.error)


def lookup_delays() -> Iterator[float]:
    """Return the seconds between two lookups, without end."""
    return itertools.chain(LOOKUP_DELAYS, itertools.repeat(LOOKUP_DELAYS[-1]))


def format_utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
