# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What is written down of a creation, so that an interrupted one can be told from a service that merely exists."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.plugins.module_utils._data import moment
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import Ambiguous, CloudError, InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._files import (
    contents,
    locked,
    overwrite,
    runtime_directory,
    state_directory,
    write,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import called

ABOUT = (
    "The creation of this service was begun and not finished: its password is not known yet. The next run of the same"
    " task finishes it, and removes this file."
)
#: A service that appears longer than these seconds after its creation was begun is somebody else's.
RELATED = 24 * 3600
#: How many seconds long a task waits for another one that creates a service of the same name.
PATIENCE = 900


@dataclass(frozen=True)
class Subject:
    """What is created: a service of this name, in the organization of this id, or at the URL of its services.

    A record goes by the organization, since the API may be reached by another way the next time; turns go by the URL.
    """

    place: str
    name: str

    @property
    def digest(self) -> str:
        """A file name for it."""
        return hashlib.sha256(f"{self.place}\n{self.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class Creation:
    """One creation: when its request was sent last, in seconds since 1970, and which service it made, if that is known.

    sent is 0 when there was none.
    """

    sent: float = 0.0
    service_id: str = ""

    @property
    def age(self) -> float:
        """Seconds since the request was sent."""
        return abs(time.time() - self.sent)


def _creation(content: bytes | str, subject: Subject) -> Creation:
    """The creation of the subject that this tells of; of anything else it tells nothing."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return Creation()
    if not isinstance(told, dict) or {name: told.get(name) for name in asdict(subject)} != asdict(subject):
        return Creation()
    sent, service_id = told.get("sent"), told.get("service_id")
    if not isinstance(sent, float) or not isinstance(service_id, str):
        return Creation()
    return Creation(sent, service_id)


def _told(subject: Subject, creation: Creation, **more: str) -> str:
    return json.dumps({**more, **asdict(subject), **asdict(creation)}, indent=2) + "\n"


class Record:
    """The creation of a service whose password is still to be set or kept.

    It lies in a file beside the password's own, or in the user's state directory when the password is kept by whoever
    gives it. Without either, nothing is written down: path is "".
    """

    def __init__(self, subject: Subject, options: Mapping[str, Any], warn: Callable[[str], None]) -> None:
        self._subject = subject
        self._warn = warn
        self._path = ""
        if options["password_file"]:
            directory, name = os.path.split(os.path.realpath(options["password_file"]))
            self._path = os.path.join(directory, f".{name}.creation")
        elif options["password"]:
            self._path = os.path.join(state_directory(), f"creation-{subject.digest}")

    @property
    def kept(self) -> bool:
        """Whether there is a file at all."""
        return bool(self._path)

    def check(self) -> None:
        """Raises InvalidOption when another creation is written down: to write over it would lose what tells of it."""
        text = self._read()
        if not _creation(text, self._subject).sent and _creation_of_another(text):
            raise InvalidOption(
                f"{self._path} tells of the creation of another service, which was interrupted. Finish that one first,"
                " give each service a password_file of its own, or remove the file if that password is of no use."
            )

    @property
    def creation(self) -> Creation:
        """The creation of the subject that is written down."""
        return _creation(self._read(), self._subject)

    def names(self, service: Mapping[str, Any]) -> bool:
        """Whether this service is the one whose creation is written down. Raises Ambiguous when that cannot be told."""
        creation = self.creation
        if not creation.sent or creation.service_id:
            return bool(creation.sent) and creation.service_id == service.get("id")
        created = moment(service.get("createdAt"))
        if created is not None and abs(created - creation.sent) > RELATED:
            begun = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(creation.sent))
            raise Ambiguous(
                f"{called(dict(service))} was created at {service['createdAt']}, but a creation that was interrupted"
                f" was begun at {begun}: it cannot be told whether that one made this service. Its password was not"
                f" touched. If it is known, or once it is set with service_password, remove {self._path}."
            )
        return True

    def _read(self) -> str:
        if not self._path:
            return ""
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read(1 << 16)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            raise CloudError(f"The record of a creation, {self._path}, cannot be read: {error.strerror}.") from error

    def write(self, creation: Creation) -> None:
        """Raises CloudError: without the record there should be no creation."""
        if not self._path:
            return
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            write(self._path, _told(self._subject, creation, about=ABOUT))
        except OSError as error:
            raise CloudError(f"The record of a creation, {self._path}, cannot be written: {error.strerror}.") from error

    def remove(self) -> None:
        """The password is known, or there is no service that could have one."""
        if not self._path:
            return
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
        except OSError as error:
            self._warn(
                f"{self._path} cannot be removed: {error.strerror}. Remove it, or the next run sets the password again."
            )


def _creation_of_another(text: str) -> bool:
    """Whether this is a whole record, of whatever subject."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and {"place", "name", "sent", "service_id"} <= told.keys()


class Turn:
    """The turn of this process to create the subject, and what the one before it has left."""

    def __init__(self, subject: Subject, handle: int | None) -> None:
        self._subject = subject
        self._handle = handle
        content = b"" if handle is None else contents(handle)
        self.before = _creation(content, subject)

    def leave(self, creation: Creation) -> None:
        """Tell the next one. A file that cannot be written tells it nothing."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                overwrite(self._handle, _told(self._subject, creation).encode())


def _path(subject: Subject) -> str:
    return os.path.join(runtime_directory(), f"creation-{subject.digest}")


@contextlib.contextmanager
def turn(subject: Subject) -> Iterator[Turn]:
    """Wait until no other process of this user on this machine creates the subject, and keep the others waiting.

    Where there can be no file to hold, nobody is kept waiting. Raises CloudError when another one does not come to an
    end.
    """
    with contextlib.ExitStack() as stack:
        handle = None
        try:
            handle = stack.enter_context(locked(_path(subject), PATIENCE))
        except TimeoutError as error:
            raise CloudError(
                f"Another task has been creating {subject.name!r} for more than {PATIENCE} seconds ({error})."
                " See what becomes of it, and run this task again."
            ) from error
        except OSError:
            # No place for such a file. What is lost is only the order of tasks that want the same at once.
            handle = None
        yield Turn(subject, handle)


def forget(subject: Subject) -> None:
    """The subject is gone: who creates it anew need not look for the former one."""
    with contextlib.suppress(OSError), locked(_path(subject), 1) as handle:
        overwrite(handle, b"")
