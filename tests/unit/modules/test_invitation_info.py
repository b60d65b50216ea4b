# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.member import INVITATION
from ansible_collections.clickhouse.cloud.plugins.modules import invitation_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.fixture(autouse=True)
def planted(emulator: Emulator) -> None:
    emulator.set_invitations({"email": "owner@example.com", "roles": ["Admin"]}, {"email": "bob@example.com"})


@pytest.mark.parametrize("check", [True, False])
def test_list_needs_one_request(run: Run, sent: Sent, check: bool) -> None:
    result = run("invitation_info", check=check)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET invitations"]
    owner, _other = result["invitations"]
    assert (owner["email"], owner["roles"]) == ("owner@example.com", ["Admin"])
    assert owner.keys() == INVITATION.to_result({}).keys()


@pytest.mark.parametrize("check", [True, False])
def test_one_is_selected_by_email_or_id(run: Run, sent: Sent, check: bool) -> None:
    (owner,) = run("invitation_info", check=check, email=" OWNER@example.com")["invitations"]
    assert run("invitation_info", check=check, email="nobody@example.com")["invitations"] == []
    assert sent() == ["GET invitations"] * 2
    assert run("invitation_info", check=check, invitation_id=owner["id"].upper())["invitations"] == [owner]
    assert run("invitation_info", check=check, invitation_id=UNKNOWN)["invitations"] == []
    assert sent() == [f"GET invitations/{owner['id']}", f"GET invitations/{UNKNOWN}"]
    # An empty text is equivalent to an omitted option.
    assert len(run("invitation_info", check=check, email="", invitation_id="")["invitations"]) == 2


@pytest.mark.parametrize("check", [True, False])
def test_list_that_the_key_may_not_read_is_null(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/invitations$", status=403)
    result = run("invitation_info", check=check)
    assert result["invitations"] is None
    assert "The API key may not read the invitations of the organization" in str(result["warnings"])
    assert "control-plane:organization:view" in str(result["warnings"])


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/invitations$", status=status, times=4)
    result = run("invitation_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the invitations to the organization failed" in result["msg"]


def test_unknown_fields_are_kept_and_missing_fields_are_null(emulator: Emulator, run: Run) -> None:
    stranger = {"id": UNKNOWN, "newField": {"someKey": 1}}
    emulator.fault(path="/invitations$", status=200, body={"result": [stranger]})
    (one,) = run("invitation_info")["invitations"]
    assert one == {**dict.fromkeys(INVITATION.to_result({})), "id": UNKNOWN, "new_field": {"some_key": 1}}


def test_options_exclude_each_other(emulator: Emulator, run: Run) -> None:
    assert "mutually exclusive" in run("invitation_info", email="a@example.com", invitation_id=UNKNOWN)["msg"]
    assert "invitation_id must be a UUID" in run("invitation_info", invitation_id="a")["msg"]
    assert emulator.journal() == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(invitation_info.RETURN)["invitations"]["contains"]
    assert documented.keys() == INVITATION.to_result({}).keys()
