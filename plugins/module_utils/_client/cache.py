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
from typing import Callable

from .._errors import ApiError, CloudError
from .._json import Resource
from .api import Api
from .operations import Request
from .options import ClientOptions
from .progress import Progress
from .retry import Retry
from .session import open_session
from .transport import Transport

#: Seconds for which the next task may use the list of the previous one.
LIST_MAX_AGE = 5.0


class ServiceListCache:
    """The services of an organization, which threads that need them at the same time list once."""

    def __init__(self, fetch: Callable[[], list[Resource]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._services: list[Resource] = []
        self._failure: CloudError | None = None
        #: The time of the latest request for the list, by time.monotonic().
        self.fetched_at = float("-inf")

    def get(self, not_older_than: float) -> list[Resource]:
        """Return the services as listed after this time. Raise what Api.list_services raises."""
        with self._lock:
            if self.fetched_at <= not_older_than:
                # Set before the request, since a change during it may be missing in the response.
                self.fetched_at = time.monotonic()
                self._failure = None
                try:
                    self._services = self._fetch()
                except CloudError as error:
                    self._failure = error
            if self._failure:
                raise self._failure
            return self._services

    def discard(self) -> None:
        """Have the next list come from the API."""
        self.fetched_at = float("-inf")


class CachedApi(Api):
    """The API for one task.

    Its first list may come from another task; each further one is new. With a poll interval, in seconds, it is one of
    many that poll at the same time: each finds its service in a list that they share.
    """

    def __init__(self, client: SharedClient, transport: Transport, not_older_than: float, poll_interval: float) -> None:
        super().__init__(transport)
        self._client = client
        self._task_transport = transport
        # With a poll interval, the second list may be shared too: the others also read it before they write.
        self._reusable_since = [not_older_than, time.monotonic()] if poll_interval else [not_older_than]
        self._poll_interval = poll_interval
        self._last_poll = float("-inf")

    @property
    def organization(self) -> str:
        return self._client.organization

    def list_services(self, tags: Mapping[str, str | None] | None = None) -> list[Resource]:
        if tags:
            return super().list_services(tags)
        self._task_transport.check_cancelled()
        # The first list may be that of another task.
        not_older_than = self._reusable_since.pop(0) if self._reusable_since else time.monotonic()
        services = self._client.services.get(max(not_older_than, self._task_transport.last_write_at))
        self.last_seen = self._last_list = services
        return services

    def discard_lists(self) -> None:
        self._reusable_since.clear()

    def get_service(self, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False) -> Resource:
        if direct or not self._poll_interval:
            return super().get_service(service_id, retry=retry, direct=direct)
        self._task_transport.check_cancelled()
        # The last poll may follow the previous one so soon that its list would be the same.
        at_least = max(time.monotonic() - self._poll_interval / 2, self._task_transport.last_write_at, self._last_poll)
        services = self._client.services.get(at_least) if retry is Retry.NEVER else self.list_services()
        self._last_poll = time.monotonic()
        for service in services:
            if service["id"].lower() == service_id.lower():
                return service
        raise ApiError(str(Request("GET", self.services_path)), 404, f"NOT_FOUND: service {service_id} is not listed")


class SharedClient:
    """The client that all tasks of a process with the same options share. Raise MissingLibrary.

    progress is for the requests that tasks share. All arguments are as in Transport.
    """

    def __init__(
        self,
        options: ClientOptions,
        warn: Callable[[str], None],
        progress: Progress | None = None,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> None:
        self._new_transport = functools.partial(
            Transport,
            options,
            session=open_session(options),
            is_abandoned=is_abandoned,
            warn=warn,
        )
        self._task_transports: list[Transport] = []
        self._api = Api(self._new_transport(check_mode=True, progress=progress), options.organization)
        self.services = ServiceListCache(self._api.list_services)

    @property
    def organization(self) -> str:
        """Return the ID of the organization; without organization_id, request it once."""
        return self._api.organization

    def api(
        self,
        *,
        check_mode: bool,
        write_log: list[str],
        max_age: float = LIST_MAX_AGE,
        poll_interval: float = 0.0,
        cancelled: threading.Event | None = None,
        progress: Progress | None = None,
        api_class: Callable[..., CachedApi] = CachedApi,
    ) -> CachedApi:
        """Return the API for one task, or for a part of it; lists that are at most max_age seconds old are used.

        See CachedApi for poll_interval, and Transport for the others.
        """
        last_writes = (transport.last_write_at for transport in self._task_transports)
        not_older_than = max([time.monotonic() - max_age, *last_writes])
        transport = self._new_transport(
            check_mode=check_mode, write_log=write_log, cancelled=cancelled, progress=progress
        )
        self._task_transports.append(transport)
        return api_class(self, transport, not_older_than, poll_interval)
