# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.parts import PARTS
from ansible_collections.clickhouse.cloud.plugins.modules import fleet
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

PLACE = {"provider": "aws", "region": "eu-central-1"}
SIZES = {
    "autoscaling_mode": "vertical",
    "min_replica_memory_gb": 8,
    "max_replica_memory_gb": 16,
    "num_replicas": 3,
    "idle_scaling": True,
    "idle_timeout_minutes": 15,
}
#: All parts, as a task declares them.
DECLARED_PARTS: dict[str, Any] = {
    "backup_config": {
        "backup_period_in_hours": 24,
        "backup_retention_period_in_hours": 48,
        "backup_start_time": "02:00",
    },
    "snapshot_config": {"enabled": True, "gap": 30, "time_frame": 1440},
    "upgrade_window": {"weekday": "sunday", "start_hour_utc": 6},
    "scaling_schedule": {
        "entries": [
            {
                "name": "office hours",
                "weekdays": ["monday", "tuesday"],
                "start_hour": 8,
                "end_hour": 24,
                "autoscaling_mode": "vertical",
                "num_replicas": 5,
                "idle_scaling": False,
            },
        ]
    },
    "query_endpoint": {"api_keys": [], "roles": ["sql_console_read_only"], "allowed_origins": ["https://example.com"]},
    "clickhouse_settings": {"settings": {"max_threads": 8}, "settings_mode": "set"},
}


def comments(result: Mapping[str, Any]) -> list[list[str]]:
    return [service["comments"] for service in result["existing_services"]]


@pytest.fixture
def add(emulator: Emulator) -> Callable[..., str]:
    """Return a function that adds a running service, and returns its ID. Arguments are fields of the API."""

    def _add(name: str, **fields: Any) -> str:
        created = emulator.create(name=name, **PLACE, ipAccessList=[{"source": "203.0.113.0/24"}])["service"]
        emulator.set_service(created["id"], **{"state": "running", **fields})
        emulator.clear_journal()
        return str(created["id"])

    return _add


def test_all_options_are_declared(emulator: Emulator, run: Run, sent: Sent) -> None:
    declared = {
        "name": "analytics",
        **PLACE,
        "ip_access_list": [{"source": "203.0.113.0/24", "description": "office"}],
        "private_endpoint_ids": [],
        "tags": {"team": "data", "spot": ""},
        "release_channel": "fast",
        "mysql_endpoint": True,
        "enable_core_dumps": False,
        "deletion_protection": True,
        **SIZES,
        **DECLARED_PARTS,
    }
    created = run("fleet", services=[declared])
    assert "failed" not in created, created["msg"]
    sent()
    result = run("fleet_info")
    assert result["services"] == [declared]
    assert comments(result) == [[]]
    assert (result["changed"], result["organization_id"]) == (False, emulator.organization_id)
    paths = [part.path for option, part in PARTS.items() if option != "scaling_schedule"]
    service_id = created["services"][0]["service_id"]
    assert sent() == ["GET services", *(f"GET services/{service_id}{path}" for path in paths)]


def test_options_are_in_the_order_of_the_documentation(add: Callable[..., str], run: Run) -> None:
    add("analytics")
    add("analytics", state="stopped")
    documented = yaml.safe_load(fleet.DOCUMENTATION)["options"]["services"]["suboptions"]
    for service in run("fleet_info")["services"]:
        assert list(service) == [option for option in documented if option in service]


def test_declarations_without_parts_cost_one_request(add: Callable[..., str], run: Run, sent: Sent) -> None:
    for name in ("one", "two"):
        add(name)
    result = run("fleet_info", check=True, parts=[])
    assert [service["name"] for service in result["services"]] == ["one", "two"]
    assert all(PARTS.keys().isdisjoint(service) for service in result["services"])
    assert sent() == ["GET services"]
    plan = run("fleet", check=True, services=result["services"])
    assert (plan["changed"], sent()) == (False, ["GET services"])


@pytest.mark.parametrize(
    ("fields", "declared", "moot"),
    [
        ({"state": "running"}, {}, set()),
        ({"state": "idle"}, {}, set()),
        ({"state": "stopped"}, {"state": "stopped"}, set()),
        ({"state": "stopping"}, {"state": "stopped"}, set()),
        ({"idleScaling": False}, {"idle_scaling": False}, {"idle_timeout_minutes"}),
        (
            {"isPrimary": False, "isReadonly": True, "dataWarehouseId": "w"},
            {"data_warehouse_id": "w", "is_readonly": True},
            set(),
        ),
        (
            {"autoscalingMode": "horizontal", "minReplicas": 2, "maxReplicas": 4, "numReplicas": None},
            {"autoscaling_mode": "horizontal", "min_replicas": 2, "max_replicas": 4},
            {"num_replicas"},
        ),
    ],
)
def test_only_what_applies_is_declared(
    add: Callable[..., str], run: Run, fields: Mapping[str, Any], declared: Mapping[str, Any], moot: set[str]
) -> None:
    add("analytics", **fields)
    result = run("fleet_info", parts=[])
    plain = {
        "name": "analytics",
        **PLACE,
        "ip_access_list": [{"source": "203.0.113.0/24"}],
        "private_endpoint_ids": [],
        "tags": {},
        "release_channel": "default",
        "mysql_endpoint": False,
        "enable_core_dumps": True,
        "deletion_protection": False,
        **SIZES,
        "max_replica_memory_gb": 120,
        "min_replica_memory_gb": 16,
    }
    without = {option: value for option, value in plain.items() if option not in moot}
    assert result["services"] == [{**without, **declared}]


