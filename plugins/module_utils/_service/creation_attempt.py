# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The last attempt to create a service, as all processes of this user on this machine know it, and its lock.

The protocol is described in docs/docsite/rst/guide_creation.rst.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from .._errors import CloudError
from .._files import exclusive_lock, read_fd, read_own, rewrite_fd, state_directory
from .._json import parse_timestamp

#: How many seconds a task waits for a new service to become visible, or for a creation whose response was lost to take
#: effect. The API may lag by as much as this, and still each task succeeds.
VISIBILITY_TIMEOUT = 180
#: For how many seconds after an attempt whose outcome is unknown no other service of the name is created. An attempt
#: that is older counts as without effect.
UNRESOLVED_PERIOD = 600
#: By how many seconds the clocks of this machine and of the API may differ.
MAX_CLOCK_SKEW = 120
#: How many seconds a task waits for another one that creates a service of the same name.
CREATION_LOCK_TIMEOUT = 900
#: The file is padded to this size, so that it can be overwritten on a full disk.
BLOCK_SIZE = 1024


@dataclass(frozen=True)
class ServiceKey:
    """Identifies the service to create: by its name, and the ID of the organization or the URL of its services.

    A record of a password goes by the organization, since the API may be reached by another URL the next time; locks go
    by the URL.
    """

    place: str
    name: str

    @property
    def file_name(self) -> str:
        """Return a file name for it."""
        return hashlib.sha256(f"{self.place}\n{self.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class CreationAttempt:
    """The last creation of a service: when its request was sent, in seconds since 1970, and what has become of it.

    sent is 0 when there was none. service_id is the ID that the API has returned, "" when it is not known. seen says
    whether the service was visible afterwards, and deleted whether it was deleted since then. ended is when the request
    got its response or failed, 0 when that is not known. record is the file that, while it exists, says that the
    password is not known. path is the file in which this is written, and url what the request was sent to, where the
    file names it.
    """

    sent: float = 0.0
    service_id: str = ""
    seen: bool = False
    deleted: bool = False
    ended: float = 0.0
    record: str = field(default="", compare=False)
    path: str = field(default="", compare=False)
    url: str = field(default="", compare=False)

    @property
    def expiry(self) -> float:
        """Return the time after which the attempt counts as without effect."""
        return max(self.sent, self.ended) + UNRESOLVED_PERIOD

    @property
    def is_recent(self) -> bool:
        """Return whether the attempt may still take effect, or the service become visible.

        One in the future was written down before the clock was set back.
        """
        return bool(self.sent) and not self.deleted and time.time() <= self.expiry

    def fits(self, service: Mapping[str, Any]) -> bool:
        """Return whether it may have created this service; without a known ID, the time of creation decides."""
        if self.service_id:
            return self.service_id == service.get("id")
        created = parse_timestamp(service.get("createdAt"))
        return created is None or self.sent - MAX_CLOCK_SKEW <= created <= self.expiry

    def to_json(self, key: ServiceKey, **more: str) -> str:
        content = {"place": key.place, "name": key.name, "sent": self.sent, "service_id": self.service_id}
        outcome = {"seen": self.seen, "deleted": self.deleted, "ended": self.ended, "record": self.record}
        return json.dumps({**more, **content, **outcome}, indent=2) + "\n"


def parse_attempt(content: bytes | str, key: ServiceKey, path: str) -> CreationAttempt:
    """Return the attempt to create the service of this key; an empty one when the content is about anything else."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return CreationAttempt()
    if not isinstance(values, dict) or (values.get("place"), values.get("name")) != (key.place, key.name):
        return CreationAttempt()
    sent, service_id, ended = values.get("sent"), values.get("service_id"), values.get("ended", 0.0)
    if not (isinstance(sent, float) and isinstance(service_id, str) and isinstance(ended, float)):
        return CreationAttempt()
    seen, deleted = (values.get(name) is True for name in ("seen", "deleted"))
    record, url = (str(values.get(name) or "") for name in ("record", "url"))
    return CreationAttempt(sent, service_id, seen, deleted, ended, record, path, url)


def _parse_last(content: bytes, changed: float, key: ServiceKey, path: str) -> CreationAttempt:
    """Return the attempt in a file that is locked.

    A damaged one stands for an attempt that ended when the file was last changed, and was sent before that.
    """
    attempt = parse_attempt(content, key, path)
    if attempt.sent or not content.strip():
        return attempt
    return CreationAttempt(changed - UNRESOLVED_PERIOD, ended=changed, path=path)


class CreationLock:
    """The right of this process to create the service, and what the process before it has left."""

    def __init__(self, key: ServiceKey, path: str, handle: int) -> None:
        self._key = key
        self.path = path
        self._handle = handle
        self.previous = _parse_last(read_fd(handle), os.fstat(handle).st_mtime, key, path)

    def save(self, attempt: CreationAttempt) -> None:
        """Write down the attempt for the next process. Raises CloudError."""
        content = attempt.to_json(self._key).encode() if attempt.sent else b""
        blocks = len(content) // BLOCK_SIZE + 1
        try:
            rewrite_fd(self._handle, content.ljust(blocks * BLOCK_SIZE))
            os.fsync(self._handle)
        except OSError as error:
            raise CloudError(f"{self.path} cannot be written: {error.strerror}. Make room, or mend it.") from error


def attempt_path(key: ServiceKey, warn: Callable[[str], None] | None = None) -> str:
    """Return the path of the file that is locked. Raises OSError when there can be none."""
    directory = state_directory()
    if directory.problem and warn:
        warn(directory.problem)
    return os.path.join(directory.path, f"creation-{key.file_name}")


@contextlib.contextmanager
def creation_lock(
    key: ServiceKey, warn: Callable[[str], None], timeout: float = CREATION_LOCK_TIMEOUT
) -> Iterator[CreationLock]:
    """Keep all other processes of this user on this machine from creating the service.

    Raises CloudError when another one does not come to an end, and where there can be no lock.
    """
    with contextlib.ExitStack() as stack:
        try:
            path = attempt_path(key, warn)
            handle = stack.enter_context(exclusive_lock(path, timeout))
        except TimeoutError as error:
            raise CloudError(
                f"Another task has been creating {key.name!r} for more than {timeout} seconds ({error})."
                " Check what it does, and run this task again."
            ) from error
        except OSError as error:
            raise CloudError(
                f"{key.name!r} was not created, since no other task could be kept from creating it as well:"
                f" {error.filename} cannot be used ({error.strerror}). Set XDG_STATE_HOME to a directory that belongs"
                " to this user."
            ) from error
        yield CreationLock(key, path, handle)


def last_attempt(key: ServiceKey) -> CreationAttempt:
    """Return what is known of the last creation; an empty attempt where nothing can be known."""
    with contextlib.suppress(OSError):
        path = attempt_path(key)
        return _parse_last(read_own(path).encode(), os.stat(path).st_mtime, key, path)
    return CreationAttempt()


def mark_seen(home: str, service: Mapping[str, Any]) -> None:
    """Write down that the service is visible, if a recent attempt has created it: should it vanish, it was deleted."""
    key = ServiceKey(home, str(service.get("name")))
    attempt = last_attempt(key)
    if not attempt.is_recent or attempt.seen or not attempt.fits(service):
        return
    # Another process that creates it at this moment will see for itself.
    with contextlib.suppress(OSError, CloudError), exclusive_lock(attempt.path, 1) as handle:
        lock = CreationLock(key, attempt.path, handle)
        if lock.previous == attempt:
            lock.save(replace(attempt, service_id=str(service["id"]), seen=True))
