# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Generate the credentials of an API key, and keep them in a file before they can be lost."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import string
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .._errors import InvalidOption
from .._files import read_own
from .._json import Resource
from .._service.creation_attempt import UNRESOLVED_PERIOD, CreationAttempt
from .._service.secret_file import SecretFile, sha256_base64

#: The form of the credentials that the API itself generates, which scanners for leaked secrets know.
KEY_LENGTH = 20
SECRET_LENGTH = 38
SECRET_PREFIX = "4b1d"
#: The number of characters at the end of the ID that the API shows.
SUFFIX_LENGTH = 4

_ALPHABET = string.ascii_letters + string.digits
_NAMES = ("api_key", "api_secret", "organization_id")


def suffix_of(key: Resource) -> str:
    """Return the end of the ID with which a client authenticates as this key."""
    return str(key.get("keySuffix"))


@dataclass(frozen=True)
class Credentials:
    """The ID and the secret with which a client authenticates, and the organization that it belongs to."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    organization: str

    @classmethod
    def generate(cls, organization: str, taken: Collection[str]) -> Credentials:
        """Return random credentials whose suffix is none of those that are taken."""
        while True:
            key, secret = (_random_text(length) for length in (KEY_LENGTH, SECRET_LENGTH))
            if key[-SUFFIX_LENGTH:] not in taken:
                return cls(key, SECRET_PREFIX + secret, organization)

    @classmethod
    def parse(cls, text: str) -> Credentials | None:
        """Return the credentials in the content of a file; None for anything else."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return None
        values = [content.get(name) if isinstance(content, dict) else None for name in _NAMES]
        texts = [value for value in values if isinstance(value, str)]
        return cls(*texts) if len(texts) == len(_NAMES) else None

    @property
    def suffix(self) -> str:
        return self.key[-SUFFIX_LENGTH:]

    def to_text(self) -> str:
        """Return the content of the file: the options of the connection, as JSON on one line."""
        return json.dumps(dict(zip(_NAMES, (self.key, self.secret, self.organization))))

    def hash_data(self) -> dict[str, str]:
        """Return what the API gets: hashes, from which the credentials cannot be computed."""
        return {
            "keyIdHash": sha256_base64(self.key.encode()),
            "keyIdSuffix": self.suffix,
            "keySecretHash": sha256_base64(self.secret.encode()),
        }

    def are_of(self, key: Resource) -> bool:
        return self.suffix == suffix_of(key)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _index in range(length))


class ApiKeyFile(SecretFile):
    """A file that holds the credentials of one API key."""

    option = "secret_file"
    noun = "secret"

    def split(self, secret: str) -> list[str]:
        credentials = Credentials.parse(secret)
        return [credentials.key, credentials.secret] if credentials else [secret]

    def read(self) -> str:
        """Return the content, "" without a file that belongs to this user."""
        with contextlib.suppress(OSError):
            return read_own(self.path)
        return ""

    def has_secret_of(self, key: Resource) -> bool:
        """Return whether the file holds the secret of this key."""
        credentials = Credentials.parse(self.read())
        return credentials is not None and credentials.are_of(key)

    def pending(self) -> Credentials | None:
        """Return the credentials of a creation that was interrupted; None without any. Raise InvalidOption."""
        text = self.read_pending()
        credentials = Credentials.parse(text)
        if text and credentials is None:
            raise InvalidOption(
                f"{self.pending_path} was left by another task, and does not hold the secret of an API key. Check its"
                " content, and move it away."
            )
        return credentials

    def is_pending_of(self, attempt: CreationAttempt) -> bool:
        """Return whether the pending credentials are those of the attempt."""
        return attempt.record == self.pending_path

    def _check_pending(self, name: str, previous: CreationAttempt) -> None:
        """Raise InvalidOption if the key of the pending credentials may still appear, and it is not that of the name.

        previous is the last attempt to create the key of the name.
        """
        if self.is_pending_of(previous) or not self.pending():
            return
        age = time.time() - os.stat(self.pending_path).st_mtime
        if age <= UNRESOLVED_PERIOD:
            raise InvalidOption(
                f"{self.pending_path} holds the secret of an API key that may still appear; that of {name!r}"
                f" would replace it. Run the task that creates it again, or this one in {UNRESOLVED_PERIOD // 60}"
                " minutes. Give each key its own secret_file."
            )

    def check_is_free(self, name: str, organization: str, keys: Sequence[Resource], previous: CreationAttempt) -> None:
        """Raise InvalidOption if the secret of the new key of this name would replace another one.

        keys are the keys of the organization, and previous is the last attempt to create one of this name. The secret
        of a key that no longer exists may be replaced.
        """
        text = self.read().strip()
        credentials = Credentials.parse(text)
        advice = "Give each key its own secret_file, or move this file away."
        if text and credentials is None:
            raise InvalidOption(
                f"secret_file {self.path} is not empty, and does not hold the secret of an API key, which the secret"
                f" of {name!r} would replace. {advice}"
            )
        for path, found in ((self.path, credentials), (self.pending_path, self.pending())):
            if found and found.organization != organization:
                raise InvalidOption(
                    f"{path} holds the secret of an API key of the organization {found.organization}; that of {name!r}"
                    f" would replace it. {advice}"
                )
            owners = [key for key in keys if found and found.are_of(key)]
            if owners:
                raise InvalidOption(
                    f"{path} holds the secret of the API key {owners[0].get('name')!r} ({owners[0]['id']}); that of"
                    f" {name!r} would replace it. {advice}"
                )
        self._check_pending(name, previous)
