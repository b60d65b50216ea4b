# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Hash and generate passwords, and keep one in a file before it can be lost."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

from .._client.options import encode_utf8
from .._errors import InvalidOption
from .secret_file import SecretFile, sha256_base64

#: The number of letters and digits of a generated password: about 160 bits.
LENGTH = 27


def password_hashes(password: str) -> dict[str, str]:
    """Return the body of PATCH password: SHA-256 in base64, and double SHA-1 in hexadecimal for the MySQL protocol.

    Both are set, since otherwise the service would still accept the old password with the other protocol. Raise
    InvalidOption for text that cannot be encoded.
    """
    secret = encode_utf8("password", password)
    inner = hashlib.sha1(secret).digest()
    return {
        "newPasswordHash": sha256_base64(secret),
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


class PasswordFile(SecretFile):
    """A file that holds the password of a service."""

    option = "password_file"
    noun = "password"


def open_password_file(path: str | None) -> PasswordFile | None:
    """Return the password file; None without a path. Raise InvalidOption when it cannot be written."""
    if not path:
        return None
    file = PasswordFile(path)
    file.check()
    return file
