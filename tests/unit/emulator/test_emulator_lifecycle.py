# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test a service from its creation to its deletion."""

from __future__ import annotations

import pytest

from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client

ALLOWED = "'provisioning','starting','awaking','idle','stopped','degraded','failed'"
UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"


def command(client: Client, service_id: str, name: str) -> str:
    return str(client.result("PATCH", client.service(service_id, "/state"), {"command": name})["state"])


def test_creation_takes_one_step(client: Client) -> None:
    service = client.create()
    assert service["state"] == "provisioning"
    assert client.state(service["id"]) == "provisioning"
    client.wait(service["id"], "running")


def test_stop_and_start_have_transitional_states(client: Client) -> None:
    service_id = client.running()
    assert command(client, service_id, "stop") == "stopping"
    assert client.state(service_id) == "stopping"
    client.wait(service_id, "stopped")
    assert command(client, service_id, "start") == "starting"
    client.wait(service_id, "running")


def test_awake_has_a_transitional_state(client: Client) -> None:
    service_id = client.running()
    client.emulator.set_service(service_id, state="idle")
    assert command(client, service_id, "awake") == "awaking"
    client.wait(service_id, "running")


def test_stop_is_accepted_during_a_transition(client: Client) -> None:
    service_id = client.create()["id"]
    assert command(client, service_id, "stop") == "stopping"
    client.wait(service_id, "stopped")


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("running", "start"),
        ("idle", "start"),
        ("starting", "start"),
        ("stopped", "stop"),
        ("stopping", "stop"),
        ("running", "awake"),
        ("awaking", "awake"),
    ],
)
def test_command_without_effect_returns_the_state(client: Client, state: str, name: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    assert command(client, service_id, name) == state
    assert client.state(service_id) == state


@pytest.mark.parametrize("state", ["running", "idle", "degraded", "failed", "partially_running", "awaking"])
def test_stop_is_accepted_in_other_states(client: Client, state: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    assert command(client, service_id, "stop") == "stopping"


@pytest.mark.parametrize(("state", "name"), [("stopped", "awake"), ("stopping", "awake"), ("stopping", "start")])
def test_invalid_command_for_state(client: Client, state: str, name: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    status, error = client.error("PATCH", client.service(service_id, "/state"), {"command": name})
    assert status == 400
    assert error.startswith("BAD_REQUEST: ")
    assert client.state(service_id) == state


@pytest.mark.parametrize("body", [{}, {"command": "restart"}, {"command": None}])
def test_unknown_command(client: Client, body: object) -> None:
    service_id = client.create()["id"]
    status, error = client.error("PATCH", client.service(service_id, "/state"), body)
    assert status == 400
    assert error.startswith("BAD_REQUEST: request body.command: ")


def test_deleted_service_is_not_found(client: Client) -> None:
    service_id = client.running()
    client.emulator.set_service(service_id, state="stopped")
    response = client.request("DELETE", client.service(service_id))
    assert response.status_code == 200
    assert list(response.json()) == ["requestId", "status"]
    assert client.state(service_id) == "terminating"
    client.emulator.advance(STEP)
    assert client.error("GET", client.service(service_id)) == (404, f"NOT_FOUND: {service_id}")
    assert client.error("DELETE", client.service(service_id)) == (404, f"NOT_FOUND: {service_id}")
    assert client.emulator.services() == []


@pytest.mark.parametrize("state", ["provisioning", "starting", "awaking", "idle", "stopped", "degraded", "failed"])
def test_delete_in_allowed_states(client: Client, state: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    assert client.request("DELETE", client.service(service_id)).status_code == 200


@pytest.mark.parametrize("state", ["running", "stopping", "partially_running"])
def test_delete_in_other_states(client: Client, state: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    assert client.error("DELETE", client.service(service_id)) == (
        409,
        f"CONFLICT: Only instance in one of the following states: {ALLOWED} can be terminated. "
        f"Current state: '{state}'",
    )


@pytest.mark.parametrize("state", ["terminating", "softdeleting"])
def test_delete_again(client: Client, state: str) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state=state)
    assert client.error("DELETE", client.service(service_id)) == (404, f"NOT_FOUND: {service_id}")
    assert client.state(service_id) == state


def test_unknown_service(client: Client) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        assert client.error(method, client.service(UNKNOWN)) == (404, f"NOT_FOUND: {UNKNOWN}")


def test_primary_with_secondary_cannot_be_stopped_or_deleted(client: Client) -> None:
    primary = client.create(name="primary")
    assert primary["isPrimary"] is True
    secondary = client.create(name="secondary", dataWarehouseId=primary["dataWarehouseId"], isReadonly=True)
    assert (secondary["isPrimary"], secondary["isReadonly"]) == (False, True)
    assert secondary["dataWarehouseId"] == primary["dataWarehouseId"]
    assert client.error("PATCH", client.service(primary["id"], "/state"), {"command": "stop"})[0] == 400
    assert client.error("DELETE", client.service(primary["id"]))[0] == 409
    assert command(client, secondary["id"], "stop") == "stopping"


def test_set_state_ends_the_transition(client: Client) -> None:
    service_id = client.create()["id"]
    client.emulator.set_service(service_id, state="degraded")
    moments = [client.state(service_id) for _number in range(20)]
    assert set(moments) == {"degraded"}
