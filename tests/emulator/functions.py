# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-defined functions: uploads of their source, versions with their builds, and attachments to services."""

from __future__ import annotations

import io
import platform
import stat
import sys
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable
from xml.sax.saxutils import escape

from .clock import Clock, format_timestamp

Fields = dict[str, Any]

#: How long an upload URL is valid, in seconds.
UPLOAD_SECONDS = 900
#: The duration of a build, and of a change of an attachment, in steps.
BUILD_STEPS, ATTACHMENT_STEPS = 2, 1
FUNCTION_NAME = r"[A-Za-z][A-Za-z0-9_]*"
#: The files that each runtime starts: of a native function, one for each kind of processor.
ENTRY_POINTS = {"python3.11": ("main.py",), "native": ("amd64/main", "arm64/main")}


@dataclass
class Upload:
    """A URL for the source of one version, and what was uploaded to it."""

    signature: str
    expires_at: float
    content: bytes | None = None
    #: Whether a request has named it: each upload is for one attempt only.
    is_used: bool = False


@dataclass
class Version:
    """A version of a function, whose build ends at a moment of the clock: with an error, or ready."""

    fields: Fields
    archive: bytes
    built_at: float
    error: str | None
    #: The name of its files.
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def number(self) -> int:
        return int(self.fields["version"])

    def status(self, now: float) -> str:
        if now < self.built_at:
            return "building"
        return "ready" if self.error is None else "error"

    def to_resource(self, clock: Clock) -> Fields:
        status = self.status(clock.seconds())
        updated = format_timestamp(clock.date_at(min(clock.seconds(), self.built_at)))
        return {
            **self.fields,
            "status": status,
            "error": self.error if status == "error" else None,
            "updatedAt": self.fields["createdAt"] if status == "building" else updated,
        }


@dataclass
class Attachment:
    """A version that is attached to a service, replaces another one there, or is being detached.

    A service whose function was deleted keeps it until that change is done, too, but the API returns it no more.
    """

    version: Version
    until: float
    previous: Version | None = None
    is_detaching: bool = False
    is_deleted: bool = False

    def is_changing(self, now: float) -> bool:
        return now < self.until

    def is_gone(self, now: float) -> bool:
        return self.is_detaching and not self.is_changing(now)

    def callable_version(self, now: float) -> Version | None:
        """Return the version that SQL can call; None if there is none yet."""
        return self.previous if self.is_changing(now) and not self.is_detaching else self.version

    def status(self, now: float, service_state: str) -> str:
        if self.is_changing(now):
            return "deprovisioning" if self.is_detaching else "provisioning"
        return "deployed" if service_state == "running" else "standby"


@dataclass
class Function:
    """A function with its versions by number."""

    name: str
    versions: dict[int, Version] = field(default_factory=dict)

    @property
    def latest(self) -> Version:
        return self.versions[max(self.versions)]

    def find_ready(self, now: float) -> Version | None:
        """Return the latest version that can be attached."""
        ready = [number for number, version in self.versions.items() if version.status(now) == "ready"]
        return self.versions[max(ready)] if ready else None


def find_build_error(archive: bytes, runtime: str) -> str | None:
    """Return why a build of this source fails; None if it succeeds. Requirements are not installed."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as source:
            checks: tuple[Callable[[zipfile.ZipFile, str], str | None], ...] = (_find_link, _find_missing, _find_syntax)
            errors = (check(source, name) for name in ENTRY_POINTS[runtime] for check in checks)
            return next((error for error in errors if error), None)
    except zipfile.BadZipFile:
        return "The source archive is not a ZIP file"


def _find_link(source: zipfile.ZipFile, _entry_point: str) -> str | None:
    links = [entry.filename for entry in source.infolist() if stat.S_ISLNK(entry.external_attr >> 16)]
    return f"The source archive contains a symbolic link: {links[0]}" if links else None


def _find_missing(source: zipfile.ZipFile, entry_point: str) -> str | None:
    has_entry_point = entry_point in source.namelist()
    return None if has_entry_point else f"{entry_point} is missing in the source archive"


def _find_syntax(source: zipfile.ZipFile, entry_point: str) -> str | None:
    if not entry_point.endswith(".py"):
        return None
    try:
        compile(source.read(entry_point), entry_point, "exec")
    except (SyntaxError, ValueError) as error:
        return f"{entry_point}: {error}"
    return None


#: The elements of the configuration of a function in ClickHouse, and the fields of the API that they have.
_ELEMENTS = {
    "type": "type",
    "name": "functionName",
    "return_type": "returnType",
    "return_name": "returnName",
    "format": "format",
    "command_read_timeout": "commandReadTimeout",
    "command_write_timeout": "commandWriteTimeout",
    "max_command_execution_time": "maxCommandExecutionTime",
    "pool_size": "poolSize",
    "send_chunk_header": "sendChunkHeader",
    "deterministic": "deterministic",
}
#: The directory of the files of all functions, below that of the engines.
SCRIPTS = "functions"


def install(root: Path, versions: Sequence[Version]) -> str:
    """Write the files of these versions, and return their configuration for ClickHouse; "" for none."""
    if not versions:
        return ""
    scripts = root / SCRIPTS
    scripts.mkdir(exist_ok=True)
    for version in versions:
        if not (scripts / version.key).exists():
            _write_files(scripts / version.key, version)
    return "<functions>" + "".join(map(_configure, versions)) + "</functions>"


def _write_files(directory: Path, version: Version) -> None:
    with zipfile.ZipFile(io.BytesIO(version.archive)) as source:
        source.extractall(directory)
    runtime = version.fields["runtime"]
    names = ENTRY_POINTS[runtime]
    program = directory / names[-1 if platform.machine() in ("aarch64", "arm64") else 0]
    program.chmod(0o755)
    interpreter = f"'{sys.executable}' " if runtime != "native" else ""
    script = directory.with_suffix(".sh")
    script.write_text(f"#!/bin/sh\ncd '{directory}' && exec {interpreter}'{program}'\n", encoding="utf-8")
    script.chmod(0o755)


def _configure(version: Version) -> str:
    values = {name: version.fields[field] for name, field in _ELEMENTS.items() if version.fields[field] is not None}
    texts = {name: str(int(value) if isinstance(value, bool) else value) for name, value in values.items()}
    elements = [f"<{name}>{escape(text)}</{name}>" for name, text in texts.items()]
    for argument in version.fields["arguments"]:
        elements.append("<argument>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in argument.items()) + "</argument>")
    return f"<function>{''.join(elements)}<command>{version.key}.sh</command></function>"
