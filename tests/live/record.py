# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file with what a run has made, so that the next run can delete what a crash has left."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: The beginning of the names of everything that a run makes.
PREFIX = "ansible-live-"


class Record:
    """The record of one run. It is locked while the run lives.

    The first line has the organization. Each other line has the kind of a resource, such as "services", and its ID:
    null before the request that makes it, and "" if that request was refused. A resource without a line has a name
    that begins with that of the run.
    """

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path = path
        self._file = file

    @property
    def name(self) -> str:
        """Return the name of the run."""
        return self._path.stem

    @classmethod
    def create(cls, directory: Path, organization: str) -> Record:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{PREFIX}{secrets.token_hex(4)}.json"
        file = path.open("a+", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        record = cls(path, file)
        record._write(organization)
        return record

    @classmethod
    def find_abandoned(cls, directory: Path, organization: str) -> Iterator[Record]:
        """Return the records of runs against this organization that have ended without deleting everything."""
        for path in sorted(directory.glob(f"{PREFIX}*.json")):
            file = path.open("a+", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # That run is still alive.
                file.close()
                continue
            record = cls(path, file)
            if record._read()[:1] == [organization]:
                yield record
            record.close()

    def announce(self, kind: str) -> None:
        """Note that a resource is about to be made."""
        self._write([kind, None])

    def add(self, kind: str, identifier: str) -> None:
        """Note the ID of a resource, or "" if none was made."""
        self._write([kind, identifier])

    def identifiers(self, kind: str) -> list[str]:
        return [identifier for identifier in self._noted(kind) if identifier]

    def is_incomplete(self, kind: str) -> bool:
        """Return whether a resource may have been made whose ID is unknown."""
        noted = self._noted(kind)
        return 2 * noted.count(None) > len(noted)

    def discard(self) -> None:
        """Remove the record, since everything is deleted."""
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        self._file.close()

    def _write(self, line: object) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _noted(self, kind: str) -> list[str | None]:
        return [line[1] for line in self._read() if isinstance(line, list) and line[0] == kind]

    def _read(self) -> list[object]:
        """Return the complete lines."""
        self._file.seek(0)
        return [json.loads(line) for line in self._file if line.endswith("\n")]
