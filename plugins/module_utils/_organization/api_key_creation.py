# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Create an API key exactly once, and so that its secret is known.

Its credentials are generated here, and are in a file before the request with their hashes is sent. The request is not
repeated while its outcome is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from .._client.api_keys import create_api_key
from .._errors import CloudError, UnexpectedResponse
from .._json import Resource
from .._module.context import ModuleContext
from .._service.creation_attempt import CreationAttempt, CreationLock
from .api_key_file import ApiKeyFile, Credentials

#: Waits for the key that an attempt may have created, whose response was lost with the error.
Search = Callable[[CreationAttempt, CloudError], "Resource | None"]


@dataclass
class KeyCreation:
    """The creation of one API key, under a lock. suffixes are those that the keys of the organization have."""

    ctx: ModuleContext
    file: ApiKeyFile
    lock: CreationLock
    suffixes: Collection[str]
    search: Search
    _attempt: CreationAttempt = field(default_factory=CreationAttempt)

    def run(self, body: Mapping[str, Any]) -> Resource:
        """Create the key with this body, and return it; its secret is in the file."""
        # Those of another key are not used for this one, too.
        pending = self.file.pending() if self.file.is_pending_of(self.lock.previous) else None
        credentials = pending or Credentials.generate(self.ctx.api.organization, self.suffixes)
        try:
            hashed = {**body, "hashData": credentials.hash_data()}
            response = create_api_key(self.ctx.api, hashed, lambda: self._record(credentials))
            key = _key_in(response)
        except CloudError as error:
            if not error.may_have_been_applied:
                self._withdraw(is_pending=pending is not None)
                raise
            key = self._adopt(error, credentials)
        else:
            # Before the secret is kept, for which the disk may be full.
            self.save(resource_id=key["id"], ended=time.time())
            self._keep(response, credentials)
        return key

    def save(self, **changes: Any) -> None:
        """Record what has become of the attempt; only warn if that fails, since the request was sent."""
        self._attempt = replace(self._attempt, **changes)
        self._save(self._attempt)

    def _save(self, attempt: CreationAttempt) -> None:
        try:
            self.lock.save(attempt)
        except CloudError as error:
            self.ctx.warn(str(error))

    def _record(self, credentials: Credentials) -> None:
        """Keep the credentials, and record the attempt."""
        self._attempt = CreationAttempt(time.time(), path=self.lock.path, record=self.file.pending_path)
        self.file.stage(credentials.to_text(), is_generated=True)
        self.lock.save(self._attempt)

    def _withdraw(self, is_pending: bool) -> None:
        """Discard new credentials, which the API has refused: the attempt before is still the last one."""
        if not is_pending:
            self.file.unstage(is_generated=True)
        self._save(self.lock.previous)

    def _adopt(self, error: CloudError, credentials: Credentials) -> Resource:
        """Return the key that was created although the response was lost; raise the error if there is none."""
        self.save(ended=time.time())
        key = self.search(self._attempt, error)
        if key is None or not credentials.are_of(key):
            raise error
        self.save(resource_id=key["id"], seen=True)
        self.file.commit(credentials.to_text(), is_generated=True)
        return key

    def _keep(self, response: Resource, credentials: Credentials) -> None:
        """Move the credentials into the file; if the API has ignored the hashes, those that it has generated."""
        key, secret = response.get("keyId"), response.get("keySecret")
        if isinstance(key, str) and isinstance(secret, str):
            self.file.write(replace(credentials, key=key, secret=secret).to_text())
        else:
            self.file.commit(credentials.to_text(), is_generated=True)


def _key_in(response: Resource) -> Resource:
    """Return the key in the response to its creation. Raise UnexpectedResponse if there is none."""
    key = response["key"]
    if not isinstance(key, dict) or not isinstance(key.get("id"), str):
        raise UnexpectedResponse("The API has created the API key, but does not say which one it is.")
    return key
