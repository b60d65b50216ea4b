# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profile of a new service is checked before it is created, if the profiles can be read."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run

Sent = Callable[[], list[str]]

BYOC_ID = "5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b"
NEW = {"name": "analytics", "provider": "aws", "region": "us-east-1", "ip_access_list": []}
BYOC = {**NEW, "byoc_id": BYOC_ID, "profile": "v1-standard-byoc-12"}
MEMORY = {"min_replica_memory_gb": 48, "max_replica_memory_gb": 48}
CREATION = ["GET services", "GET serviceProfiles", "GET services", "POST services"]


@pytest.mark.parametrize("check", [True, False])
def test_profile_that_exists(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    result = run("service", check=check, **NEW, profile="v1-highmem-xs", wait=False)
    assert (result["changed"], result["service"]["profile"]) == (True, "v1-highmem-xs")
    assert [request["query"] for request in emulator.journal() if "Profiles" in request["path"]] == [
        {"region_id": ["us-east-1"]}
    ]
    assert sent() == (CREATION[:2] if check else CREATION)


@pytest.mark.parametrize("check", [True, False])
def test_profile_that_does_not_exist(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    result = run("service", check=check, **NEW, profile="v1-highmem-xx", wait=False)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        "profile is 'v1-highmem-xx', which a service in us-east-1 cannot have. Set one of v1-default, v1-highmem-xs,"
        " v1-highmem-s, v1-highmem-m, v1-highmem-l, v1-highmem-xl, or leave profile out."
    )
    assert sent() == CREATION[:2]
    assert emulator.services() == []


def test_tier_without_profiles(emulator: Emulator, run: Run) -> None:
    connection = emulator.add_organization(tier="SCALE")
    result = run("service", check=True, **connection, **NEW, profile="v1-highmem-xs")
    assert result["msg"] == (
        "profile is 'v1-highmem-xs', but the API lists no profiles for this organization in us-east-1: its tier may"
        " not include them. Leave profile out."
    )


@pytest.mark.parametrize("options", [{}, {"profile": ""}, {"profile": "v1-default"}])
def test_no_custom_profile_costs_no_request(emulator: Emulator, run: Run, sent: Sent, options: dict[str, str]) -> None:
    assert run("service", **NEW, **options, wait=False)["changed"] is True
    assert "GET serviceProfiles" not in sent()


@pytest.mark.parametrize("check", [True, False])
def test_existing_service_costs_no_request(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    created = emulator.create(name="analytics", profile="v1-highmem-xs")["service"]
    emulator.set_service(created["id"], state="running")
    emulator.clear_journal()
    unchanged = run("service", check=check, **NEW, profile="v1-highmem-xs")
    assert unchanged["changed"] is False
    assert (
        "This can only be set when the service is created"
        in run("service", check=check, **NEW, profile="v1-highmem-s")["msg"]
    )
    run("fleet", check=check, services=[{**NEW, "profile": "v1-highmem-xs"}])
    run("service", check=check, name="analytics", state="absent", force=True, profile="v1-highmem-xs", wait=False)
    assert "GET serviceProfiles" not in sent()


@pytest.mark.parametrize("status", [400, 403, 404])
def test_list_that_cannot_be_read_does_not_stop_the_task(emulator: Emulator, run: Run, sent: Sent, status: int) -> None:
    emulator.fault(path="/serviceProfiles$", status=status, times=2)
    assert run("service", check=True, **NEW, profile="v1-highmem-xs")["changed"] is True
    result = run("service", **NEW, profile="v1-highmem-xs", wait=False)
    assert (result["changed"], result["service"]["profile"]) == (True, "v1-highmem-xs")
    warned = "has the permission control-plane:organization:view" in str(result.get("warnings"))
    assert warned is (status == 403)
    assert sent().count("GET serviceProfiles") == 2


@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.usefixtures("fast_clock")
def test_other_failures_are_reported(emulator: Emulator, run: Run, sent: Sent, status: int) -> None:
    emulator.fault(path="/serviceProfiles$", status=status, times=99)
    result = run("service", **NEW, profile="v1-highmem-xs", wait=False)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the profiles of services failed" in result["msg"]
    assert "POST services" not in sent()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**BYOC, **MEMORY}, None),
        (
            {**BYOC, "min_replica_memory_gb": 48, "max_replica_memory_gb": 116},
            "With byoc_id, the memory must be that of the profile 'v1-standard-byoc-12': set min_replica_memory_gb and"
            " max_replica_memory_gb to 48.",
        ),
        (
            {**BYOC, **MEMORY, "profile": "v1-highmem-xs"},
            f"profile is 'v1-highmem-xs', which a service with byoc_id {BYOC_ID} cannot have. Set one of"
            " v1-standard-byoc-12, v1-standard-byoc-29, or leave profile out.",
        ),
    ],
)
def test_profiles_of_an_infrastructure(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str | None
) -> None:
    infrastructure = {"id": BYOC_ID, "regionId": "us-east-1"}
    emulator.add_organization(id=emulator.organization_id, byocConfig=[infrastructure])
    result = run("service", check=True, **options)
    assert result.get("msg") == message
    assert [request["query"] for request in emulator.journal() if "Profiles" in request["path"]] == [
        {"region_id": ["us-east-1"], "byoc_id": [BYOC_ID]}
    ]


def test_profile_without_memory_is_not_compared(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/serviceProfiles$", status=200, body={"result": [{"profile": BYOC["profile"]}]})
    assert run("service", check=True, **BYOC, **MEMORY)["changed"] is True


def test_id_that_cannot_be_looked_up_is_left_to_the_api(run: Run, sent: Sent) -> None:
    assert run("service", check=True, **{**BYOC, **MEMORY, "byoc_id": "own-cloud"})["changed"] is True
    assert "GET serviceProfiles" not in sent()


def test_restored_service(emulator: Emulator, run: Run, sent: Sent) -> None:
    """The region of the profile may be that of the source; an inherited profile is not checked."""
    source = emulator.create(name="source", region="eu-central-1", profile="v1-highmem-s")["service"]
    times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T01:00:00Z"}
    emulator.set_service(source["id"], state="running", backups=[{**times, "type": "full", "status": "done"}])
    assert run("service", check=True, name="copy", restore_from={"name": "source"})["changed"] is True
    assert "GET serviceProfiles" not in sent()
    result = run("service", check=True, name="other", restore_from={"name": "source"}, profile="v1")
    assert "profile is 'v1', which a service in eu-central-1 cannot have." in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_fleet_reads_the_profiles_of_a_region_once(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    new = {"provider": "aws", "ip_access_list": [], "profile": "v1-highmem-xs"}
    services = [
        {**new, "name": "a", "region": "us-east-1"},
        {**new, "name": "b", "region": "us-east-1"},
        {**new, "name": "c", "region": "us-east-2"},
    ]
    assert run("fleet", check=check, services=services, wait=False)["changed"] is True
    assert sent().count("GET serviceProfiles") == 2
    services.append({**new, "name": "d", "region": "us-east-1", "profile": "v1-low"})
    result = run("fleet", check=check, services=services, wait=False)
    assert "d: profile is 'v1-low', which a service in us-east-1 cannot have." in result["msg"]
    assert "POST services" not in sent()
