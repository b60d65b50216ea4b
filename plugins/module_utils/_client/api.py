# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The endpoints of the API, one short method each.

Resources are what the API answers with: dictionaries with the API's own names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable, Protocol

from .._errors import AmbiguousName, InvalidOption, UnexpectedResponse
from .._json import abbreviate
from .operations import Request

Resource = dict[str, Any]

#: The fields by which an answer is known for what it should be.
ID = ("id",)
PRIVATE_ENDPOINT = ("endpointServiceId", "privateDnsHostname")
#: The same for the answers to PATCH of a part, where that does not answer with the service.
REQUIRED_KEYS: dict[str, Collection[str]] = {
    "/password": (),
    "/backupConfiguration": ("backupPeriodInHours", "backupRetentionPeriodInHours", "backupStartTime"),
}

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class TransportProtocol(Protocol):
    """What Api needs of a transport."""

    url: str

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
        repeatable: bool = True,
        before_send: Callable[[], None] | None = None,
    ) -> Any:
        """Send a request and give the result in its answer."""


class Api:
    """One organization, as its API key sees it. Each method is one request and raises what Transport.call raises."""

    #: The services in the last response that had some, to say more about one that is not among them.
    last_seen: Sequence[Resource] = ()
    #: The last list of all services.
    _last_list: Sequence[Resource] | None = None

    def __init__(self, transport: TransportProtocol, organization: str = "") -> None:
        self._transport = transport
        self._organization = organization and require_uuid("organization_id", organization)

    @property
    def organization(self) -> str:
        """The id of the organization; asked from the API once when it was not given, since a key belongs to one."""
        if not self._organization:
            found = self.list_organizations()
            if len(found) != 1:
                listed = ", ".join(f"{one['id']} ({one.get('name')})" for one in found) or "none"
                raise AmbiguousName(
                    f"The API key belongs to {len(found)} organizations: {listed}. Set organization_id."
                )
            if not is_uuid(found[0]["id"]):
                raise _unexpected_response(
                    Request("GET", "/organizations"), {"id": found[0]["id"]}, "an id was expected"
                )
            self._organization = found[0]["id"]
        return self._organization

    @property
    def services_url(self) -> str:
        """Where the services of the organization are, as a URL: no two organizations have the same."""
        return f"{self._transport.url}/v1{self._services()}"

    def discard_lists(self) -> None:
        """Have the next list of services read again, whatever others have read before."""

    def list_organizations(self) -> list[Resource]:
        """GET /organizations: the organizations of the key."""
        return self._list("/organizations")

    def list_services(self, tags: Mapping[str, str | None] | None = None) -> list[Resource]:
        """GET services: all of them, or those that have all the tags; a value of None asks for the key alone."""
        filters = [f"tag:{key}" if value is None else f"tag:{key}={value}" for key, value in (tags or {}).items()]
        self.last_seen = self._list(self._services(), {"filter": filters} if filters else None)
        if not filters:
            self._last_list = self.last_seen
        return list(self.last_seen)

    def cached_services(self) -> list[Resource]:
        """Return all services as they were listed last, without a request if that was done for this task already."""
        return self.list_services() if self._last_list is None else list(self._last_list)

    def get_service(self, service_id: str, *, once: bool = False, direct: bool = False) -> Resource:
        """GET service. With once true it is not sent again, since the caller will.

        With direct true, the service is not looked up in a list that was read for several tasks.
        """
        service = self._object("GET", self._service(service_id), once=once, having=ID, of=service_id)
        self.last_seen = [service]
        return service

    def create_service(self, body: Mapping[str, Any], before_send: Callable[[], None] | None = None) -> Resource:
        """POST services: "service" is the new one, "password" that of its user default, which is never shown again.

        before_send is called each time just before the request is sent.
        """
        return self._object("POST", self._services(), body, before_send=before_send)

    def patch_service(
        self, service_id: str, part: str, body: Mapping[str, Any], *, repeatable: bool = True
    ) -> Resource:
        """PATCH service, or the part of it that has an endpoint of its own ("/state", "/replicaScaling", ...).

        With repeatable false it is not sent again when its answer is lost, since it would not be harmless twice.
        """
        having, path = REQUIRED_KEYS.get(part, ID), self._service(service_id) + part
        return self._object("PATCH", path, body, repeatable=repeatable, having=having, of=service_id)

    def delete_service(self, service_id: str) -> None:
        """DELETE service."""
        self._transport.call("DELETE", self._service(service_id))

    def private_endpoint_config(self, service_id: str) -> Resource:
        """GET privateEndpointConfig."""
        return self._object("GET", self._service(service_id) + "/privateEndpointConfig", having=PRIVATE_ENDPOINT)

    def get_metrics(self, service_id: str, filtered: bool = False) -> str:
        """GET prometheus: metrics in the text format of Prometheus; filtered asks for the most important ones only."""
        query = {"filtered_metrics": "true"} if filtered else None
        path = self._service(service_id) + "/prometheus"
        response = self._transport.call("GET", path, query=query)
        if not isinstance(response, str):
            raise _unexpected_response(Request("GET", path), response, "metrics in text was expected")
        return response

    def list_backups(self, service_id: str) -> list[Resource]:
        """GET backups, the newest first."""
        return self._list(self._service(service_id) + "/backups")

    def get_backup(self, service_id: str, backup_id: str) -> Resource:
        """GET backup."""
        path = f"{self._service(service_id)}/backups/{require_uuid('backup_id', backup_id)}"
        return self._object("GET", path, having=ID, of=backup_id)

    def get_backup_configuration(self, service_id: str, *, once: bool = False) -> Resource:
        """GET backupConfiguration. With once true it is not sent again, since the caller will."""
        part = "/backupConfiguration"
        return self._object("GET", self._service(service_id) + part, once=once, having=REQUIRED_KEYS[part])

    def add_plan(self, result: Mapping[str, Any], *, is_deletion: bool) -> None:
        """Take note of what a task in check mode plans. Without later tasks that could see it, do nothing."""

    def _services(self) -> str:
        return f"/organizations/{self.organization}/services"

    def _service(self, service_id: str) -> str:
        # Checked first, since what is not an id ("", "..") would name another resource.
        known = require_uuid("service_id", service_id)
        return f"{self._services()}/{known}"

    def _object(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
        repeatable: bool = True,
        having: Collection[str] = (),
        of: str = "",
        before_send: Callable[[], None] | None = None,
    ) -> Resource:
        """The object in the answer, which has at least one of the fields, and is the one of the id if they are ID."""
        response = self._transport.call(method, path, body, once=once, repeatable=repeatable, before_send=before_send)
        if not isinstance(response, dict) or (having and response.keys().isdisjoint(having)):
            due = f"an object with {' or '.join(having)} was expected" if having else "an object was expected"
            raise _unexpected_response(Request(method, path, body), response, due)
        if having is ID and str(response["id"]).lower() != of.lower():
            raise _unexpected_response(
                Request(method, path, body),
                {"id": response["id"]},
                "the object with the id in the request was expected",
            )
        return response

    def _list(self, path: str, query: Mapping[str, Any] | None = None) -> list[Resource]:
        response = self._transport.call("GET", path, query=query)
        if not isinstance(response, list) or not all(_has_id(item) for item in response):
            raise _unexpected_response(Request("GET", path), response, "a list of objects with an id was expected")
        return response


def _has_id(item: object) -> bool:
    """Whether this is an object with an id, of whatever form."""
    return isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"] != ""


def _unexpected_response(request: Request, response: object, due: str) -> UnexpectedResponse:
    error = UnexpectedResponse(
        f"{request} was answered with {abbreviate(response)} where {due}."
        " Check that api_url is that of the API, and try it again."
    )
    error.request_line = request.line
    return error


def is_uuid(value: object) -> bool:
    """Whether this can be the id of something."""
    return isinstance(value, str) and bool(_UUID.fullmatch(value))


def require_uuid(option: str, value: str) -> str:
    """The value, which must be a UUID: the API's ids are, and nothing else may become a part of a path."""
    if not is_uuid(value):
        raise InvalidOption(f"{option} must be a UUID such as 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc; {value!r} is not.")
    return value.lower()
