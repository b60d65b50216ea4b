# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import trustme

from ansible_collections.clickhouse.cloud.plugins.module_utils._password import hashes
from ansible_collections.clickhouse.cloud.tests.emulator.process import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import shown

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

HASHES = {
    "newPasswordHash": hashes("test")["newPasswordHash"],
    "newDoubleSha1Hash": hashes("test")["newDoubleSha1Hash"],
}
BASIC = 'Basic realm="ClickHouse server HTTP API"'
REFUSED = {"X-ClickHouse-Exception-Code": "516"}
GIVEN = {"password_hash": HASHES["newPasswordHash"], "double_sha1_hash": HASHES["newDoubleSha1Hash"]}


def bodies(emulator: Emulator) -> list[Any]:
    """What was written, and empty the journal."""
    written = [one["body"] for one in emulator.journal() if one["method"] != "GET"]
    emulator.clear_journal()
    return written


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({"password": "test"}, HASHES),
        (GIVEN, HASHES),
        ({"password_hash": GIVEN["password_hash"]}, {"newPasswordHash": GIVEN["password_hash"]}),
        ({}, None),
    ],
)
def test_a_password_is_set_each_time(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, options: dict[str, str], body: Any
) -> None:
    one = f"services/{service['id']}"
    for by, first in (({"name": "analytics"}, "GET services"), ({"service_id": service["id"]}, f"GET {one}")):
        plan = run("service_password", check=True, **by, **options)
        assert plan["changed"] is True
        assert plan["diff"] == {"before": {"password": "the present one"}, "after": {"password": "a new one"}}
        assert "password" not in plan
        assert sent() == [first]

        done = run("service_password", **by, **options)
        assert done["changed"] is True
        assert done["diff"] == plan["diff"]
        assert ("password" in done) == (not options)
        assert emulator.journal()[-1]["body"] == (body or hashes(done["password"]))
        assert sent() == [first, f"PATCH {one}/password"]


def test_a_generated_password_is_the_one_that_holds(
    service: dict[str, Any], emulator: Emulator, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    result = run("service_password", name="analytics", password_file=str(path))
    assert path.read_text() == result["password"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert emulator.raw_service(service["id"])["passwordHash"] == hashes(result["password"])["newPasswordHash"]


def test_a_given_password_is_kept_too(service: dict[str, Any], run: Run, tmp_path: Path) -> None:
    path = tmp_path / "password"
    run("service_password", name="analytics", password="test", password_file=str(path))
    assert path.read_text() == "test"


def test_no_password_is_sent_or_shown(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    text = shown(run("service_password", name="analytics", password="correct horse"))
    assert "correct horse" not in text + json.dumps(emulator.journal())
    assert hashes("correct horse")["newPasswordHash"] not in text
    text = shown(run("service_password", name="analytics", **GIVEN))
    assert not any(value in text for value in GIVEN.values())


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"double_sha1_hash": GIVEN["double_sha1_hash"]},
            "double_sha1_hash goes with password_hash: without, it would",
        ),
        ({"password": "correct horse", "password_hash": GIVEN["password_hash"]}, "parameters are mutually exclusive"),
        ({"password_hash": "test"}, "password_hash must be a SHA-256 hash in base64"),
        ({**GIVEN, "double_sha1_hash": "test"}, "double_sha1_hash must be a double SHA-1 hash in hexadecimal"),
        ({"update_password": "on_login_failure"}, "update_password: on_login_failure needs password"),
        ({**GIVEN, "update_password": "on_login_failure"}, "update_password: on_login_failure needs password"),
        ({"password": ""}, "password or password_hash is empty. Leave both out to have a password generated."),
        ({"password_hash": ""}, "password or password_hash is empty. Leave both out to have a password generated."),
        ({**GIVEN, "password_file": "/nowhere/at/all"}, "password_file cannot keep a password of which only"),
        ({"password_file": "/nowhere/at/all"}, "The directory of password_file does not exist"),
    ],
)
def test_bad_input_gets_a_sentence_before_anything_is_sent(
    emulator: Emulator, run: Run, options: dict[str, str], words: str, check: bool
) -> None:
    result = run("service_password", check=check, name="analytics", **options)
    assert result["msg"].startswith(words)
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_a_secondary_has_no_password(service: dict[str, Any], emulator: Emulator, run: Run, check: bool) -> None:
    body = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    emulator.create(**body, name="reader", dataWarehouseId=service["dataWarehouseId"])
    emulator.clear_journal()
    result = run("service_password", check=check, name="reader")
    assert result["msg"].endswith("is a secondary service, and has the password of its primary one.")
    assert bodies(emulator) == []


def test_a_refused_password_changes_nothing(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/password$", status=403)
    result = run("service_password", name="analytics", password="test")
    assert result["changed"] is False
    assert result["status"] == 403


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    ("fault", "returned"),
    [({"disconnect": "after", "times": 9}, True), ({"body": "", "times": 9}, True), ({"status": 403}, False)],
)
def test_a_generated_password_is_told_unless_it_was_refused(
    service: dict[str, Any], emulator: Emulator, run: Run, fault: dict[str, Any], returned: bool
) -> None:
    emulator.fault(path="/password$", **fault)
    result = run("service_password", name="analytics")
    assert result["failed"] is True
    assert result["changed"] is returned
    assert ("password" in result) is returned
    if returned:
        held = emulator.raw_service(service["id"])["passwordHash"]
        assert held == hashes(result["password"])["newPasswordHash"]


