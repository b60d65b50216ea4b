# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The API of an organization: its services, and requests for any other resource.

A resource is a dictionary with the names that the API uses. The endpoints of other resources are functions that take an
Api, each resource in a file next to this one, so that a module's payload contains only those that it uses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable, Protocol

from .._errors import AmbiguousName, ApiError, InvalidOption, UnexpectedResponse
from .._json import Resource, abbreviate
from .operations import SERVICE_PATH, SERVICES_PATH, UUID, Request, declare_operations
from .progress import Progress
from .retry import Retry

declare_operations("/organizations", "the organizations of the API key", GET=("list", "organization:view"))
declare_operations(SERVICES_PATH, "the services", GET=("list", "service:view"))
declare_operations(
    SERVICES_PATH, "the service {name}", POST=("create", "organization:create-service", "service:manage")
)
declare_operations(SERVICE_PATH, "service {service}", GET=("read", "service:view"), DELETE=("delete", "service:delete"))
declare_operations(SERVICE_PATH, "{fields} of service {service}", PATCH=("change", "service:manage"))
declare_operations(
    f"{SERVICE_PATH}/scaling", "the scaling of service {service}", PATCH=("change", "service:manage-scaling-config")
)
declare_operations(
    f"{SERVICE_PATH}/replicaScaling",
    "the scaling of service {service}",
    PATCH=("change", "service:manage-scaling-config"),
)

#: Pages of a list after which it counts as endless. The API has up to 250 items on a page.
MAX_PAGES = 1000


class TransportProtocol(Protocol):
    """A sender of requests, as Api needs one."""

    url: str
    progress: Progress

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        retry: Retry = Retry.ALWAYS,
        before_send: Callable[[], None] | None = None,
    ) -> Any:
        """Send a request, and return the result in the response."""

    def perform(
        self,
        request: Request,
        query: Mapping[str, Any] | None = None,
        *,
        server: Any = ...,
        retry: Retry = Retry.ALWAYS,
    ) -> Any:
        """Send a request to any server, and return what that makes of the response."""


