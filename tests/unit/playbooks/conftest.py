# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks as a job of AWX does: by their full name, with an answer to each question of the survey."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible
from ansible_collections.clickhouse.cloud.tests.unit.conftest import WAIT_INTERVAL

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
#: The playbooks that wait for a condition.
WAITING = {"provision", "start_stop", "scale", "restore"}


def survey(name: str) -> dict[str, Any]:
    """Return the survey of a playbook."""
    spec: dict[str, Any] = json.loads((PLAYBOOKS / f"{name}.survey.json").read_text())
    return spec


@dataclass
class PlaybookRun:
    """The status and the output of a playbook."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """Return the number of changed tasks."""
        return int(re.findall(r"changed=(\d+)", self.output)[-1])


Play = Callable[..., PlaybookRun]


@pytest.fixture
def play(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return a function that runs a playbook of the collection, or a file, with empty answers to optional questions."""
    monkeypatch.setenv("ANSIBLE_LOCALHOST_WARNING", "false")
    monkeypatch.setenv("ANSIBLE_INVENTORY_UNPARSED_WARNING", "false")

    def _play(name: str, *arguments: str, book: str | None = None, **answers: object) -> PlaybookRun:
        wait_options = {f"{name}_wait_interval": WAIT_INTERVAL, f"{name}_wait_timeout": 100} if name in WAITING else {}
        empty = {question["variable"]: "" for question in survey(name)["spec"] if not question["required"]}
        variables = tmp_path / "variables.json"
        variables.write_text(json.dumps(wait_options if book else {**empty, **wait_options, **answers}))
        arguments = (book or f"clickhouse.cloud.{name}", "-e", f"@{variables}", *arguments)
        ended = run_ansible("playbook", *arguments, env={**os.environ, "COLUMNS": "200"})
        return PlaybookRun(ended.returncode, ended.stdout + ended.stderr)

    return _play


def hours_ago(hours: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def fleet(emulator: Emulator) -> Callable[..., dict[str, Any]]:
    """Return a function that creates an old service, with a newest backup of the given age in hours."""

    def _make(
        name: str, tags: Mapping[str, str] | None = None, backup: float | None = 3, **fields: Any
    ) -> dict[str, Any]:
        created: dict[str, Any] = emulator.create(
            name=name,
            provider="aws",
            region="eu-central-1",
            ipAccessList=fields.pop("ipAccessList", [{"source": "203.0.113.0/24"}]),
            tags=[{"key": key, "value": value} for key, value in (tags or {}).items()],
        )["service"]
        times = [] if backup is None else [{"startedAt": hours_ago(backup), "finishedAt": hours_ago(backup)}]
        emulator.set_service(
            created["id"], **{"state": "running", "createdAt": hours_ago(1000), "backups": times, **fields}
        )
        emulator.clear_journal()
        return created

    return _make
