# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Lines that a task shows while it runs: what has happened, and what it waits for."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Callable

#: Seconds after which a task that has shown nothing says what it waits for, and those until it says so again.
SILENCE = 10.0
REMINDER = 60.0
#: Seconds that a request lasts before a line about it can be shown.
SLOW_REQUEST = 1.0
#: The label of a service in a message.
_LABEL = re.compile(r"\bService (['\"])(.*?)\1 \(([0-9a-f]{8})-[0-9a-f-]{27}\)")
#: States that a service leaves by itself, and the one of an entry that has not been started.
_TRANSITIONAL = frozenset({"pending", "provisioning", "starting", "stopping", "awaking", "terminating"})


class _Silence:
    """The time since the last line, which the threads of a task share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due = 0.0
        self.broken()

    def broken(self) -> None:
        """Begin again: a line about an event is shown."""
        self._due = time.monotonic() + SILENCE

    def remaining(self) -> float:
        """Return the seconds until the next line is to be shown."""
        return max(self._due - time.monotonic(), 0.0)

    def claim(self) -> bool:
        """Return whether a line is to be shown now; true for only one of the threads."""
        with self._lock:
            is_due = self.remaining() <= 0
            if is_due:
                self._due = time.monotonic() + REMINDER
            return is_due


class Progress:
    """The lines of a task. Without a function that shows them, there are none."""

    def __init__(self, show: Callable[[str], None] | None = None, silence: _Silence | None = None) -> None:
        self.is_shown = show is not None
        self._show = show or _drop_line
        self._silence = silence or _Silence()

    def show(self, line: str) -> None:
        """Show a line about something that has happened, with the names and short IDs of services."""
        self._silence.broken()
        self._show(_LABEL.sub(r"\2 (\3)", line))

    def show_state(self, label: str, before: str, after: str, duration: str) -> None:
        """Show that the state of a service has changed."""
        self.show(f"{label}: {before} -> {after}, after {duration}")

    def keep_state(self, state: str) -> None:
        """Keep the state of the service, if that is shown beside those of others."""

    def pause(self, seconds: float, reason: Callable[[], str], limit: Callable[[], str]) -> None:
        """Sleep. If the task has been silent for too long by then, show the reason, and for how long it may wait."""
        until_due = self._silence.remaining()
        if self.is_shown and until_due < seconds:
            if until_due:
                time.sleep(until_due)
            seconds -= until_due
            self._remind(reason, limit)
        time.sleep(seconds)

    @contextlib.contextmanager
    def watch(self, reason: Callable[[], str], limit: Callable[[], str]) -> Iterator[None]:
        """Show the reason, and for how long it may wait, once the code in this context has blocked for too long."""
        if not self.is_shown:
            yield
            return
        delay = max(self._silence.remaining(), SLOW_REQUEST)
        timer = threading.Timer(delay, self._remind, (reason, limit))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def of_fleet(self, states: dict[str, str]) -> Callable[[str], Progress]:
        """Return a function from the name of an entry to its progress: all entries show one line, with their states.

        states has the state of each entry by its name, and is updated.
        """
        seen: set[str] = set()
        return lambda name: _EntryProgress(self, states, seen, name)

    def _remind(self, reason: Callable[[], str], limit: Callable[[], str]) -> None:
        if self._silence.claim():
            self._show(_LABEL.sub(r"\2 (\3)", self._describe(reason, limit)))

    def _describe(self, reason: Callable[[], str], limit: Callable[[], str]) -> str:
        return f"{reason()}, {limit()}"


class _EntryProgress(Progress):
    """The lines of one entry of a fleet, which are about all of them."""

    def __init__(self, progress: Progress, states: dict[str, str], seen: set[str], name: str) -> None:
        super().__init__(progress._show if progress.is_shown else None, progress._silence)
        self._states, self._seen, self._name = states, seen, name

    def show(self, line: str) -> None:
        """Show the line, unless another entry has."""
        if line not in self._seen:
            self._seen.add(line)
            super().show(line)

    def show_state(self, label: str, before: str, after: str, duration: str) -> None:
        """Keep the state for the next line."""
        self.keep_state(after)

    def keep_state(self, state: str) -> None:
        """Keep the state for the next line."""
        self._states[self._name] = state

    def _describe(self, reason: Callable[[], str], limit: Callable[[], str]) -> str:
        return f"{count_states(self._states.values())}; waiting {limit()}"


def count_states(states: Iterable[str]) -> str:
    """Return a text such as "12 of 50 running, 38 provisioning": the states that last come first."""
    counts = Counter(states)
    order = sorted(counts, key=lambda state: (state in _TRANSITIONAL, -counts[state], state))
    texts = [f"{counts[state]} {state}" for state in order]
    total = sum(counts.values())
    texts[0] = texts[0].replace(" ", f" of {total} ", 1)
    return ", ".join(texts)


def _drop_line(_line: str) -> None:
    """Show nothing."""