class Api:
    """The API of one organization. Each method sends one request, and raises what Transport.call raises."""

    #: The services in the latest response with any, for messages about a service that is not among them.
    last_seen: Sequence[Resource] = ()
    #: The latest list of all services.
    _last_list: Sequence[Resource] | None = None

    def __init__(self, transport: TransportProtocol, organization: str = "") -> None:
        self._transport = transport
        self._organization = organization and require_uuid("organization_id", organization)

    @property
    def progress(self) -> Progress:
        """Return the lines of the task."""
        return self._transport.progress

    @property
    def organization(self) -> str:
        """Return the ID of the organization; without organization_id, look it up once, since a key belongs to one."""
        self._organization = self._organization or self._find_organization()
        return self._organization

    def _find_organization(self) -> str:
        organizations = self.list_organizations()
        if len(organizations) != 1:
            listed = ", ".join(f"{item['id']} ({item.get('name')})" for item in organizations) or "none"
            raise AmbiguousName(
                f"The API key belongs to {len(organizations)} organizations: {listed}. Set organization_id."
            )
        organization: str = organizations[0]["id"]
        if not is_uuid(organization):
            raise unexpected_response(Request("GET", "/organizations"), {"id": organization}, "an id was expected")
        return organization

    @property
    def services_url(self) -> str:
        """Return the URL of the services of the organization, which identifies the organization."""
        return f"{self._transport.url}/v1{self.services_path}"

    def discard_lists(self) -> None:
        """Have the next list of services come from the API, not from a cache."""

    def list_organizations(self) -> list[Resource]:
        """Return the organizations of the key (GET /organizations)."""
        return self.request_list("/organizations")

    def list_services(self, tags: Mapping[str, str | None] | None = None) -> list[Resource]:
        """Return all services, or those that have all the tags (GET services). A value of None matches any value."""
        filters = [f"tag:{key}" if value is None else f"tag:{key}={value}" for key, value in (tags or {}).items()]
        self.last_seen = self.request_list(self.services_path, {"filter": filters} if filters else None)
        if not filters:
            self._last_list = self.last_seen
        return list(self.last_seen)

    def cached_services(self) -> list[Resource]:
        """Return the latest list of all services; send a request only if this task has none yet."""
        return self.list_services() if self._last_list is None else list(self._last_list)

    def get_service(self, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False) -> Resource:
        """Return the service (GET service). With direct, do not look it up in a list that tasks share."""
        service = self.request_object("GET", self.service_path(service_id), retry=retry, expected_id=service_id)
        self.last_seen = [service]
        return service

    def get_service_or_none(
        self, service_id: str, *, retry: Retry = Retry.ALWAYS, direct: bool = False
    ) -> Resource | None:
        """Return the service, in any state, as get_service() does; None when there is none."""
        try:
            return self.get_service(service_id, retry=retry, direct=direct)
        except ApiError as error:
            if error.is_not_found(service_id):
                return None
            raise

    def create_service(self, body: Mapping[str, Any], before_send: Callable[[], None] | None = None) -> Resource:
        """Create a service (POST services), and return {"service": …, "password": …}.

        The password is that of the user default; the API never returns it again. before_send is called immediately
        before each attempt.
        """
        return self.request_object("POST", self.services_path, body, before_send=before_send)

    def patch_service(
        self, service_id: str, subpath: str, body: Mapping[str, Any], *, retry: Retry = Retry.ALWAYS
    ) -> Resource:
        """Change the service (PATCH service), or what has a subpath below it ("/state", "/scaling", …); return it."""
        path = self.service_path(service_id) + subpath
        return self.request_object("PATCH", path, body, retry=retry, expected_id=service_id)

    def delete_service(self, service_id: str) -> None:
        """Delete the service (DELETE service)."""
        self.call("DELETE", self.service_path(service_id))

    def add_plan(self, result: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Record what a task in check mode plans: its result, and those of the parts of a service by their names.

        Without later tasks that could use it, do nothing.
        """

    def planned_api_keys(self) -> list[Resource]:
        """Return the API keys that earlier tasks in check mode plan to create, each with its name as its ID."""
        return []

    @property
    def services_path(self) -> str:
        """Return the path of the services, after /v1."""
        return f"/organizations/{self.organization}/services"

    def service_path(self, service_id: str) -> str:
        """Return the path of the service, after /v1. Raise InvalidOption if the ID is not a UUID."""
        # Another value, such as "" or "..", would be the path of another resource.
        checked_id = require_uuid("service_id", service_id)
        return f"{self.services_path}/{checked_id}"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send a request, and return the result in the response; options are those of Transport.call."""
        return self._transport.call(method, path, body, **options)

    def perform(self, request: Request, query: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send a request to any server, and return what that makes of the response; options as in Transport.perform."""
        return self._transport.perform(request, query, **options)

    def request_object(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        retry: Retry = Retry.ALWAYS,
        required_keys: Collection[str] = (),
        expected_id: str = "",
        key: str = "id",
        before_send: Callable[[], None] | None = None,
    ) -> Resource:
        """Send a request, and return the object in the response.

        Raise UnexpectedResponse unless it has one of the required keys or, if there is an expected ID, this ID, which
        key has.
        """
        keys = (key,) if expected_id else required_keys
        response = self.call(method, path, body, query=query, retry=retry, before_send=before_send)
        if not isinstance(response, dict) or (keys and response.keys().isdisjoint(keys)):
            expected = f"an object with {' or '.join(keys)} was expected" if keys else "an object was expected"
            raise unexpected_response(Request(method, path, body), response, expected)
        if expected_id and str(response[key]).lower() != expected_id.lower():
            expected = f"the object with the {key} in the request was expected"
            raise unexpected_response(Request(method, path, body), {key: response[key]}, expected)
        return response

    def request_list(self, path: str, query: Mapping[str, Any] | None = None, *, key: str = "id") -> list[Resource]:
        """Return the list of objects with an ID that GET returns, with all its pages. The key is that of the IDs.

        Raise UnexpectedResponse for anything else, and if the pages have no end.
        """
        items, cursor = self._request_page(path, query, key)
        cursors: list[object] = []
        while cursor:
            cursors.append(cursor)
            if not isinstance(cursor, str) or cursor in cursors[:-1] or len(cursors) >= MAX_PAGES:
                expected = "the cursor of a further page was expected, and the last page without any"
                raise unexpected_response(Request("GET", path), {"nextCursor": cursor}, expected)
            page, cursor = self._request_page(path, {**(query or {}), "cursor": cursor}, key)
            items += page
        return items

    def _request_page(self, path: str, query: Mapping[str, Any] | None, key: str) -> tuple[list[Resource], object]:
        """Return a page of a list, and the cursor of the next one, which is empty for the last page."""
        response = self.call("GET", path, query=query)
        if not isinstance(response, list) or not all(_has_id(item, key) for item in response):
            article = "an" if key == "id" else "a"
            expected = f"a list of objects with {article} {key} was expected"
            raise unexpected_response(Request("GET", path), response, expected)
        return list(response), getattr(response, "next_cursor", None)

    def request_text(self, path: str, query: Mapping[str, Any] | None, description: str) -> str:
        """Return the plain text that GET returns. Raise UnexpectedResponse, with the description, for anything else."""
        response = self.call("GET", path, query=query)
        if not isinstance(response, str):
            raise unexpected_response(Request("GET", path), response, f"{description} was expected")
        return response


def _has_id(item: object, key: str) -> bool:
    """Return whether the item is an object with a nonempty ID, which has this key; that of a version is a number."""
    if not isinstance(item, dict):
        return False
    if key == "version":
        return is_version(item.get(key))
    return isinstance(item.get(key), str) and item[key] != ""


def is_version(value: object) -> bool:
    """Return whether the value is the number of a version."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def unexpected_response(request: Request, response: object, expected: str) -> UnexpectedResponse:
    """Return the error for a response in another form than expected, which is a clause."""
    error = UnexpectedResponse(
        f"{request} returned {abbreviate(response)}, but {expected}."
        " Check that api_url is the URL of the API, and try again."
    )
    error.request_line = request.line
    return error


def is_uuid(value: object) -> bool:
    """Return whether the value is a UUID, as the IDs of the API are."""
    return isinstance(value, str) and bool(UUID.fullmatch(value))


def require_uuid(option: str, value: str) -> str:
    """Return the UUID in lower case. Raise InvalidOption for anything else, which must not become a part of a path."""
    if not is_uuid(value):
        raise InvalidOption(f"{option} must be a UUID such as 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc; {value!r} is not.")
    return value.lower()
