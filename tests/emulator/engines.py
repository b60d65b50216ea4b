# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The databases of services, and the processes that run SQL on them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import json
import re
import shutil
import signal
import sys
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .functions import Version, install

_REPOSITORY = Path(__file__).resolve().parents[2]
_WORKER = "tests.emulator.engine_worker"
PACKAGE = "chdb-core-lite"
#: The number of processes. When another one is needed, one that runs no statement is ended.
MAX_WORKERS = 4
#: How long a statement can take in seconds, as at the query host.
TIMEOUT_SECONDS = 30
# How long a process takes to start on a slow machine.
_START_SECONDS = 60
# The longest result, in bytes.
_LINE_LIMIT = 256 * 1024 * 1024
_STOPPED = "Code: 236. DB::Exception: The service was stopped. (ABORTED)"
_CODE = re.compile(r"Code: (\d+)\.")
_PREFIX = "clickhouse-emulator-"


@dataclass(frozen=True)
class Statement:
    sql: str
    format: str = "TabSeparated"
    database: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    readonly: bool = False
    # In seconds, TIMEOUT_SECONDS by default.
    timeout: float | None = None


class SqlError(Exception):
    """An exception of ClickHouse."""

    @property
    def code(self) -> str:
        match = _CODE.match(str(self))
        return match[1] if match else "1001"


class ProcessEnded(SqlError):
    """The process of the service ended while it ran a statement, but not because the service was stopped."""

    def __init__(self, status: int) -> None:
        # Of a signal, asyncio returns the negative number.
        cause = f"by the signal {signal.Signals(-status).name}" if status < 0 else f"with the exit status {status}"
        super().__init__(f"Code: 236. DB::Exception: The process of the service has ended {cause}. (ABORTED)")


class StatementNotSent(ProcessEnded):
    """The process of the service had ended before it could read the statement."""


class EngineMissing(Exception):
    """The package with ClickHouse is not installed."""


class StatementTimeout(Exception):
    """A statement, or waiting for the service to wake up, took too long."""


def _copy_files(source: Path, target: Path) -> None:
    # ClickHouse finds the tables of a database by a symbolic link.
    shutil.copytree(source, target, symlinks=True)


class Copy:
    """A copy of the databases as they were when a backup was started. It is deleted with its last reference.

    The files are copied only before the next statement that can change them.
    """

    def __init__(self, source: Databases) -> None:
        self._source: Databases | None = source
        self._directory: Path | None = None

    async def restore(self, target: Path) -> None:
        """Copy the files to a new directory."""
        if self._source is not None:
            async with self._source.lock:
                await self.make()
        if self._directory is not None:
            _copy_files(self._directory, target)

    async def make(self) -> None:
        """Copy the files, unless that has been done. The caller has locked the databases."""
        source, self._source = self._source, None
        if source is None or source.directory is None:
            return
        # ClickHouse changes files also when it runs no statement.
        await source.halt()
        root = Path(tempfile.mkdtemp(prefix="copy-", dir=source.directory.parent))
        self._directory = root / "data"
        _copy_files(source.directory, self._directory)
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)


