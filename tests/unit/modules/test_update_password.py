# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The password of an existing service, as `service` and `fleet` set it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import WAIT_TIMEOUT
from ansible_collections.clickhouse.cloud.tests.unit.modules.login_endpoint import LOGIN_ACCEPTED, LoginEndpoint

Run = Callable[..., dict[str, Any]]
Apply = Callable[..., dict[str, Any]]

NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
OFFICE = [{"source": "203.0.113.0/24", "description": "office"}]
HASH = {
    "password_hash": password_hashes("correct horse")["newPasswordHash"],
    "double_sha1_hash": password_hashes("correct horse")["newDoubleSha1Hash"],
}


@pytest.fixture(params=["service", "fleet"])
def apply(request: pytest.FixtureRequest, run: Run) -> Apply:
    """Return a function that runs `service`, or `fleet` with one entry, and returns the result of the service."""

    def _apply(check: bool = False, wait: bool = True, **options: Any) -> dict[str, Any]:
        more = {"wait_interval": 0.05, "wait_timeout": WAIT_TIMEOUT, "wait": wait}
        if request.param == "service":
            return run("service", check=check, **more, **options)
        done = run("fleet", check=check, services=[options], **more)
        (entry,) = done.get("services") or [done]
        return {name: value for name, value in entry.items() if name != "failed" or value}

    return _apply


def holds(emulator: Emulator, password: str) -> bool:
    """Return whether this is the password of the only service."""
    (service,) = emulator.raw_services()
    return bool(service["passwordHash"] == password_hashes(password)["newPasswordHash"])


def list_writes(emulator: Emulator) -> list[tuple[str, Any]]:
    """Return the writes since the last call: the end of each path, and the body."""
    writes = [
        (request["path"].split("/")[-1], request["body"])
        for request in emulator.journal()
        if request["method"] != "GET"
    ]
    emulator.clear_journal()
    return writes


def test_login_failure_sets_the_password(https_endpoint: dict[str, Any], emulator: Emulator, apply: Apply) -> None:
    for check in (True, False):
        done = apply(check, **https_endpoint)
        assert "failed" not in done, done
        assert done["changed"] is True
        assert list_writes(emulator) == ([] if check else [("password", password_hashes("correct horse"))])
    for check in (True, False):
        again = apply(check, **https_endpoint)
        assert "failed" not in again, again
        assert again["changed"] is False
        assert list_writes(emulator) == []
    assert holds(emulator, "correct horse")


def test_other_changes_precede_the_login(https_endpoint: dict[str, Any], emulator: Emulator, apply: Apply) -> None:
    plan = apply(True, **https_endpoint, tags={"a": "b"})
    done = apply(**https_endpoint, tags={"a": "b"})
    assert plan["changed"] is done["changed"] is True
    assert [path for path, _body in list_writes(emulator)][1:] == ["password"]
    assert apply(**https_endpoint, tags={"a": "b"})["changed"] is False


@pytest.mark.parametrize("options", [{"password": "correct horse"}, HASH])
def test_password_is_set_each_time(
    service: dict[str, Any], emulator: Emulator, apply: Apply, options: dict[str, str]
) -> None:
    for check in (True, False, True, False):
        done = apply(check, name="analytics", update_password="always", **options)
        assert done["changed"] is True
        assert "password" not in done
        assert list_writes(emulator) == ([] if check else [("password", password_hashes("correct horse"))])
    assert apply(name="analytics", **options)["changed"] is False
    assert list_writes(emulator) == []


def test_password_is_generated_each_time(
    service: dict[str, Any], emulator: Emulator, apply: Apply, tmp_path: Path
) -> None:
    assert "password" not in apply(True, name="analytics", update_password="always")
    first = apply(name="analytics", update_password="always")
    assert holds(emulator, first["password"])
    path = tmp_path / "password"
    second = apply(name="analytics", update_password="always", password_file=str(path))
    assert "password" not in second
    assert holds(emulator, path.read_text())
    assert os.listdir(tmp_path) == ["password"]


