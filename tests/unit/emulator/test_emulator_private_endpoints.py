# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the private endpoints of services, and their registrations in the organization."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

ENDPOINT = "vpce-0123456789abcdef0"
PLACE = {"cloudProvider": "aws", "region": "us-east-1"}


def registrations(client: Client) -> Any:
    return client.result("GET", client.organization)["privateEndpoints"]


def change(client: Client, **lists: Any) -> tuple[int, str] | None:
    """Change the registrations of the organization; return the error, if any."""
    body = {"privateEndpoints": lists}
    response = client.request("PATCH", client.organization, body)
    return None if response.status_code == 200 else client.error("PATCH", client.organization, body)


def test_private_endpoint_is_attached_and_registered(client: Client) -> None:
    service_id = client.create()["id"]
    path = client.service(service_id, "/privateEndpoint")
    body = {"id": ENDPOINT, "description": "office"}
    assert client.result("POST", path, body) == {**body, **PLACE}
    service = client.result("GET", client.service(service_id))
    assert service["privateEndpointIds"] == service["availablePrivateEndpointIds"] == [ENDPOINT]
    assert registrations(client) == [{**body, **PLACE}]
    assert "already attached" in client.error("POST", path, body)[1]
    assert client.error("POST", path, {"description": "office"})[0] == 400


@pytest.mark.parametrize("endpoint_id", ["vpce-bogus", "102600141743718403"])
def test_ids_are_not_checked(client: Client, endpoint_id: str) -> None:
    path = client.service(client.create()["id"], "/privateEndpoint")
    assert client.result("POST", path, {"id": endpoint_id})["description"] == ""


def test_services_register_their_private_endpoints_and_leave_them_registered(client: Client) -> None:
    """Creation and PATCH register an unknown ID without a description, and keep the description of a known one."""
    first = client.create(privateEndpointIds=[ENDPOINT])["id"]
    registered = [{"id": ENDPOINT, "description": "", **PLACE}]
    assert registrations(client) == registered
    client.result("PATCH", client.service(first), {"privateEndpointIds": {"remove": [ENDPOINT]}})
    assert registrations(client) == registered
    described = [{"id": ENDPOINT, "description": "office", **PLACE}]
    assert change(client, remove=registered, add=described) is None
    client.result("PATCH", client.service(first), {"privateEndpointIds": {"add": [ENDPOINT, "vpce-1"]}})
    assert registrations(client) == [*described, {"id": "vpce-1", "description": "", **PLACE}]


def test_registration_that_is_in_use_can_be_replaced_but_not_removed(client: Client) -> None:
    service_id = client.create(privateEndpointIds=[ENDPOINT])["id"]
    registered = registrations(client)
    status, error = change(client, remove=registered) or (0, "")
    assert (status, error) == (
        400,
        f"BAD_REQUEST: Private endpoint '{ENDPOINT}' is attached to the service {service_id}",
    )
    renamed = [{"id": ENDPOINT, "description": "office", **PLACE}]
    assert change(client, remove=registered, add=renamed) is None
    assert registrations(client) == renamed
    assert client.result("GET", client.service(service_id))["privateEndpointIds"] == [ENDPOINT]


def test_registrations_are_unique(client: Client) -> None:
    assert change(client, add=[{"id": ENDPOINT, **PLACE}]) is None
    status, error = change(client, add=[{"id": ENDPOINT, **PLACE}]) or (0, "")
    assert (status, error) == (400, f"BAD_REQUEST: Private endpoint '{ENDPOINT}' is already registered")
    assert change(client, remove=[{"id": ENDPOINT}, {"id": "vpce-unknown"}]) is None
    assert registrations(client) == []


def test_refused_change_of_the_organization_changes_nothing(client: Client) -> None:
    client.create(privateEndpointIds=[ENDPOINT])
    before = client.result("GET", client.organization)
    body = {"name": "Renamed", "privateEndpoints": {"remove": [{"id": ENDPOINT}]}}
    assert client.error("PATCH", client.organization, body)[0] == 400
    assert client.result("GET", client.organization) == before
