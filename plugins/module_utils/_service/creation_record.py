# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Record a creation whose password is not known yet, so that the next run sets one."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace

from .._errors import AmbiguousName, CloudError, InvalidOption
from .._files import is_shared, read_own, state_directory, write_atomically
from .._module.context import ModuleContext
from .creation_attempt import MAX_CLOCK_SKEW, CreationAttempt, CreationKey, creation_lock, last_attempt, parse_attempt
from .service import Service

RECORD_NOTE = (
    "The creation of this service was begun and not finished: its password is not known yet. The next run of the same"
    " task finishes it, and removes this file."
)


class CreationRecord:
    """The record of a creation whose password is still to be set or kept.

    The file is beside the password file, or in the state directory if there is none or other users may write there.
    """

    def __init__(self, ctx: ModuleContext, name: str) -> None:
        self._key = CreationKey(ctx.api.organization, name)
        self._lock_key = CreationKey(ctx.api.services_url, name)
        self._warn = ctx.warn
        self._beside = record_path_beside(ctx.options["password_file"])

    def check_not_foreign(self) -> None:
        """Raise InvalidOption if the file records another creation, and CloudError if it cannot be read."""
        # Raises an error if it cannot be read.
        read_record(self._beside)
        if self._is_foreign():
            raise InvalidOption(
                f"{self._beside} is about the creation of another service, which was interrupted. Finish that one"
                " first, give each service its own password_file, or remove the file if that password is not needed."
            )

    @property
    def attempt(self) -> CreationAttempt:
        """Return the recorded attempt, unless its service was deleted, or another creation was started since then."""
        attempts = [parse_attempt(read_record(path), self._key, path) for path in self._paths()]
        newest = max(attempts, key=lambda attempt: attempt.sent_at, default=CreationAttempt())
        last = last_attempt(self._lock_key)
        if newest.sent_at < last.sent_at or (newest.sent_at == last.sent_at and last.deleted):
            return CreationAttempt()
        return replace(newest, ended=last.ended) if newest.sent_at == last.sent_at else newest

    @property
    def unresolved(self) -> CreationAttempt:
        """Return the attempt if it was sent to the URL of this task: otherwise it creates no service here."""
        attempt = self.attempt
        return attempt if attempt.url in ("", self._lock_key.scope) else CreationAttempt()

    def matches(self, service: Service) -> bool:
        """Return whether the recorded attempt created this service. Raise AmbiguousName if that is not certain."""
        attempt = self.attempt
        if not attempt.sent_at or attempt.resource_id or attempt.may_have_created(service):
            return bool(attempt.sent_at) and attempt.may_have_created(service)
        started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(attempt.sent_at))
        raise AmbiguousName(
            f"{service.label} was created at {service['createdAt']}, but a creation that was interrupted"
            f" was begun at {started}: it is not certain that this creation made the service. Its password was not"
            f" touched. Set it with service_password, or remove {attempt.path} if it is known. The clocks of this"
            f" machine and of the API must not differ by more than {MAX_CLOCK_SKEW} seconds."
        )

    def write(self, attempt: CreationAttempt) -> str:
        """Write the record, and return its path. Raise CloudError if that fails: nothing must be created then."""
        path = self._beside
        try:
            path = path or record_path_in_state(self._key)
            write_atomically(path, attempt.to_json(self._key, about=RECORD_NOTE, url=self._lock_key.scope))
        except OSError as error:
            path = path or error.filename
            raise CloudError(f"The record of a creation, {path}, cannot be written: {error.strerror}.") from error
        return path

    def remove_for(self, service: Service) -> None:
        """Remove the record if it may be about this service, whose password is known now."""
        with contextlib.suppress(CloudError):
            if not self.attempt.sent_at:
                return
            # If the lock is taken, another task is creating the service, and removes the record itself.
            with creation_lock(self._lock_key, self._warn, 1):
                if self.attempt.resource_id in ("", service.id):
                    self.remove()

    def remove(self) -> None:
        """Remove the record, since the password is known, or there is no service."""
        for path in [*self._paths()]:
            try:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            except OSError as error:
                self._warn(
                    f"{path} cannot be removed: {error.strerror}. Remove it, or the next run sets the password again."
                )

    def _is_foreign(self) -> bool:
        """Return whether the file beside the password file is about the creation of another service."""
        try:
            text = read_record(self._beside)
        except CloudError:
            return False
        return _is_record(text) and not parse_attempt(text, self._key, self._beside).sent_at

    def _paths(self) -> Iterator[str]:
        """Yield the paths that may hold the record."""
        if self._beside and not self._is_foreign():
            yield self._beside
        with contextlib.suppress(OSError):
            yield record_path_in_state(self._key)
        # The interrupted task may have had another password_file.
        other = last_attempt(self._lock_key).record
        if other and other != self._beside and parse_attempt(read_record(other), self._key, other).sent_at:
            yield other


def record_path_in_state(key: CreationKey) -> str:
    """Return the path in the state directory."""
    return os.path.join(state_directory().path, f"record-{key.file_name}")


def record_path_beside(password_file: str | None) -> str:
    """Return the path beside the password file; "" without one, or where another user could forge it."""
    if not password_file:
        return ""
    directory, name = os.path.split(os.path.realpath(password_file))
    with contextlib.suppress(OSError):
        return "" if is_shared(directory) else os.path.join(directory, f".{name}.creation")
    return ""


def read_record(path: str) -> str:
    """Return the text of the record, "" when there is none. Raises CloudError when it cannot be trusted or read."""
    if not path:
        return ""
    try:
        return read_own(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise CloudError(
            f"The record of a creation, {path}, cannot be read: {error.strerror}. Remove it, or give it to this user."
        ) from error


def _is_record(text: str) -> bool:
    """Return whether this is the record of any creation."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, dict) and {"place", "name", "sent", "service_id"} <= values.keys()
