# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the setup configures an empty AWX completely, and changes nothing when it runs again."""

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

from ansible_collections.clickhouse.cloud.tests.awx.awx import API_TOKEN, MockAwx

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
API_KEY, API_SECRET, ORGANIZATION = "canary-key-4711", "canary-secret-0815", "0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
OPTIONS = {
    "awx_setup_project_url": "https://git.example.com/clickhouse.git",
    "awx_setup_image": "registry.example.com/ee:1",
}
TEMPLATES = (
    "provision",
    "start_stop",
    "scale",
    "backup_check",
    "rotate_password",
    "rotate_api_key",
    "restore",
    "audit",
)

# The tests build on each other: each starts with the state that the previous one has left.


class PlaybookRun:
    """The result of a run of the setup."""

    def __init__(self, completed: subprocess.CompletedProcess[str]) -> None:
        self.output = completed.stdout + completed.stderr
        recap = re.search(r"changed=(\d+) .*failed=(\d+)", completed.stdout)
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
            "CONTROLLER_OAUTH_TOKEN": API_TOKEN,
            "CLICKHOUSE_CLOUD_API_KEY": API_KEY,
            "CLICKHOUSE_CLOUD_API_SECRET": API_SECRET,
            "CLICKHOUSE_ORG_ID": ORGANIZATION,
            "CLICKHOUSE_API_URL": "",
        }

    def run(self, *arguments: str, **variables: Any) -> PlaybookRun:
        command = [sys.executable, "-m", "ansible.cli.playbook", "clickhouse.cloud.awx_setup"]
        extra_vars = ["-e", json.dumps({**OPTIONS, **variables})]
        return PlaybookRun(
            subprocess.run(
                [*command, *extra_vars, *arguments],
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        )


@pytest.fixture(scope="module")
def awx() -> MockAwx:
    return MockAwx()


@pytest.fixture(scope="module")
def setup(awx: MockAwx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with awx.serve() as url:
        yield Setup(url, tmp_path_factory.mktemp("home"))


def test_missing_options_fail_before_any_write(awx: MockAwx, setup: Setup) -> None:
    result = setup.run(awx_setup_image="")
    assert "Set awx_setup_project_url to the URL" in result.output
    result = setup.run(awx_setup_api_secret="")
    assert "Set the environment variables CLICKHOUSE_CLOUD_API_KEY and CLICKHOUSE_CLOUD_API_SECRET" in result.output
    assert awx.writes == []


def test_setup_of_empty_awx(awx: MockAwx, setup: Setup) -> None:
    result = setup.run("-vvv")
    assert result.failed == 0, result.output
    assert API_SECRET not in result.output
    expected = json.loads((ROOT / "playbooks/credential_type.json").read_text())
    credential_type = awx.get_resource("credential_types", "ClickHouse Cloud")
    assert {name: credential_type[name] for name in expected} == expected
    assert awx.get_resource("execution_environments", "ClickHouse Cloud")["image"] == OPTIONS["awx_setup_image"]
    assert awx.get_resource("projects", "ClickHouse Cloud")["scm_url"] == OPTIONS["awx_setup_project_url"]
    source = awx.get_resource("inventory_sources", "ClickHouse Cloud services")
    assert (PROJECT / source["source_path"]).is_file()
    assert source["overwrite"]
    assert sum(write.endswith("/update/") for write in awx.writes) == 1


def test_secret_is_only_in_the_credential(awx: MockAwx) -> None:
    credential = awx.get_resource("credentials", "ClickHouse Cloud")
    assert credential["inputs"] == {"api_key": API_KEY, "api_secret": API_SECRET, "organization_id": ORGANIZATION}
    everything = json.dumps([awx.kinds, awx.surveys, [*awx.updates.values()]])
    assert everything.count(API_SECRET) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_playbook_has_a_job_template_with_survey(awx: MockAwx, name: str) -> None:
    template = awx.get_resource("job_templates", f"ClickHouse Cloud {name.replace('_', ' ')}")
    assert template["playbook"] == f"{name}.yml"
    assert f"import_playbook: clickhouse.cloud.{name}\n" in (PROJECT / template["playbook"]).read_text()
    assert awx.surveys[template["id"]] == json.loads((ROOT / f"playbooks/{name}.survey.json").read_text())
    assert awx.list_associated(template, "credentials") == ["ClickHouse Cloud"]
    assert template["survey_enabled"]
    assert template["ask_job_type_on_launch"]


def test_workflow_requires_approval_before_scaling(awx: MockAwx) -> None:
    workflow = awx.get_resource("workflow_job_templates", "ClickHouse Cloud scale with approval")
    assert awx.surveys[workflow["id"]] == json.loads((ROOT / "playbooks/scale.survey.json").read_text())
    runs = {resource["id"]: resource["name"] for _kind, resource in awx.list_resources("unified_job_templates")}
    nodes = awx.kinds["workflow_job_template_nodes"].values()
    assert {
        resource["identifier"]: (runs[resource["unified_job_template"]], awx.list_associated(resource, "success_nodes"))
        for resource in nodes
    } == {
        "backups": ("ClickHouse Cloud backup check", ["approval"]),
        "approval": ("Scale the service?", ["scale"]),
        "scale": ("ClickHouse Cloud scale", []),
    }


def test_schedules_for_office_hours(awx: MockAwx) -> None:
    runs = {resource["id"]: resource["name"] for _kind, resource in awx.list_resources("unified_job_templates")}
    assert {
        resource["name"]: (
            runs[resource["unified_job_template"]],
            resource.get("extra_data", {}).get("start_stop_state"),
        )
        for resource in awx.kinds["schedules"].values()
    } == {
        "ClickHouse Cloud sync": ("ClickHouse Cloud services", None),
        "ClickHouse Cloud backup check": ("ClickHouse Cloud backup check", None),
        "ClickHouse Cloud office hours begin": ("ClickHouse Cloud start stop", "started"),
        "ClickHouse Cloud office hours end": ("ClickHouse Cloud start stop", "stopped"),
    }


def test_second_run_changes_nothing(awx: MockAwx, setup: Setup) -> None:
    awx.writes.clear()
    result = setup.run()
    assert (result.failed, result.changed) == (0, 0), result.output
    assert awx.writes == []


def test_check_mode_reports_changes_without_writes(awx: MockAwx, setup: Setup) -> None:
    awx.writes.clear()
    result = setup.run("--check", awx_setup_image="registry.example.com/ee:2")
    assert (result.failed, result.changed) == (0, 1), result.output
    assert awx.writes == []


def test_manual_changes_are_reverted(awx: MockAwx, setup: Setup) -> None:
    template = awx.get_resource("job_templates", "ClickHouse Cloud audit")
    awx.surveys[template["id"]] = {}
    template["playbook"] = "bring_to_state.yml"
    result = setup.run()
    assert (result.failed, result.changed) == (0, 1), result.output
    assert template["playbook"] == "audit.yml"
    assert awx.surveys[template["id"]]["spec"]


def test_secret_is_updated_on_request(awx: MockAwx, setup: Setup) -> None:
    result = setup.run(awx_setup_api_secret="canary-secret-2", awx_setup_update_secrets=True)
    assert result.failed == 0, result.output
    assert awx.get_resource("credentials", "ClickHouse Cloud")["inputs"]["api_secret"] == "canary-secret-2"
    assert "canary-secret-2" not in result.output


def test_failure_message_has_no_secret(setup: Setup) -> None:
    result = setup.run("-vvv", awx_setup_organization="Nowhere")
    assert result.failed == 1
    assert "organizations/?name=Nowhere returned 0 items" in result.output
    assert API_SECRET not in result.output
