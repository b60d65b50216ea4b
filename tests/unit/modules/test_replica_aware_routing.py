# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.replica_aware_routing import ROUTING
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.replica_aware_routing import NOTICES
from ansible_collections.clickhouse.cloud.plugins.modules import replica_aware_routing
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
OFF = {"http_enabled": False, "native_enabled": False}
SAME: dict[str, Any] = {"before": {}, "after": {}}
HTTP = {"http_enabled": True}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/replicaAwareRouting"


#: The options of consecutive tasks, the body of each PATCH, the resulting values, and the options to warn about.
COURSE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = [
    (HTTP, {"httpEnabled": True}, {**OFF, **HTTP}, ["http_enabled"]),
    (
        {**HTTP, "native_enabled": True},
        {"nativeEnabled": True},
        {"http_enabled": True, "native_enabled": True},
        ["native_enabled"],
    ),
    ({"http_enabled": False}, {"httpEnabled": False}, {"http_enabled": False, "native_enabled": True}, []),
    (OFF, {"nativeEnabled": False}, OFF, []),
]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_routing_is_enabled_and_disabled_idempotently(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    looks = [f"GET {path}"] if by == "service_id" else ["GET services", f"GET {path}"]
    before: dict[str, Any] = OFF
    for options, body, after, warned in COURSE:
        differing = [option for option in OFF if before[option] != after[option]]
        diff = {
            "before": {option: before[option] for option in differing},
            "after": {option: after[option] for option in differing},
        }
        plan = run("replica_aware_routing", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"], plan["replica_aware_routing"]) == (True, diff, after)
        assert sent() == looks

        changed = run("replica_aware_routing", **lookup, **options)
        assert (changed["changed"], changed["diff"], changed["replica_aware_routing"]) == (True, diff, after)
        assert changed["service_id"] == plan["service_id"] == service["id"]
        for result in (plan, changed):
            assert result.get("warnings", []) == [NOTICES[option] for option in warned]
        assert [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"] == [body]
        assert sent() == [*looks, f"PATCH {path}", f"GET {path}"]

        for check in (True, False):
            again = run("replica_aware_routing", check=check, **lookup, **options)
            assert (again["changed"], again["diff"], again["replica_aware_routing"]) == (False, SAME, after)
            assert "warnings" not in again
            assert sent() == looks
        before = after


def test_options_that_are_not_set_are_neither_compared_nor_sent(
    service: dict[str, Any], path: str, run: Run, sent: Sent
) -> None:
    for options in ({}, {"http_enabled": ""}, {"native_enabled": None}):
        result = run("replica_aware_routing", service_id=service["id"], **options)
        assert (result["changed"], result["replica_aware_routing"]) == (False, OFF)
        assert sent() == [f"GET {path}"]


def test_notices_say_what_clients_must_do() -> None:
    assert "its clients must send the header X-ClickHouse-Replica-Tag" in NOTICES["http_enabled"]
    assert "the server name that they send with TLS (SNI)" in NOTICES["native_enabled"]
    assert NOTICES.keys() == ROUTING.argument_spec().keys()


def test_invalid_options_fail_before_any_request(service: dict[str, Any], run: Run, sent: Sent) -> None:
    assert "http_enabled" in run("replica_aware_routing", name="analytics", http_enabled="maybe")["msg"]
    assert "one of the following is required: name, service_id" in run("replica_aware_routing", **HTTP)["msg"]
    assert "service_id must be a UUID" in run("replica_aware_routing", service_id="x", **HTTP)["msg"]
    assert sent() == []


def test_wrong_service_is_reported(emulator: Emulator, run: Run) -> None:
    for lookup, check in (({"service_id": UNKNOWN}, True), ({"service_id": UNKNOWN}, False), ({"name": UNKNOWN}, True)):
        result = run("replica_aware_routing", check=check, **lookup, **HTTP)
        assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)
    other = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    assert "Check organization_id" in run("replica_aware_routing", service_id=UNKNOWN, organization_id=other)["msg"]


def test_beta_that_is_off_is_named(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"replicaAwareRouting": False})
    assert run("replica_aware_routing", name="analytics", http_enabled=False)["changed"] is False
    result = run("replica_aware_routing", name="analytics", **HTTP)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert (
        "permission control-plane:service:manage. If it has, the beta of replica aware routing is off for the"
        " organization: ask ClickHouse support to turn it on."
    ) in result["msg"]
    body = {"status": 400, "requestId": "r-1", "error": "BAD_REQUEST: This feature is not enabled"}
    emulator.fault(path="/replicaAwareRouting$", method="PATCH", status=400, body=body)
    result = run("replica_aware_routing", name="analytics", **HTTP)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "The beta of replica aware routing is off for the organization" in result["msg"]


def test_restricted_key_without_necessary_change(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["update-service"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    assert run("replica_aware_routing", **key, name="analytics", **OFF)["changed"] is False
    result = run("replica_aware_routing", **key, name="analytics", **HTTP)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 403, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/replicaAwareRouting$", method="GET", status=status, times=99)
    result = run("replica_aware_routing", service_id=service["id"], **HTTP)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert f"service {service['id']}" in result["msg"]


def test_values_of_another_type_are_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/replicaAwareRouting$", status=200, body={"result": {"httpEnabled": "yes"}})
    result = run("replica_aware_routing", service_id=service["id"], **HTTP)
    assert "The API returned 'yes' for httpEnabled; expected a boolean." in result["msg"]


def test_secondary_service_has_its_own_routing(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    warehouse = service["dataWarehouseId"]
    emulator.create(name="reports", provider="aws", region="eu-central-1", dataWarehouseId=warehouse)
    assert run("replica_aware_routing", name="reports", **HTTP)["changed"] is True
    assert run("replica_aware_routing", name="analytics", **OFF)["changed"] is False


def test_lagging_read_is_waited_for(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, path: str
) -> None:
    stale = {"httpEnabled": False, "nativeEnabled": False}
    emulator.fault(path="/replicaAwareRouting$", method="GET", times=3, status=200, body={"result": stale})
    result = run("replica_aware_routing", service_id=service["id"], **HTTP)
    assert (result["changed"], result["replica_aware_routing"]) == (True, {**OFF, **HTTP})
    assert sent() == [f"GET {path}", f"PATCH {path}", *[f"GET {path}"] * 3]
    result = run("replica_aware_routing", service_id=service["id"], http_enabled=False, wait=False)
    assert (result["changed"], result["replica_aware_routing"]) == (True, OFF)
    assert sent() == [f"GET {path}", f"PATCH {path}"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(replica_aware_routing.RETURN)["replica_aware_routing"]
    assert documented["contains"].keys() == ROUTING.to_result({}).keys()
