# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import create
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import display_text

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

OFFICE = {"source": "203.0.113.0/24", "description": "office"}
NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": [OFFICE]}
BODY = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ipAccessList": [OFFICE]}


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the writes, and clear the journal."""
    written = [request["body"] for request in emulator.journal() if request["method"] != "GET"]
    emulator.clear_journal()
    return written


def test_service_life_cycle(emulator: Emulator, run: Run, sent: Sent) -> None:
    """Create, change and remove the service: each in check mode, for real and again."""
    plan = run("service", check=True, **NEW)
    assert plan["changed"] is True
    assert plan["diff"]["before"] == {}
    assert plan["diff"]["after"].items() >= NEW.items()
    assert plan["service"]["id"] is None
    assert "password" not in plan
    assert sent() == ["GET services"]

    created = run("service", **NEW)
    path = f"services/{created['service']['id']}"
    assert created["changed"] is True
    assert created["service"]["state"] == "running"
    assert created["service"].keys() == plan["service"].keys()
    assert created["password"]
    assert created["diff"] == plan["diff"]
    requests = sent()
    assert requests[:3] == ["GET services", "GET services", "POST services"]
    assert set(requests[3:]) <= {f"GET {path}"}

    for check in (True, False):
        again = run("service", check=check, **NEW)
        assert again["changed"] is False
        assert again["service"] == created["service"]
        assert again["diff"]["before"] == again["diff"]["after"]
        assert "password" not in again
        assert sent() == ["GET services"]

    change = {**NEW, "ip_access_list": [OFFICE, {"source": "198.51.100.7"}], "num_replicas": 4}
    plan = run("service", check=True, **change)
    assert plan["changed"] is True
    assert plan["service"]["num_replicas"] == 4
    assert plan["diff"] == {
        "before": {"ip_access_list": [OFFICE], "num_replicas": 3},
        "after": {"ip_access_list": [OFFICE, {"source": "198.51.100.7"}], "num_replicas": 4},
    }
    assert sent() == ["GET services"]

    changed = run("service", **change)
    assert changed["changed"] is True
    assert changed["diff"] == plan["diff"]
    assert changed["service"]["num_replicas"] == 4
    assert sent() == ["GET services", f"PATCH {path}", f"PATCH {path}/replicaScaling", f"GET {path}"]

    for check in (True, False):
        again = run("service", check=check, **change)
        assert again["changed"] is False
        assert again["service"] == changed["service"]
        assert sent() == ["GET services"]

    removal = {"name": "analytics", "state": "absent", "force": True}
    plan = run("service", check=True, **removal)
    assert plan["changed"] is True
    assert plan["diff"]["before"]["id"] == created["service"]["id"]
    assert plan["diff"]["after"] == {}
    assert sent() == ["GET services"]

    removed = run("service", **removal)
    assert removed["changed"] is True
    assert removed["service"]["name"] == "analytics"
    requests = sent()
    assert [request for request in requests if not request.startswith("GET")] == [
        f"PATCH {path}/state",
        f"DELETE {path}",
    ]
    assert emulator.services() == []
    emulator.clear_journal()

    for check in (True, False):
        again = run("service", check=check, **removal)
        assert again["changed"] is False
        assert sent() == ["GET services"]


def test_unchanged_service_by_id_needs_one_request(service: dict[str, Any], run: Run, sent: Sent) -> None:
    assert run("service", service_id=service["id"], provider="aws", ip_access_list=[OFFICE])["changed"] is False
    assert sent() == [f"GET services/{service['id']}"]


def test_creation_sends_only_requested_fields(emulator: Emulator, run: Run) -> None:
    backup = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    emulator.fault(path="/services", method="POST", status=400)
    run(
        "service",
        **NEW,
        tier="production",
        private_endpoint_ids=["vpce-0123456789abcdef0"],
        tags={"env": "prod", "active": None},
        min_total_memory_gb=24,
        max_total_memory_gb=48,
        num_replicas=3,
        idle_scaling=True,
        idle_timeout_minutes=10,
        backup_id=backup,
        encryption_key="arn:key",
        encryption_assumed_role_identifier="arn:role",
        private_preview_terms_checked=True,
    )
    assert bodies(emulator) == [
        {
            **BODY,
            "tier": "production",
            "privateEndpointIds": ["vpce-0123456789abcdef0"],
            "tags": [{"key": "env", "value": "prod"}, {"key": "active"}],
            "minTotalMemoryGb": 24,
            "maxTotalMemoryGb": 48,
            "numReplicas": 3,
            "idleScaling": True,
            "idleTimeoutMinutes": 10,
            "backupId": backup,
            "encryptionKey": "arn:key",
            "encryptionAssumedRoleIdentifier": "arn:role",
            "privatePreviewTermsChecked": True,
        }
    ]


def test_creation_without_wait_ends_immediately(emulator: Emulator, run: Run, sent: Sent) -> None:
    created = run("service", **NEW, wait=False)
    assert created["service"]["state"] == "provisioning"
    assert created["password"]
    assert sent() == ["GET services", "GET services", "POST services"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("missing", ["provider", "region", "ip_access_list"])
def test_missing_creation_options_are_reported(emulator: Emulator, run: Run, missing: str, check: bool) -> None:
    options = {name: value for name, value in NEW.items() if name != missing}
    result = run("service", check=check, **options)
    assert result["failed"] is True
    assert result["msg"] == f"There is no service 'analytics'. To create it, set {missing} as well."
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    "empty",
    [
        {"private_endpoint_ids": []},
        {"private_endpoint_ids": ["vpce-1"], "private_endpoint_mode": "remove"},
        {"tags": {}},
        {"tags": {"a": "b"}, "tags_mode": "remove"},
    ],
)
def test_empty_list_is_not_sent_at_creation(emulator: Emulator, run: Run, empty: dict[str, Any]) -> None:
    key = {"api_key": "narrow", "api_secret": "secret"}
    emulator.add_organization(id=emulator.organization_id, **key, forbidden=["manage-private-endpoints"])
    created = run("service", **NEW, **empty, **key, wait=False)
    assert created["changed"] is True
    assert bodies(emulator) == [BODY]
    assert run("service", **NEW, **empty)["changed"] is False
    assert bodies(emulator) == []


def test_access_is_closed_by_default(emulator: Emulator, run: Run) -> None:
    run("service", **{**NEW, "ip_access_list": []}, wait=False)
    assert bodies(emulator) == [{**BODY, "ipAccessList": []}]


def test_rejected_creation_changes_nothing(emulator: Emulator, run: Run) -> None:
    result = run("service", **{**NEW, "region": "moon-1"})
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["status"] == 400
    assert "BAD_REQUEST: request body.region" in result["msg"]
    assert result["request_id"] in result["msg"]


def create_in_state(emulator: Emulator, state: str) -> None:
    """Create the next service in this state, which it keeps."""
    one = {"id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc", "name": "analytics", "state": state}
    made = {"service": one, "password": "only once"}
    emulator.fault(path="/services$", method="POST", status=200, body={"result": made})
    emulator.fault(path="/services/[^/]+$", method="GET", times=99, status=200, body={"result": one})


@pytest.mark.usefixtures("pauses")
def test_failed_start_is_reported_with_password(emulator: Emulator, run: Run) -> None:
    create_in_state(emulator, "provisioning")
    result = run("service", **NEW, wait_timeout=300, wait_interval=50)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["password"]
    assert result["service"]["id"]
    assert "is provisioning after 300 seconds of waiting for it to be running or idle" in result["msg"]
    assert "may have made: created the service 'analytics'" in result["msg"]


def test_failed_state_ends_the_wait(emulator: Emulator, run: Run) -> None:
    create_in_state(emulator, "failed")
    result = run("service", **NEW)
    assert "is failed: it can no longer become running or idle." in result["msg"]
    assert result["changed"] is True
    assert result["password"]


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
def test_new_service_may_not_be_visible_at_first(emulator: Emulator, run: Run, sent: Sent) -> None:
    service_id = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
    answer = {"service": {"id": service_id}, "password": "only once"}
    emulator.fault(path="/services$", method="POST", status=200, body={"result": answer})
    result = run("service", **NEW, wait_interval=10, wait_timeout=5400)
    assert "was created, and is not visible after 180 seconds. Run the task again later: it uses" in result["msg"]
    looks = len([request for request in sent() if request == f"GET services/{service_id}"])
    # Each pause is the interval plus up to a tenth of it.
    assert 17 <= looks <= 19


def test_waits_for_service_being_created(emulator: Emulator, run: Run) -> None:
    run("service", **NEW, wait=False)
    result = run("service", **NEW)
    assert result["changed"] is False
    assert result["service"]["state"] == "running"


def test_generated_password_is_saved_before_the_first_wait(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services/[^/]+$", method="GET", times=99, status=403)
    result = run("service", **NEW, password_file=str(path))
    assert result["failed"] is True
    assert "password" not in result
    assert emulator.raw_services()[0]["passwordHash"] == password_hashes(path.read_text())["newPasswordHash"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "403" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_unwritable_password_file_fails_before_creation(
    emulator: Emulator, run: Run, tmp_path: Path, check: bool
) -> None:
    result = run("service", check=check, **NEW, password_file=str(tmp_path / "missing" / "password"))
    assert "directory of password_file does not exist" in result["msg"]
    assert result["changed"] is False
    assert bodies(emulator) == []


def test_given_password_is_set_immediately_and_never_sent(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    result = run("service", **NEW, password="correct horse", password_file=str(path), wait=False)
    assert "password" not in result
    assert path.read_text() == "correct horse"
    assert bodies(emulator) == [BODY, password_hashes("correct horse")]
    assert "correct horse" not in json.dumps(emulator.journal())


@pytest.mark.parametrize(
    "answer",
    [
        {"service": {"name": "analytics"}, "password": "only once"},
        {"service": None, "password": "only once"},
        {"password": "only once"},
        {"service": {"id": [], "tags": [{"value": "x"}], "state": []}, "password": "only once"},
    ],
)
def test_unexpected_response_keeps_the_password(emulator: Emulator, run: Run, tmp_path: Path, answer: Any) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/services$", method="POST", body={"result": answer})
    result = run("service", **NEW, password_file=str(path), wait=False)
    assert result["changed"] is True
    assert "password" not in result
    assert path.read_text() == "only once"


def test_rejected_given_password_keeps_the_generated_one(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    emulator.fault(path="/password$", status=403)
    result = run("service", **NEW, password="correct horse", password_file=str(path))
    assert result["failed"] is True
    assert result["changed"] is True
    assert "password" not in result
    assert emulator.raw_services()[0]["passwordHash"] == password_hashes(path.read_text())["newPasswordHash"]
    assert sorted(os.listdir(tmp_path)) == [".password.creation", "password"]
    assert "correct horse" not in display_text(result)


@pytest.mark.parametrize("status", [404, 409])
def test_given_password_is_retried_until_the_api_accepts_it(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/password$", times=2, status=status)
    result = run("service", **NEW, password="correct horse")
    assert result["changed"] is True
    assert "password" not in result


def test_password_of_existing_service_is_not_changed(
    service: dict[str, Any], run: Run, sent: Sent, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    result = run("service", **NEW, password="correct horse", password_file=str(path))
    assert result["changed"] is False
    assert not path.exists()
    assert sent() == ["GET services"]


@pytest.mark.parametrize("check", [True, False])
def test_omitted_false_flag_is_no_change(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    emulator.set_service(service["id"], hasTransparentDataEncryption=None, isReadonly=None)
    result = run("service", check=check, **NEW, has_transparent_data_encryption=False, is_readonly=False)
    assert result["changed"] is False, result
    assert sent() == ["GET services"]


@pytest.mark.parametrize("check", [True, False])
def test_create_only_options_are_never_changed(service: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    result = run("service", check=check, **{**NEW, "region": "us-east-1"}, encryption_key="arn:key")
    assert result["msg"] == (
        "region is 'eu-central-1', not 'us-east-1'; encryption_key is None, not 'arn:key'."
        " This can only be set when the service is created: leave it out."
    )
    assert result["changed"] is False
    assert sent() == ["GET services"]


@pytest.fixture
def source(emulator: Emulator) -> dict[str, Any]:
    """Create a service with settings that differ from the defaults, and with backups."""
    created: dict[str, Any] = emulator.create(
        **{**BODY, "name": "source"},
        tags=[{"key": "env", "value": "prod"}],
        minReplicaMemoryGb=8,
        maxReplicaMemoryGb=32,
        numReplicas=4,
        idleScaling=False,
        releaseChannel="fast",
    )["service"]
    made = [
        {
            "id": f"{number}d2f1c44-6a0b-4b7e-9c55-0123456789ab",
            "status": status,
            "startedAt": f"2026-11-0{number}T00:00:00Z",
        }
        for number, status in ((1, "done"), (2, "done"), (3, "error"), (4, "in_progress"))
    ]
    emulator.set_service(created["id"], state="running", backups=made)
    emulator.clear_journal()
    return created


ABSENT = "not in the body"
SIZE_16 = {"min_replica_memory_gb": 16, "max_replica_memory_gb": 16}
INHERITED = {
    **BODY,
    "tags": [{"key": "env", "value": "prod"}],
    "minReplicaMemoryGb": 8,
    "maxReplicaMemoryGb": 32,
    "numReplicas": 4,
    "idleScaling": False,
    "releaseChannel": "fast",
}


@pytest.mark.parametrize(
    ("restore_from", "options", "body"),
    [
        ({"name": "source"}, {}, {"backupId": "2d2f1c44-6a0b-4b7e-9c55-0123456789ab"}),
        (
            {"name": "source", "backup": "1d2f1c44-6a0b-4b7e-9c55-0123456789ab"},
            {},
            {"backupId": "1d2f1c44-6a0b-4b7e-9c55-0123456789ab"},
        ),
        (
            {"name": "source"},
            {"ip_access_list": [], "num_replicas": 2, "idle_scaling": True, "tags": {}},
            {
                "backupId": "2d2f1c44-6a0b-4b7e-9c55-0123456789ab",
                "ipAccessList": [],
                "numReplicas": 2,
                "idleScaling": True,
                "idleTimeoutMinutes": 15,
                "tags": ABSENT,
            },
        ),
    ],
)
def test_restore_from_backup_of_another_service(
    source: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, restore_from: Any, options: Any, body: Any
) -> None:
    plan = run("service", check=True, name="analytics", restore_from=restore_from, **options)
    assert plan["changed"] is True
    assert plan["diff"]["after"]["backup_id"] == body["backupId"]
    assert bodies(emulator) == []
    done = run("service", name="analytics", restore_from=restore_from, **options)
    assert done["changed"] is True
    assert done["diff"] == plan["diff"]
    assert bodies(emulator) == [{name: value for name, value in {**INHERITED, **body}.items() if value != ABSENT}]
    assert run("service", name="analytics", restore_from=restore_from, **options)["changed"] is False
    assert bodies(emulator) == []


VERTICAL = {"minReplicaMemoryGb": 8, "maxReplicaMemoryGb": 64, "numReplicas": 5}
HORIZONTAL = {
    "autoscalingMode": "horizontal",
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 16,
    "minReplicas": 2,
    "maxReplicas": 6,
}
LISTS = {"tags": [{"key": "a", "value": "b"}], "ipAccessList": [{"source": "10.0.0.0/8"}]}
IDLE = {"idleScaling": True, "idleTimeoutMinutes": 15}


@pytest.mark.parametrize(
    ("source_body", "options", "body"),
    [
        # One bound is set, and the other one is copied from the source.
        (VERTICAL, {"max_replica_memory_gb": 120}, {**VERTICAL, "maxReplicaMemoryGb": 120}),
        (VERTICAL, {"min_replica_memory_gb": 16}, {**VERTICAL, "minReplicaMemoryGb": 16}),
        (VERTICAL, {"max_total_memory_gb": 48}, {"minTotalMemoryGb": 24, "maxTotalMemoryGb": 48, "numReplicas": 5}),
        (VERTICAL, {"min_total_memory_gb": 48}, {"minTotalMemoryGb": 48, "maxTotalMemoryGb": 192, "numReplicas": 5}),
        (HORIZONTAL, {"max_replicas": 9}, {**HORIZONTAL, "maxReplicas": 9}),
        (HORIZONTAL, {"min_replicas": 3}, {**HORIZONTAL, "minReplicas": 3}),
        # An option of one group does not affect the other groups.
        (VERTICAL, {"num_replicas": 2}, {**VERTICAL, "numReplicas": 2}),
        (VERTICAL, {"autoscaling_mode": "vertical"}, {**VERTICAL, "autoscalingMode": "vertical"}),
        (VERTICAL, {"idle_timeout_minutes": 30}, {**VERTICAL, "idleTimeoutMinutes": 30}),
        (VERTICAL, {"idle_scaling": False}, {**VERTICAL, "idleScaling": False, "idleTimeoutMinutes": ABSENT}),
        (HORIZONTAL, {"autoscaling_mode": "horizontal"}, HORIZONTAL),
        # A mode without its list has no effect.
        (LISTS, {"tags_mode": "remove", "ip_access_mode": "remove"}, LISTS),
        (LISTS, {"tags_mode": "add", "ip_access_mode": "add"}, LISTS),
        (LISTS, {"private_endpoint_mode": "remove"}, LISTS),
        # The other mode uses the copied options that it supports.
        (
            {**VERTICAL, "minReplicaMemoryGb": 64},
            {"autoscaling_mode": "horizontal", "max_replicas": 8},
            {**HORIZONTAL, "minReplicaMemoryGb": 64, "maxReplicaMemoryGb": 64, "minReplicas": 5, "maxReplicas": 8},
        ),
        (
            HORIZONTAL,
            {"num_replicas": 3},
            {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16, "numReplicas": 3},
        ),
    ],
)
def test_unset_options_are_copied_from_the_source(
    emulator: Emulator, run: Run, source_body: dict[str, Any], options: dict[str, Any], body: dict[str, Any]
) -> None:
    created = emulator.create(**{**BODY, "name": "source", "ipAccessList": [], **source_body})["service"]
    emulator.set_service(created["id"], state="running", backups=[{}])
    emulator.clear_journal()
    done = run("service", name="analytics", restore_from={"name": "source"}, wait=False, **options)
    assert "failed" not in done, done
    (sent_body,) = bodies(emulator)
    default = VERTICAL if "ipAccessList" in body else {}
    expected = {**BODY, "ipAccessList": [], **IDLE, **default, **body}
    sent_body.pop("backupId")
    if not source_body.keys() & VERTICAL.keys():
        sent_body.update(VERTICAL)
    assert sent_body == {name: value for name, value in expected.items() if value != ABSENT}


@pytest.mark.parametrize(
    ("source_body", "options", "message"),
    [
        (VERTICAL, {"min_replica_memory_gb": 120}, "min_replica_memory_gb is 120"),
        ({**VERTICAL, "minReplicaMemoryGb": 16}, {"max_replica_memory_gb": 8}, "max_replica_memory_gb is 8"),
        (VERTICAL, {"min_total_memory_gb": 240}, "min_total_memory_gb is 240"),
        (HORIZONTAL, {"min_replicas": 9}, "min_replicas is 9"),
        (VERTICAL, {"max_replicas": 3}, "max_replicas is 3"),
    ],
)
def test_bound_beyond_that_of_the_source_is_rejected(
    emulator: Emulator, run: Run, source_body: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    created = emulator.create(**{**BODY, "name": "source", **source_body})["service"]
    emulator.set_service(created["id"], state="running", backups=[{}])
    emulator.clear_journal()
    result = run("service", name="analytics", restore_from={"name": "source"}, **options)
    assert result["msg"].startswith(f"{message}, but Service 'source'")
    assert result["msg"].endswith(" as well.")
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("scaling", "options"),
    [
        ("horizontal", {"num_replicas": 3}),
        ("horizontal", {"autoscaling_mode": "vertical"}),
        ("horizontal", {"min_replica_memory_gb": 32, "max_replica_memory_gb": 32}),
        ("vertical", {"autoscaling_mode": "horizontal", "min_replicas": 2, "max_replicas": 4, **SIZE_16}),
        ("vertical", {"min_replica_memory_gb": 200, "max_replica_memory_gb": 240}),
        ("vertical", {"max_replica_memory_gb": 24}),
        ("vertical", {"idle_scaling": False, "idle_timeout_minutes": 5}),
    ],
)
def test_conflicting_options_are_not_inherited(
    emulator: Emulator, run: Run, scaling: str, options: dict[str, Any]
) -> None:
    horizontal = {"autoscalingMode": "horizontal", "minReplicas": 2, "maxReplicas": 4, "numReplicas": None}
    memory = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}
    given = {name: value for name, value in {**horizontal, **memory}.items() if value is not None}
    created = emulator.create(**{**BODY, "name": "source"}, **(given if scaling == "horizontal" else {}))["service"]
    emulator.set_service(created["id"], state="running", backups=[{}])
    plan = run("service", check=True, name="analytics", restore_from={"name": "source"}, **options)
    done = run("service", name="analytics", restore_from={"name": "source"}, **options)
    assert "failed" not in done, done["msg"]
    assert plan["diff"] == done["diff"]


def test_backup_of_another_service_is_rejected(
    source: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    other = "9d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    emulator.set_service(service["id"], backups=[{"id": other}])
    result = run("service", check=True, name="copy", restore_from={"name": "source", "backup": other})
    assert (
        result["msg"] == f"Service 'source' ({source['id']}) has no backup {other}. List its backups with backup_info."
    )


def test_invalid_backup_option_is_named(source: dict[str, Any], run: Run, sent: Sent) -> None:
    result = run("service", name="copy", restore_from={"name": "source", "backup": "newest"})
    assert result["msg"] == "restore_from: backup must be latest or the ID of a backup, a UUID; 'newest' is not."
    assert sent() == ["GET services", "GET services"]


def test_restore_from_secondary_service_is_rejected(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.create(**{**BODY, "name": "reader"}, dataWarehouseId=service["dataWarehouseId"])
    result = run("service", name="copy", restore_from={"name": "reader", "backup": ""})
    assert "nothing to restore. It is a secondary service: name the primary one." in result["msg"]


def test_restore_requires_a_completed_backup(source: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(source["id"], backups=[{"status": "error"}])
    result = run("service", name="analytics", restore_from={"name": "source"})
    assert result["msg"].endswith("has no completed backup, so there is nothing to restore. Wait for one.")
    assert "There is no service 'nobody'." in run("service", name="a", restore_from={"name": "nobody"})["msg"]
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({"release_channel": "fast"}, {"releaseChannel": "fast"}),
        ({"mysql_endpoint": True}, {"endpoints": [{"protocol": "mysql", "enabled": True}]}),
        ({"enable_core_dumps": False}, {"enableCoreDumps": False}),
        ({"deletion_protection": True}, {"deletionProtection": True}),
        ({"has_transparent_data_encryption": True}, {"hasTransparentDataEncryption": True}),
        ({"profile": "v1-highmem-xs"}, {"profile": "v1-highmem-xs"}),
        ({"compliance_type": "hipaa"}, {"complianceType": "hipaa"}),
    ],
)
def test_newer_fields_are_created_and_compared(
    emulator: Emulator, run: Run, options: dict[str, Any], body: dict[str, Any]
) -> None:
    plan = run("service", check=True, **NEW, **options)
    created = run("service", **NEW, **options)
    assert bodies(emulator) == [{**BODY, **body}]
    ((option, value),) = options.items()
    assert plan["service"][option] == created["service"][option] == value
    assert run("service", **NEW, **options)["changed"] is False


@pytest.mark.parametrize("option", ["mysql_endpoint", "enable_core_dumps", "deletion_protection"])
def test_toggle_on_and_off(service: dict[str, Any], emulator: Emulator, run: Run, option: str) -> None:
    for value in (True, False, True):
        run("service", name="analytics", **{option: value})
        again = run("service", name="analytics", **{option: value})
        assert again["changed"] is False
        assert again["service"][option] is value


def test_encryption_key_is_set_once_the_service_runs(emulator: Emulator, run: Run) -> None:
    encrypted = {"has_transparent_data_encryption": True, "transparent_data_encryption_key_id": "arn:aws:kms:key/1"}
    plan = run("service", check=True, **NEW, **encrypted)
    created = run("service", **NEW, **encrypted)
    assert plan["diff"] == created["diff"]
    assert created["service"]["transparent_data_encryption_key_id"] == "arn:aws:kms:key/1"
    assert bodies(emulator)[1:] == [{"transparentDataEncryptionKeyId": "arn:aws:kms:key/1"}]
    assert run("service", **NEW, **encrypted)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_encryption_key_without_encryption_fails_before_creation(emulator: Emulator, run: Run, check: bool) -> None:
    result = run("service", check=check, **NEW, transparent_data_encryption_key_id="arn:aws:kms:key/1")
    assert result["msg"] == "transparent_data_encryption_key_id needs has_transparent_data_encryption: true."
    assert bodies(emulator) == []


def test_secondary_service_shares_the_warehouse(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    secondary = {**NEW, "name": "reader", "data_warehouse_id": service["dataWarehouseId"], "is_readonly": True}
    created = run("service", **secondary)
    assert created["service"]["is_primary"] is False
    assert created["service"]["is_readonly"] is True
    assert run("service", **secondary)["changed"] is False
    elsewhere = {**secondary, "data_warehouse_id": "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"}
    assert "This can only be set when the service is created: leave it out." in run("service", **elsewhere)["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_secondary_service_rejects_password(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path, check: bool
) -> None:
    secondary = {**NEW, "name": "reader", "data_warehouse_id": service["dataWarehouseId"]}
    for option, value in (("password", "correct horse"), ("password_file", str(tmp_path / "password"))):
        result = run("service", check=check, **secondary, **{option: value})
        assert result["msg"] == "A secondary service shares the password of its primary service: leave password out."
    assert bodies(emulator) == []


def test_restore_source_is_not_compared(service: dict[str, Any], run: Run) -> None:
    backup = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    assert run("service", **NEW, backup_id=backup, private_preview_terms_checked=True)["changed"] is False


def test_name_with_id_is_the_new_name(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    result = run("service", service_id=service["id"], name="reports")
    assert result["changed"] is True
    assert result["service"]["name"] == "reports"
    assert result["diff"] == {"before": {"name": "analytics"}, "after": {"name": "reports"}}
    assert bodies(emulator) == [{"name": "reports"}]
    assert run("service", service_id=service["id"], name="reports")["changed"] is False


def test_unknown_id_is_never_created(emulator: Emulator, run: Run) -> None:
    unknown = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
    result = run("service", **NEW, service_id=unknown)
    assert result["msg"] == f"There is no service {unknown!r}. Leave service_id out to create one."
    assert run("service", service_id=unknown, state="absent")["changed"] is False
    assert bodies(emulator) == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_services_with_the_same_name_are_unchanged(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str
) -> None:
    other = emulator.create(**BODY)["service"]
    emulator.set_service(other["id"], state="running")
    emulator.clear_journal()
    result = run("service", **NEW, state=state, force=True)
    assert service["id"] in result["msg"]
    assert other["id"] in result["msg"]
    assert bodies(emulator) == []
    assert run("service", service_id=other["id"], state="absent", force=True)["changed"] is True
    assert [item["id"] for item in emulator.services()] == [service["id"]]


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (
            {"ip_access_mode": "add", "ip_access_list": [{"source": "198.51.100.7"}]},
            {"ipAccessList": {"add": [{"source": "198.51.100.7"}]}},
        ),
        (
            {"ip_access_mode": "remove", "ip_access_list": [{"source": "203.0.113.0/24"}]},
            {"ipAccessList": {"remove": [{"source": "203.0.113.0/24"}]}},
        ),
        ({"ip_access_list": []}, {"ipAccessList": {"remove": [{"source": "203.0.113.0/24"}]}}),
        ({"private_endpoint_ids": ["vpce-1"]}, {"privateEndpointIds": {"add": ["vpce-1"]}}),
        ({"tags": {"env": "prod"}, "tags_mode": "add"}, {"tags": {"add": [{"key": "env", "value": "prod"}]}}),
        ({"min_total_memory_gb": 24, "max_total_memory_gb": 48}, {"minTotalMemoryGb": 24, "maxTotalMemoryGb": 48}),
        ({"min_replica_memory_gb": 8}, {"minReplicaMemoryGb": 8}),
        ({"idle_scaling": False}, {"idleScaling": False}),
        ({"idle_timeout_minutes": 30}, {"idleTimeoutMinutes": 30}),
    ],
)
def test_change_sends_only_the_difference(
    service: dict[str, Any], emulator: Emulator, run: Run, options: dict[str, Any], body: dict[str, Any]
) -> None:
    assert run("service", check=True, name="analytics", **options)["changed"] is True
    assert run("service", name="analytics", **options)["changed"] is True
    assert bodies(emulator) == [body]
    assert run("service", name="analytics", **options)["changed"] is False
    assert bodies(emulator) == []


def test_total_memory_of_horizontal_scaling_converges(emulator: Emulator, run: Run) -> None:
    memory = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16}
    emulator.create(**BODY, **memory, autoscalingMode="horizontal", minReplicas=2, maxReplicas=5)
    emulator.clear_journal()
    assert run("service", name="analytics", min_total_memory_gb=48, max_total_memory_gb=48)["changed"] is False
    assert bodies(emulator) == []


def test_check_mode_predicts_result(service: dict[str, Any], run: Run) -> None:
    change = {"name": "analytics", "min_replica_memory_gb": 8, "max_replica_memory_gb": 32, "tags": {"a": "b"}}
    plan = run("service", check=True, **change)
    assert plan["service"]["max_total_memory_gb"] == 96
    done = run("service", **change)
    expected = {name: value for name, value in done["service"].items() if name != "current_scaling"}
    assert expected.items() <= plan["service"].items()


@pytest.mark.parametrize("option", ["tier", "provider", "encryption_key", "backup_id", "password", "password_file"])
def test_empty_survey_answer_counts_as_unset(service: dict[str, Any], run: Run, option: str) -> None:
    assert run("service", name="analytics", **{option: ""})["changed"] is False


def test_waits_until_written_value_can_be_read(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    stale = {"result": {**service, "state": "running"}}
    emulator.fault(path="/services/[^/]+$", method="GET", times=2, status=200, body=stale)
    result = run("service", name="analytics", tags={"env": "prod"})
    assert result["service"]["tags"] == {"env": "prod"}
    path = f"services/{service['id']}"
    assert sent() == ["GET services", f"PATCH {path}", f"GET {path}", f"GET {path}", f"GET {path}"]


@pytest.mark.usefixtures("pauses")
def test_change_dropped_by_the_api_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    stale = {"result": {**service, "state": "running"}}
    emulator.fault(path="/services/[^/]+$", method="GET", times=99, status=200, body=stale)
    result = run("service", name="analytics", num_replicas=5, wait_timeout=300, wait_interval=50)
    assert result["changed"] is True
    assert f"Service 'analytics' ({service['id']}) is running, and still has num_replicas 3 after 300 " in result["msg"]


def test_partial_failure_lists_changes_made(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/replicaScaling$", status=403)
    result = run("service", name="analytics", tags={"env": "prod"}, num_replicas=5)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["service"]["tags"] == {"env": "prod"}
    assert result["service"]["num_replicas"] == 3
    assert result["msg"].endswith(f"may have made: changed tags of service {service['id']}.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_total_memory_gb": 25}, "min_total_memory_gb must be a multiple of 12; 25 is not."),
        ({"max_replica_memory_gb": 9}, "max_replica_memory_gb must be a multiple of 4; 9 is not."),
        (
            {"min_replica_memory_gb": 16, "max_replica_memory_gb": 8},
            "min_replica_memory_gb (16) must not be greater than max_replica_memory_gb (8).",
        ),
        (
            {"min_total_memory_gb": 24, "max_replica_memory_gb": 8},
            "parameters are mutually exclusive: min_total_memory_gb|max_replica_memory_gb",
        ),
        (
            {"ip_access_list": [{"source": "office"}]},
            "ip_access_list: 'office' is neither an IP address nor a network such as 10.1.0.0/16.",
        ),
        ({"service_id": "analytics"}, "service_id must be a UUID such as"),
        (
            {"wait_interval": 0, "wait": True},
            "wait_interval must be greater than 0 seconds and at most 1000000; 0.0 is",
        ),
        (
            {"wait_timeout": -1, "wait": True},
            "wait_timeout must be greater than 0 seconds and at most 1000000; -1.0",
        ),
        ({"organization_id": "mine"}, "organization_id must be a UUID such as"),
        ({"ca_path": "/nowhere/at/all"}, "ca_path names no file or directory: /nowhere/at/all."),
    ],
)
def test_invalid_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    result = run("service", **{**NEW, **options})
    assert result["failed"] is True
    assert result["msg"].startswith(message)
    assert emulator.journal() == []


def test_empty_environment_variable_counts_as_unset(
    emulator: Emulator, run: Run, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLICKHOUSE_ORG_ID", "CLICKHOUSE_CLOUD_RATE_LIMIT", "CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW"):
        monkeypatch.setenv(name, "")
    assert run("service", name="analytics", state="absent")["changed"] is False
    assert sent() == ["GET /v1/organizations", "GET services"]
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "")
    result = run("service", name="analytics", state="absent")
    assert result["msg"].startswith("api_secret is missing: set the option api_secret or the environment variable")


def test_disabled_certificate_validation_causes_warning(emulator: Emulator, run: Run) -> None:
    result = run("service", name="analytics", state="absent", validate_certs=False)
    assert any("validate_certs=false" in str(warning) for warning in result["warnings"])


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "partially_running", "some_new_state"])
def test_running_service_is_not_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run("service", check=check, name="analytics", state="absent")
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["msg"] == (
        f"Service 'analytics' ({service['id']}) is {state}, and the API does not delete it in this state."
        " Stop it first, or set force: true to have it stopped and deleted."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("state", ["stopped", "idle", "degraded", "failed", "provisioning", "starting", "awaking"])
def test_service_in_deletable_state_is_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, state: str
) -> None:
    emulator.set_service(service["id"], state=state)
    assert run("service", name="analytics", state="absent")["changed"] is True
    path = f"services/{service['id']}"
    requests = sent()
    assert requests[:2] == ["GET services", f"DELETE {path}"]
    assert set(requests[3:]) <= {f"GET {path}"}
    assert emulator.services() == []


def test_stopping_service_is_deleted_once_stopped(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    run("service_state", name="analytics", state="stopped", wait=False)
    sent()
    assert run("service", name="analytics", state="absent")["changed"] is True
    assert [request for request in sent() if not request.startswith("GET")] == [f"DELETE services/{service['id']}"]


def test_conflict_after_stop_is_tolerated(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_service(service["id"], state="stopped")
    emulator.fault(path="/services/", method="DELETE", times=3, status=409)
    assert run("service", name="analytics", state="absent")["changed"] is True
    assert sent().count(f"DELETE services/{service['id']}") == 4


def test_concurrent_start_is_accepted(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_service(service["id"], state="running")
    stopped = {"result": [{**service, "state": "stopped"}]}
    emulator.fault(path="/services$", method="GET", status=200, body=stopped)
    result = run("service", name="analytics", state="absent")
    assert "Current state: 'running'" in result["msg"]
    assert result["changed"] is False
    assert sent().count(f"DELETE services/{service['id']}") == 1


def test_service_that_no_longer_exists_counts_as_deleted(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.reset()
    stopped = {"result": [{**service, "state": "stopped"}]}
    emulator.fault(path="/services$", method="GET", status=200, body=stopped)
    assert run("service", name="analytics", state="absent")["changed"] is True


@pytest.mark.usefixtures("fast_clock")
def test_retried_change_is_reported_once(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/services/[^/]+$", method="PATCH", status=500, times=9)
    result = run("service", name="analytics", tags={"env": "test"})
    of_it = f"changed tags of service {service['id']}"
    assert result["msg"].endswith(f" Changes that this task has made, or may have made: {of_it}.")
    assert sum(request["method"] == "PATCH" for request in emulator.journal()) > 1


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("speedup", [1, 50], ids=["gone by then", "going"])
def test_deletion_with_lost_response_is_done(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_service(service["id"], state="stopped")
    emulator.fault(path="/services/", method="DELETE", disconnect="after")
    emulator.fault(path="/services/", method="DELETE", status=409)
    result = run("service", name="analytics", state="absent", wait=False)
    assert "failed" not in result
    assert result["changed"] is True
    of_it = f"services/{service['id']}"
    assert sent() == ["GET services", f"DELETE {of_it}", f"DELETE {of_it}", f"GET {of_it}"]


def test_deletion_without_wait_ends_immediately(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    emulator.set_service(service["id"], state="stopped")
    assert run("service", name="analytics", state="absent", wait=False)["changed"] is True
    assert sent() == ["GET services", f"DELETE services/{service['id']}"]


def test_running_service_is_not_deleted_without_wait(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    result = run("service", name="analytics", state="absent", force=True, wait=False)
    assert result["msg"].endswith("can be deleted only once it is stopped, which needs wait: true.")
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"state": "running"}, {"force": True}),
        ({"state": "stopped", "deletionProtection": True}, {"deletion_protection": False, "wait": False}),
    ],
)
def test_primary_with_secondaries_is_unchanged(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Callable[[], list[str]],
    check: bool,
    fields: dict[str, Any],
    options: dict[str, Any],
) -> None:
    other = emulator.create(**{**BODY, "name": "reader"}, dataWarehouseId=service["dataWarehouseId"])["service"]
    emulator.set_service(service["id"], **fields)
    sent()
    result = run("service", check=check, service_id=service["id"], state="absent", **options)
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["msg"] == (
        f"Service 'analytics' ({service['id']}) is the primary service of a data warehouse, and cannot be deleted while"
        f" that has secondary services: Service 'reader' ({other['id']}). Delete those first."
    )
    assert sent() == [f"GET services/{service['id']}", "GET services"]


@pytest.mark.parametrize("wait", [True, False])
def test_primary_with_secondaries_is_not_deleted(
    service: dict[str, Any], emulator: Emulator, run: Run, wait: bool
) -> None:
    other = emulator.create(**{**BODY, "name": "reader"}, dataWarehouseId=service["dataWarehouseId"])["service"]
    emulator.set_service(service["id"], state="stopped")
    result = run("service", name="analytics", state="absent", wait=wait)
    assert result["changed"] is False
    assert f"of a data warehouse: first delete Service 'reader' ({other['id']})." in result["msg"]
    assert len(emulator.services()) == 2


@pytest.mark.usefixtures("pauses")
def test_permanent_conflict_times_out(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], state="stopped")
    emulator.fault(path="/services/", method="DELETE", times=99, status=409)
    result = run("service", name="analytics", state="absent", wait_timeout=300, wait_interval=50)
    assert result["changed"] is False
    assert result["status"] == 409


def test_steps_of_a_deletion_share_the_timeout(
    service: dict[str, Any], emulator: Emulator, run: Run, pauses: list[float]
) -> None:
    emulator.fault(path="/services/", method="DELETE", times=99, status=409)
    emulator.fault(path="/services/[^/]+$", method="GET", times=4, body={"result": {**service, "state": "stopping"}})
    result = run("service", name="analytics", state="absent", force=True, wait_timeout=6, wait_interval=1)
    assert result["failed"] is True
    assert 3 < sum(pauses) < 8


def test_internal_error_keeps_the_password(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_internal_error(*_arguments: Any, **_options: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(create, "wait_for_service", raise_internal_error)
    result = run("service", **NEW)
    assert result["changed"] is True
    assert result["password"]
    assert "A defect in the collection clickhouse.cloud, please report it: ZeroDivisionError" in result["msg"]


def test_other_services_are_never_changed(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    other = emulator.create(**{**BODY, "name": "analytics 2"})["service"]
    emulator.clear_journal()
    run("service", name="analytics", state="absent", force=True)
    assert all(other["id"] not in request["path"] for request in emulator.journal())
    assert [item["id"] for item in emulator.services()] == [other["id"]]


@pytest.mark.parametrize("fault", [{}, {"status": 503}, {"status": 429}, {"disconnect": "before"}])
def test_wait_polls_the_service_once_per_interval(emulator: Emulator, run: Run, fault: dict[str, Any]) -> None:
    if fault:
        emulator.fault(path="/services/", method="GET", times=3, **fault)
    run("service", **NEW, wait_interval=0.07, wait_timeout=5)
    polls = [request for request in emulator.journal() if request["path"].rsplit("/", 1)[-1] != "services"]
    assert {sent_request["method"] for sent_request in polls} == {"GET"}
    times = [one["time"] for one in emulator.journal() if one["method"] == "POST"] + [one["time"] for one in polls]
    assert min(after - before for before, after in zip(times, times[1:])) >= 0.07
