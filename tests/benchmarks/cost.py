# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the cost of a command: the CPU seconds of all its processes, and the peak memory of the largest one."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable

from .row import BenchmarkError

#: No command takes this long unless it hangs.
TIMEOUT_SECONDS = 900
#: The number of characters of a failed command's output to display.
MAX_OUTPUT_LENGTH = 3000


@dataclass(frozen=True)
class Cost:
    cpu: float
    #: Peak, in MB.
    memory: float


def measure_cost(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Cost:
    """Run a command and return its cost. Raise BenchmarkError if it fails."""
    with tempfile.TemporaryFile() as output, _start_process(command, env, cwd, output) as process:
        # The usage includes child processes that the command has waited for, as Ansible does.
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            output_end = output.read().decode(errors="replace")[-MAX_OUTPUT_LENGTH:]
            raise BenchmarkError(f"'{' '.join(command)}' ended with {process.returncode}:\n{output_end}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextlib.contextmanager
def _start_process(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a separate process group, which is killed at the end of the context or after a timeout."""
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

    def kill() -> None:
        # After wait4() its process ID may belong to another process.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(TIMEOUT_SECONDS, kill)
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        kill()
        process.wait()


def measure_interleaved(rounds: int, commands: Mapping[str, Callable[[], Cost]]) -> dict[str, Cost]:
    """Run each command once per round, so that disturbances affect all of them; return the median costs by name."""
    samples: dict[str, list[Cost]] = {name: [] for name in commands}
    for _round in range(rounds):
        for name, command in commands.items():
            samples[name].append(command())
    medians = {name: _median(costs) for name, costs in samples.items()}
    for name, cost in medians.items():
        print(f"  {name}: {cost.cpu:.2f} s of CPU, {cost.memory:.0f} MB", file=sys.stderr)
    return medians


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(cost.cpu for cost in costs), statistics.median(cost.memory for cost in costs))
