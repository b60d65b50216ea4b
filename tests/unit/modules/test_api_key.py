# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
import requests
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._organization import api_key as organization_api_key
from ansible_collections.clickhouse.cloud.plugins.module_utils._organization import api_key_file
from ansible_collections.clickhouse.cloud.plugins.module_utils._organization.api_key_file import Credentials
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.api_key import API_KEY, AssignedRole
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.networks import covers, overlap
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import UNRESOLVED_PERIOD
from ansible_collections.clickhouse.cloud.plugins.modules import api_key
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import display_text

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
LOCAL = [{"source": "127.0.0.1"}]
OTHER = "0c0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the secret file, alone in its directory."""
    return tmp_path / "secrets" / "key.json"


@pytest.fixture
def new(path: Path) -> dict[str, Any]:
    """Return the options of a new key."""
    path.parent.mkdir()
    return {"name": "new", "roles": ["Member"], "ip_access_list": LOCAL, "secret_file": str(path)}


def add_key(emulator: Emulator, name: str = "reports", **fields: Any) -> dict[str, Any]:
    key: dict[str, Any] = emulator.request("POST", "keys", {"name": name, "ipAccessList": LOCAL, **fields})["key"]
    emulator.clear_journal()
    return key


def list_keys(emulator: Emulator, name: str) -> list[dict[str, Any]]:
    keys = emulator.request("GET", "keys?limit=250")
    emulator.clear_journal()
    return [key for key in keys if key["name"] == name]


def role_id(emulator: Emulator, name: str) -> str:
    (found,) = (role["id"] for role in emulator.request("GET", "roles") if role["name"] == name)
    emulator.clear_journal()
    return str(found)


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


def status_with(emulator: Emulator, path: Path) -> int:
    """Return the status of a request with the credentials in a file."""
    credentials = json.loads(path.read_text())
    auth = (credentials["api_key"], credentials["api_secret"])
    return requests.get(f"{emulator.api_url}/organizations", auth=auth, timeout=30).status_code


def hash_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_key_is_created_changed_and_deleted_idempotently(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, sent: Sent
) -> None:
    """Run each step in check mode, for real, and again."""
    admin = role_id(emulator, "Admin")
    described = [{"source": "10.0.0.0/8", "description": "office"}]
    change = {
        "roles": [admin.upper()],
        "ip_access_list": [{"source": "10.1.2.3/8", "description": "office"}],
        "ip_access_mode": "add",
        "expire_at": "2050-01-31",
        "enabled": False,
    }
    shown = {"enabled": True, "name": "new", "roles": ["Member"], "ip_access_list": LOCAL}
    before = {"enabled": True, "roles": ["Member"], "ip_access_list": LOCAL, "expire_at": "never"}
    after = {
        "enabled": False,
        "roles": [admin],
        "ip_access_list": LOCAL + described,
        "expire_at": "2050-01-31T00:00:00Z",
    }
    sent_change = {
        "state": "disabled",
        "assignedRoleIds": [admin],
        "ipAccessList": LOCAL + described,
        "expireAt": "2050-01-31T00:00:00Z",
    }
    gone = {**shown, **after, "roles": ["Admin"]}
    steps: list[tuple[dict[str, Any], str, Any, Any, list[str], list[str]]] = [
        (new, "POST", {"before": {}, "after": shown}, None, ["GET roles", "GET keys"], []),
        (change, "PATCH", {"before": before, "after": after}, sent_change, [], []),
        ({"state": "absent"}, "DELETE", {"before": gone, "after": {}}, None, [], []),
    ]
    key_id = None
    for options, method, diff, body, more, more_again in steps:
        plan = run("api_key", check=True, **{"name": "new", **options})
        assert (plan["changed"], sent()) == (True, ["GET keys", *more])
        assert not path.exists() or method != "POST"
        done = run("api_key", **{"name": "new", **options})
        key_id = key_id or done["key"]["id"]
        assert done["diff"] == plan["diff"]
        removed = {"key_id": key_id} if method == "DELETE" else {}
        assert (done["changed"], done["diff"]) == (True, {**diff, "before": {**removed, **diff["before"]}})
        element = f"keys/{key_id}"
        assert sent() == ["GET keys", *more, f"{method} {'keys' if method == 'POST' else element}", f"GET {element}"]
        if body:
            emulator.request("GET", "keys")
            emulator.clear_journal()
        for check in (True, False):
            again = run("api_key", check=check, **{"name": "new", **options})
            assert (again["changed"], again["key"]) == (False, done["key"])
            assert again["diff"] == {"before": {}, "after": {}}
            assert sent() == ["GET keys", *more_again]
        if method == "PATCH":
            assert {name: done["key"][name] for name in after} == {**after, "roles": ["Admin"]}
            assert sent_change.keys() == {"state", "assignedRoleIds", "ipAccessList", "expireAt"}


