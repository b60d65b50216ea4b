# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.replica_aware_routing import ROUTING
from ansible_collections.clickhouse.cloud.plugins.modules import replica_aware_routing_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/replicaAwareRouting"


@pytest.mark.parametrize("check", [True, False])
def test_routing_by_id_needs_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    emulator.request("PATCH", path, {"nativeEnabled": True})
    emulator.set_service(service["id"], state="idle")
    emulator.clear_journal()
    expected = {"http_enabled": False, "native_enabled": True}
    by_id = run("replica_aware_routing_info", check=check, service_id=service["id"])
    assert (by_id["changed"], by_id["service_id"], by_id["replica_aware_routing"]) == (False, service["id"], expected)
    assert "diff" not in by_id
    assert sent() == [f"GET {path}"]
    by_name = run("replica_aware_routing_info", check=check, name="analytics")
    assert (by_name["service_id"], by_name["replica_aware_routing"]) == (service["id"], expected)
    assert sent() == ["GET services", f"GET {path}"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == "idle"


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"httpEnabled": "yes", "newField": [{"someKey": 1}]}
    emulator.fault(path="/replicaAwareRouting$", status=200, body={"result": odd})
    assert run("replica_aware_routing_info", name="analytics")["replica_aware_routing"] == {
        "http_enabled": "yes",
        "native_enabled": None,
        "new_field": [{"some_key": 1}],
    }


def test_missing_service_is_reported(emulator: Emulator, run: Run) -> None:
    for lookup in ({"service_id": UNKNOWN}, {"name": UNKNOWN}):
        assert run("replica_aware_routing_info", **lookup)["msg"] == f"There is no service '{UNKNOWN}'." + HINT
    other = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    result = run("replica_aware_routing_info", service_id=UNKNOWN, organization_id=other)
    assert "Check organization_id" in result["msg"]


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    for options in ({}, {"name": ""}):
        assert "one of the following is required" in run("replica_aware_routing_info", **options)["msg"]
    assert "service_id must be a UUID" in run("replica_aware_routing_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/replicaAwareRouting$", status=403)
    result = run("replica_aware_routing_info", name="analytics")
    assert ("failed" in result, result["replica_aware_routing"]) == (False, None)
    warnings = str(result["warnings"])
    assert f"The API key may not read the replica aware routing of service {service['id']}" in warnings
    assert "the beta of replica aware routing is off for the organization" in warnings


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/replicaAwareRouting$", status=status, times=99)
    assert run("replica_aware_routing_info", name="analytics")["status"] == status


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(replica_aware_routing_info.RETURN)["replica_aware_routing"]["contains"]
    assert documented.keys() == ROUTING.to_result({}).keys()
