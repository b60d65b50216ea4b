# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Hash and generate passwords, and keep one in a file before it can be lost."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import secrets
import stat
import string
import tempfile

from .._client.options import encode_utf8
from .._compat import register_secret
from .._errors import CloudError, InvalidOption
from .._files import read_own, write_atomically

#: The number of letters and digits of a generated password: about 160 bits.
LENGTH = 27

#: The suffixes of the files beside a password file: a generated or a given password to set, a record of a creation.
NEIGHBORS = ("new", "given", "creation")
#: The limit of file systems, without the dot and the suffix of the longest of these names.
MAX_NAME_BYTES = 255 - len("..creation")
#: Directories in which a name may stand for an open file of a process, such as its log.
_DEVICES = ("/dev/", "/proc/")
#: A directory below them that holds regular files.
_MEMORY = "/dev/shm/"


def password_hashes(password: str) -> dict[str, str]:
    """Return the body of PATCH password: SHA-256 in base64, and double SHA-1 in hexadecimal for the MySQL protocol.

    Both are set, since otherwise the service would still accept the old password with the other protocol. Raise
    InvalidOption for text that cannot be encoded.
    """
    secret = encode_utf8("password", password)
    inner = hashlib.sha1(secret).digest()
    return {
        "newPasswordHash": base64.b64encode(hashlib.sha256(secret).digest()).decode(),
        "newDoubleSha1Hash": hashlib.sha1(inner).hexdigest(),
    }


def generate_password() -> str:
    """Return a random password. It is known before it is set, so that it is not lost with a response."""
    alphabet = string.ascii_letters + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _index in range(LENGTH))
        # The console of the vendor requires one character of each kind.
        if all(any(map(kind, password)) for kind in (str.islower, str.isupper, str.isdigit)):
            return f"{password}~"


def check_password_hashes(password_hash: str, double_sha1_hash: str | None) -> dict[str, str]:
    """Return the body of PATCH password for these hashes. Raise InvalidOption for an invalid one."""
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", password_hash):
        raise InvalidOption("password_hash must be a SHA-256 hash in base64, which is 44 characters long.")
    if double_sha1_hash and not re.fullmatch(r"[0-9a-fA-F]{40}", double_sha1_hash):
        raise InvalidOption("double_sha1_hash must be a double SHA-1 hash in hexadecimal, which is 40 digits long.")
    body = {"newPasswordHash": password_hash}
    return {**body, "newDoubleSha1Hash": double_sha1_hash} if double_sha1_hash else body


