# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The password of a service: hashed before it is sent, kept in a file before it can be lost."""

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

#: Letters and digits of a generated password: about 160 bits.
LENGTH = 27

#: How the names of the files beside a password file end: a password to be set, and the record of a creation.
NEIGHBORS = ("new", "given", "creation")
#: What file systems take, without the dot before the longest of these names, and what is behind it.
MAX_NAME_BYTES = 255 - len("..creation")
#: Where a name may stand for an open file of a process, such as the log that the output goes to.
_DEVICES = ("/dev/", "/proc/")
#: A part of it that holds files.
_MEMORY = "/dev/shm/"


def password_hashes(password: str) -> dict[str, str]:
    """The body of PATCH password: SHA-256 in base64, and double SHA-1 in hexadecimal for the MySQL protocol.

    Both at once, since a service that is given only one keeps accepting the old password by the other protocol.
    Raises InvalidOption for what is not text.
    """
    secret = encode_utf8("password", password)
    inner = hashlib.sha1(secret).digest()
    return {
        "newPasswordHash": base64.b64encode(hashlib.sha256(secret).digest()).decode(),
        "newDoubleSha1Hash": hashlib.sha1(inner).hexdigest(),
    }


def generate_password() -> str:
    """A password of our own making: known before it is set, so that no lost answer can take it away."""
    alphabet = string.ascii_letters + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _index in range(LENGTH))
        # Of each kind one, as the rules for passwords of the vendor's console have it.
        if all(any(map(kind, password)) for kind in (str.islower, str.isupper, str.isdigit)):
            return f"{password}~"


def check_password_hashes(password_hash: str, double_sha1_hash: str | None) -> dict[str, str]:
    """The body of PATCH password for hashes that were made elsewhere. Raises InvalidOption for what is none."""
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
                    f"password_file must not be in /dev or /proc, and {path} is, or is a link to there: such a name may"
                    " stand for a log, which the password would replace. Name a file in another directory."
                )
            # Behind a link, it is the target that is written, and the link stays.
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
        #: Where a generated password is pending; and a given one, which must not replace it.
        self.pending_path, self._given_path, self._longest = self.neighbors
        #: Where there may be a password, which a new one replaces.
        self.passwords = (self.path, self.pending_path, self._given_path)

    def check(self) -> None:
        """Raise InvalidOption when the file cannot be written: better now than after the only chance."""
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
        """Raise InvalidOption for what is not this user's own regular file, or is reached by the link of another."""
        user = os.geteuid()
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(self._link).st_uid not in (0, user):
                raise InvalidOption(f"password_file {self._link} belongs to another user. Remove it, or name another.")
            found = os.lstat(self.path)
            if not stat.S_ISREG(found.st_mode) or os.path.ismount(self.path):
                raise InvalidOption(
                    f"password_file must be a regular file, and not a mount point; {self.path} is something else."
                )
            if found.st_uid != user:
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
                f"{self.pending_path} may hold a password that was set, and cannot be read: {error.strerror}. Look at"
                " it, and move it away."
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
        """Remove the password that was staged: it was refused."""
        with contextlib.suppress(OSError):
            os.unlink(self.staged_path(is_generated))

    def commit(self, password: str, is_generated: bool) -> None:
        """Move the staged password, which holds now, into the file."""
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
        self._forget_pending()

    def explain_pending(self, is_generated: bool) -> str:
        """Return what to do when the response to the request that sets the staged password was lost."""
        again = " The next run of this task sets it again." if is_generated else ""
        return (
            f"Whether the new password holds is not known. It is in {self.staged_path(is_generated)}, and the former"
            f" one in {self.path}, if it was kept: log in with them to find out which one holds.{again}"
        )

    def write(self, password: str) -> None:
        """Replace the file at once, so that a reader finds the old password or the new one, never a part."""
        self._write(self.path, password)
        self._forget_pending()

    def staged_path(self, is_generated: bool) -> str:
        """Return the path of the file that the password lies in while it is set."""
        return self.pending_path if is_generated else self._given_path

    def _write(self, path: str, password: str) -> None:
        """Replace the file at once. Ansible masks the password from then on, since it can be read in the file.

        One that could not be written is in the result alone, where it must not be masked.
        """
        try:
            write_atomically(path, password)
        except OSError as error:
            raise CloudError(f"password_file {self.path} could not be written: {error.strerror}.") from error
        register_secret(password)

    def _forget_pending(self) -> None:
        """Remove what was pending, now that another password holds."""
        for path in (self.pending_path, self._given_path):
            with contextlib.suppress(OSError):
                os.unlink(path)


def _is_device(path: str) -> bool:
    """Return whether the path, or a link that it leads through, is in a directory of devices or of processes."""
    for _link in range(40):  # As many as Linux follows.
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if f"{path}/".startswith(_DEVICES) and not path.startswith(_MEMORY):
            return True
        if not os.path.islink(path):
            break
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return False


def open_password_file(path: str | None) -> PasswordFile | None:
    """Return the file, which can be written; None without a path. Raise InvalidOption as check() does."""
    if not path:
        return None
    file = PasswordFile(path)
    file.check()
    return file
