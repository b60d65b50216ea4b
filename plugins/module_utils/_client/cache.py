# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A client that tasks with the same options share: the HTTP session, the organization, and the list of its services.

Requests are what costs time. So tasks that need the list at the same time, or a moment later, share one request.
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
from .operations import Request
from .options import ClientOptions
from .retry import Retry
from .session import open_session
from .transport import Transport

#: Seconds for which the next task may use the list of the previous one.
LIST_MAX_AGE = 5.0


class ServiceListCache:
    """The services of an organization, which threads that need them at the same time list once."""

    def __init__(self, read: Callable[[], list[Resource]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._services: list[Resource] = []
        self._failure: CloudError | None = None
        #: The time of the latest request for the list, by time.monotonic().
        self.begun = float("-inf")

    def since(self, moment: float) -> list[Resource]:
        """Return the services as listed after this time. Raise what Api.list_services raises."""
        with self._lock:
            if self.begun <= moment:
                # Set before the request, since a change during it may be missing in the response.
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
    """The client that all tasks of a process with the same options share. Raise MissingLibrary."""

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
        """Return the API for one task; lists of other tasks are used for fresh seconds.

        Nothing is sent once it is cancelled. kind is the class of the API, CachedApi by default.
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
    """The API for one task.

    Its first list may come from another task; each further one is new. With polling, it is one of many that poll at
    the same time, every polling seconds: each finds its service in a list that they share.
    """

    def __init__(self, transport: Transport, shared: SharedClient, since: float, polling: float) -> None:
        super().__init__(transport)
        self._task_transport = transport
        self._shared = shared
        self._start = time.monotonic()
        # With polling, the second list may be shared too: the others also read it before they write.
        self._reusable_since = [since, self._start] if polling else [since]
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
        self._reusable_since.clear()

    def get_service(self, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False) -> Resource:
        if direct or not self._polling:
            return super().get_service(service_id, retry=retry, direct=direct)
        self._task_transport.check_cancelled()
        # The last poll may follow the previous one so soon that its list would be the same.
        at_least = max(time.monotonic() - self._polling / 2, self._task_transport.last_write_at, self._last_poll)
        services = self._shared.listing.since(at_least) if retry is Retry.NEVER else self._look()
        self._last_poll = time.monotonic()
        for service in services:
            if service["id"].lower() == service_id.lower():
                return service
        raise ApiError(str(Request("GET", self._services())), 404, f"NOT_FOUND: service {service_id} is not listed")

    def _look(self) -> list[Resource]:
        """Return the list of services, which may be that of another task at first."""
        self._task_transport.check_cancelled()
        since = self._reusable_since.pop(0) if self._reusable_since else time.monotonic()
        services = self._shared.listing.since(max(since, self._task_transport.last_write_at))
        self.last_seen = self._last_list = services
        return services


class Sharing:
    """A runtime in which tasks use the lists of earlier tasks.

    shared holds the clients of earlier tasks; lists are used for fresh seconds. on_progress shows a line while the task
    runs. See Runtime for interruptible. kind is the class of the API for tasks, CachedApi by default. is_abandoned
    returns whether the result of the task can no longer be read.
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
