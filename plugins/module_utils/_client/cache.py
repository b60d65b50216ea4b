# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What tasks share that use the same connection: the HTTP session, the organization, and the list of its services.

A request is the true cost. So whoever looks at the same time, or a moment later, looks at the same list.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Callable

from .._errors import ApiError, CloudError
from .._json import Resource
from .api import Api
from .http import open_session
from .operations import Request
from .options import ClientOptions
from .retry import Retry
from .transport import Transport

#: Seconds for which the next task may take the list of the one before for the present one.
LIST_MAX_AGE = 5.0


class ServiceListCache:
    """The services of an organization, listed once for all who want to know at the same time."""

    def __init__(self, read: Callable[[], list[Resource]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._services: list[Resource] = []
        self._failure: CloudError | None = None
        #: When the last list was asked for, by time.monotonic().
        self.begun = float("-inf")

    def since(self, moment: float) -> list[Resource]:
        """The services, as the API listed them after this moment. Raises what Api.services raises."""
        with self._lock:
            if self.begun <= moment:
                # What is asked for now is known to nobody who asked before.
                self.begun = time.monotonic()
                self._failure = None
                try:
                    self._services = self._read()
                except CloudError as error:
                    self._failure = error
            if self._failure:
                raise self._failure
            return self._services


class SharedClient:
    """What is shared by all tasks of one process that use this connection. Raises MissingLibrary."""

    def __init__(
        self,
        connection: ClientOptions,
        warn: Callable[[str], None],
        on_progress: Callable[[str], None] | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> None:
        self._connection = connection
        self._warn = warn
        self._tell = on_progress
        self._is_abandoned = is_abandoned
        self._session = open_session(connection)
        self._transports: list[Transport] = []
        # It learns which organization it is by itself, once.
        self.api = Api(self._transport(read_only=True, writes=[]), connection.organization)
        self.listing = ServiceListCache(self.api.list_services)

    def view(
        self,
        *,
        read_only: bool,
        writes: list[str],
        fresh: float = LIST_MAX_AGE,
        polling: float = 0.0,
        cancelled: threading.Event | None = None,
        kind: Callable[..., CachedApi] | None = None,
    ) -> CachedApi:
        """Return the API for one task; what it takes from other tasks was seen at most fresh seconds ago.

        Nothing is sent once it is cancelled. kind is the class of the API, View by default.
        """
        since = max(time.monotonic() - fresh, *(transport.last_write_at for transport in self._transports))
        transport = self._transport(read_only, writes, cancelled)
        return (kind or CachedApi)(transport, self, since, polling)

    def _transport(self, read_only: bool, writes: list[str], cancelled: threading.Event | None = None) -> Transport:
        transport = Transport(
            self._connection,
            read_only=read_only,
            writes=writes,
            session=self._session,
            cancelled=cancelled,
            is_abandoned=self._is_abandoned,
            warn=self._warn,
            on_progress=self._tell,
        )
        self._transports.append(transport)
        return transport


class CachedApi(Api):
    """The API as one task sees it.

    It looks at the list that others have asked for when it looks for the first time; who looks again wants news. With
    polling, it is one of many that work at the same time, and look every so many seconds: each finds its service in
    the list that one of them has asked for.
    """

    def __init__(self, transport: Transport, shared: SharedClient, since: float, polling: float) -> None:
        super().__init__(transport)
        self._own = transport
        self._shared = shared
        self._begun = time.monotonic()
        # Then the others, who have begun at the same time, look as well before they write.
        self._older = [since, self._begun] if polling else [since]
        self._polling = polling
        self._last_poll = float("-inf")

    @property
    def organization(self) -> str:
        return self._shared.api.organization

    def list_services(self, tags: Mapping[str, str | None] | None = None) -> list[Resource]:
        if tags:
            return super().list_services(tags)
        return self._look()

    def discard_lists(self) -> None:
        self._older.clear()

    def get_service(self, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False) -> Resource:
        if direct or not self._polling:
            return super().get_service(service_id, retry=retry, direct=direct)
        self._own.check_cancelled()
        # The last poll may come soon after the one before it, whose list says nothing new.
        at_least = max(time.monotonic() - self._polling / 2, self._own.last_write_at, self._last_poll)
        services = self._shared.listing.since(at_least) if retry is Retry.NEVER else self._look()
        self._last_poll = time.monotonic()
        for service in services:
            if service["id"].lower() == service_id.lower():
                return service
        raise ApiError(str(Request("GET", self._services())), 404, f"NOT_FOUND: service {service_id} is not listed")

    def _look(self) -> list[Resource]:
        """The list that there is already, but only at first."""
        self._own.check_cancelled()
        since = self._older.pop(0) if self._older else time.monotonic()
        found = self._shared.listing.since(max(since, self._own.last_write_at))
        self.last_seen = self._last_list = found
        return found


class Sharing:
    """A runtime that lets tasks see what those before them have seen.

    shared is what tasks have left that ran here before, fresh how many seconds old may be what they have seen, and tell
    shows a line while the task runs. See Runtime for interruptible. kind is the class of the API that tasks are
    given, View by default. is_abandoned returns whether nothing waits for the result any more.
    """

    def __init__(
        self,
        shared: dict[ClientOptions, SharedClient] | None = None,
        fresh: float = LIST_MAX_AGE,
        on_progress: Callable[[str], None] | None = None,
        interruptible: Callable[[], AbstractContextManager[None]] = nullcontext,
        kind: Callable[..., CachedApi] | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> None:
        self._kind = kind
        self._is_abandoned = is_abandoned
        self.on_progress = on_progress
        self.interruptible = interruptible
        self._fresh = fresh
        self._shared = {} if shared is None else shared

    def view(self, connection: ClientOptions, warn: Callable[[str], None]) -> Callable[..., CachedApi]:
        if connection not in self._shared:
            self._shared[connection] = SharedClient(connection, warn, self.on_progress, self._is_abandoned)
        return functools.partial(self._shared[connection].view, fresh=self._fresh, kind=self._kind)