class Doorman(http.server.BaseHTTPRequestHandler):
    """The HTTPS endpoint of a service: lets in whoever knows the password that the emulator holds."""

    held: Callable[[], str]
    answer: tuple[int, dict[str, str]] | None
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        user, _colon, password = base64.b64decode(self.headers["Authorization"][6:]).decode().partition(":")
        given = base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()
        known = user == "default" and given == type(self).held()
        status, headers = self.answer or ((200, {}) if known else (403, {"X-ClickHouse-Exception-Code": "516"}))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Be quiet."""


@pytest.fixture
def door(service: dict[str, Any], emulator: Emulator, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Let the service have an endpoint that can be logged in to; give the options of a task that does."""
    service_id = service["id"]
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    Doorman.held = staticmethod(lambda: str(emulator.raw_service(service_id)["passwordHash"]))
    Doorman.answer, Doorman.asked = None, []
    with http.server.HTTPServer(("127.0.0.1", 0), Doorman) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        endpoint = {"protocol": "https", "host": "127.0.0.1", "port": server.server_port, "username": "default"}
        emulator.set_service(service_id, endpoints=[endpoint])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield {
            "name": "analytics",
            "password": "correct horse",
            "update_password": "on_login_failure",
            "login_ca_path": str(tmp_path / "authority.pem"),
        }
        server.shutdown()
        thread.join()


def test_with_a_login_the_password_is_set_only_when_it_is_another(
    door: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    assert run("service_password", check=True, **door)["changed"] is True
    assert bodies(emulator) == []
    assert run("service_password", **door)["changed"] is True
    assert bodies(emulator) == [hashes("correct horse")]
    for check in (True, False):
        again = run("service_password", check=check, **door)
        assert again["changed"] is False
        assert bodies(emulator) == []
    assert Doorman.asked == ["/?query=SELECT+1"] * 4


@pytest.mark.parametrize(
    "answer", [(401, {"WWW-Authenticate": 'Basic realm="ClickHouse server HTTP API"'}), (403, REFUSED), (500, REFUSED)]
)
def test_a_refused_login_is_a_wrong_password(
    door: dict[str, Any], run: Run, answer: tuple[int, dict[str, str]]
) -> None:
    Doorman.answer = answer
    assert run("service_password", **door)["changed"] is True


@pytest.mark.parametrize(
    "answer", [(401, {}), (403, {}), (500, {}), (503, {}), (302, {"Location": "https://127.0.0.1:9/"}), (404, {})]
)
def test_a_login_that_tells_nothing_changes_nothing(
    door: dict[str, Any], emulator: Emulator, run: Run, answer: tuple[int, dict[str, str]]
) -> None:
    Doorman.answer = answer
    result = run("service_password", **door)
    assert result["changed"] is False
    assert f"answered a login with HTTP status {answer[0]}, which tells nothing of the password." in result["msg"]
    assert bodies(emulator) == []


def test_a_service_that_does_not_verify_is_not_logged_in_to(door: dict[str, Any], emulator: Emulator, run: Run) -> None:
    result = run("service_password", **{**door, "login_ca_path": None})
    assert result["msg"].startswith("The password could not be tried. ")
    assert "comes from an authority that is not known here" in result["msg"]
    assert "login_ca_path" in result["msg"]
    assert bodies(emulator) == []
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        unverified = run("service_password", **{**door, "login_ca_path": None}, login_validate_certs=False)
    assert unverified["changed"] is True


@pytest.mark.usefixtures("fast")
def test_a_service_that_is_not_reached_is_not_blamed_on_the_api(
    door: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.set_service(service["id"], endpoints=[{"protocol": "https", "host": "127.0.0.1", "port": 1}])
    result = run("service_password", **door)
    assert "https://127.0.0.1:1 cannot be reached" in result["msg"]
    assert result["msg"].endswith("Check the IP access list of the service and the network, or try it again later.")
    assert bodies(emulator) == []


@pytest.mark.parametrize("endpoints", [[], ["x"], [{"protocol": "https"}], None])
def test_without_an_endpoint_nobody_can_log_in(
    door: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Any
) -> None:
    emulator.set_service(service["id"], endpoints=endpoints)
    result = run("service_password", **door)
    assert result["msg"].endswith("has no HTTPS endpoint to log in to. Set update_password: always.")


@pytest.mark.parametrize("state", ["stopped", "stopping", "failed"])
def test_nobody_can_log_in_to_a_stopped_service(
    door: dict[str, Any], service: dict[str, Any], emulator: Emulator, run: Run, state: str
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run("service_password", **door)
    assert result["msg"].endswith(f"is {state}: nobody can log in to it. Start it, or set update_password: always.")
    assert bodies(emulator) == []