def test_new_service_gets_the_given_hashes(emulator: Emulator, apply: Apply) -> None:
    plan = apply(True, **NEW, **HASH)
    assert "failed" not in plan, plan
    assert plan["changed"] is True
    done = apply(**NEW, **HASH)
    assert "failed" not in done, done
    assert "password" not in done
    assert [path for path, _body in list_writes(emulator)] == ["services", "password"]
    assert holds(emulator, "correct horse")
    assert apply(**NEW, **HASH)["changed"] is False
    assert list_writes(emulator) == []


@pytest.mark.parametrize("when", ["on_create", "always", "on_login_failure"])
def test_password_of_new_service_is_set_once(emulator: Emulator, apply: Apply, when: str) -> None:
    done = apply(**NEW, password="correct horse", update_password=when)
    assert "failed" not in done, done
    assert [path for path, _body in list_writes(emulator)] == ["services", "password"]
    assert holds(emulator, "correct horse")


@pytest.mark.parametrize("when", ["on_create", "always", "on_login_failure"])
@pytest.mark.parametrize("wait", [True, False])
def test_password_of_new_started_service_is_set_once(emulator: Emulator, run: Run, when: str, wait: bool) -> None:
    entry = {**NEW, "state": "started", "password": "correct horse", "update_password": when}
    done = run("fleet", services=[entry], wait=wait, wait_interval=0.05)
    assert "failed" not in done, done
    assert [path for path, _body in list_writes(emulator)] == ["services", "password"]
    assert holds(emulator, "correct horse")


def test_next_run_sets_the_password_without_a_record(
    login_endpoint: dict[str, Any], emulator: Emulator, apply: Apply
) -> None:
    # As in a container that was discarded between the creation of the service and the change of its password.
    options = {**NEW, **login_endpoint, "ip_access_list": OFFICE}
    done = apply(**options)
    assert "failed" not in done, done
    assert done["changed"] is True
    assert list_writes(emulator) == [("password", password_hashes("correct horse"))]
    assert apply(**options)["changed"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"double_sha1_hash": HASH["double_sha1_hash"]}, "double_sha1_hash requires password_hash"),
        ({"password": "correct horse", **HASH}, "mutually exclusive"),
        ({"password_hash": "test"}, "password_hash must be a SHA-256 hash in base64"),
        ({**HASH, "double_sha1_hash": "test"}, "double_sha1_hash must be a double SHA-1 hash in hexadecimal"),
        ({"update_password": "on_login_failure"}, "update_password: on_login_failure requires password"),
        ({**HASH, "update_password": "on_login_failure"}, "update_password: on_login_failure requires password"),
        ({"password": "", "update_password": "always"}, "password or password_hash is empty. Leave both out"),
        ({"password_hash": "", "update_password": "always"}, "password or password_hash is empty. Leave both out"),
        ({**HASH, "password_file": "/nowhere/at/all"}, "password_file cannot be combined with password_hash"),
        ({"password": "line\n"}, "password ends with a line break"),
        ({"password": "a\tb"}, "password contains a control character"),
        ({"password_hash": f"{HASH['password_hash']}\n"}, "password_hash ends with a line break"),
        ({"password_file": "line\n"}, "password_file ends with a line break"),
    ],
)
def test_invalid_options_fail_before_any_request(
    service: dict[str, Any], emulator: Emulator, apply: Apply, options: dict[str, str], message: str
) -> None:
    for check in (True, False):
        for name in ("analytics", "new"):
            result = apply(check, **{**NEW, "name": name}, **options)
            assert message in result["msg"]
            assert emulator.journal() == []


@pytest.mark.parametrize("state", ["stopped", "stopping", "failed", "starting"])
def test_service_without_login_is_not_changed(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, apply: Apply, state: str
) -> None:
    emulator.set_service(service["id"], state=state)
    for check in (True, False):
        result = apply(check, **login_endpoint, tags={"a": "b"})
        assert f"is {state}: it accepts no logins." in result["msg"]
        assert result["changed"] is False
        assert list_writes(emulator) == []


