# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.member import MEMBER
from ansible_collections.clickhouse.cloud.plugins.modules import member_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.fixture(autouse=True)
def planted(emulator: Emulator) -> None:
    emulator.set_invitations({"email": "owner@example.com", "roles": ["Admin"]}, {"email": "bob@example.com"})


@pytest.mark.parametrize("check", [True, False])
def test_list_needs_one_request(run: Run, sent: Sent, check: bool) -> None:
    result = run("member_info", check=check)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET members"]
    owner, _other = result["members"]
    assert (owner["email"], owner["roles"]) == ("owner@example.com", ["Admin"])
    assert owner.keys() == MEMBER.to_result({}).keys()


@pytest.mark.parametrize("check", [True, False])
def test_one_is_selected_by_email_or_id(run: Run, sent: Sent, check: bool) -> None:
    (owner,) = run("member_info", check=check, email=" OWNER@example.com")["members"]
    assert run("member_info", check=check, email="nobody@example.com")["members"] == []
    assert sent() == ["GET members"] * 2
    assert run("member_info", check=check, user_id=owner["id"].upper())["members"] == [owner]
    assert run("member_info", check=check, user_id=UNKNOWN)["members"] == []
    assert sent() == [f"GET members/{owner['id']}", f"GET members/{UNKNOWN}"]
    # An empty text is equivalent to an omitted option.
    assert len(run("member_info", check=check, email="", user_id="")["members"]) == 2


@pytest.mark.parametrize("check", [True, False])
def test_list_that_the_key_may_not_read_is_null(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/members$", status=403)
    result = run("member_info", check=check)
    assert result["members"] is None
    assert "The API key may not read the members of the organization" in str(result["warnings"])
    assert "control-plane:organization:view" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/members$", status=status, times=4)
    result = run("member_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the members of the organization failed" in result["msg"]


def test_unknown_fields_are_kept_and_missing_fields_are_null(emulator: Emulator, run: Run) -> None:
    stranger = {"userId": UNKNOWN, "newField": {"someKey": 1}}
    emulator.fault(path="/members$", status=200, body={"result": [stranger]})
    (one,) = run("member_info")["members"]
    assert one == {**dict.fromkeys(MEMBER.to_result({})), "id": UNKNOWN, "new_field": {"some_key": 1}}


def test_options_exclude_each_other(emulator: Emulator, run: Run) -> None:
    assert "mutually exclusive" in run("member_info", email="a@example.com", user_id=UNKNOWN)["msg"]
    assert "user_id must be a UUID" in run("member_info", user_id="a")["msg"]
    assert emulator.journal() == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(member_info.RETURN)["members"]["contains"]
    assert documented.keys() == MEMBER.to_result({}).keys()
