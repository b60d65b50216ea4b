# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The file in which a user keeps which source a version of a function was built from, since the API does not say."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from dataclasses import asdict, dataclass
from typing import Any

from .._client.options import encode_utf8
from .._errors import CloudError, InvalidOption
from .._files import write_atomically
from .._json import Resource

_MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class DigestRecord:
    """A version of a function, and the SHA-256 hash of its source. After a deletion, created_at differs."""

    function_name: str
    version: int
    created_at: str
    sha256: str

    @classmethod
    def of(cls, function: Resource, digest: str) -> DigestRecord:
        """Return the record of a version that the API has returned."""
        return cls(function["functionName"], function["version"], str(function.get("createdAt")), digest)


class DigestFile:
    """The file at digest_file, which holds one record."""

    def __init__(self, path: str, function_name: str) -> None:
        """Read the record. Raise InvalidOption if the file is something else, or cannot be written."""
        encode_utf8("digest_file", path)
        # A symbolic link is followed, and is kept.
        self.path = os.path.realpath(path)
        self._function_name = function_name
        try:
            self._check_place()
            self.record = self._read()
        except OSError as error:
            raise InvalidOption(f"digest_file {path} cannot be used: {error.strerror}.") from error

    def recorded_digest(self, function: Resource | None) -> str | None:
        """Return the hash of the source of this version; None if the file does not tell."""
        record = self.record
        if record is None or function is None or record != DigestRecord.of(function, record.sha256):
            return None
        return record.sha256

    def write(self, function: Resource, digest: str) -> None:
        """Keep which source the version was built from."""
        record = DigestRecord.of(function, digest)
        try:
            write_atomically(self.path, json.dumps(asdict(record), indent=2) + "\n")
        except OSError as error:
            raise CloudError(
                f"Version {record.version} of the function {record.function_name!r} is published, but digest_file"
                f" {self.path} could not be written: {error.strerror}. Make it writable: otherwise the next run"
                " publishes the same source again."
            ) from error
        self.record = record

    def _check_place(self) -> None:
        """Raise OSError or InvalidOption unless a file can be written there."""
        directory = os.path.dirname(self.path)
        if not os.path.isdir(directory):
            raise InvalidOption(f"The directory of digest_file does not exist: {directory}. Create it first.")
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(self.path).st_mode):
                raise InvalidOption(f"digest_file must be a regular file; {self.path} is something else.")
        with tempfile.TemporaryFile(dir=directory):
            pass

    def _read(self) -> DigestRecord | None:
        try:
            with open(self.path, "rb") as file:
                content = file.read(_MAX_BYTES)
        except FileNotFoundError:
            return None
        record = _parse_record(content)
        if record is None:
            raise InvalidOption(
                f"digest_file {self.path} has other content than this module writes, which would be lost. Name another"
                " file, or remove it."
            )
        if record.function_name != self._function_name:
            raise InvalidOption(
                f"digest_file {self.path} is that of the function {record.function_name!r}. Name another file for"
                f" {self._function_name!r}."
            )
        return record


def _parse_record(content: bytes) -> DigestRecord | None:
    """Return the record; None if the content is something else."""
    try:
        values: Any = json.loads(content)
        return DigestRecord(**values)
    except (ValueError, TypeError, RecursionError):
        return None


def open_digest_file(path: str | None, function_name: str) -> DigestFile | None:
    """Return the digest file; None without a path. Raise InvalidOption."""
    return DigestFile(path, function_name) if path else None
