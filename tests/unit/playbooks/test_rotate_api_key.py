# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rotation of an API key: which step is next, and the playbook, however often it is interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.clickhouse.cloud.plugins.filter.key_rotation import FilterModule
from ansible_collections.clickhouse.cloud.plugins.module_utils._files import exclusive_lock, read_fd, rewrite_fd
from ansible_collections.clickhouse.cloud.plugins.module_utils._json import parse_timestamp
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible
from ansible_collections.clickhouse.cloud.tests.unit.conftest import BATCHES, wait_until

ANSIBLE = Path(sys.executable).parent / "ansible-playbook"
#: Only a failure takes this long, in seconds.
TIMEOUT = 300
LOCAL = [{"source": "127.0.0.1"}]
#: The number of rotations with faults: "make rotations" raises it.
ROTATIONS = int(os.environ.get("KEY_ROTATIONS") or (3 if BATCHES > 1 else 2))
plan = FilterModule().filters()["key_rotation"]


def key(name: str, age_days: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a key as api_key_info does."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age_days * 86400))
    defaults = {"enabled": True, "expire_at": "never", "in_use": False, "key_suffix": name[-4:], "created_at": created}
    return {"id": name, "name": name, **defaults, **fields}


def in_days(days: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400))


def names(keys: list[dict[str, Any]]) -> list[str]:
    return [key["name"] for key in keys]


@pytest.mark.parametrize(
    ("keys", "options", "new"),
    [
        ([], {}, "a-1-new"),
        ([key("b-7"), key("a"), key("a-01"), key("a-1-newer")], {}, "a-1-new"),
        ([key("a-1", 89)], {}, None),
        ([key("a-1", 91)], {}, "a-2-new"),
        ([key("a-1", 2)], {"max_age_days": 1.5}, "a-2-new"),
        ([key("a-1")], {"force": True}, "a-2-new"),
        ([key("a-1", enabled=False)], {}, "a-2-new"),
        ([key("a-1", expire_at="2020-01-01T00:00:00Z")], {}, "a-2-new"),
        ([key("a-1", expire_at="2050-01-01T00:00:00Z")], {}, None),
        # A key is replaced before it expires, by a quarter of its lifetime or seven days.
        ([key("a-1", 84, expire_at=in_days(6))], {}, "a-2-new"),
        ([key("a-1", 82, expire_at=in_days(8))], {}, None),
        ([key("a-1", 82, expire_at=in_days(8))], {"overlap_hours": 200}, "a-2-new"),
        ([key("a-1", 2, expire_at=in_days(2))], {}, None),
        ([key("a-1", 3.2, expire_at=in_days(0.8))], {}, "a-2-new"),
        # Without a date, the other reasons are sufficient.
        ([key("a-1", created_at=None)], {"force": True}, "a-2-new"),
        ([key("a-1", created_at=None, enabled=False)], {}, "a-2-new"),
        ([key("a-1", created_at=None, expire_at=in_days(6))], {}, "a-2-new"),
        ([key("a-10", 99), key("a-9", 300)], {}, "a-11-new"),
        # A new key whose secret is known is finished first, and one whose secret is lost is not.
        ([key("a-1", 99), key("a-2-new")], {"known": ["-new"]}, "a-2-new"),
        ([key("a-1", 99), key("a-2-new", in_use=True)], {}, "a-2-new"),
        ([key("a-1", 99), key("a-2-new")], {}, "a-3-new"),
        # The lost secret may be that in the store.
        ([key("a-1"), key("a-2-new", 1)], {}, "a-3-new"),
        ([key("a-1"), key("a-2-new")], {}, None),
        ([key("a-1"), key("a-2-new", created_at=None)], {}, None),
        ([key("a-1-new", 9), key("a-2", 8)], {"known": ["-new"]}, None),
        ([key("a-2-new", 9), key("a-2", 8)], {"known": ["-new"]}, None),
        ([key("a-1-old", 99), key("a-2-old-abcd", 9)], {}, "a-3-new"),
    ],
)
def test_next_key(keys: list[dict[str, Any]], options: dict[str, Any], new: str | None) -> None:
    planned = plan(keys, "a", **options)["new"]
    assert (planned and planned["name"]) == new
    if planned:
        assert planned["stored_name"] == planned["name"].removesuffix("-new")
        assert planned["exists"] is (planned["name"] in names(keys))


