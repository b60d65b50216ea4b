# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command costs: the CPU seconds of all its processes, and the memory of the largest of them."""

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

#: No command takes as long, unless it hangs.
LONGEST_SECONDS = 900
#: So much of what a command printed is shown when it fails.
SHOWN = 3000


@dataclass(frozen=True)
class Cost:
    cpu: float
    #: Peak, in MB.
    memory: float


def cost(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Cost:
    """Run a command to its end. Raises BenchmarkError unless it succeeds."""
    with tempfile.TemporaryFile() as output, _running(command, env, cwd, output) as process:
        # Counts the processes it started as well, as far as it waited for them, as Ansible does.
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")[-SHOWN:]
            raise BenchmarkError(f"'{' '.join(command)}' ended with {process.returncode}:\n{said}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextlib.contextmanager
def _running(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, in a group of its own, which is ended if it is still there in the end, or after too long."""
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

    def end() -> None:
        # Not once it was waited for: its number may be another's by then.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(LONGEST_SECONDS, end)
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        end()
        process.wait()


def interleaved(rounds: int, commands: Mapping[str, Callable[[], Cost]]) -> dict[str, Cost]:
    """The medians of so many rounds, in each of which every command runs once: what disturbs one disturbs all."""
    seen: dict[str, list[Cost]] = {name: [] for name in commands}
    for _round in range(rounds):
        for name, command in commands.items():
            seen[name].append(command())
    medians = {name: _median(costs) for name, costs in seen.items()}
    for name, one in medians.items():
        print(f"  {name}: {one.cpu:.2f} s of CPU, {one.memory:.0f} MB", file=sys.stderr)
    return medians


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(one.cpu for one in costs), statistics.median(one.memory for one in costs))
