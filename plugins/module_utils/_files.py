# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Files of our own: readable by their owner alone, replaced at once, held by one process at a time.

What goes wrong is an OSError.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import stat
import tempfile
import time
from collections.abc import Iterator

NAME = "ansible-clickhouse-cloud"


def runtime_directory() -> str:
    """Where processes of this user share what need not outlive them."""
    run = os.environ.get("XDG_RUNTIME_DIR") or ""
    if os.path.isabs(run) and os.path.isdir(run):
        return _private(os.path.join(run, NAME))
    # Whoever is first makes it, in a place where everybody may; hence the look at whose it is.
    return _private(os.path.join(tempfile.gettempdir(), f"{NAME}-{os.geteuid()}"))


def state_directory() -> str:
    """Where this user keeps what has to outlive a run; it may still have to be made."""
    state = os.environ.get("XDG_STATE_HOME") or ""
    if not os.path.isabs(state):
        state = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, NAME)


def _private(path: str) -> str:
    """The directory, which is made if need be, and which nobody else may enter."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError(errno.EPERM, "It is not a directory of this user's own", path)
    return path


def write(path: str, text: str) -> None:
    """Replace the file at once, so that whoever reads it finds the old text or the new one, never a part."""
    # mkstemp makes the file with mode 0600.
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{NAME}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # Not even Ctrl-C may leave a secret lying about; it goes on from here.
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def locked(path: str, at_most: float) -> Iterator[int]:
    """The file, open and held by this process alone. It is let go of whatever becomes of the process.

    Raises TimeoutError when somebody else holds it for more than at_most seconds.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _lock(handle, time.monotonic() + at_most)
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, deadline: float) -> None:
    while True:
        try:
            # Asked for again and again, since a process that sleeps for it could not give up.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "Another process holds the file") from None
            time.sleep(random.uniform(0.005, 0.05))


def contents(handle: int, at_most: int = 1 << 20) -> bytes:
    """What is in the file, as far as it is read at all."""
    return os.pread(handle, at_most, 0)


def overwrite(handle: int, content: bytes) -> None:
    """Put this in place of what is in the file."""
    os.pwrite(handle, content, 0)
    os.ftruncate(handle, len(content))