class PasswordFile:
    """A file that holds one password and nothing else, readable by its owner alone.

    A password that is to be set lies beside it, in a pending file, from before it is sent until the file holds it. So
    it is known if the task is killed, if the response is lost, and if the disk is full.
    """

    def __init__(self, path: str) -> None:
        encode_utf8("password_file", path)
        try:
            self._link = os.path.abspath(path)
            if _is_device(self._link):
                raise InvalidOption(
                    f"password_file must not be in /dev or /proc, and {path} is, or is a link to it: such a path may"
                    " be a log, which the password would replace. Name a file in another directory."
                )
            # A symbolic link is followed, and is kept.
            self.path = os.path.realpath(path)
        except OSError as error:
            raise InvalidOption(f"password_file {path} cannot be found: {error.strerror}.") from error
        self._directory, name = os.path.split(self.path)
        size = len(os.fsencode(name))
        if size > MAX_NAME_BYTES:
            raise InvalidOption(
                f"the name of password_file is too long: it has {size} bytes, and at most {MAX_NAME_BYTES} are allowed,"
                " so that there is room for the names of the files that are kept beside it for a while."
            )
        #: The files that lie beside it for a while.
        self.neighbors = [os.path.join(self._directory, f".{name}.{suffix}") for suffix in NEIGHBORS]
        # A given password must not replace a pending generated one.
        self.pending_path, self._given_path, self._longest = self.neighbors
        #: The files with passwords that a new one would replace.
        self.passwords = (self.path, self.pending_path, self._given_path)

    def check(self) -> None:
        """Raise InvalidOption when the file cannot be written, before there is a password to lose."""
        if not os.path.isdir(self._directory):
            raise InvalidOption(f"The directory of password_file does not exist: {self._directory}. Create it first.")
        try:
            self._check_owners()
            # Finds a directory that takes no files, and a name that is too long for this file system.
            with tempfile.TemporaryFile(dir=self._directory), contextlib.suppress(FileNotFoundError):
                os.lstat(self._longest)
        except OSError as error:
            raise InvalidOption(f"password_file {self.path} cannot be written: {error.strerror}.") from error

    def _check_owners(self) -> None:
        """Raise InvalidOption for a file or a link of another user, and for a file that is not regular."""
        user = os.geteuid()
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(self._link).st_uid not in (0, user):
                raise InvalidOption(f"password_file {self._link} belongs to another user. Remove it, or name another.")
            status = os.lstat(self.path)
            if not stat.S_ISREG(status.st_mode) or os.path.ismount(self.path):
                raise InvalidOption(
                    f"password_file must be a regular file, and not a mount point; {self.path} is something else."
                )
            if status.st_uid != user:
                raise InvalidOption(f"password_file {self.path} belongs to another user. Remove it, or name another.")

    def read_pending(self) -> str:
        """Return the generated password that an interrupted task may have set, or "".

        Raise InvalidOption when the pending file does not belong to this user, or does not hold a password.
        """
        try:
            password = read_own(self.pending_path)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise InvalidOption(
                f"{self.pending_path} may contain a password that was set, and cannot be read: {error.strerror}."
                " Check its content, and move it away."
            ) from error
        encode_utf8(self.pending_path, password)
        return password

    def holds(self, password: str) -> bool:
        """Return whether the file holds this password already."""
        try:
            return read_own(self.path) == password
        except OSError:
            return False

    def stage(self, password: str, is_generated: bool) -> None:
        """Write the password beside the file, before it is sent."""
        self._write(self.staged_path(is_generated), password)

    def unstage(self, is_generated: bool) -> None:
        """Remove the staged password, which the API has refused."""
        with contextlib.suppress(OSError):
            os.unlink(self.staged_path(is_generated))

    def commit(self, password: str, is_generated: bool) -> None:
        """Move the staged password, which is valid now, into the file."""
        staged = self.staged_path(is_generated)
        try:
            os.replace(staged, self.path)
        except FileNotFoundError:
            # Another task that was setting the same pending password has moved it.
            self._write(self.path, password)
        except OSError as error:
            raise CloudError(
                f"The password is set, but password_file {self.path} could not be written: {error.strerror}. It is in"
                f" {staged}: move it."
            ) from error
        self._remove_pending()

    def explain_pending(self, is_generated: bool) -> str:
        """Return what to do when the response to the request that sets the staged password was lost."""
        again = " The next run of this task sets it again." if is_generated else ""
        return (
            "It is not known whether the new password is valid. It is in"
            f" {self.staged_path(is_generated)}, and the previous one in {self.path}, if it was saved: log in with them"
            f" to find out which one is valid.{again}"
        )

    def write(self, password: str) -> None:
        """Replace the file atomically, so that a reader finds the old password or the new one."""
        self._write(self.path, password)
        self._remove_pending()

    def staged_path(self, is_generated: bool) -> str:
        """Return the path of the file that holds the password while it is being set."""
        return self.pending_path if is_generated else self._given_path

    def _write(self, path: str, password: str) -> None:
        """Replace the file atomically. Ansible masks the password afterwards, since it can be read in the file.

        If it cannot be written, only the result contains it, where it must not be masked.
        """
        try:
            write_atomically(path, password)
        except OSError as error:
            raise CloudError(f"password_file {self.path} could not be written: {error.strerror}.") from error
        register_secret(password)

    def _remove_pending(self) -> None:
        """Remove the pending passwords, which are no longer valid."""
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


def open_password_file(path: str | None) -> PasswordFile | None:
    """Return the password file; None without a path. Raise InvalidOption when it cannot be written."""
    if not path:
        return None
    file = PasswordFile(path)
    file.check()
    return file
