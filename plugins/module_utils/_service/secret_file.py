# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A file that holds a secret, such as a password, which is in it before it can be lost."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import stat
import tempfile

from .._client.options import encode_utf8
from .._compat import register_secret
from .._errors import CloudError, InvalidOption
from .._files import read_own, write_atomically

#: The suffixes of the files beside the file: a generated or a given secret to set, a record of a creation.
NEIGHBORS = ("new", "given", "creation")
#: The limit of file systems, without the dot and the suffix of the longest of these names.
MAX_NAME_BYTES = 255 - len("..creation")
#: Directories in which a name may stand for an open file of a process, such as its log.
_DEVICES = ("/dev/", "/proc/")
#: A directory below them that holds regular files.
_MEMORY = "/dev/shm/"


def sha256_base64(secret: bytes) -> str:
    """Return the hash of a secret in the form in which the API takes it."""
    return base64.b64encode(hashlib.sha256(secret).digest()).decode()


class SecretFile:
    """A file that holds one secret and nothing else, readable by its owner alone.

    A secret that is to be set lies beside it, in a pending file, from before it is sent until the file holds it. So it
    is known if the task is killed, if the response is lost, and if the disk is full. option is the option with the
    path, and noun the word for the secret in messages.
    """

    option = "secret_file"
    noun = "secret"

    def __init__(self, path: str) -> None:
        encode_utf8(self.option, path)
        try:
            self._link = os.path.abspath(path)
            if _is_device(self._link):
                raise InvalidOption(
                    f"{self.option} must not be in /dev or /proc, and {path} is, or is a link to it: such a path may"
                    f" be a log, which the {self.noun} would replace. Name a file in another directory."
                )
            # A symbolic link is followed, and is kept.
            self.path = os.path.realpath(path)
        except OSError as error:
            raise InvalidOption(f"{self.option} {path} cannot be found: {error.strerror}.") from error
        self._directory, name = os.path.split(self.path)
        size = len(os.fsencode(name))
        if size > MAX_NAME_BYTES:
            raise InvalidOption(
                f"the name of {self.option} is too long: it has {size} bytes, and at most {MAX_NAME_BYTES} are allowed,"
                " so that there is room for the names of the files that are kept beside it for a while."
            )
        #: The files that lie beside it for a while.
        self.neighbors = [os.path.join(self._directory, f".{name}.{suffix}") for suffix in NEIGHBORS]
        # A given secret must not replace a pending generated one.
        self.pending_path, self._given_path, self._longest = self.neighbors
        #: The files with secrets that a new one would replace.
        self.secrets = (self.path, self.pending_path, self._given_path)

    def check(self) -> None:
        """Raise InvalidOption when the file cannot be written, before there is a secret to lose."""
        if not os.path.isdir(self._directory):
            raise InvalidOption(f"The directory of {self.option} does not exist: {self._directory}. Create it first.")
        try:
            self._check_owners()
            # Finds a directory that takes no files, and a name that is too long for this file system.
            with tempfile.TemporaryFile(dir=self._directory), contextlib.suppress(FileNotFoundError):
                os.lstat(self._longest)
        except OSError as error:
            raise InvalidOption(f"{self.option} {self.path} cannot be written: {error.strerror}.") from error

    def _check_owners(self) -> None:
        """Raise InvalidOption for a file or a link of another user, and for a file that is not regular."""
        user = os.geteuid()
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(self._link).st_uid not in (0, user):
                raise InvalidOption(f"{self.option} {self._link} belongs to another user. Remove it, or name another.")
            status = os.lstat(self.path)
            if not stat.S_ISREG(status.st_mode) or os.path.ismount(self.path):
                raise InvalidOption(
                    f"{self.option} must be a regular file, and not a mount point; {self.path} is something else."
                )
            if status.st_uid != user:
                raise InvalidOption(f"{self.option} {self.path} belongs to another user. Remove it, or name another.")

    def read_pending(self) -> str:
        """Return the generated secret that an interrupted task may have set, or "".

        Raise InvalidOption when the pending file does not belong to this user, or does not hold a secret.
        """
        try:
            secret = read_own(self.pending_path)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise InvalidOption(
                f"{self.pending_path} may contain a {self.noun} that was set, and cannot be read: {error.strerror}."
                " Check its content, and move it away."
            ) from error
        encode_utf8(self.pending_path, secret)
        return secret

    def holds(self, secret: str) -> bool:
        """Return whether the file holds this secret already."""
        try:
            return read_own(self.path) == secret
        except OSError:
            return False

    def stage(self, secret: str, is_generated: bool) -> None:
        """Write the secret beside the file, before it is sent."""
        self._write(self.staged_path(is_generated), secret)

    def unstage(self, is_generated: bool) -> None:
        """Remove the staged secret, which the API has refused."""
        with contextlib.suppress(OSError):
            os.unlink(self.staged_path(is_generated))

    def commit(self, secret: str, is_generated: bool) -> None:
        """Move the staged secret, which is valid now, into the file."""
        staged = self.staged_path(is_generated)
        try:
            os.replace(staged, self.path)
        except FileNotFoundError:
            # Another task that was setting the same pending secret has moved it.
            self._write(self.path, secret)
        except OSError as error:
            raise CloudError(
                f"The {self.noun} is set, but {self.option} {self.path} could not be written: {error.strerror}."
                f" It is in {staged}: move it."
            ) from error
        self._remove_pending()

    def explain_pending(self, is_generated: bool) -> str:
        """Return what to do when the response to the request that sets the staged secret was lost."""
        again = " The next run of this task sets it again." if is_generated else ""
        return (
            f"It is not known whether the new {self.noun} is valid. It is in"
            f" {self.staged_path(is_generated)}, and the previous one in {self.path}, if it was saved: log in with them"
            f" to find out which one is valid.{again}"
        )

    def write(self, secret: str) -> None:
        """Replace the file atomically, so that a reader finds the old secret or the new one."""
        self._write(self.path, secret)
        self._remove_pending()

    def staged_path(self, is_generated: bool) -> str:
        """Return the path of the file that holds the secret while it is being set."""
        return self.pending_path if is_generated else self._given_path

    def _write(self, path: str, secret: str) -> None:
        """Replace the file atomically. Ansible masks the secret afterwards, since it can be read in the file.

        If it cannot be written, only the result contains it, where it must not be masked.
        """
        try:
            write_atomically(path, secret)
        except OSError as error:
            raise CloudError(f"{self.option} {self.path} could not be written: {error.strerror}.") from error
        for part in self.split(secret):
            register_secret(part)

    def split(self, secret: str) -> list[str]:
        """Return the parts of the secret that are secret."""
        return [secret]

    def _remove_pending(self) -> None:
        """Remove the pending secrets, which are no longer valid."""
        for path in (self.pending_path, self._given_path):
            with contextlib.suppress(OSError):
                os.unlink(path)


def _is_device(path: str) -> bool:
    """Return whether the path, or a link on it, is in a directory of devices or processes."""
    for _link in range(40):  # Linux follows at most 40 links.
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if f"{path}/".startswith(_DEVICES) and not path.startswith(_MEMORY):
            return True
        if not os.path.islink(path):
            break
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return False
