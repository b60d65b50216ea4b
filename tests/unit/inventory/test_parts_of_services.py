# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of the services as host variables: values, requests, permissions, cache and progress."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.inventory import services
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import ApiError
from ansible_collections.clickhouse.cloud.plugins.module_utils._json import Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import part_reader
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.hosts import host_variables
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.parts import (
    PARTS_KEY,
    REQUESTED_PARTS,
    SCALING_SCHEDULE,
    add_parts,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

List = Callable[..., dict[str, Any]]
Create = Callable[..., str]
Sent = Callable[[], list[str]]
Read = Callable[..., list[Resource]]

PARTS = [*REQUESTED_PARTS, SCALING_SCHEDULE]
UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.fixture
def lines() -> list[str]:
    """Return the warnings and the lines about progress."""
    return []


@pytest.fixture
def read(emulator: Emulator, lines: list[str]) -> Read:
    """Return a function that lists the services with these parts."""

    def _read(*parts: str, **fields: Any) -> list[Resource]:
        options = ClientOptions(emulator.api_key, emulator.api_secret, url=emulator.api_url.removesuffix("/v1"))
        api = Api(Transport(options), emulator.organization_id)
        listed = [{**service, **fields} for service in api.list_services()]
        emulator.clear_journal()
        return add_parts(api, listed, parts=parts, warn=lines.append, show=lines.append)

    return _read


def test_parts_are_host_variables(
    create: Create, emulator: Emulator, inventory: List, sent: Sent, tmp_path: Path
) -> None:
    first, second = create("first"), create("second")
    emulator.request("PUT", f"services/{first}/upgradeWindow", {"weekday": 0, "startHourUtc": 6})
    night = {"name": "night", "weekdays": [3], "startHourUtc": 22, "endHourUtc": 4, "numReplicas": 5}
    emulator.request("POST", f"services/{first}/scalingSchedule", {"entries": [night]})
    emulator.request("PATCH", f"services/{first}/clickhouseSettings", {"settings": {"max_threads": 4}})
    emulator.clear_journal()
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    # Of several warnings and lines, one is checked.
    announced = f"Reading {', '.join(REQUESTED_PARTS)} of 2 services: {2 * len(REQUESTED_PARTS)} requests"
    listed = inventory(parts=PARTS, warns=announced, **cache)["_meta"]["hostvars"]
    assert len(sent()) == 1 + 2 * len(REQUESTED_PARTS)
    of_first, of_second = ({part: listed[name][f"clickhouse_cloud_{part}"] for part in PARTS} for name in listed)
    assert of_first["upgrade_window"] == {"weekday": "sunday", "start_hour_utc": 6, "duration": 6}
    assert of_first["scaling_schedule"]["entries"][0]["weekdays"] == ["wednesday"]
    assert of_first["backup_config"]["backup_period_in_hours"] == 24
    assert "max_threads" in str(of_first["clickhouse_settings"])
    assert (of_second["upgrade_window"], of_second["scaling_schedule"], of_second["query_endpoint"]) == (None,) * 3
    assert not any(PARTS_KEY in variable for variable in listed["first"])

    # The parts are cached with the services, and those without parts separately.
    assert inventory(parts=PARTS, **cache)["_meta"]["hostvars"] == listed
    assert sent() == []
    without = inventory(**cache)["_meta"]["hostvars"]["first"]
    assert "clickhouse_cloud_upgrade_window" not in without
    assert sent() == ["GET services"]
    assert second != first


def test_scaling_schedule_needs_no_request(create: Create, read: Read, sent: Sent) -> None:
    create("analytics")
    assert [service[PARTS_KEY] for service in read(SCALING_SCHEDULE)] == [{SCALING_SCHEDULE: None}]
    (empty,) = read(SCALING_SCHEDULE, scalingSchedule={"entries": [], "baseConfig": {}})
    assert empty[PARTS_KEY] == {SCALING_SCHEDULE: None}
    assert sent() == []


def test_one_warning_says_which_part_the_key_may_not_read(
    create: Create, emulator: Emulator, read: Read, lines: list[str]
) -> None:
    first, *_others = [create(name) for name in ("a", "b", "c")]
    emulator.fault(path="/backupConfiguration$", status=403, times=2)
    found = [service[PARTS_KEY]["backup_config"] is None for service in read("backup_config", "upgrade_window")]
    assert found == [True, True, False]
    (line,) = lines
    assert line.startswith(
        f"clickhouse_cloud_backup_config is null for 2 of 3 services of organization {emulator.organization_id}:"
        f" The API key may not read the backup configuration of service {first}"
    )
    assert "control-plane:service:view-backups" in line


def test_a_beta_that_is_off_is_requested_once(
    create: Create, emulator: Emulator, read: Read, sent: Sent, lines: list[str]
) -> None:
    first, *_others = [create(name) for name in ("a", "b", "c")]
    emulator.add_organization(id=emulator.organization_id, features={"snapshots": False})
    assert [service[PARTS_KEY] for service in read("snapshot_config")] == [{"snapshot_config": None}] * 3
    (line,) = lines
    assert line.startswith("clickhouse_cloud_snapshot_config is null for all services of organization")
    assert "The beta of snapshots is off for the organization" in line
    assert f"GET services/{first}/snapshotConfiguration" in (requests := sent())
    assert len(requests) == 2


def test_services_that_are_deleted_have_no_parts(create: Create, emulator: Emulator, read: Read, sent: Sent) -> None:
    emulator.set_service(create("analytics"), state="terminating")
    assert [service[PARTS_KEY] for service in read("backup_config")] == [{}]
    assert sent() == []


def test_service_that_was_deleted_in_the_meantime(create: Create, read: Read) -> None:
    create("analytics")
    assert [service[PARTS_KEY] for service in read("backup_config", id=UNKNOWN)] == [{"backup_config": None}]


def test_other_errors_are_raised(create: Create, emulator: Emulator, read: Read) -> None:
    create("analytics")
    emulator.fault(path="/backupConfiguration$", status=400)
    with pytest.raises(ApiError, match="read the backup configuration"):
        read("backup_config")


def test_long_readings_show_their_progress(
    create: Create, read: Read, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        create(name)
    read("backup_config")
    assert lines == []
    monkeypatch.setattr(part_reader, "MAX_SILENT_REQUESTS", 3)
    monkeypatch.setattr(part_reader, "PROGRESS_INTERVAL", 0)
    read("backup_config", "upgrade_window")
    assert lines == [
        "Reading backup_config, upgrade_window of 2 services: 4 requests",
        *[f"{done} of 4 requests done" for done in (1, 2, 3, 4)],
    ]


def test_parts_from_a_cache_of_any_content() -> None:
    assert "clickhouse_cloud_a" not in host_variables({"id": UNKNOWN, PARTS_KEY: ["a"]})


def test_choices_are_the_parts(emulator: Emulator, inventory: List) -> None:
    documented = yaml.safe_load(services.DOCUMENTATION)["options"]["parts"]["choices"]
    assert documented == sorted(PARTS)
    inventory(parts=["backups"], fails="backups")
    assert emulator.journal() == []
