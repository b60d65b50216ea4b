# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time that only passes while all processes of a test, including the emulator, sleep."""

from __future__ import annotations

import json
import multiprocessing
import time
import urllib.request
from collections.abc import Sequence
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

#: Processes are forked: they start quickly, and inherit all patches.
FORK = multiprocessing.get_context("fork")
MAX_PROCESSES = 32
#: The work of a process.
ABSENT, RUNS, SLEEPS = 0.0, 1.0, 2.0
#: In seconds of real time.
JOIN_SECONDS = 600


class VirtualTime:
    """The clock of a test and of all its processes, which are numbered; the test itself is 0."""

    def __init__(self, emulator: Emulator, patch: pytest.MonkeyPatch) -> None:
        emulator.hold()
        self._url = f"{emulator.api_url[: -len('/v1')]}/_emulator/clock"
        self._lock = FORK.Lock()
        self._now = FORK.Value("d", 0.0, lock=False)
        self._activities = FORK.Array("d", MAX_PROCESSES, lock=False)
        self._wakes = FORK.Array("d", MAX_PROCESSES, lock=False)
        # Each wakes the process of this number.
        self._alarms = [FORK.Semaphore(0) for _number in range(MAX_PROCESSES)]
        self._number = 0
        self._last = 0
        monotonic, now = time.monotonic(), time.time()
        patch.setattr(time, "sleep", self.sleep)
        patch.setattr(time, "monotonic", lambda: monotonic + self.seconds)
        patch.setattr(time, "time", lambda: now + self.seconds)

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return float(self._now.value)

    def sleep(self, seconds: float) -> None:
        wake = self.seconds + seconds
        with self._lock:
            self._activities[self._number], self._wakes[self._number] = SLEEPS, wake
            self._pass()
        self._alarms[self._number].acquire()

    def start(self, act: Callable[[], object], *, count: int = 1) -> Sequence[Any]:
        """Start processes that call the function at the same time."""
        numbers = range(self._last + 1, self._last + 1 + count)
        self._last += count
        for number in numbers:
            self._activities[number] = RUNS
        processes = [FORK.Process(target=self._run, args=(number, act), daemon=True) for number in numbers]
        for process in processes:
            process.start()
        return processes

    def join(self, processes: Sequence[Any]) -> None:
        """Wait until the processes have ended."""
        with self._lock:
            self._activities[0] = ABSENT
            self._pass()
        for process in processes:
            process.join(JOIN_SECONDS)
            assert process.exitcode == 0

    def resume(self) -> None:
        """Let the test participate again, after join()."""
        self._activities[self._number] = RUNS

    def kill(self, process: Any, after: float) -> None:
        """Kill the process that was started last after this number of seconds."""
        self._activities[0] = RUNS
        self.sleep(after)
        # It must not hold the lock, since no other process could get it then.
        with self._lock:
            process.kill()
            process.join(JOIN_SECONDS)
            self._activities[self._last] = ABSENT

    def _run(self, number: int, act: Callable[[], object]) -> None:
        self._number = number
        try:
            act()
        finally:
            with self._lock:
                self._activities[number] = ABSENT
                self._pass()

    def _pass(self) -> None:
        """Advance the time until the next process wakes up, if all of them sleep."""
        numbers = [number for number in range(MAX_PROCESSES) if self._activities[number] == SLEEPS]
        if not numbers or RUNS in self._activities:
            return
        now = min(self._wakes[number] for number in numbers)
        body = json.dumps({"advance": max(now - self.seconds, 0)}).encode()
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self._url, body) as response:
            response.read()
        self._now.value = max(now, self.seconds)
        for number in numbers:
            if self._wakes[number] <= now:
                self._activities[number] = RUNS
                self._alarms[number].release()