class Databases:
    """The databases of a data warehouse, which all its services share."""

    def __init__(self, origin: Copy | None = None) -> None:
        self.lock = asyncio.Lock()
        self.directory: Path | None = None
        self._origin = origin
        self._worker: asyncio.subprocess.Process | None = None
        # One that is ending, and may still write files.
        self._ending: asyncio.subprocess.Process | None = None
        self._backups: dict[str, Copy] = {}
        self._latest: Copy | None = None

    @property
    def is_running(self) -> bool:
        return self._worker is not None

    def keep_backups(self, ids: Iterable[str]) -> None:
        """Copy the databases for the new ones of these backups, and delete the copies of all others."""
        self._backups = {backup_id: self._backups.get(backup_id) or self._current_copy() for backup_id in ids}

    def find_backup(self, backup_id: str) -> Copy | None:
        return self._backups.get(backup_id)

    def _current_copy(self) -> Copy:
        if self._latest is None:
            self._latest = Copy(self)
        return self._latest

    async def prepare_change(self) -> None:
        """Make the copies that are due before the databases change."""
        latest, self._latest = self._latest, None
        if latest is not None and latest in self._backups.values():
            await latest.make()

    async def start(self, root: Path) -> None:
        """Start the process, if it does not run."""
        if self.directory is None:
            directory = Path(tempfile.mkdtemp(prefix="service-", dir=root)) / "data"
            if self._origin is not None:
                await self._origin.restore(directory)
            self._origin, self.directory = None, directory
        if self._has_ended():
            await self.halt()
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                _WORKER,
                str(self.directory),
                str(root),
                cwd=_REPOSITORY,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT,
            )

    def _has_ended(self) -> bool:
        # The exit status is known later than the end of the output.
        worker = self._worker
        return worker is None or worker.stdout is None or worker.stdout.at_eof()

    async def run(self, statement: Statement, functions: str) -> bytes:
        """Run a statement in the process, with the functions of this configuration.

        Raise SqlError, ProcessEnded or StatementNotSent.
        """
        worker = self._worker
        if worker is None or worker.stdin is None or worker.stdout is None:
            raise SqlError(_STOPPED)
        worker.stdin.write(json.dumps({**asdict(statement), "functions": functions}).encode() + b"\n")
        if worker.stdin.is_closing():
            # Nothing reads the pipe any more, though the end of its output may not be known yet.
            self.stop()
            raise StatementNotSent(await worker.wait())
        line = await worker.stdout.readline()
        if not line:
            if self._worker is not worker:
                raise SqlError(_STOPPED)
            raise ProcessEnded(await worker.wait())
        result = json.loads(line)
        if "error" in result:
            raise SqlError(result["error"])
        return base64.b64decode(result["content"])

    def stop(self) -> asyncio.subprocess.Process | None:
        """End the process, and return it; the next statement starts another one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            self._ending = worker
        return worker

    async def halt(self) -> None:
        """End the process, and wait for it."""
        self.stop()
        ending, self._ending = self._ending, None
        if ending is not None:
            await ending.wait()


class Engines:
    """The processes that run SQL: one for each data warehouse that was queried lately."""

    def __init__(self) -> None:
        self._root: tempfile.TemporaryDirectory[str] | None = None
        # The one that was used last is at the end.
        self._used: list[Databases] = []
        # The event loop keeps only weak references.
        self._cleaning: set[asyncio.Task[None]] = set()

    async def run(self, databases: Databases, statement: Statement, functions: Sequence[Version] = ()) -> bytes:
        """Return the result of a statement, which can call these user-defined functions.

        Raise EngineMissing, SqlError or StatementTimeout.
        """
        if importlib.util.find_spec("chdb") is None:
            raise EngineMissing(
                f"SQL needs the Python package {PACKAGE}, which is not installed. All else works without it."
            )
        async with databases.lock:
            if not statement.readonly:
                await databases.prepare_change()
            try:
                return await self._run_once(databases, statement, functions)
            except ProcessEnded as error:
                # Running it again must not do twice what it did.
                if not statement.readonly and not isinstance(error, StatementNotSent):
                    raise
                return await self._run_once(databases, statement, functions)

    async def _run_once(self, databases: Databases, statement: Statement, functions: Sequence[Version]) -> bytes:
        root = await self._start(databases)
        configuration = install(root, functions)
        try:
            return await asyncio.wait_for(databases.run(statement, configuration), statement.timeout or TIMEOUT_SECONDS)
        except asyncio.TimeoutError:
            databases.stop()
            raise StatementTimeout from None

    async def _start(self, databases: Databases) -> Path:
        """Start the process, and return the directory of all files."""
        if self._root is None:
            self._root = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        self._used = [other for other in self._used if other is not databases and other.is_running]
        for other in self._used[: max(0, len(self._used) - MAX_WORKERS + 1)]:
            if not other.lock.locked():
                other.stop()
        self._used.append(databases)
        root = Path(self._root.name)
        await databases.start(root)
        return root

    async def end(self) -> None:
        """End all processes, wait for them, and delete all files."""
        self.close()
        await asyncio.gather(*self._cleaning)

    def close(self) -> None:
        """End all processes, and delete all files as soon as they have ended."""
        workers = [worker for worker in (databases.stop() for databases in self._used) if worker is not None]
        self._used = []
        root, self._root = self._root, None
        if root is not None:
            task = asyncio.get_running_loop().create_task(_clean_up(root, workers))
            self._cleaning.add(task)
            task.add_done_callback(self._cleaning.discard)


async def _clean_up(root: tempfile.TemporaryDirectory[str], workers: list[asyncio.subprocess.Process]) -> None:
    for worker in workers:
        # It closes its pipes, too, for which the event loop is needed. Until then it may write files.
        await worker.wait()
    root.cleanup()
