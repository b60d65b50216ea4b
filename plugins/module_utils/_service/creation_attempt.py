# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Lock a creation, and record the last attempt, for all processes of this user on this machine.

The protocol is described in docs/docsite/rst/guide_creation.rst.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from .._client.progress import Progress
from .._errors import CloudError
from .._files import exclusive_lock, read_fd, read_own, rewrite_fd, state_directory
from .._json import parse_timestamp

#: For how many seconds a task waits until a new service is visible, or until a creation whose response was lost takes
#: effect. Each task succeeds even if the API lags by that much.
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
class CreationKey:
    """Identifies what is created: by its name, and the ID of the organization or the URL of its services or API keys.

    The record of a password uses the organization, since the next task may reach the API by another URL; locks use the
    URL.
    """

    scope: str
    name: str

    @property
    def file_name(self) -> str:
        """Return a name that is valid in each file system."""
        return hashlib.sha256(f"{self.scope}\n{self.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class CreationAttempt:
    """The last creation of a resource: when its request was sent, in seconds since 1970, and what has become of it.

    sent_at is 0 when there was none. resource_id is the ID that the API has returned, "" if it is not known. seen says
    whether it was visible afterwards, and deleted whether it was deleted since then. ended is when the request
    got its response or failed, 0 when that is not known. record is the path of a file that exists while the password is
    not known. path is the file that contains the attempt, and url the URL of the request, if the file contains it.
    """

    sent_at: float = 0.0
    resource_id: str = ""
    seen: bool = False
    deleted: bool = False
    ended: float = 0.0
    record: str = field(default="", compare=False)
    path: str = field(default="", compare=False)
    url: str = field(default="", compare=False)

    @property
    def expiry(self) -> float:
        """Return the time after which the attempt counts as without effect."""
        return max(self.sent_at, self.ended) + UNRESOLVED_PERIOD

    @property
    def is_recent(self) -> bool:
        """Return whether the attempt may still take effect, or the service become visible.

        An attempt in the future was recorded before the clock was set back.
        """
        return bool(self.sent_at) and not self.deleted and time.time() <= self.expiry

    def may_have_created(self, service: Mapping[str, Any]) -> bool:
        """Return whether it may have created this service; without a known ID, the time of creation decides."""
        if self.resource_id:
            return self.resource_id == service.get("id")
        created = parse_timestamp(service.get("createdAt"))
        return created is None or self.sent_at - MAX_CLOCK_SKEW <= created <= self.expiry

    def to_json(self, key: CreationKey, **more: str) -> str:
        """Return the content of a file with the attempt to create the service of this key."""
        content = {"place": key.scope, "name": key.name, "sent": self.sent_at, "service_id": self.resource_id}
        outcome = {"seen": self.seen, "deleted": self.deleted, "ended": self.ended, "record": self.record}
        return json.dumps({**more, **content, **outcome}, indent=2) + "\n"


def parse_attempt(content: bytes | str, key: CreationKey, path: str) -> CreationAttempt:
    """Return the attempt to create the service of this key; an empty one when the content is about anything else."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return CreationAttempt()
    if not isinstance(values, dict) or (values.get("place"), values.get("name")) != (key.scope, key.name):
        return CreationAttempt()
    sent, resource_id, ended = values.get("sent"), values.get("service_id"), values.get("ended", 0.0)
    if not (isinstance(sent, float) and isinstance(resource_id, str) and isinstance(ended, float)):
        return CreationAttempt()
    seen, deleted = (values.get(name) is True for name in ("seen", "deleted"))
    record, url = (str(values.get(name) or "") for name in ("record", "url"))
    return CreationAttempt(sent, resource_id, seen, deleted, ended, record, path, url)


def _parse_locked(content: bytes, changed: float, key: CreationKey, path: str) -> CreationAttempt:
    """Return the attempt in a file that is locked.

    A damaged file stands for an attempt that was sent before the file was last changed, and ended then.
    """
    attempt = parse_attempt(content, key, path)
    if attempt.sent_at or not content.strip():
        return attempt
    return CreationAttempt(changed - UNRESOLVED_PERIOD, ended=changed, path=path)


class CreationLock:
    """The exclusive right to create the service, and the previous attempt."""

    def __init__(self, key: CreationKey, path: str, handle: int) -> None:
        self._key = key
        self.path = path
        self._handle = handle
        self.previous = _parse_locked(read_fd(handle), os.fstat(handle).st_mtime, key, path)

    def save(self, attempt: CreationAttempt) -> None:
        """Record the attempt for the next process. Raise CloudError if that fails."""
        content = attempt.to_json(self._key).encode() if attempt.sent_at else b""
        blocks = len(content) // BLOCK_SIZE + 1
        try:
            rewrite_fd(self._handle, content.ljust(blocks * BLOCK_SIZE))
            os.fsync(self._handle)
        except OSError as error:
            raise CloudError(
                f"{self.path} cannot be written: {error.strerror}. Free some space, or repair it."
            ) from error


def attempt_path(key: CreationKey, warn: Callable[[str], None] | None = None) -> str:
    """Return the path of the file to lock. Raise OSError when it cannot be created."""
    directory = state_directory()
    if directory.problem and warn:
        warn(directory.problem)
    return os.path.join(directory.path, f"creation-{key.file_name}")


@contextlib.contextmanager
def creation_lock(
    key: CreationKey,
    warn: Callable[[str], None],
    timeout: float = CREATION_LOCK_TIMEOUT,
    *,
    progress: Progress | None = None,
) -> Iterator[CreationLock]:
    """Prevent all other processes of this user on this machine from creating the service.

    Raise CloudError when another process holds the lock for timeout seconds, or the lock cannot be taken.
    """
    sleep = _make_lock_pause(key, timeout, progress or Progress())
    with contextlib.ExitStack() as stack:
        try:
            path = attempt_path(key, warn)
            handle = stack.enter_context(exclusive_lock(path, timeout, sleep))
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


def _make_lock_pause(key: CreationKey, timeout: float, progress: Progress) -> Callable[[float], None]:
    """Return a function that sleeps for some seconds, and shows that the task waits for the lock."""
    return functools.partial(
        progress.pause,
        reason=lambda: f"Waiting for another task that is creating {key.name!r}",
        limit=lambda: f"for up to {timeout} seconds in all",
    )


def last_attempt(key: CreationKey) -> CreationAttempt:
    """Return the last attempt to create the service; an empty one if it is not known."""
    with contextlib.suppress(OSError):
        path = attempt_path(key)
        return _parse_locked(read_own(path).encode(), os.stat(path).st_mtime, key, path)
    return CreationAttempt()


def mark_seen(services_url: str, service: Mapping[str, Any]) -> None:
    """Record that the service is visible, if a recent attempt created it: if it is not found later, it was deleted."""
    key = CreationKey(services_url, str(service.get("name")))
    attempt = last_attempt(key)
    if not attempt.is_recent or attempt.seen or not attempt.may_have_created(service):
        return
    # If the lock is taken, the other process records it.
    with contextlib.suppress(OSError, CloudError), exclusive_lock(attempt.path, 1) as handle:
        lock = CreationLock(key, attempt.path, handle)
        if lock.previous == attempt:
            lock.save(replace(attempt, resource_id=str(service["id"]), seen=True))