def test_only_hashes_are_sent(emulator: Emulator, path: Path, new: dict[str, Any], run: Run) -> None:
    result = run("api_key", **new)
    text = path.read_text()
    credentials = json.loads(text)
    assert list(credentials) == ["api_key", "api_secret", "organization_id"]
    assert credentials["organization_id"] == emulator.organization_id
    key, secret = credentials["api_key"], credentials["api_secret"]
    assert (len(key), len(secret), secret[:4]) == (20, 42, "4b1d")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["key.json"]
    assert bodies(emulator) == [
        {
            "name": "new",
            "state": "enabled",
            "assignedRoleIds": [role_id(emulator, "Member")],
            "ipAccessList": LOCAL,
            "hashData": {"keyIdHash": hash_of(key), "keyIdSuffix": key[-4:], "keySecretHash": hash_of(secret)},
        }
    ]
    assert result["key"]["key_suffix"] == key[-4:]
    shown = display_text(result)
    assert not any(part in shown for part in (key, secret, hash_of(key), hash_of(secret)))
    assert status_with(emulator, path) == 200
    assert repr(Credentials(key, secret, "o")) == "Credentials(organization='o')"


def test_prediction_of_a_new_key(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    planned = run("api_key", check=True, **new, expire_at="2050-01-31T02:00:00+02:00")["key"]
    created = run("api_key", **new, expire_at="2050-01-31T02:00:00+02:00")["key"]
    unknown = ("id", "key_suffix", "created_at")
    assert {name for name in planned if planned[name] != created[name]} == {*unknown}
    assert planned["expire_at"] == "2050-01-31T00:00:00Z"


@pytest.mark.parametrize("check", [True, False])
def test_what_is_missing_for_a_creation_is_named(emulator: Emulator, run: Run, path: Path, check: bool) -> None:
    result = run("api_key", check=check, name="new", roles=[])
    assert result["msg"] == ("The organization has no API key 'new'. To create it, set ip_access_list and secret_file.")
    result = run("api_key", check=check, key_id=UNKNOWN, enabled=True)
    assert result["msg"] == (
        f"The organization has no API key {UNKNOWN}. Check key_id, or select one with name, which creates it if"
        " there is none."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the following is required: key_id, name"),
        ({"name": ""}, "one of the following is required: key_id, name"),
        ({"name": "a", "expire_at": "tomorrow"}, "expire_at must be a date such as 2027-03-31, a date with a time"),
        ({"name": "a", "expire_at": "2027-02-30"}, "never; '2027-02-30' is not."),
        ({"name": "a", "expire_at": "never", "expire_in_days": 1}, "mutually exclusive: expire_at|expire_in_days"),
        ({"name": "a", "expire_in_days": 0}, "expire_in_days must be from 1 to 36500; 0 is not."),
        ({"name": "a", "expire_in_days": 10000000}, "expire_in_days must be from 1 to 36500; 10000000 is not."),
        ({"name": "a", "ip_access_list": [{"source": "office"}]}, "'office' is neither an IP address nor a network"),
        ({"name": "a", "ip_access_list": [{"source": "10.0.0.0/255.0.0.0"}]}, "has a mask instead of a prefix"),
        ({"name": "a", "secret_file": "/dev/null"}, "secret_file must not be in /dev or /proc"),
        ({"name": "a", "secret_file": "/nowhere/key"}, "The directory of secret_file does not exist: /nowhere."),
        ({"name": "a\nb"}, "name contains a control character"),
        ({"key_id": "../roles"}, "key_id must be a UUID"),
        ({"key_id": UNKNOWN, "state": "absent"}, "To delete an API key by key_id, set confirm_name"),
    ],
)
def test_invalid_options_fail_before_any_request(
    emulator: Emulator, run: Run, sent: Sent, options: dict[str, Any], message: str
) -> None:
    assert message in run("api_key", **options)["msg"]
    assert sent() == []


