# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The set-up makes everything in an AWX that has nothing, and then leaves it alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.awx.awx import TOKEN, Awx

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
KEY, SECRET, ORGANIZATION = "canary-key-4711", "canary-secret-0815", "0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
GIVEN = {
    "awx_setup_project_url": "https://git.example.com/clickhouse.git",
    "awx_setup_image": "registry.example.com/ee:1",
}
TEMPLATES = ("provision", "start_stop", "scale", "backup_check", "rotate_password", "restore", "audit")

# The tests tell one story, and each goes on where the one before has ended.


class Ran:
    """What became of a run of the set-up."""

    def __init__(self, ended: subprocess.CompletedProcess[str]) -> None:
        self.output = ended.stdout + ended.stderr
        recap = re.search(r"changed=(\d+) .*failed=(\d+)", ended.stdout)
        assert recap, self.output
        self.changed, self.failed = map(int, recap.groups())


class Setup:
    def __init__(self, url: str, home: Path) -> None:
        self.environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/awx"),
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_NOCOLOR": "1",
            "CONTROLLER_HOST": url,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            "CLICKHOUSE_CLOUD_API_KEY": KEY,
            "CLICKHOUSE_CLOUD_API_SECRET": SECRET,
            "CLICKHOUSE_ORG_ID": ORGANIZATION,
            "CLICKHOUSE_API_URL": "",
        }

    def run(self, *arguments: str, **more: Any) -> Ran:
        command = [sys.executable, "-m", "ansible.cli.playbook", "clickhouse.cloud.awx_setup"]
        given = ["-e", json.dumps({**GIVEN, **more}), *arguments]
        return Ran(
            subprocess.run(
                [*command, *given], env=self.environment, capture_output=True, text=True, timeout=300, check=False
            )
        )


@pytest.fixture(scope="module")
def awx() -> Awx:
    return Awx()


@pytest.fixture(scope="module")
def setup(awx: Awx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with awx.serve() as url:
        yield Setup(url, tmp_path_factory.mktemp("home"))


def test_what_is_missing_is_said_before_anything_is_made(awx: Awx, setup: Setup) -> None:
    ran = setup.run(awx_setup_image="")
    assert "Set awx_setup_project_url to the URL" in ran.output
    ran = setup.run(awx_setup_api_secret="")
    assert "Set the environment variables CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET" in ran.output
    assert awx.writes == []


def test_an_awx_that_has_nothing_gets_everything(awx: Awx, setup: Setup) -> None:
    ran = setup.run("-vvv")
    assert ran.failed == 0, ran.output
    assert SECRET not in ran.output
    known = json.loads((ROOT / "playbooks/credential_type.json").read_text())
    made = awx.one("credential_types", "ClickHouse Cloud")
    assert {name: made[name] for name in known} == known
    assert awx.one("execution_environments", "ClickHouse Cloud")["image"] == GIVEN["awx_setup_image"]
    assert awx.one("projects", "ClickHouse Cloud")["scm_url"] == GIVEN["awx_setup_project_url"]
    source = awx.one("inventory_sources", "ClickHouse Cloud services")
    assert (PROJECT / source["source_path"]).is_file()
    assert source["overwrite"]
    assert sum(write.endswith("/update/") for write in awx.writes) == 1


def test_the_secret_is_in_the_credential_and_nowhere_else(awx: Awx) -> None:
    credential = awx.one("credentials", "ClickHouse Cloud")
    assert credential["inputs"] == {"api_key": KEY, "api_secret": SECRET, "organization_id": ORGANIZATION}
    everything = json.dumps([awx.kinds, awx.surveys, [*awx.updates.values()]])
    assert everything.count(SECRET) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_playbook_has_a_job_template_with_its_survey(awx: Awx, name: str) -> None:
    template = awx.one("job_templates", f"ClickHouse Cloud {name.replace('_', ' ')}")
    assert template["playbook"] == f"{name}.yml"
    assert f"import_playbook: clickhouse.cloud.{name}\n" in (PROJECT / template["playbook"]).read_text()
    assert awx.surveys[template["id"]] == json.loads((ROOT / f"playbooks/{name}.survey.json").read_text())
    assert awx.members(template, "credentials") == ["ClickHouse Cloud"]
    assert template["survey_enabled"]
    assert template["ask_job_type_on_launch"]


def test_the_workflow_asks_somebody_before_it_scales(awx: Awx) -> None:
    workflow = awx.one("workflow_job_templates", "ClickHouse Cloud scale with approval")
    assert awx.surveys[workflow["id"]] == json.loads((ROOT / "playbooks/scale.survey.json").read_text())
    runs = {one["id"]: one["name"] for _kind, one in awx._listed("unified_job_templates")}
    nodes = awx.kinds["workflow_job_template_nodes"].values()
    assert {
        one["identifier"]: (runs[one["unified_job_template"]], awx.members(one, "success_nodes")) for one in nodes
    } == {
        "backups": ("ClickHouse Cloud backup check", ["approval"]),
        "approval": ("Scale the service?", ["scale"]),
        "scale": ("ClickHouse Cloud scale", []),
    }


def test_office_hours_are_kept_by_schedules(awx: Awx) -> None:
    runs = {one["id"]: one["name"] for _kind, one in awx._listed("unified_job_templates")}
    assert {
        one["name"]: (runs[one["unified_job_template"]], one.get("extra_data", {}).get("start_stop_state"))
        for one in awx.kinds["schedules"].values()
    } == {
        "ClickHouse Cloud sync": ("ClickHouse Cloud services", None),
        "ClickHouse Cloud backup check": ("ClickHouse Cloud backup check", None),
        "ClickHouse Cloud office hours begin": ("ClickHouse Cloud start stop", "started"),
        "ClickHouse Cloud office hours end": ("ClickHouse Cloud start stop", "stopped"),
    }


def test_a_second_run_changes_nothing(awx: Awx, setup: Setup) -> None:
    awx.writes.clear()
    ran = setup.run()
    assert (ran.failed, ran.changed) == (0, 0), ran.output
    assert awx.writes == []


def test_a_second_run_in_check_mode_shows_what_would_change(awx: Awx, setup: Setup) -> None:
    awx.writes.clear()
    ran = setup.run("--check", awx_setup_image="registry.example.com/ee:2")
    assert (ran.failed, ran.changed) == (0, 1), ran.output
    assert awx.writes == []


def test_what_somebody_has_changed_by_hand_is_mended(awx: Awx, setup: Setup) -> None:
    template = awx.one("job_templates", "ClickHouse Cloud audit")
    awx.surveys[template["id"]] = {}
    template["playbook"] = "bring_to_state.yml"
    ran = setup.run()
    assert (ran.failed, ran.changed) == (0, 1), ran.output
    assert template["playbook"] == "audit.yml"
    assert awx.surveys[template["id"]]["spec"]


def test_another_secret_is_written_when_that_is_asked_for(awx: Awx, setup: Setup) -> None:
    ran = setup.run(awx_setup_api_secret="canary-secret-2", awx_setup_update_secrets=True)
    assert ran.failed == 0, ran.output
    assert awx.one("credentials", "ClickHouse Cloud")["inputs"]["api_secret"] == "canary-secret-2"
    assert "canary-secret-2" not in ran.output


def test_why_there_is_no_credential_is_told_without_its_secret(setup: Setup) -> None:
    ran = setup.run("-vvv", awx_setup_organization="Nowhere")
    assert ran.failed == 1
    assert "organizations/?name=Nowhere returned 0 items" in ran.output
    assert SECRET not in ran.output
