# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.api_key import API_KEY
from ansible_collections.clickhouse.cloud.plugins.modules import api_key_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.mark.parametrize("check", [True, False])
def test_keys_are_listed_with_all_pages(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    for name in ("a", "b", "a"):
        key = emulator.request("POST", "keys", {"name": name, "expireAt": "2050-01-31T00:00:00Z"})["key"]
    emulator.clear_journal()
    result = run("api_key_info", check=check)
    assert (result["changed"], "diff" in result) == (False, False)
    assert [(item["name"], item["in_use"]) for item in result["api_keys"]] == [
        ("First key", True),
        ("a", False),
        ("b", False),
        ("a", False),
    ]
    assert sent() == ["GET keys"] * 2
    assert [item["name"] for item in run("api_key_info", check=check, name="a")["api_keys"]] == ["a", "a"]
    assert run("api_key_info", check=check, name="c")["api_keys"] == []
    sent()
    (found,) = run("api_key_info", check=check, key_id=key["id"])["api_keys"]
    assert sent() == [f"GET keys/{key['id']}"]
    assert found == {
        "id": key["id"],
        "name": "a",
        "enabled": True,
        "roles": [],
        "assigned_roles": [],
        "ip_access_list": [],
        "expire_at": "2050-01-31T00:00:00Z",
        "key_suffix": key["keySuffix"],
        "created_at": key["createdAt"],
        "used_at": None,
        "in_use": False,
    }
    assert run("api_key_info", check=check, key_id=UNKNOWN)["api_keys"] == []


@pytest.mark.parametrize("check", [True, False])
def test_key_that_may_not_read_keys(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/keys$", status=403)
    result = run("api_key_info", check=check)
    assert (result["changed"], result["api_keys"]) == (False, None)
    (warning,) = result["warnings"]
    assert warning.startswith(
        "The API key may not read the API keys of the organization: the request failed with HTTP status 403"
    )
    assert "use a key that has the permission control-plane:organization:view-api-keys." in warning


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/keys$", status=status, times=99)
    result = run("api_key_info")
    assert (result["failed"], result["status"]) == (True, status)


def test_invalid_options(emulator: Emulator, run: Run, sent: Sent) -> None:
    assert "key_id must be a UUID" in run("api_key_info", key_id="abc")["msg"]
    assert "mutually exclusive: key_id|name" in run("api_key_info", key_id=UNKNOWN, name="a")["msg"]
    assert sent() == []
    assert len(run("api_key_info", name="", key_id="")["api_keys"]) == 1


def test_fields_that_the_api_has_added_or_omits(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/keys$", status=200, body={"result": [{"id": UNKNOWN, "newField": 1}]})
    (key,) = run("api_key_info")["api_keys"]
    assert (key["new_field"], key["name"], key["roles"], key["in_use"]) == (1, None, [], False)


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(api_key_info.RETURN)["api_keys"]["contains"]
    assert documented.keys() == {*API_KEY.to_result({}).keys(), "in_use"}
