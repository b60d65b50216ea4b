# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_bucket import BACKUP_BUCKET
from ansible_collections.clickhouse.cloud.plugins.modules import backup_bucket_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."


NEW = {"bucketProvider": "AWS", "bucketPath": "https://b.example", "iamRoleArn": "arn:aws:iam::123456789012:role/b"}


def bucket() -> dict[str, Any]:
    """Return the bucket as a result, without its ID."""
    absent = ("id", "container_name", "iam_role_session_name", "iam_role_external_id", "access_key_id")
    values = {"bucket_provider": "aws", "bucket_path": NEW["bucketPath"], "iam_role_arn": NEW["iamRoleArn"]}
    return {**dict.fromkeys(absent), **values}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/backupBucket"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["running", "idle", "stopped", "some_new_state"])
def test_bucket_by_id_needs_one_request(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    created = emulator.request("POST", path, NEW)
    emulator.set_service(service["id"], state=state)
    emulator.clear_journal()
    expected = {**bucket(), "id": created["id"]}
    by_id = run("backup_bucket_info", check=check, service_id=service["id"])
    assert (by_id["changed"], by_id["service_id"], by_id["backup_bucket"]) == (False, service["id"], expected)
    assert "diff" not in by_id
    assert sent() == [f"GET {path}"]

    by_name = run("backup_bucket_info", check=check, name="analytics")
    assert (by_name["service_id"], by_name["backup_bucket"]) == (service["id"], expected)
    assert sent() == ["GET services", f"GET {path}"]
    # The idle service is not woken up.
    assert emulator.raw_service(service["id"])["state"] == state


def test_service_without_bucket_returns_null(service: dict[str, Any], path: str, run: Run, sent: Sent) -> None:
    assert run("backup_bucket_info", service_id=service["id"])["backup_bucket"] is None
    assert sent() == [f"GET {path}", f"GET services/{service['id']}"]


def test_unexpected_and_unknown_fields_are_tolerated(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    odd = {"bucketPath": "b", "connectionString": "s", "newField": [{"someKey": 1}]}
    emulator.fault(path="/backupBucket$", status=200, body={"result": odd})
    assert run("backup_bucket_info", name="analytics")["backup_bucket"] == {
        **dict.fromkeys(bucket()),
        "bucket_path": "b",
        "new_field": [{"some_key": 1}],
    }


@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_missing_service_is_reported(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    assert run("backup_bucket_info", **options)["msg"] == f"There is no service '{UNKNOWN}'." + HINT


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("backup_bucket_info")["msg"]
    assert "one of the following is required: name, service_id" in run("backup_bucket_info", name="")["msg"]
    assert "service_id must be a UUID" in run("backup_bucket_info", service_id="analytics")["msg"]
    assert emulator.journal() == []


def test_missing_view_permission_causes_warning(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/backupBucket$", status=403)
    result = run("backup_bucket_info", name="analytics")
    assert ("failed" in result, result["backup_bucket"]) == (False, None)
    assert f"The API key may not read the backup bucket of service {service['id']}" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 500])
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/backupBucket$", status=status, times=99)
    assert run("backup_bucket_info", name="analytics")["status"] == status


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    result = run("backup_bucket_info", service_id=UNKNOWN, organization_id="8d2f1c44-6a0b-4b7e-9c55-0123456789ab")
    assert result["status"] == 404
    assert "Check organization_id" in result["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(backup_bucket_info.RETURN)["backup_bucket"]["contains"]
    assert documented.keys() == BACKUP_BUCKET.to_result({}).keys()
