# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example project works as in AWX: with ansible-runner, a private data directory and a credential."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible_runner
import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.awx.credential_type import ROOT, injected

PROJECT = ROOT / "examples/awx-project"
SOURCE = "inventories/services.clickhouse_cloud.yml"
#: The variables that AWX sets for a sync, besides those of the credential.
OF_SYNC = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "True", "ANSIBLE_INVENTORY_EXPORT": "True", "INVENTORY_UPDATE_ID": "1"}
#: The pattern with which AWX finds the playbooks of a project.
PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|include|import_playbook):\s*?.*?$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: Short intervals, so that a test waits only as long as the emulator takes.
QUICK = {"wait_interval": 0.05, "wait_timeout": 100}
Answers = Mapping[str, Any]


class Awx:
    """A private data directory, as AWX creates one for each job, and the commands that run in it."""

    def __init__(self, directory: Path, emulator: Emulator) -> None:
        self.directory = directory
        credential = injected(
            {"api_key": emulator.api_key, "api_secret": emulator.api_secret, "api_url": emulator.api_url}
        )
        self._environment = {
            **credential,
            "CLICKHOUSE_CLOUD_RATE_LIMIT": "0",
        }
        shutil.copytree(PROJECT, directory / "project")
        for part in ("env", "inventory"):
            (directory / part).mkdir()
        self._write("env/settings", {"job_timeout": 600})

    def _write(self, path: str, content: dict[str, Any]) -> None:
        (self.directory / path).write_text(json.dumps(content))

    def sync(self) -> dict[str, Any]:
        """Return the inventory as AWX imports it, and use it for the jobs that follow."""
        listed, errors = ansible_runner.get_inventory(
            action="list",
            export=True,
            inventories=[str(self.directory / "project" / SOURCE)],
            response_format="json",
            private_data_dir=str(self.directory),
            envvars={**self._environment, **OF_SYNC},
            quiet=True,
        )
        assert listed, errors
        self._write("inventory/hosts.json", listed)
        # Not a path to Python, which may contain spaces, as this line must not.
        (self.directory / "inventory/hosts").write_text('#!/bin/sh\ncat "$(dirname "$0")/hosts.json"\n')
        (self.directory / "inventory/hosts").chmod(0o700)
        synced: dict[str, Any] = listed
        return synced

    def job(
        self, playbook: str, flags: str = "", answers: Answers | None = None, **options: Any
    ) -> ansible_runner.Runner:
        """Return a finished job. Its variables are the answers to the survey and to the prompts on launch."""
        self._write("env/envvars", self._environment)
        # Answers to the prompts on launch are not templates.
        lines = [
            f"{name}: {'!unsafe ' * isinstance(value, str)}{json.dumps(value)}"
            for name, value in (answers or {}).items()
        ]
        (self.directory / "env/extravars").write_text("\n".join(lines))
        (self.directory / "env/cmdline").write_text(flags)
        return ansible_runner.run(
            private_data_dir=str(self.directory),
            playbook=playbook,
            inventory=str(self.directory / "inventory/hosts"),
            quiet=True,
            **options,
        )