def test_expiry_is_compared_as_a_time(emulator: Emulator, run: Run) -> None:
    add_key(emulator, expireAt="2050-01-31T10:00:00.000Z")
    for same in ("2050-01-31T10:00:00Z", "2050-01-31 12:00:00+02:00", "2050-01-31T10:00:00"):
        assert run("api_key", name="reports", expire_at=same)["changed"] is False
    assert run("api_key", name="reports", expire_in_days=1)["changed"] is False
    result = run("api_key", name="reports", expire_at="Never")
    assert result["diff"] == {"before": {"expire_at": "2050-01-31T10:00:00Z"}, "after": {"expire_at": "never"}}
    assert bodies(emulator) == [{"expireAt": None}]
    assert result["key"]["expire_at"] == "never"
    emulator.fault(path="/keys$", status=200, body={"result": [{"id": UNKNOWN, "name": "x", "expireAt": "soon"}]})
    assert run("api_key", check=True, name="x", expire_at="never")["diff"]["before"] == {"expire_at": "soon"}


@pytest.mark.parametrize("check", [True, False])
def test_expiry_in_the_past_is_rejected(
    emulator: Emulator, new: dict[str, Any], run: Run, check: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key(emulator)
    for options in (new, {"name": "reports"}):
        result = run("api_key", check=check, **{**options, "expire_at": "2020-01-01"})
        assert result["msg"] == (
            "expire_at is 2020-01-01T00:00:00Z, which is in the past. Set a later time; to disable the key, set"
            " enabled: false."
        )
    assert bodies(emulator) == []
    # A key that has expired since then is as declared.
    expired = add_key(emulator, "expired", expireAt="2020-01-01T00:00:00Z")
    assert run("api_key", check=check, name="expired", expire_at="2020-01-01")["key"]["id"] == expired["id"]


def test_new_key_expires_in_days(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    created = run("api_key", **new, expire_in_days=90)["key"]
    expiry = API_KEY.desired({"expire_at": created["expire_at"]})["expire_at"]
    expected = time.time() + 90 * 86400
    parsed = time.mktime(time.strptime(expiry, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert abs(parsed - expected) < 1000
    assert run("api_key", **new, expire_in_days=30)["changed"] is False


# Roles


def test_roles_are_only_requested_if_a_name_is_new(emulator: Emulator, run: Run, sent: Sent) -> None:
    admin, member = role_id(emulator, "Admin"), role_id(emulator, "Member")
    add_key(emulator, assignedRoleIds=[admin, member])
    for same in (["Admin", "Member"], ["Member", admin], [member.upper(), admin, "Admin"]):
        assert run("api_key", name="reports", roles=same)["changed"] is False
    assert sent() == ["GET keys"] * 3
    # IDs need no permission to read the roles.
    result = run("api_key", check=True, name="reports", roles=[admin])
    assert result["diff"] == {"before": {"roles": ["Admin", "Member"]}, "after": {"roles": ["Admin"]}}
    assert result["key"]["assigned_roles"] == [{"role_id": admin, "role_name": "Admin", "role_type": "system"}]
    assert run("api_key", check=True, name="reports", roles=[])["diff"]["after"] == {"roles": []}
    assert sent() == ["GET keys"] * 2
    result = run("api_key", name="reports", roles=["Billing"])
    assert result["key"]["roles"] == ["Billing"]
    assert sent()[:2] == ["GET keys", "GET roles"]


def test_wrong_roles_are_reported(emulator: Emulator, run: Run) -> None:
    add_key(emulator)
    result = run("api_key", name="reports", roles=["member"])
    assert result["msg"] == (
        "roles: there is no role 'member'. Did you mean 'Member'? Name a role of the organization, or use its ID, which"
        " is a UUID."
    )
    assert "there is no role 'zzz'. Name" in run("api_key", name="reports", roles=["zzz"])["msg"]
    # An earlier task may have planned it.
    planned = run("api_key", check=True, name="reports", roles=["zzz"])
    assert planned["diff"]["after"] == {"roles": ["zzz"]}
    assert planned["key"]["assigned_roles"] == [{"role_id": None, "role_name": "zzz", "role_type": "custom"}]
    assert "Outside check mode, the task fails unless the role is created first" in planned["warnings"][0]
    twice = [{"id": UNKNOWN, "name": "x", "type": "custom"}, {"id": OTHER, "name": "x", "type": "custom"}]
    emulator.fault(path="/roles$", status=200, body={"result": twice})
    result = run("api_key", name="reports", roles=["x"])
    assert result["msg"] == f"roles: 2 roles are named 'x': {UNKNOWN}, {OTHER}. Use the ID of one of them."
    assert bodies(emulator) == []
    result = run("api_key", name="reports", roles=[UNKNOWN])
    assert (result["failed"], result["status"]) == (True, 400)


def test_malformed_roles_are_reported(emulator: Emulator, run: Run) -> None:
    for odd in ("Admin", [1], [{"roleName": "Admin"}]):
        key = {"id": UNKNOWN, "name": "x", "assignedRoles": odd}
        emulator.fault(path="/keys$", status=200, body={"result": [key]})
        assert "for assignedRoles; expected a list of objects with roleId." in run("api_key", name="x", roles=[])["msg"]


# The key that the task uses


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"state": "absent"}, "deleted"),
        ({"enabled": False}, "enabled: false disables it"),
        ({"roles": ["Member"]}, "roles does not contain 'Admin'"),
        ({"ip_access_list": []}, "ip_access_list contains none of the addresses from which the key can be used now"),
        (
            {"ip_access_list": [{"source": "10.0.0.0/8"}]},
            "ip_access_list does not contain 198.51.100.7, the address of this host",
        ),
    ],
)
def test_key_in_use_is_not_locked_out(
    emulator: Emulator, run: Run, options: dict[str, Any], reason: str, check: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organization_api_key, "own_addresses", lambda: ["198.51.100.7"])
    key = list_keys(emulator, "First key")[0]
    result = run("api_key", check=check, name="First key", **options)
    verb, tail = ("deleted", "") if reason == "deleted" else ("changed", f": {reason}")
    assert result["msg"] == (
        f"The API key 'First key' ({key['id']}) is not {verb}, since this task uses it, and could not use it any"
        f" more{tail}. Use another key for this task: set api_key and api_secret."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_key_in_use_does_not_expire_at_once(emulator: Emulator, run: Run, check: bool) -> None:
    soon = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    result = run("api_key", check=check, name="First key", expire_at=soon)
    assert f"and could not use it any more: it would expire within a day, at {soon}. Use another key" in result["msg"]
    assert bodies(emulator) == []


def test_key_in_use_may_be_changed_otherwise(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organization_api_key, "own_addresses", lambda: ["127.0.0.1"])
    key = list_keys(emulator, "First key")[0]
    more = {"enabled": True, "roles": ["Admin", "Member"], "ip_access_list": [{"source": "127.0.0.0/8"}]}
    result = run("api_key", key_id=key["id"], name="renamed", expire_at="2050-01-01", **more)
    assert (result["changed"], result["key"]["roles"]) == (True, ["Admin", "Member"])


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("own", "proxies"),
    [
        # Behind a NAT, and behind a proxy, which the API sees in place of this host; it may use either protocol.
        ([], {}),
        (["198.51.100.7"], {"https": "http://proxy.example:3128"}),
        (["127.0.0.1", "2001:db8::1"], {}),
    ],
)
def test_addresses_are_not_taken_away_if_that_of_the_host_is_unknown(
    emulator: Emulator,
    run: Run,
    own: list[str],
    proxies: dict[str, str],
    check: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(organization_api_key, "own_addresses", lambda: own)
    monkeypatch.setattr(organization_api_key, "find_proxies", lambda _url: proxies)
    key = list_keys(emulator, "First key")[0]
    both = [{"source": "0.0.0.0/0"}, {"source": "::/0"}]
    emulator.request("PATCH", f"keys/{key['id']}", {"ipAccessList": both})
    emulator.clear_journal()
    result = run("api_key", check=check, name="First key", ip_access_list=LOCAL)
    assert "it is not known which address the API gets from this host" in result["msg"]
    assert "Use another key" in result["msg"]
    assert bodies(emulator) == []


def test_address_of_a_network_that_the_key_does_not_admit_is_ignored(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host has an address of IPv6, and its requests use IPv4."""
    monkeypatch.setattr(organization_api_key, "own_addresses", lambda: ["127.0.0.1", "2001:db8::1"])
    key = list_keys(emulator, "First key")[0]
    emulator.request("PATCH", f"keys/{key['id']}", {"ipAccessList": [{"source": "0.0.0.0/0"}]})
    result = run("api_key", name="First key", ip_access_list=LOCAL)
    assert (result["changed"], result.get("warnings", [])) == (True, [])
    # More addresses cannot lock the task out, whichever this host has.
    monkeypatch.setattr(organization_api_key, "own_addresses", list)
    result = run("api_key", name="First key", ip_access_list=[{"source": "127.0.0.0/8"}])
    assert (result["changed"], result.get("warnings", [])) == (True, [])


def test_networks_that_overlap() -> None:
    assert overlap(["10.0.0.0/8"], ["192.0.2.1", "10.1.0.0/16"])
    assert overlap(["10.1.0.0/16"], ["0.0.0.0"])
    assert not overlap(["10.0.0.0/8", "::/0"], ["192.0.2.1"])
    assert not overlap([], ["0.0.0.0/0"])


def test_networks_that_cover_others() -> None:
    assert covers(["0.0.0.0"], ["10.0.0.0/8", "192.0.2.1"])
    assert covers(["10.0.0.0/8", "::/0"], ["10.1.0.0/16", "2001:db8::1"])
    assert not covers(["10.0.0.0/8"], ["10.0.0.0/8", "2001:db8::1"])
    assert not covers([], ["192.0.2.1"])


# Names and IDs


def test_key_on_a_further_page_is_found(emulator: Emulator, run: Run, sent: Sent) -> None:
    for name in ("b", "c", "d", "e"):
        key = add_key(emulator, name)
    assert run("api_key", name="e", enabled=True)["key"]["id"] == key["id"]
    assert sent() == ["GET keys"] * 3
    assert run("api_key", key_id=key["id"].upper(), enabled=True)["changed"] is False
    assert sent() == [f"GET keys/{key['id']}"]


@pytest.mark.parametrize("check", [True, False])
def test_ambiguous_name_is_refused(emulator: Emulator, run: Run, check: bool) -> None:
    first, second = add_key(emulator), add_key(emulator)
    for options in ({"enabled": False}, {"state": "absent"}):
        result = run("api_key", check=check, name="reports", **options)
        assert result["msg"] == (
            f"2 API keys of the organization are named 'reports': {first['id']}, {second['id']}."
            " Select one of them with key_id."
        )
    absent = {"key_id": second["id"], "confirm_name": "reports", "state": "absent"}
    assert run("api_key", check=check, **absent)["changed"] is True
    assert [entry["method"] for entry in emulator.journal() if entry["method"] != "GET"] == (
        [] if check else ["DELETE"]
    )


@pytest.mark.parametrize("check", [True, False])
def test_deletion_is_confirmed(emulator: Emulator, run: Run, check: bool) -> None:
    key = add_key(emulator)
    result = run("api_key", check=check, key_id=key["id"], confirm_name="other", state="absent")
    assert result["msg"] == (
        f"The API key {key['id']} is not deleted, since its name is 'reports'; confirm_name is 'other'."
    )
    absent = {"key_id": UNKNOWN, "confirm_name": "reports", "state": "absent"}
    assert run("api_key", check=check, **absent)["changed"] is False
    assert bodies(emulator) == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_list_is_reported(emulator: Emulator, new: dict[str, Any], run: Run, status: int) -> None:
    emulator.fault(path="/keys$", status=status, times=99, body={"error": "no", "status": status, "requestId": "r"})
    result = run("api_key", **new)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    if status == 403:
        assert "use a key that has the permission control-plane:organization:view-api-keys" in result["msg"]


def test_refusal_names_only_permissions_for_keys(emulator: Emulator, run: Run) -> None:
    add_key(emulator)
    emulator.fault(path="/keys/", method="PATCH", status=403)
    result = run("api_key", name="reports", ip_access_list=[])
    assert "has the permission control-plane:organization:view-api-keys." in result["msg"]


# The secret is never lost, and the key never created twice


@pytest.mark.usefixtures("fast_clock")
def test_key_whose_response_was_lost_is_adopted(emulator: Emulator, path: Path, new: dict[str, Any], run: Run) -> None:
    emulator.fault(path="/keys$", method="POST", disconnect="after")
    # The list lags behind, and one request for it fails.
    emulator.fault(path="/keys$", method="GET", skip=2, status=200, body={"result": []})
    emulator.fault(path="/keys$", method="GET", skip=2, status=500)
    result = run("api_key", **new)
    assert ("failed" in result, result["changed"]) == (False, True)
    assert status_with(emulator, path) == 200
    assert os.listdir(path.parent) == ["key.json"]
    assert len(list_keys(emulator, "new")) == 1


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.usefixtures("pauses")
def test_interrupted_creation_is_finished(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, acts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends while it waits for the response to the creation."""
    emulator.fault(path="/keys$", method="POST", disconnect="after" if acts else "before")
    with monkeypatch.context() as patch:
        patch.setattr(organization_api_key.ManagedApiKey, "search", _interrupt)
        assert "Interrupted" in run("api_key", **new)["msg"]
    assert os.listdir(path.parent) == [".key.json.new"]
    emulator.clear_journal()
    if not acts:
        result = run("api_key", **new)
        assert "An API key 'new' may still appear: its creation was requested at" in result["msg"]
        assert "Until" in result["msg"]
        assert bodies(emulator) == []
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + UNRESOLVED_PERIOD + 200)
    for check in (True, False):
        result = run("api_key", check=check, **new)
        assert ("failed" in result, result["changed"]) == (False, True)
        if acts:
            note = {"secret_file": "not written, since the creation was interrupted"}
            assert result["diff"] == {"before": note, "after": {"secret_file": "written"}}
    assert os.listdir(path.parent) == ["key.json"]
    assert status_with(emulator, path) == 200
    assert len(list_keys(emulator, "new")) == 1
    assert run("api_key", **new)["changed"] is False


def _interrupt(_key: Any, _attempt: Any, error: Any = None) -> None:
    """Interrupt the task if the response to its creation was lost."""
    if error:
        raise KeyboardInterrupt


def test_secret_that_was_moved_before_an_interruption(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run
) -> None:
    run("api_key", **new)
    pending = path.with_name(".key.json.new")
    pending.write_text(path.read_text())
    result = run("api_key", **new)
    assert (result["changed"], result["diff"]) == (False, {"before": {}, "after": {}})
    assert not pending.exists()


def test_refused_creation_leaves_no_secret(emulator: Emulator, path: Path, new: dict[str, Any], run: Run) -> None:
    emulator.fault(path="/keys$", method="POST", status=400)
    result = run("api_key", **new)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "The request to create the API key 'new' failed" in result["msg"]
    assert os.listdir(path.parent) == []
    assert run("api_key", **new)["changed"] is True


@pytest.fixture
def abandoned(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Return the pending credentials of a creation that was interrupted long ago, and has had no effect."""
    emulator.fault(path="/keys$", method="POST", disconnect="before")
    with monkeypatch.context() as patch:
        patch.setattr(organization_api_key.ManagedApiKey, "search", _interrupt)
        run("api_key", **new)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + UNRESOLVED_PERIOD + 200)
    pending: dict[str, Any] = json.loads(path.with_name(".key.json.new").read_text())
    return pending


def test_pending_secret_is_kept_if_its_creation_is_refused(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, abandoned: dict[str, Any]
) -> None:
    emulator.fault(path="/keys$", method="POST", status=400)
    assert run("api_key", **new)["failed"] is True
    assert json.loads(path.with_name(".key.json.new").read_text()) == abandoned
    assert run("api_key", **new)["key"]["key_suffix"] == abandoned["api_key"][-4:]
    assert json.loads(path.read_text()) == abandoned


@pytest.mark.parametrize("check", [True, False])
def test_pending_secret_of_another_key_is_not_used(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, abandoned: dict[str, Any], check: bool
) -> None:
    emulator.clear_journal()
    pending = path.with_name(".key.json.new")
    other = {**new, "name": "other"}
    os.utime(pending, (time.time(), time.time()))
    assert run("api_key", check=check, **other)["msg"] == (
        f"{pending} holds the secret of an API key that may still appear; that of 'other' would replace it. Run the"
        " task that creates it again, or this one in 10 minutes. Give each key its own secret_file."
    )
    assert bodies(emulator) == []
    os.utime(pending, (0, 0))
    assert run("api_key", check=check, **other)["changed"] is True
    if not check:
        assert json.loads(path.read_text())["api_key"] != abandoned["api_key"]
        assert os.listdir(path.parent) == ["key.json"]
        assert status_with(emulator, path) == 200


@pytest.mark.usefixtures("fast_clock")
def test_key_of_another_client_is_not_adopted(emulator: Emulator, path: Path, new: dict[str, Any], run: Run) -> None:
    emulator.fault(path="/keys$", method="GET", times=2, status=200, body={"result": []})
    add_key(emulator, "new")
    emulator.fault(path="/keys$", method="POST", disconnect="before")
    result = run("api_key", **new)
    assert (result["failed"], result["changed"]) == (True, True)
    assert os.listdir(path.parent) == [".key.json.new"]
    again = run("api_key", **new)
    assert "does not hold the secret of the API key 'new'" in str(again["warnings"])
    assert len(list_keys(emulator, "new")) == 1


def test_key_that_another_task_has_created_is_changed(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, sent: Sent
) -> None:
    key = add_key(emulator, "new")
    emulator.fault(path="/keys$", method="GET", status=200, body={"result": []})
    result = run("api_key", **new)
    assert (result["changed"], result["key"]["id"]) == (True, key["id"])
    assert sent() == ["GET keys", "GET roles", "GET keys", f"PATCH keys/{key['id']}", f"GET keys/{key['id']}"]
    (warning,) = result["warnings"]
    assert warning == (
        f"secret_file {path} does not hold the secret of the API key 'new' ({key['id']}), which the API does not return"
        " again. If it is lost, delete the key, and create another one."
    )


def test_credentials_that_the_api_has_generated_are_kept(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run
) -> None:
    key = add_key(emulator, "new")
    emulator.fault(path="/keys$", method="GET", times=2, status=200, body={"result": []})
    body = {"result": {"key": key, "keyId": "generated-id", "keySecret": "generated-secret"}}
    emulator.fault(path="/keys$", method="POST", status=200, body=body)
    run("api_key", **new, wait=False)
    stored = json.loads(path.read_text())
    assert (stored["api_key"], stored["api_secret"]) == ("generated-id", "generated-secret")
    assert os.listdir(path.parent) == ["key.json"]


@pytest.mark.parametrize("odd", [{"key": None}, {"key": {"name": "new"}}])
@pytest.mark.usefixtures("fast_clock")
def test_response_without_the_key_is_not_the_end(
    emulator: Emulator, new: dict[str, Any], run: Run, odd: dict[str, Any]
) -> None:
    emulator.fault(path="/keys$", method="POST", status=200, body={"result": odd})
    result = run("api_key", **new)
    assert "The API has created the API key, but does not say which one it is." in result["msg"]
    assert "An API key 'new' may still appear" in result["msg"]


def test_deleted_key_is_created_again_at_once(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, sent: Sent
) -> None:
    first = run("api_key", **new)["key"]["id"]
    run("api_key", name="new", state="absent")
    sent()
    # Its secret is replaced, since it no longer exists.
    assert run("api_key", **new)["key"]["id"] != first
    assert sent()[:4] == ["GET keys", "GET roles", "GET keys", "POST keys"]


@pytest.mark.usefixtures("fast_clock")
def test_key_that_is_not_visible_yet_is_not_absent(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run
) -> None:
    run("api_key", **new, wait=False)
    emulator.fault(path="/keys$", method="GET", status=200, body={"result": []})
    assert run("api_key", name="new", state="absent")["changed"] is True
    assert list_keys(emulator, "new") == []


def test_full_disk_after_the_creation(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", _only_for(path, fail))
        result = run("api_key", **new)
    assert (
        f"The secret is set, but secret_file {path} could not be written: No space left on device. It is in"
        f" {path.with_name('.key.json.new')}: move it."
    ) in result["msg"]
    assert run("api_key", **new)["changed"] is True
    assert status_with(emulator, path) == 200


def _only_for(path: Path, fail: Callable[..., None]) -> Callable[..., None]:
    replace = os.replace

    def _replace(source: Any, target: Any) -> None:
        (fail if str(target) == str(path) else replace)(source, target)

    return _replace


def test_attempt_that_cannot_be_recorded_afterwards(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError
    from ansible_collections.clickhouse.cloud.plugins.module_utils._service.creation_attempt import CreationLock

    save = CreationLock.save

    def fail_later(self: CreationLock, attempt: Any) -> None:
        if attempt.ended:
            raise CloudError("The disk is full. Free some space.")
        save(self, attempt)

    monkeypatch.setattr(CreationLock, "save", fail_later)
    result = run("api_key", **new)
    assert ("failed" in result, result["changed"]) == (False, True)
    assert "The disk is full." in str(result["warnings"])


# One file for one secret


@pytest.mark.parametrize("check", [True, False])
def test_secret_of_another_key_is_not_replaced(
    emulator: Emulator, path: Path, new: dict[str, Any], run: Run, check: bool
) -> None:
    first = run("api_key", **new)["key"]
    emulator.clear_journal()
    owner = f"holds the secret of the API key 'new' ({first['id']}); that of 'second' would replace it. Give each key"
    result = run("api_key", check=check, **{**new, "name": "second"})
    assert result["msg"] == f"{path} {owner} its own secret_file, or move this file away."
    pending = path.with_name(".key.json.new")
    path.rename(pending)
    assert f"{pending} {owner}" in run("api_key", check=check, **{**new, "name": "second"})["msg"]
    pending.write_text("{}")
    assert f"{pending} was left by another task" in run("api_key", check=check, **{**new, "name": "second"})["msg"]
    pending.unlink()
    path.write_text(Credentials("k" * 20, "s", OTHER).to_text())
    result = run("api_key", check=check, **{**new, "name": "second"})
    assert f"{path} holds the secret of an API key of the organization {OTHER}; that of 'second'" in result["msg"]
    for content in ("password", "[]", '{"api_key": 1}', "[" * 10000):
        path.write_text(content)
        result = run("api_key", check=check, **{**new, "name": "second"})
        assert f"secret_file {path} is not empty, and does not hold the secret of an API key" in result["msg"]
    assert bodies(emulator) == []
    path.write_text("\n")
    assert run("api_key", check=check, **{**new, "name": "second"})["changed"] is True


def test_suffix_of_a_new_key_is_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = iter(["a" * 20, "s" * 38, "b" * 20, "t" * 38])
    monkeypatch.setattr(api_key_file, "_random_text", lambda _length: next(texts))
    assert Credentials.generate("o", {"aaaa"}) == Credentials("b" * 20, "4b1d" + "t" * 38, "o")


def test_desired_values() -> None:
    role = AssignedRole("1", "Admin", "system")
    assert API_KEY.create_body({"roles": [role], "enabled": False, "expire_at": "never"}) == {
        "assignedRoleIds": ["1"],
        "state": "disabled",
    }
    with pytest.raises(InvalidOption, match="expire_at must be a date"):
        API_KEY.desired({"expire_at": "31.3.2027"})


def test_unknown_field_is_returned(emulator: Emulator, run: Run) -> None:
    key = {"id": UNKNOWN, "name": "x", "state": "frozen", "roles": ["admin"], "newField": 1}
    emulator.fault(path="/keys$", status=200, body={"result": [key]})
    result = run("api_key", check=True, name="x", enabled=True)
    assert (result["key"]["new_field"], result["key"]["roles"]) == (1, [])
    assert result["diff"] == {"before": {"enabled": "frozen"}, "after": {"enabled": True}}


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(api_key.RETURN)["key"]["contains"]
    assert documented.keys() == API_KEY.to_result({}).keys()
