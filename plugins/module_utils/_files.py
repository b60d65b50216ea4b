# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Files that only their owner can read: atomic replacement, and locks between processes.

All functions raise OSError.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pwd
import random
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

DIRECTORY_NAME = "ansible-clickhouse-cloud"
#: Seconds between two attempts to get a lock: a tenth of the time waited so far, within these bounds.
LOCK_POLL_SECONDS = (0.01, 1.0)


@dataclass(frozen=True)
class StateDirectory:
    """The directory for files that all processes of this user share.

    problem explains why this is a substitute that other sessions of the user may not use; otherwise it is "".
    """

    path: str
    problem: str = ""


def state_directory() -> StateDirectory:
    """Return the state directory, and create it if necessary.

    Raise OSError if there can be none, not even in the directory for temporary files.
    """
    configured = os.environ.get("XDG_STATE_HOME") or ""
    try:
        if os.path.isabs(configured) and _is_own(configured):
            return StateDirectory(_make_private(configured))
        path = _make_private(_default_state_home())
    except OSError as error:
        substitute = _ensure_private_dir(os.path.join(tempfile.gettempdir(), f"{DIRECTORY_NAME}-{os.geteuid()}"))
        return StateDirectory(substitute, _describe_substitute(str(error.filename), str(error.strerror), substitute))
    if not configured:
        return StateDirectory(path)
    reason = "It belongs to another user" if os.path.isabs(configured) else "It is not an absolute path"
    return StateDirectory(path, _describe_substitute(f"XDG_STATE_HOME, {configured},", reason, path))


def _describe_substitute(unusable: str, reason: str, substitute: str) -> str:
    return (
        f"{unusable} cannot be used ({reason}), so {substitute} is used instead. Other sessions of"
        " this user may use another directory: they would neither share the rate limit nor wait for each other"
        " when they create a service. In all of them, set XDG_STATE_HOME to a directory that belongs to this user."
    )


def _default_state_home() -> str:
    """Return the default of XDG_STATE_HOME. A home of another user, as after sudo, is ignored."""
    home = os.environ.get("HOME") or ""
    if not (os.path.isabs(home) and _is_own(home)):
        try:
            home = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "This user has no home directory", "~/.local/state") from None
    return os.path.join(home, ".local", "state")


def _is_own(path: str) -> bool:
    """Return whether this user may write to the directory, or to its nearest ancestor that exists."""
    try:
        owner = os.stat(path).st_uid
    except OSError:
        parent = os.path.dirname(path)
        return parent != path and _is_own(parent)
    # Containers often run as a user who may write to a home that belongs to another. Root may write anywhere.
    return owner == os.geteuid() or (os.geteuid() != 0 and os.access(path, os.W_OK))


def _make_private(home: str) -> str:
    os.makedirs(home, exist_ok=True)
    return _ensure_private_dir(os.path.join(home, DIRECTORY_NAME))


def _ensure_private_dir(path: str) -> str:
    """Return the path of the directory, which is created if necessary and accessible to this user only."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    found = os.lstat(path)
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022:
        # Others could read it at most, so its content can be trusted.
        os.chmod(path, 0o700)
        found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError(errno.EPERM, "It is not a directory of this user's own", path)
    return path


def is_shared(directory: str) -> bool:
    """Return whether users other than this one and root may write to the directory."""
    found = os.stat(directory)
    return bool(found.st_mode & 0o022) or found.st_uid not in (0, os.geteuid())


def read_own(path: str, limit: int = 1 << 16) -> str:
    """Return the text of a regular file that belongs to this user. Do not block on a pipe."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "It is not a regular file that belongs to this user", path)
        return os.read(handle, limit).decode("utf-8", "replace")
    finally:
        os.close(handle)


def write_atomically(path: str, text: str) -> None:
    """Replace the content of the file atomically: a reader gets the old text or the new one."""
    # mkstemp creates the file with mode 0600.
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{DIRECTORY_NAME}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        # The text may be a secret, which must not be left behind. After a success, the file has been moved.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


@contextlib.contextmanager
def exclusive_lock(path: str, timeout: float, sleep: Callable[[float], None] | None = None) -> Iterator[int]:
    """Lock the file, and yield its descriptor. The lock ends with the process at the latest.

    The process that has the lock may delete the file. sleep waits between attempts. Raise TimeoutError if another one
    has it for timeout seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            lock_until(handle, deadline, sleep)
            if _is_at(path, handle):
                yield handle
                return
        finally:
            os.close(handle)


def _is_at(path: str, handle: int) -> bool:
    """Return whether the open file is still the one at this path, and was not deleted in the meantime."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def lock_until(handle: int, deadline: float, sleep: Callable[[float], None] | None = None) -> None:
    """Lock the open file. Raise TimeoutError after the deadline, by time.monotonic()."""
    start = time.monotonic()
    shortest, longest = LOCK_POLL_SECONDS
    while True:
        try:
            # Polled, since a process that blocks in flock could not time out.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            now = time.monotonic()
            if now >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "Another process holds the file") from None
            pause = max(shortest, min(longest, (now - start) / 10))
            (sleep or time.sleep)(min(pause * random.uniform(0.5, 1), max(deadline - now, 0.001)))


def read_fd(handle: int, limit: int = 1 << 20) -> bytes:
    """Return the content of the file, up to the limit."""
    return os.pread(handle, limit, 0)


def rewrite_fd(handle: int, content: bytes) -> None:
    """Replace the content of the open file."""
    written = os.pwrite(handle, content, 0)
    if written < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.ftruncate(handle, len(content))