def test_key_of_unknown_age_is_not_replaced() -> None:
    """It would be replaced by each run, if all keys had no date."""
    for expiry in ("never", in_days(30)):
        with pytest.raises(AnsibleFilterError, match="The API does not say when a-1 was created, so that its age"):
            plan([key("a-1", created_at=None, expire_at=expiry)], "a")


@pytest.mark.parametrize("option", ["max_age_days", "overlap_hours", "grace_days"])
@pytest.mark.parametrize("value", ["a week", -1, "nan", "inf", 10**7, None])
def test_period_is_a_number(option: str, value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=f"key_rotation: {option} must be a number from 0 to [0-9]+; "):
        plan([key("a-1")], "a", **{option: value})


def expiries(keys: list[dict[str, Any]]) -> dict[str, float]:
    """Return the new expiry of each key, in hours from now."""
    return {key["name"]: ((parse_timestamp(key["expire_at"]) or 0) - time.time()) / 3600 for key in keys}


def test_replaced_key_is_disabled_at_once_without_an_overlap() -> None:
    planned = plan([key("a-1", 99), key("a-2-new", 5, key_suffix="abcd"), key("a-3")], "a")
    assert (planned["newest"]["name"], planned["is_used"], planned["delete"]) == ("a-3", False, [])
    retired = [(key["name"], key["retired_name"], key["enabled"]) for key in planned["retire"]]
    assert retired == [("a-1", "a-1-old", False), ("a-2-new", "a-2-old-abcd", False)]
    assert expiries(planned["retire"]) == pytest.approx({"a-1": 1 / 60, "a-2-new": 1 / 60}, abs=0.002)
    # One that expires sooner, or has expired, keeps its expiry.
    (retired_key,) = plan([key("a-1", 99, expire_at=in_days(-1)), key("a-2")], "a")["retire"]
    assert "expire_at" not in retired_key


def test_overlap_begins_when_the_next_secret_is_stored() -> None:
    """The next key may have been created long before, if its store has failed."""
    planned = plan([key("a-1", 99), key("a-2", 5)], "a", overlap_hours=48)
    assert expiries(planned["retire"]) == pytest.approx({"a-1": 48}, abs=0.01)
    assert "enabled" not in planned["retire"][0]
    # The next run changes nothing, and says that the key can be used.
    overlapping = key("a-1-old", 99, expire_at=in_days(1.9))
    planned = plan([overlapping, key("a-2", 5)], "a", overlap_hours=48)
    assert (planned["retire"], planned["delete"], names(planned["still_usable"])) == ([], [], ["a-1-old"])
    # A shorter overlap applies to it, too.
    assert expiries(plan([overlapping, key("a-2", 5)], "a", grace_days=1)["retire"]) == pytest.approx(
        {"a-1-old": 24}, abs=0.01
    )


def test_grace_period_begins_when_the_key_cannot_be_used() -> None:
    keys = [
        key("a-1-old", 99, expire_at=in_days(-8)),
        key("a-2-old", 50, expire_at=in_days(-8), enabled=False),
        key("a-3-old", 30, expire_at=in_days(-6)),
        key("a-4-old", 20, expire_at=in_days(1), enabled=False),
        key("a-5", 9),
    ]
    assert names(plan(keys, "a")["delete"]) == ["a-1-old", "a-2-old"]
    assert names(plan(keys, "a", grace_days=0)["delete"]) == ["a-1-old", "a-2-old", "a-3-old"]
    assert plan(keys, "a")["retire"] == []