@pytest.mark.parametrize(
    "response", [(401, {}), (403, {}), (403, {"X-ClickHouse-Exception-Code": "195"}), (500, {}), (200, {})]
)
def test_inconclusive_login_sets_no_password(
    login_endpoint: dict[str, Any], emulator: Emulator, apply: Apply, response: Any
) -> None:
    LoginEndpoint.response = response
    result = apply(**login_endpoint)
    assert "which does not show whether the password is right." in result["msg"]
    assert result["changed"] is False
    assert list_writes(emulator) == []


@pytest.mark.parametrize("when", ["always", "on_login_failure"])
def test_secondary_service_rejects_password(
    service: dict[str, Any], emulator: Emulator, apply: Apply, when: str
) -> None:
    body = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    emulator.create(**body, name="reader", dataWarehouseId=service["dataWarehouseId"])
    emulator.clear_journal()
    result = apply(name="reader", tags={"a": "b"}, password="correct horse", update_password=when)
    assert "is a secondary service, and has the password of its primary one." in result["msg"]
    assert list_writes(emulator) == []


def test_check_mode_does_not_log_in_before_the_service_runs(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, apply: Apply
) -> None:
    emulator.set_service(service["id"], state="provisioning")
    assert apply(True, **login_endpoint)["changed"] is False
    assert LoginEndpoint.requested_paths == []
    assert "is provisioning: it accepts no logins. Wait until it runs" in apply(wait=False, **login_endpoint)["msg"]
    assert list_writes(emulator) == []
    emulator.set_service(service["id"], state="running")
    assert apply(**login_endpoint)["changed"] is True


def test_login_follows_the_start_of_the_service(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.set_service(service["id"], state="stopped")
    entry = {**login_endpoint, "state": "started"}
    refused = run("fleet", services=[entry], wait=False)
    assert "is stopped: it accepts no logins. Start it" in refused["msg"]
    assert list_writes(emulator) == []
    assert run("fleet", check=True, services=[entry])["changed"] is True
    done = run("fleet", services=[entry])
    assert "failed" not in done, done
    assert [path for path, _body in list_writes(emulator)] == ["state", "password"]
    assert run("fleet", services=[entry])["changed"] is False


def test_login_precedes_the_stop_of_the_service(login_endpoint: dict[str, Any], emulator: Emulator, run: Run) -> None:
    done = run("fleet", services=[{**login_endpoint, "state": "stopped"}])
    assert "failed" not in done, done
    assert [path for path, _body in list_writes(emulator)] == ["password", "state"]


@pytest.mark.parametrize("spelling", ["{path}", "{folder}/./password", "{folder}/link"])
@pytest.mark.parametrize("known", [True, False])
def test_shared_password_file_is_rejected(
    emulator: Emulator, run: Run, tmp_path: Path, spelling: str, known: bool
) -> None:
    path = tmp_path / "password"
    (tmp_path / "link").symlink_to(path)
    if known:
        path.write_text("a former one")
    other = spelling.format(path=path, folder=tmp_path)
    services = [
        {**NEW, "name": "one", "password_file": str(path)},
        {**NEW, "name": "two", "password_file": other},
    ]
    for check in (True, False):
        result = run("fleet", check=check, services=services)
        assert result["msg"].startswith(f"one and two have the same password_file, {path}, which can hold one password")
        assert emulator.journal() == []
    services[1]["state"] = "absent"
    assert "failed" not in run("fleet", services=services)


def test_successful_login_writes_the_password_file(
    login_endpoint: dict[str, Any], emulator: Emulator, apply: Apply, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    apply(**login_endpoint)
    done = apply(**login_endpoint, password_file=str(path))
    assert done["changed"] is True
    assert path.read_text() == "correct horse"
    assert apply(**login_endpoint, password_file=str(path))["changed"] is False


def test_only_the_query_result_counts_as_login(
    login_endpoint: dict[str, Any], emulator: Emulator, apply: Apply
) -> None:
    LoginEndpoint.response, LoginEndpoint.content = (200, LOGIN_ACCEPTED), b"Welcome"
    assert "which does not show whether the password is right" in apply(**login_endpoint)["msg"]
    assert list_writes(emulator) == []
