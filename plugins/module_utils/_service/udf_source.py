# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The source of a user-defined function: a ZIP archive, or a folder, of which the archive depends only on its files."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from .._client.options import encode_utf8
from .._errors import InvalidOption

#: The files that the API starts, by runtime: of a native function, one for each kind of processor.
ENTRY_POINTS = {"python3.11": ("main.py",), "native": ("amd64/main", "arm64/main")}
#: What Python leaves in a folder when its files are run there, and the folders of version control. In a worktree or a
#: submodule, .git is a file.
_IGNORED_NAMES, _IGNORED_SUFFIX = ("__pycache__", ".git", ".hg", ".svn"), ".pyc"
#: The earliest time that an archive can hold, and the permissions of programs and of other files.
_TIME = (1980, 1, 1, 0, 0, 0)
_PROGRAM, _FILE = 0o755, 0o644
_UNIX = 3
_NO_LINKS = "ClickHouse Cloud refuses source with symbolic links: replace it by a copy"


@dataclass(frozen=True)
class Source:
    """The archive to upload."""

    content: bytes = field(repr=False)
    names: frozenset[str]

    @property
    def digest(self) -> str:
        """Return the SHA-256 hash in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    def check(self, runtime: object) -> None:
        """Raise InvalidOption if the build would certainly fail."""
        missing = [name for name in ENTRY_POINTS.get(str(runtime), ()) if name not in self.names]
        if missing:
            raise InvalidOption(
                f"source has no {' and no '.join(missing)}, which the runtime {runtime} starts. Name the folder that"
                f" contains {missing[0]}, or an archive of its files."
            )


def read_source(path: str, ignored: str | None = None) -> Source:
    """Return the archive at the path, or that of the files in the folder, without the ignored one.

    Raise InvalidOption for what cannot be read, or would be refused.
    """
    encode_utf8("source", path)
    try:
        content = _pack_folder(path, ignored) if os.path.isdir(path) else _read_file(path)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise InvalidOption(f"source {path} is not a ZIP archive. Name a ZIP archive or a folder.") from error
    except OSError as error:
        place = error.filename or path
        raise InvalidOption(f"source cannot be read: {place}: {error.strerror}.") from error
    if not entries:
        raise InvalidOption(f"source {path} has no files. Name a folder or a ZIP archive with the program.")
    for entry in entries:
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InvalidOption(f"source has the symbolic link {entry.filename}. {_NO_LINKS}.")
    return Source(content, frozenset(entry.filename for entry in entries))


def _read_file(path: str) -> bytes:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InvalidOption(f"source {path} is neither a folder nor a file. Name a ZIP archive or a folder.")
    with open(path, "rb") as file:
        return file.read()


def _pack_folder(path: str, ignored: str | None) -> bytes:
    """Return an archive of the files in the folder, which does not depend on their times, nor on the machine.

    It is not compressed, since the result of that depends on the version of the library.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(_find_files(path)):
            if ignored is None or os.path.realpath(file) != ignored:
                archive.writestr(_describe_entry(name, file), _read_file(file))
    return content.getvalue()


def _find_files(path: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each file in the archive, and its path. Raise InvalidOption for a link."""

    def fail(error: OSError) -> None:
        raise error

    for directory, subdirectories, files in os.walk(path, onerror=fail):
        subdirectories[:] = [name for name in subdirectories if name not in _IGNORED_NAMES]
        for name in [*subdirectories, *(name for name in files if name not in _IGNORED_NAMES)]:
            file = os.path.join(directory, name)
            relative = os.path.relpath(file, path)
            encode_utf8(f"The name of the file {relative!r} in source", relative)
            if os.path.islink(file):
                raise InvalidOption(f"source has the symbolic link {relative}. {_NO_LINKS}.")
            if name in files and not name.endswith(_IGNORED_SUFFIX):
                yield relative.replace(os.sep, "/"), file


def _describe_entry(name: str, file: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    mode = _PROGRAM if os.stat(file).st_mode & 0o111 else _FILE
    entry.external_attr = (stat.S_IFREG | mode) << 16
    return entry
