# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import multiprocessing
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import (
    HOLD_SECONDS,
    MAX_TEST_SECONDS,
    display_text,
    wait_until,
)
from ansible_collections.clickhouse.cloud.tests.unit.modules.login_endpoint import (
    LOGIN_ACCEPTED,
    LOGIN_REJECTED,
    LoginEndpoint,
)

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

FORK = multiprocessing.get_context("fork")
HASHES = {
    "newPasswordHash": password_hashes("test")["newPasswordHash"],
    "newDoubleSha1Hash": password_hashes("test")["newDoubleSha1Hash"],
}
BASIC = 'Basic realm="ClickHouse server HTTP API"'
HASH_OPTIONS = {"password_hash": HASHES["newPasswordHash"], "double_sha1_hash": HASHES["newDoubleSha1Hash"]}


def holds(emulator: Emulator, service: dict[str, Any], password: str) -> bool:
    """Return whether this is the password of the service."""
    return bool(emulator.raw_service(service["id"])["passwordHash"] == password_hashes(password)["newPasswordHash"])


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the writes, and clear the journal."""
    written = [request["body"] for request in emulator.journal() if request["method"] != "GET"]
    emulator.clear_journal()
    return written


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({"password": "test"}, HASHES),
        (HASH_OPTIONS, HASHES),
        ({"password_hash": HASH_OPTIONS["password_hash"]}, {"newPasswordHash": HASH_OPTIONS["password_hash"]}),
        ({}, None),
    ],
)
def test_password_is_set_each_time(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, options: dict[str, str], body: Any
) -> None:
    path = f"services/{service['id']}"
    for by, first in (({"name": "analytics"}, "GET services"), ({"service_id": service["id"]}, f"GET {path}")):
        plan = run("service_password", check=True, **by, **options)
        assert plan["changed"] is True
        assert plan["diff"] == {"before": {"password": "the current one"}, "after": {"password": "a new one"}}
        assert "password" not in plan
        assert sent() == [first]

        done = run("service_password", **by, **options)
        assert done["changed"] is True
        assert done["diff"] == plan["diff"]
        assert ("password" in done) == (not options)
        assert emulator.journal()[-1]["body"] == (body or password_hashes(done["password"]))
        assert sent() == [first, f"PATCH {path}/password"]


def test_generated_password_is_valid(service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    result = run("service_password", name="analytics", password_file=str(path))
    assert "password" not in result
    assert path.stat().st_mode & 0o777 == 0o600
    assert holds(emulator, service, path.read_text())


def test_given_password_is_also_written_to_file(service: dict[str, Any], run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    run("service_password", name="analytics", password="test", password_file=str(path))
    assert path.read_text() == "test"


def test_no_password_is_sent_or_shown(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    text = display_text(run("service_password", name="analytics", password="correct horse"))
    assert "correct horse" not in text + json.dumps(emulator.journal())
    assert password_hashes("correct horse")["newPasswordHash"] not in text
    text = display_text(run("service_password", name="analytics", **HASH_OPTIONS))
    assert not any(value in text for value in HASH_OPTIONS.values())


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"double_sha1_hash": HASH_OPTIONS["double_sha1_hash"]},
            "double_sha1_hash requires password_hash: without it, the API",
        ),
        (
            {"password": "correct horse", "password_hash": HASH_OPTIONS["password_hash"]},
            "parameters are mutually exclusive",
        ),
        ({"password_hash": "test"}, "password_hash must be a SHA-256 hash in base64"),
        ({**HASH_OPTIONS, "double_sha1_hash": "test"}, "double_sha1_hash must be a double SHA-1 hash in hexadecimal"),
        ({"update_password": "on_login_failure"}, "update_password: on_login_failure requires password"),
        (
            {**HASH_OPTIONS, "update_password": "on_login_failure"},
            "update_password: on_login_failure requires password",
        ),
        ({"password": ""}, "password or password_hash is empty. Leave both out to have a password generated."),
        ({"password_hash": ""}, "password or password_hash is empty. Leave both out to have a password generated."),
        ({**HASH_OPTIONS, "password_file": "/nowhere/at/all"}, "password_file cannot be combined with password_hash"),
        ({"password_file": "/nowhere/at/all"}, "The directory of password_file does not exist"),
    ],
)
def test_invalid_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, str], message: str, check: bool
) -> None:
    result = run("service_password", check=check, name="analytics", **options)
    assert result["msg"].startswith(message)
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_secondary_has_no_password(service: dict[str, Any], emulator: Emulator, run: Run, check: bool) -> None:
    body = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    emulator.create(**body, name="reader", dataWarehouseId=service["dataWarehouseId"])
    emulator.clear_journal()
    result = run("service_password", check=check, name="reader")
    assert result["msg"].endswith("is a secondary service, and has the password of its primary one.")
    assert bodies(emulator) == []


def test_rejected_password_changes_nothing(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/password$", status=403)
    result = run("service_password", name="analytics", password="test")
    assert result["changed"] is False
    assert result["status"] == 403


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    ("fault", "returned"),
    [({"disconnect": "after", "times": 9}, True), ({"body": "", "times": 9}, True), ({"status": 403}, False)],
)
def test_generated_password_is_returned_unless_rejected(
    service: dict[str, Any], emulator: Emulator, run: Run, fault: dict[str, Any], returned: bool
) -> None:
    emulator.fault(path="/password$", **fault)
    result = run("service_password", name="analytics")
    assert result["failed"] is True
    assert result["changed"] is returned
    assert ("password" in result) is returned
    if returned:
        held = emulator.raw_service(service["id"])["passwordHash"]
        assert held == password_hashes(result["password"])["newPasswordHash"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("options", [{}, {"password": "correct horse"}])
def test_lost_response_keeps_the_password(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path, options: dict[str, str]
) -> None:
    path = tmp_path / "password"
    path.write_text("the former one")
    pending = tmp_path / (".password.given" if options else ".password.new")
    emulator.fault(path="/password$", disconnect="after", times=9)
    lost = run("service_password", name="analytics", password_file=str(path), **options)
    assert lost["changed"] is True
    assert "password" not in lost
    assert (
        f"It is not known whether the new password is valid. It is in {pending}, and the previous one in {path}"
        in lost["msg"]
    )
    assert path.read_text() == "the former one"
    assert pending.stat().st_mode & 0o777 == 0o600
    kept = pending.read_text()
    assert holds(emulator, service, kept)
    # The next run sets the same password again, and moves it into the file.
    emulator.clear_faults()
    assert run("service_password", name="analytics", password_file=str(path), **options)["changed"] is True
    assert path.read_text() == kept
    assert holds(emulator, service, kept)
    assert os.listdir(tmp_path) == ["password"]


def test_rejected_password_keeps_the_previous_one_in_the_file(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    path.write_text("the former one")
    for options in ({}, {"password": "correct horse"}):
        emulator.fault(path="/password$", status=403)
        result = run("service_password", name="analytics", password_file=str(path), **options)
        assert (result["status"], result["changed"]) == (403, False)
        assert path.read_text() == "the former one"
        assert os.listdir(tmp_path) == ["password"]


@pytest.mark.parametrize("options", [{}, {"password": "correct horse"}])
def test_rejection_keeps_the_pending_password(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path, options: dict[str, str]
) -> None:
    pending = tmp_path / ".password.new"
    pending.write_text("pending")
    emulator.fault(path="/password$", status=403)
    result = run("service_password", name="analytics", password_file=str(tmp_path / "password"), **options)
    assert result["status"] == 403
    assert pending.read_text() == "pending"
    assert os.listdir(tmp_path) == [".password.new"]
    assert run("service_password", name="analytics", password_file=str(tmp_path / "password"), **options)["changed"]
    assert (tmp_path / "password").read_text() == options.get("password", "pending")
    assert os.listdir(tmp_path) == ["password"]


@pytest.mark.parametrize("moment", ["write", "replace"])
@pytest.mark.parametrize("options", [{}, {"password": "correct horse"}])
def test_full_disk_keeps_the_password(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    options: dict[str, str],
) -> None:
    path = tmp_path / "password"
    path.write_text("the former one")

    def raise_disk_full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    replace = os.replace

    def replace_unless_full(source: str, target: str) -> None:
        (raise_disk_full if moment == "write" or target == str(path) else replace)(source, target)

    monkeypatch.setattr(os, "replace", replace_unless_full)
    result = run("service_password", name="analytics", password_file=str(path), **options)
    assert "No space left on device" in result["msg"]
    assert path.read_text() == "the former one"
    if moment == "write":
        assert bodies(emulator) == []
        assert os.listdir(tmp_path) == ["password"]
        return
    (staged,) = tmp_path.glob(".password.*")
    assert f"It is in {staged}: move it." in result["msg"]
    assert holds(emulator, service, staged.read_text())
    assert "password" not in result


def test_killed_password_change_is_finished_by_the_next_run(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    path.write_text("the former one")
    emulator.fault(path="/password$", delay=HOLD_SECONDS)
    options = {"name": "analytics", "password_file": str(path)}
    process = FORK.Process(target=run, args=("service_password",), kwargs=options, daemon=True)
    process.start()
    pending = tmp_path / ".password.new"
    try:
        wait_until(lambda: any(request["method"] == "PATCH" for request in emulator.journal()))
    finally:
        process.kill()
        process.join(MAX_TEST_SECONDS)
    emulator.clear_faults()
    kept = pending.read_text()
    assert path.read_text() == "the former one"
    assert run("service_password", **options)["changed"] is True
    assert path.read_text() == kept
    assert holds(emulator, service, kept)
    assert os.listdir(tmp_path) == ["password"]


def test_concurrent_password_changes_match_the_file(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "password"
    replace = os.replace

    def move_as_other_task(source: str, target: str) -> None:
        if target == str(path) and source.endswith(".new"):
            os.unlink(source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", move_as_other_task)
    assert run("service_password", name="analytics", password_file=str(path))["changed"] is True
    assert holds(emulator, service, path.read_text())


@pytest.mark.parametrize("content", ["a fifo", "a directory", "a line\nbreak"])
def test_other_text_is_not_a_pending_password(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path, content: str
) -> None:
    pending = tmp_path / ".password.new"
    if content == "a fifo":
        os.mkfifo(pending)
    elif content == "a directory":
        pending.mkdir()
    else:
        pending.write_text(content)
    result = run("service_password", name="analytics", password_file=str(tmp_path / "password"))
    assert str(pending) in result["msg"]
    assert emulator.journal() == []


def test_api_generates_password(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    plan = run("service_password", check=True, name="analytics", generate="api")
    assert plan["changed"] is True
    assert "password" not in plan
    assert bodies(emulator) == []
    done = run("service_password", name="analytics", generate="api")
    assert done["changed"] is True
    assert done["diff"] == plan["diff"]
    assert bodies(emulator) == [{}]
    assert holds(emulator, service, done["password"])


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    "options",
    [{"password_file": "{path}"}, {"password": "correct horse"}, {"password_hash": HASH_OPTIONS["password_hash"]}],
)
def test_generate_api_rejects_password_options(
    emulator: Emulator, run: Run, tmp_path: Path, options: dict[str, str], check: bool
) -> None:
    (option,) = options
    given = {option: options[option].format(path=tmp_path / "password")}
    result = run("service_password", check=check, name="analytics", generate="api", **given)
    assert "generate: api" in result["msg"]
    assert option in result["msg"]
    assert emulator.journal() == []


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("fault", [{"disconnect": "after"}, {"status": 504}, {"body": {"result": {}}}])
def test_generate_api_is_not_retried_after_lost_response(
    service: dict[str, Any], emulator: Emulator, run: Run, fault: dict[str, Any]
) -> None:
    emulator.fault(path="/password$", **fault)
    result = run("service_password", name="analytics", generate="api")
    assert result["changed"] is True
    assert "The service may have a new password that was not returned: run the task again." in result["msg"]
    assert bodies(emulator) == [{}]


def test_rejected_generate_api_changes_nothing(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/password$", status=403)
    result = run("service_password", name="analytics", generate="api")
    assert (result["status"], result["changed"]) == (403, False)
    assert "password" not in result


def test_login_failure_sets_the_password(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    assert run("service_password", check=True, **login_endpoint)["changed"] is True
    assert bodies(emulator) == []
    assert run("service_password", **login_endpoint)["changed"] is True
    assert bodies(emulator) == [password_hashes("correct horse")]
    for check in (True, False):
        again = run("service_password", check=check, **login_endpoint)
        assert "failed" not in again
        assert again["changed"] is False
        assert bodies(emulator) == []
    assert LoginEndpoint.requested_paths == ["/?query=SELECT+1"] * 4


@pytest.mark.parametrize(
    "response",
    [
        (401, {"WWW-Authenticate": 'Basic realm="ClickHouse server HTTP API"'}),
        (403, LOGIN_REJECTED),
        (500, LOGIN_REJECTED),
    ],
)
def test_rejected_login_means_wrong_password(
    login_endpoint: dict[str, Any], run: Run, response: tuple[int, dict[str, str]]
) -> None:
    LoginEndpoint.response = response
    assert run("service_password", **login_endpoint)["changed"] is True


@pytest.mark.parametrize(
    "response", [(401, {}), (403, {}), (500, {}), (503, {}), (302, {"Location": "https://127.0.0.1:9/"}), (404, {})]
)
def test_inconclusive_login_changes_nothing(
    login_endpoint: dict[str, Any], emulator: Emulator, run: Run, response: tuple[int, dict[str, str]]
) -> None:
    LoginEndpoint.response = response
    result = run("service_password", **login_endpoint)
    assert result["changed"] is False
    assert (
        f"responded to a login with HTTP status {response[0]}, which does not show whether the password is right."
        in result["msg"]
    )
    assert bodies(emulator) == []


def test_invalid_certificate_prevents_login(login_endpoint: dict[str, Any], emulator: Emulator, run: Run) -> None:
    result = run("service_password", **{**login_endpoint, "login_ca_path": None})
    assert result["msg"].startswith("The password could not be checked. ")
    assert "comes from an authority that is not known here" in result["msg"]
    assert "login_ca_path" in result["msg"]
    assert bodies(emulator) == []
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        unverified = run("service_password", **{**login_endpoint, "login_ca_path": None}, login_validate_certs=False)
    assert unverified["changed"] is True


@pytest.mark.usefixtures("fast_clock")
def test_unreachable_service_is_reported(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.set_service(service["id"], endpoints=[{"protocol": "https", "host": "127.0.0.1", "port": 1}])
    result = run("service_password", **login_endpoint)
    assert "https://127.0.0.1:1 cannot be reached" in result["msg"]
    assert result["msg"].endswith("Check the IP access list of the service and the network, or try again later.")
    assert bodies(emulator) == []


@pytest.mark.parametrize("endpoints", [[], ["x"], [{"protocol": "https"}], None])
def test_missing_endpoint_prevents_login(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Any
) -> None:
    emulator.set_service(service["id"], endpoints=endpoints)
    result = run("service_password", **login_endpoint)
    assert result["msg"].endswith("has no HTTPS endpoint to log in to. Set update_password: always.")


@pytest.mark.parametrize("state", ["stopped", "stopping", "failed"])
def test_stopped_service_rejects_login(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run, state: str
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run("service_password", **login_endpoint)
    assert result["msg"].endswith(f"is {state}: it accepts no logins. Start it, or set update_password: always.")
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({}, b"1\n"),
        ({"Server": "nginx"}, b"<html>Welcome</html>"),
        (LOGIN_ACCEPTED, b""),
        (LOGIN_ACCEPTED, b"<html>1</html>"),
    ],
)
def test_only_a_result_of_clickhouse_counts_as_login(
    login_endpoint: dict[str, Any], emulator: Emulator, run: Run, headers: dict[str, str], content: bytes
) -> None:
    LoginEndpoint.response, LoginEndpoint.content = (200, headers), content
    result = run("service_password", **login_endpoint)
    assert result["changed"] is False
    assert (
        "responded to a login with HTTP status 200, which does not show whether the password is right." in result["msg"]
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"host": "x@127.0.0.1:{port}/evil?q=", "port": 1},
        {"host": "127.0.0.1:{port}/", "port": 1},
        {"host": "127.0.0.1#", "port": "{port}"},
        {"host": "127.0.0.1\n", "port": "{port}"},
        {"host": "127.0.0.1", "port": "{port}/x"},
        {"host": "127.0.0.1", "port": "{port}"},
        {"host": "127.0.0.1", "port": 0},
        {"host": "127.0.0.1", "port": 65536},
        {"host": "127.0.0.1", "port": True},
        {"host": "127.0.0.1", "port": None},
        {"host": ["127.0.0.1"]},
        {"host": "x" * 300},
        {"username": [1]},
    ],
)
def test_password_is_not_leaked(
    login_endpoint: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run, odd: dict[str, Any]
) -> None:
    ((endpoint,),) = [item["endpoints"] for item in emulator.services()]
    port = endpoint["port"]
    given = {name: value.format(port=port) if isinstance(value, str) else value for name, value in odd.items()}
    emulator.set_service(service["id"], endpoints=[{**endpoint, **given}])
    emulator.clear_journal()
    for check in (True, False):
        result = run("service_password", check=check, **login_endpoint)
        assert "which is not a host name, a port and a user. The password was not sent there." in result["msg"]
    assert LoginEndpoint.requested_paths == []
    assert bodies(emulator) == []


def test_successful_login_writes_the_password_file(
    login_endpoint: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    path.write_text("another one")
    run("service_password", **login_endpoint)
    bodies(emulator)
    for check in (True, False):
        result = run("service_password", check=check, **login_endpoint, password_file=str(path))
        assert result["changed"] is True
        assert result["diff"] == {
            "before": {"password_file": "another password"},
            "after": {"password_file": "the given password"},
        }
    assert path.read_text() == login_endpoint["password"]
    assert run("service_password", **login_endpoint, password_file=str(path))["changed"] is False
    assert bodies(emulator) == []


def test_login_uses_the_given_credentials(
    login_endpoint: dict[str, Any], service: dict[str, Any], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password correct-horse-of-netrc\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("service_password", **login_endpoint)["changed"] is True
    assert run("service_password", **login_endpoint)["changed"] is False