@pytest.fixture
def awx(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Awx:
    # The environment of the AWX host does not reach jobs, but ansible-runner passes its own on.
    for name in emulator.environment:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    return Awx(tmp_path / "runner", emulator)


@pytest.fixture
def services(emulator: Emulator) -> dict[str, str]:
    """Return the IDs of a stopped and a running service, by their names."""
    ids = {}
    for name, state in (("analytics", "stopped"), ("reports", "running")):
        tags = [{"key": "office-hours", "value": "true"}]
        ids[name] = emulator.create(name=name, tags=tags)["service"]["id"]
        emulator.set_service(ids[name], state=state)
    emulator.clear_journal()
    return ids


def states(emulator: Emulator) -> dict[str, str]:
    return {service["name"]: service["state"] for service in emulator.raw_services()}


def writes(emulator: Emulator) -> list[str]:
    return [
        f"{request['method']} {request['path'].split('/services/')[-1]}"
        for request in emulator.journal()
        if request["method"] != "GET"
    ]


def default_answers(survey: dict[str, Any]) -> dict[str, Any]:
    """Return what AWX sends if a survey is not answered: the given values, and an empty text for each text question."""
    questions = survey["spec"]
    texts = ("text", "textarea")
    return {item["variable"]: item["default"] for item in questions if item["default"] != "" or item["type"] in texts}


def find_processes(awx: Awx) -> list[str]:
    """Return the processes that use the private data directory."""

    def command(path: Path) -> str:
        try:
            return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""

    commands = map(command, Path("/proc").glob("[0-9]*/cmdline"))
    return [item for item in commands if str(awx.directory) in item]


def changed(job: ansible_runner.Runner) -> dict[str, int]:
    found: dict[str, int] = job.stats["changed"]
    return found


def test_awx_finds_each_playbook_of_the_project() -> None:
    playbooks = list(PROJECT.glob("*.yml"))
    assert playbooks
    assert [path.name for path in playbooks if not PLAYBOOK.search(path.read_text())] == []


def test_sync_lists_the_services(awx: Awx, emulator: Emulator, services: dict[str, str]) -> None:
    hosts = awx.sync()["_meta"]["hostvars"]
    assert {name: variables["clickhouse_cloud_id"] for name, variables in hosts.items()} == services
    shown = {service["name"]: service for service in emulator.services()}
    for name, variables in hosts.items():
        assert variables["clickhouse_cloud_state"] == shown[name]["state"]
        assert variables["clickhouse_cloud_region"] == shown[name]["region"]
        assert variables["ansible_connection"] == "local"


def test_job_makes_the_changes_of_its_check_job(awx: Awx, emulator: Emulator, services: dict[str, str]) -> None:
    awx.sync()
    emulator.clear_journal()
    answers = {f"bring_to_state_{name}": value for name, value in QUICK.items()}
    check = awx.job("bring_to_state.yml", "--check --diff", answers)
    assert (check.status, changed(check)) == ("successful", {"analytics": 1})
    assert writes(emulator) == []
    shown = COLOUR.sub("", check.stdout.read()).splitlines()
    assert [line for line in shown if re.match('[-+] +"state"', line)] == [
        '-    "state": "stopped"',
        '+    "state": "running"',
    ]
    job = awx.job("bring_to_state.yml", answers=answers)
    assert (job.status, changed(job)) == ("successful", {"analytics": 1})
    assert writes(emulator) == [f"PATCH {services['analytics']}/state"]
    assert states(emulator) == {"analytics": "running", "reports": "running"}


def test_empty_answer_counts_as_unset(awx: Awx, emulator: Emulator, services: dict[str, str]) -> None:
    survey = json.loads((ROOT / "playbooks/start_stop.survey.json").read_text())
    answers = {**default_answers(survey), "start_stop_state": "stopped", "start_stop_wait_interval": 0.05}
    assert "" in answers.values()
    job = awx.job("start_stop.yml", answers=answers)
    assert job.status == "successful"
    assert writes(emulator) == [f"PATCH {services['reports']}/state"]
    assert states(emulator) == {"analytics": "stopped", "reports": "stopped"}


def test_cancelled_job_ends_immediately_and_the_next_job_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stopping takes two hours of a clock that can be advanced.
    with Emulator(7200) as emulator:
        service = emulator.create(name="analytics")["service"]["id"]
        emulator.set_service(service, state="running")
        emulator.clear_journal()
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        awx = Awx(tmp_path / "runner", emulator)
        awx.sync()

        def waiting() -> bool:
            methods = [request["method"] for request in emulator.journal()]
            return "PATCH" in methods and methods.index("PATCH") + 3 < len(methods)

        answers = {"bring_to_state": "stopped", "bring_to_state_wait_interval": 0.2}
        job = awx.job("bring_to_state.yml", answers=answers, cancel_callback=waiting)
        assert job.status == "canceled"
        assert emulator.raw_service(service)["state"] == "stopping"
        end = time.monotonic() + 200
        while find_processes(awx):
            assert time.monotonic() < end
            time.sleep(0.1)
        emulator.advance(7200)
        again = awx.job("bring_to_state.yml", answers=answers)
        assert (again.status, changed(again)) == ("successful", {})
        assert writes(emulator) == [f"PATCH {service}/state"]


def test_secret_is_only_in_the_files_of_ansible_runner(awx: Awx, emulator: Emulator, services: dict[str, str]) -> None:
    """AWX gives the secret to ansible-runner in a file, and ansible-runner notes the environment of each command.

    AWX masks it there before it keeps it. All else has to be without it.
    """
    awx.sync()
    job = awx.job("bring_to_state.yml", "-vvvv --diff", {"bring_to_state_wait_interval": 0.05})
    assert job.status == "successful"
    files = [path for path in awx.directory.rglob("*") if path.is_file()]
    assert any("job_events" in path.parts for path in files)
    known = {path for path in files if emulator.api_secret in path.read_text()}
    commands = set(awx.directory.glob("artifacts/*/command"))
    assert len(commands) == 2  # of the sync and of the job
    assert known == {*commands, awx.directory / "env/envvars"}