def test_services_with_the_same_name_are_declared_by_id(add: Callable[..., str], run: Run, sent: Sent) -> None:
    ids = [add("analytics"), add("analytics"), add("reports")]
    result = run("fleet_info", parts=[])
    services = result["services"]
    assert [(service["id"], service["name"]) for service in result["existing_services"]] == [
        *((service_id, "analytics") for service_id in sorted(ids[:2])),
        (ids[2], "reports"),
    ]
    assert [service.get("service_id") for service in services] == [*sorted(ids[:2]), None]
    assert run("fleet", check=True, services=services)["changed"] is False


def test_services_being_deleted_are_left_out(add: Callable[..., str], run: Run) -> None:
    add("analytics", state="terminating")
    assert run("fleet_info")["services"] == []


def test_tags_select_services(add: Callable[..., str], emulator: Emulator, run: Run, sent: Sent) -> None:
    add("one", tags=[{"key": "env", "value": "production"}])
    add("two", tags=[{"key": "env", "value": "test"}])
    assert [service["name"] for service in run("fleet_info", tags={"env": "test"}, parts=[])["services"]] == ["two"]
    assert len(sent()) == 1


def test_secondary_service_declares_no_parts_of_its_warehouse(add: Callable[..., str], run: Run, sent: Sent) -> None:
    service_id = add("reports", isPrimary=False)
    result = run("fleet_info")
    assert PARTS["backup_config"].singleton.secondary
    assert not {"backup_config", "snapshot_config", "upgrade_window"} & result["services"][0].keys()
    assert f"GET services/{service_id}/backupConfiguration" not in sent()
    assert comments(result) == [[]]


def test_part_that_the_key_may_not_read_is_reported(add: Callable[..., str], emulator: Emulator, run: Run) -> None:
    for name in ("one", "two"):
        add(name)
    emulator.fault(path="/backupConfiguration$", status=403)
    result = run("fleet_info", parts=["backup_config"])
    assert ["backup_config" in service for service in result["services"]] == [False, True]
    assert comments(result) == [["backup_config is not declared, since the API key may not read it."], []]
    (warning,) = result["warnings"]
    assert warning.startswith(
        f"backup_config is not declared for 1 of 2 services of organization {emulator.organization_id}:"
    )
    assert "control-plane:service:view-backups" in warning


def test_fields_that_cannot_be_declared_are_named(add: Callable[..., str], emulator: Emulator, run: Run) -> None:
    add("analytics", somethingNew=[1], another="x")
    assert comments(run("fleet_info", parts=[])) == [
        ["Fields of the API that cannot be declared: another, somethingNew."]
    ]


def test_settings_of_the_platform_are_not_declared(add: Callable[..., str], emulator: Emulator, run: Run) -> None:
    service_id = add("analytics")
    emulator.request("PATCH", f"services/{service_id}/clickhouseSettings", {"settings": {"compatibility": "25.8"}})
    assert "clickhouse_settings" not in run("fleet_info")["services"][0]


@pytest.mark.parametrize("fields", [{"tags": "x"}, {"numReplicas": "many"}, {"ipAccessList": [{"source": 1}]}])
def test_malformed_service_is_an_error(emulator: Emulator, run: Run, fields: dict[str, Any]) -> None:
    emulator.fault(
        path="/services$", status=200, body={"result": [{"id": "x", "name": "a", "state": "running", **fields}]}
    )
    result = run("fleet_info", parts=[])
    assert result["failed"] is True
    assert result["msg"].startswith("The API returned ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": ["backups"]}, "parts"),
        ({"tags": {"team": ["a"]}}, "tags"),
    ],
)
def test_invalid_options_are_rejected(emulator: Emulator, run: Run, options: dict[str, Any], message: str) -> None:
    result = run("fleet_info", **options)
    assert message in result["msg"]
    assert emulator.journal() == []


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_list_that_cannot_be_read_is_an_error(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/services$", status=status, times=99)
    assert run("fleet_info")["status"] == status


def test_result_of_service_info_is_not_a_declaration(add: Callable[..., str], run: Run, sent: Sent) -> None:
    add("analytics")
    services = run("service_info")["services"]
    sent()
    assert run("fleet", check=True, services=services)["msg"] == (
        "services, number 1 ('analytics'): this is a service as service_info returns it, with values that are not"
        " options. To declare existing services, use the result of clickhouse.cloud.fleet_info, or the playbook"
        " clickhouse.cloud.export."
    )
    assert sent() == []
