# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""The password of a service: hashed before it is sent, kept in a file before it can be lost."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import secrets
import string
import tempfile
from typing import Callable

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import encoded
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._files import write

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:
    # ansible-core before 2.22 shows all that a result holds.
    register_secret = str

#: Letters and digits of a generated password: about 160 bits.
LENGTH = 27


def hashes(password: str) -> dict[str, str]:
    """The body of PATCH password: SHA-256 in base64, and double SHA-1 in hexadecimal for the MySQL protocol.

    Both at once, since a service that is given only one keeps accepting the old password by the other protocol.
    Raises InvalidOption for what is not text.
    """
    secret = encoded("password", password)
    inner = hashlib.sha1(secret).digest()
    return {
        "newPasswordHash": base64.b64encode(hashlib.sha256(secret).digest()).decode(),
        "newDoubleSha1Hash": hashlib.sha1(inner).hexdigest(),
    }


def generated() -> str:
    """A password of our own making: known before it is set, so that no lost answer can take it away."""
    alphabet = string.ascii_letters + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _index in range(LENGTH))
        # Of each kind one, as the rules for passwords of the vendor's console have it.
        if all(any(map(kind, password)) for kind in (str.islower, str.isupper, str.isdigit)):
            return f"{password}~"


def given_hashes(password_hash: str, double_sha1_hash: str | None) -> dict[str, str]:
    """The body of PATCH password for hashes that were made elsewhere. Raises InvalidOption for what is none."""
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", password_hash):
        raise InvalidOption("password_hash must be a SHA-256 hash in base64, which is 44 characters long.")
    if double_sha1_hash and not re.fullmatch(r"[0-9a-fA-F]{40}", double_sha1_hash):
        raise InvalidOption("double_sha1_hash must be a double SHA-1 hash in hexadecimal, which is 40 digits long.")
    body = {"newPasswordHash": password_hash}
    return {**body, "newDoubleSha1Hash": double_sha1_hash} if double_sha1_hash else body


class PasswordFile:
    """A file that holds one password and nothing else, readable by its owner alone."""

    def __init__(self, path: str) -> None:
        if "\0" in path:
            raise InvalidOption("password_file is no path: it holds a NUL character.")
        # Behind a link, it is the file that is written, and the link stays.
        self._path = os.path.realpath(path)
        self._directory = os.path.dirname(self._path)

    def check(self) -> None:
        """Raises InvalidOption when the file cannot be written: better now than after the only chance."""
        if os.path.exists(self._path) and not os.path.isfile(self._path):
            raise InvalidOption(f"password_file must be a file of its own; {self._path} is something else.")
        if not os.path.isdir(self._directory):
            raise InvalidOption(f"The directory of password_file does not exist: {self._directory}. Create it first.")
        try:
            # Finds a directory that takes no files, and a name that is too long.
            with tempfile.TemporaryFile(dir=self._directory), contextlib.suppress(FileNotFoundError):
                os.lstat(self._path)
        except OSError as error:
            raise InvalidOption(f"password_file {self._path} cannot be written: {error.strerror}.") from error

    def write(self, password: str) -> None:
        """Replace the file at once, so that whoever reads it finds the old password or the new one, never a part.

        Ansible masks the password from then on where it shows something: it can be read in the file.
        """
        register_secret(password)
        try:
            write(self._path, password)
        except OSError as error:
            raise CloudError(f"password_file {self._path} could not be written: {error.strerror}.") from error


def keeper(path: str | None) -> Callable[[str], None]:
    """What keeps a password in this file; without one, nothing is kept. Raises InvalidOption as check() does."""
    if not path:
        return lambda _password: None
    file = PasswordFile(path)
    file.check()
    return file.write