def test_key_that_is_enabled_again_is_left_alone_for_a_grace_period() -> None:
    enabled_again = key("a-1-old", 99, expire_at=in_days(5))
    planned = plan([enabled_again, key("a-2", 9)], "a")
    assert (planned["retire"], planned["delete"], names(planned["still_usable"])) == ([], [], ["a-1-old"])
    for expiry in ("never", in_days(30)):
        (retired,) = plan([{**enabled_again, "expire_at": expiry}, key("a-2", 9)], "a")["retire"]
        assert (retired["retired_name"], "enabled" in retired) == ("a-1-old", False)
        assert expiries([retired]) == pytest.approx({"a-1-old": 7 * 24}, abs=0.01)


def test_key_in_use_is_neither_retired_nor_deleted() -> None:
    planned = plan([key("a-1", 99, in_use=True), key("a-2")], "a")
    assert (planned["retire"], planned["delete"], planned["is_used"]) == ([], [], True)


def recent(now: float, name: str, seconds: float, **fields: Any) -> dict[str, Any]:
    """Return a key that was created these seconds ago."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - seconds))
    return key(name, **{"id": f"{name}{seconds}", "key_suffix": str(seconds), "created_at": created, **fields})


@pytest.mark.parametrize(
    ("others", "rivals"),
    [
        ([], []),
        # The earlier one of two keys takes precedence, and of two of the same second neither.
        ([("a-2-new", 20, {})], ["a-2-new"]),
        ([("a-2-new", 10, {})], ["a-2-new"]),
        ([("a-2-new", 5, {})], []),
        ([("a-1-new", 20, {})], ["a-1-new"]),
        ([("a-3-new", 20, {})], ["a-3-new"]),
        ([("a-2-new", 20, {"created_at": None})], ["a-2-new"]),
        # The secret of another one is stored.
        ([("a-2", 5, {})], ["a-2"]),
        ([("a-3", 5, {})], ["a-3"]),
        ([("a-1", 20, {})], []),
        # No run is working on these.
        ([("a-1-new", 4000, {})], []),
        ([("a-1-new", 20, {"enabled": False})], []),
        ([("a-1-new", 20, {"key_suffix": "kept"})], []),
        ([("a-1-old", 20, {})], []),
    ],
)
def test_runs_at_the_same_time(others: list[tuple[str, float, dict[str, Any]]], rivals: list[str]) -> None:
    now = time.time()
    keys = [recent(now, name, seconds, **fields) for name, seconds, fields in others]
    own = recent(now, "a-2-new", 10, id="own")
    planned = plan([key("a-0"), own, *keys], "a", known=["kept"], own_id="own", force=True)
    assert planned["rivals"] == rivals


def test_run_that_continues_after_hours_has_no_precedence() -> None:
    keys = [recent(time.time(), "a-2-new", 9000, id="own"), recent(time.time(), "a-3-new", 5)]
    assert plan(keys, "a", own_id="own", force=True)["rivals"] == ["a-3-new"]


def test_key_of_another_run_is_awaited() -> None:
    assert plan([key("a-1", 99), key("a-2-new")], "a")["rivals"] == ["a-2-new"]
    assert plan([key("a-1", 99), key("a-2-new", 1)], "a")["rivals"] == []
    assert plan([key("a-1", 99), key("a-2-new")], "a", known=["-new"])["rivals"] == []


# The playbook


class Rotation:
    """A rotation whose secret is in a file, which each run uses to authenticate, once there is one."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self.emulator = emulator
        self.file = directory / "key.json"
        self.variables = directory / "variables.json"
        self.output = ""
        self.secrets: set[str] = set()

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of a run with the stored key."""
        more = {"COLUMNS": "200", "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
        if self.file.exists():
            credentials = json.loads(self.file.read_text())
            more["CLICKHOUSE_CLOUD_API_KEY"] = credentials["api_key"]
            more["CLICKHOUSE_CLOUD_API_SECRET"] = credentials["api_secret"]
        return {**os.environ, **more}

    def arguments(self, *arguments: str, **variables: Any) -> list[str]:
        given = {"rotate_api_key_name": "auto", "rotate_api_key_file": str(self.file), "rotate_api_key_grace_days": 0}
        first = {"rotate_api_key_roles": ["Admin"], "rotate_api_key_ip_access_list": "127.0.0.1"}
        self.variables.write_text(json.dumps({**given, **first, **variables}))
        return ["clickhouse.cloud.rotate_api_key", "-vvv", "-e", f"@{self.variables}", *arguments]

    def run(self, *arguments: str, **variables: Any) -> int:
        """Run the playbook, and return its status."""
        ended = run_ansible("playbook", *self.arguments(*arguments, **variables), env=self.environment)
        self.record(ended.stdout + ended.stderr)
        return ended.returncode

    def kill(self, number: int, **variables: Any) -> None:
        """Run the playbook, and kill it with all its processes once it has sent this number of requests."""
        command = [str(ANSIBLE), *self.arguments(**variables)]
        self.emulator.clear_journal()
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
            wait_until(lambda: process.poll() is not None or len(self.emulator.journal()) >= number)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(TIMEOUT)
            output.seek(0)
            self.record(output.read())

    def record(self, output: str) -> None:
        """Remember all secrets that were ever in a file, and check that no output has one of them."""
        self.output = output
        for path in self.file.parent.glob("*key.json*"):
            self.remember(path)
        for path in self.file.parent.glob(".key.json*"):
            self.remember(path)
        assert not [secret for secret in self.secrets if secret in output], output

    def remember(self, path: Path) -> None:
        with contextlib.suppress(ValueError, TypeError):
            self.secrets.add(json.loads(path.read_text())["api_secret"])

    def keys(self) -> dict[str, str]:
        """Return the state of each key of the rotation by its name."""
        keys: list[dict[str, Any]] = []
        cursor = ""
        while True:
            url = f"{self.emulator.api_url}/organizations/{self.emulator.organization_id}/keys"
            auth = (self.emulator.api_key, self.emulator.api_secret)
            page = requests.get(url, params={"cursor": cursor} if cursor else {}, auth=auth, timeout=30).json()
            keys += page["result"]
            cursor = page["nextCursor"]
            if not cursor:
                return {key["name"]: key["state"] for key in keys if key["name"].startswith("auto-")}

    def assert_usable(self) -> None:
        """Assert that the stored secret is that of a key that can be used: no one is locked out."""
        credentials = json.loads(self.file.read_text())
        auth = (credentials["api_key"], credentials["api_secret"])
        response = requests.get(f"{self.emulator.api_url}/organizations", auth=auth, timeout=30)
        assert response.status_code == 200, response.text


@pytest.fixture
def rotation(emulator: Emulator, tmp_path: Path) -> Rotation:
    return Rotation(emulator, tmp_path)


def test_key_rotates_itself(rotation: Rotation) -> None:
    assert rotation.run("--check") == 0, rotation.output
    assert (rotation.keys(), rotation.file.exists()) == ({}, False)
    assert rotation.run() == 0, rotation.output
    rotation.assert_usable()
    assert '"auto-1 is in use. Made in this run: auto-1. Retired: none. Deleted: none."' in rotation.output
    assert rotation.run() == 0, rotation.output
    assert " changed=0 " in rotation.output
    # The roles and the addresses are those of the key before.
    same = {"rotate_api_key_roles": "", "rotate_api_key_ip_access_list": ""}
    assert rotation.run(rotate_api_key_force=True, **same) == 0, rotation.output
    rotation.assert_usable()
    assert rotation.keys() == {"auto-1-old": "disabled", "auto-2": "enabled"}
    assert rotation.run() == 0, rotation.output
    assert rotation.keys() == {"auto-2": "enabled"}
    assert sorted(path.name for path in rotation.file.parent.iterdir()) == ["key.json", "variables.json"]


def test_key_that_does_not_work_is_not_stored(rotation: Rotation) -> None:
    assert rotation.run() == 0, rotation.output
    wrong = {"rotate_api_key_force": True, "rotate_api_key_ip_access_list": "192.0.2.1"}
    assert rotation.run(**wrong) != 0
    rotation.assert_usable()
    assert rotation.keys() == {"auto-1": "enabled", "auto-2-new": "enabled"}
    # The next run corrects the list, and finishes the rotation. The overlap begins now.
    assert rotation.run(rotate_api_key_overlap_hours=48) == 0, rotation.output
    rotation.assert_usable()
    assert rotation.keys() == {"auto-1-old": "enabled", "auto-2": "enabled"}
    (old,) = (key for key in rotation.emulator.request("GET", "keys") if key["name"] == "auto-1-old")
    assert (parse_timestamp(old["expireAt"]) or 0) - time.time() == pytest.approx(48 * 3600, abs=TIMEOUT)


def test_only_one_of_two_hosts_stores_its_key(rotation: Rotation) -> None:
    before = rotation.emulator.request("GET", "keys")
    rotation.emulator.request("POST", "keys", {"name": "auto-1-new"})
    # The key of another host, which may still be working, is awaited.
    assert rotation.run() != 0
    message = "Another run may be rotating auto now, with the key auto-1-new, so this run has stored nothing."
    assert message in " ".join(rotation.output.split())
    assert rotation.keys() == {"auto-1-new": "enabled"}
    # Here it is not visible until this host has created one.
    rotation.emulator.fault(path="/keys$", method="GET", times=3, status=200, body={"result": before})
    assert rotation.run() != 0
    assert message in " ".join(rotation.output.split())
    posted = [entry["body"]["name"] for entry in rotation.emulator.journal() if entry["method"] == "POST"]
    assert posted == ["auto-1-new"] * 2
    assert rotation.keys() == {"auto-1-new": "enabled"}
    assert [path.name for path in rotation.file.parent.iterdir()] == ["variables.json"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"rotate_api_key_file": ""}, "Set rotate_api_key_file, which the store file needs, or"),
        (
            {"rotate_api_key_file": "/tmp/key.json", "rotate_api_key_work_file": "/tmp/key.json"},
            "rotate_api_key_work_file and rotate_api_key_file must be different files",
        ),
        (
            {"rotate_api_key_store": "awx"},
            "Set rotate_api_key_awx_url and rotate_api_key_awx_token and rotate_api_key_awx_credential, which the",
        ),
    ],
)
def test_missing_variables(rotation: Rotation, variables: dict[str, Any], message: str) -> None:
    assert rotation.run(**variables) != 0
    assert message in " ".join(rotation.output.split())
    assert rotation.keys() == {}


def test_rotation_survives_faults_and_kills(rotation: Rotation) -> None:
    """Kill a run after each number of requests, with a fault in one of them, and then let one finish."""
    assert rotation.run() == 0, rotation.output
    chance = random.Random(7)
    too_old = {"rotate_api_key_max_age_days": 0.000001}
    made = 0
    for _number in range(ROTATIONS):
        faults = [
            {"disconnect": "after"},
            {"disconnect": "before"},
            {"status": 500},
            {"status": 429, "times": 2},
            {"status": 502},
        ]
        rotation.emulator.fault(path="/keys", skip=chance.randrange(9), **chance.choice(faults))
        rotation.kill(chance.randint(1, 10), **too_old)
        rotation.emulator.clear_faults()
        rotation.assert_usable()
        assert "Traceback" not in rotation.output
        # A creation whose outcome is not known is awaited; here, it counts as over at once.
        for path in Path(os.environ["XDG_STATE_HOME"]).glob("*/creation-*"):
            forget_time(path)
        assert rotation.run(**too_old) == 0, rotation.output
        rotation.assert_usable()
        assert rotation.run() == 0, rotation.output
        ((name, state),) = rotation.keys().items()
        assert state == "enabled"
        made, before = int(name.removeprefix("auto-")), made
        assert made > before
        rotation.assert_usable()
    assert made > ROTATIONS
    assert rotation.secrets


def forget_time(path: Path) -> None:
    """Let an attempt be so old that it counts as without effect, once no process of a killed run changes it."""
    with exclusive_lock(str(path), TIMEOUT) as handle:
        text = read_fd(handle).strip()
        if text:
            content = json.loads(text)
            old = {name: content[name] - 10000 for name in ("sent", "ended") if content.get(name)}
            rewrite_fd(handle, json.dumps({**content, **old}).encode())


# Where the secret is stored


class Recorder(BaseHTTPRequestHandler):
    """A server that stands for AWX and HashiCorp Vault."""

    received: list[tuple[str, str, Any, dict[str, str]]] = []

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.received.append((self.command, self.path, json.loads(body or "null"), dict(self.headers)))
        content = b'{"inputs": {"api_key": "old", "api_secret": "$encrypted$", "organization_id": "kept"}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _respond


@pytest.fixture
def recorder() -> Iterator[ThreadingHTTPServer]:
    Recorder.received = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_stores(rotation: Rotation, recorder: ThreadingHTTPServer, tmp_path: Path) -> None:
    """Store the secret in each place that the role supports, and in one that it does not know."""
    url = f"http://127.0.0.1:{recorder.server_port}/"
    work = tmp_path / "work.key.json"
    common = {"rotate_api_key_file": "", "rotate_api_key_work_file": str(work), "rotate_api_key_force": True}

    awx = {"rotate_api_key_awx_url": url, "rotate_api_key_awx_token": "token-1", "rotate_api_key_awx_credential": "12"}
    assert rotation.run(rotate_api_key_store="awx", **awx, **common) == 0, rotation.output
    (read, written) = Recorder.received
    assert read[:2] == ("GET", "/api/v2/credentials/12/")
    assert written[:2] == ("PATCH", "/api/v2/credentials/12/")
    assert written[3]["Authorization"] == "Bearer token-1"
    inputs = written[2]["inputs"]
    assert inputs["organization_id"] == "kept"
    rotation.file.write_text(json.dumps(inputs))
    rotation.assert_usable()
    rotation.file.unlink()
    assert inputs["api_secret"] not in rotation.output
    assert "token-1" not in rotation.output

    hashicorp = {
        "rotate_api_key_hashicorp_url": url,
        "rotate_api_key_hashicorp_token": "token-2",
        "rotate_api_key_hashicorp_path": "secret/data/clickhouse",
        "rotate_api_key_hashicorp_namespace": "admin/team",
    }
    assert rotation.run(rotate_api_key_store="hashicorp_vault", **hashicorp, **common) == 0, rotation.output
    method, path, body, headers = Recorder.received[-1]
    assert (method, path, headers["X-Vault-Token"]) == ("POST", "/v1/secret/data/clickhouse", "token-2")
    assert headers["X-Vault-Namespace"] == "admin/team"
    assert sorted(body["data"]) == ["api_key", "api_secret", "organization_id"]
    assert "token-2" not in rotation.output

    vaulted = tmp_path / "vaulted.json"
    vault = {"rotate_api_key_file": str(vaulted), "rotate_api_key_vault_password": "correct horse"}
    assert rotation.run(rotate_api_key_store="vault", **{**common, **vault}) == 0, rotation.output
    secret = VaultLib([("default", VaultSecret(b"correct horse"))])
    assert sorted(json.loads(secret.decrypt(vaulted.read_bytes()))) == ["api_key", "api_secret", "organization_id"]

    tasks = [
        {
            "name": "Store it",
            "ansible.builtin.copy": {
                "content": "{{ rotate_api_key_secret | to_json }}",
                "dest": str(rotation.file),
                "mode": "0600",
            },
        }
    ]
    own = tmp_path / "store.yml"
    own.write_text(yaml.safe_dump(tasks))
    assert rotation.run(rotate_api_key_store=str(own), **common) == 0, rotation.output
    rotation.assert_usable()
    assert rotation.keys() == {"auto-3-old": "disabled", "auto-4": "enabled"}
    assert not work.exists()


def test_no_secret_is_in_a_task_of_the_role_without_protection() -> None:
    text = (Path(__file__).resolve().parents[3] / "roles/rotate_api_key/tasks/new_key.yml").read_text()
    assert re.search(r"apply:\n +no_log: true", text)
