# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""The password of a service: hashed before it is sent, kept in a file before it can be lost."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, InvalidOption


def hashes(password: str) -> dict[str, str]:
    """The body of PATCH password: SHA-256 in base64, and double SHA-1 in hexadecimal for the MySQL protocol.

    Both at once, since a service that is given only one keeps accepting the old password by the other protocol.
    """
    secret = password.encode()
    inner = hashlib.sha1(secret).digest()
    return {
        "newPasswordHash": base64.b64encode(hashlib.sha256(secret).digest()).decode(),
        "newDoubleSha1Hash": hashlib.sha1(inner).hexdigest(),
    }


class PasswordFile:
    """A file that holds one password and nothing else, readable by its owner alone."""

    def __init__(self, path: str) -> None:
        self._path = path

    def check(self) -> None:
        """Raises InvalidOption when the file can surely not be written: better now than after the only chance."""
        directory = os.path.dirname(os.path.abspath(self._path))
        if os.path.isdir(self._path):
            raise InvalidOption(f"password_file is a directory: {self._path}. Name a file in it.")
        if not os.path.isdir(directory):
            raise InvalidOption(f"The directory of password_file does not exist: {directory}. Create it first.")
        if not os.access(directory, os.W_OK | os.X_OK):
            raise InvalidOption(f"The directory of password_file cannot be written: {directory}.")

    def write(self, password: str) -> None:
        """Replace the file at once, so that whoever reads it finds the old password or the new one, never a part."""
        directory = os.path.dirname(os.path.abspath(self._path))
        try:
            # mkstemp makes the file with mode 0600.
            handle, temporary = tempfile.mkstemp(dir=directory, prefix=".password-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(password)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self._path)
            except OSError:
                os.unlink(temporary)
                raise
        except OSError as error:
            raise CloudError(f"password_file {self._path} could not be written: {error.strerror}.") from error
