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
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
API_KEY, API_SECRET, ORGANIZATION = "canary-key-4711", "canary-secret-0815", "0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
OPTIONS = {
    "awx_setup_project_url": "https://git.example.com/clickhouse.git",
    "awx_setup_image": "registry.example.com/ee:1",
}
TEMPLATES = sorted(path.name.split(".")[0] for path in ROOT.glob("playbooks/*.survey.json"))
#: What depends on objects that users make in AWX: a notification template, and a credential to store API keys with.
OPTIONAL = {
    "awx_setup_templates": ["audit", "backup_check", "drift", "rotate_api_key"],
    "awx_setup_notification": "On call",
    "awx_setup_drift_declaration": "services.yml",
    "awx_setup_rotation": "automation",
    "awx_setup_rotation_roles": "Admin",
    "awx_setup_rotation_ip_access_list": "203.0.113.7 AWX",
    "awx_setup_store_credential": "AWX",
}

# The tests build on each other: each starts with the state that the previous one has left.


class PlaybookRun:
    """The result of a run of the setup."""

    def __init__(self, completed: subprocess.CompletedProcess[str]) -> None:
        self.output = completed.stdout + completed.stderr
        recap = re.search(r"changed=(\d+) .*failed=(\d+)", completed.stdout)
        assert recap, self.output
        self.changed, self.failed = map(int, recap.groups())


class Setup:
    """A way to run the setup."""

    def __init__(self, url: str, home: Path) -> None:
        self.organization = ORGANIZATION
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
    for expected in (json.loads(path.read_text()) for path in ROOT.glob("playbooks/*credential_type.json")):
        credential_type = awx.get_resource("credential_types", expected["name"])
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
        "backups": ("ClickHouse Cloud backup check before scaling", ["preview"]),
        "preview": ("ClickHouse Cloud scale", ["approval"]),
        "approval": ("Scale the service?", ["scale"]),
        "scale": ("ClickHouse Cloud scale", []),
    }
    assert [(node["identifier"], node.get("diff_mode")) for node in nodes if node.get("job_type") == "check"] == [
        ("preview", True)
    ]


def test_workflow_checks_the_backups_of_the_service_to_scale(awx: MockAwx) -> None:
    template = awx.get_resource("job_templates", "ClickHouse Cloud backup check before scaling")
    # The empty answer of a survey would replace the variable.
    assert not template.get("survey_enabled")
    assert json.loads(template["extra_vars"]) == {"backup_check_names": "{{ scale_service }}"}


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


@pytest.fixture(scope="module")
def broken() -> MockAwx:
    """Return an AWX in which neither the project nor the inventory can be synchronized."""
    awx = MockAwx()
    awx.failures = {
        "project_update": "[WARNING]: old\n\x1b[0;31mfatal: [localhost]: FAILED! => no such repository\x1b[0m",
        "inventory_update": "Using config\n[WARNING]: Failed to parse inventory: HTTP status 401\nERROR! No inventory",
    }
    kind = awx.create("credential_types", {"name": "Red Hat Ansible Automation Platform", "kind": "cloud"})
    kind["inputs"] = {"fields": []}
    awx.create("credentials", {"name": "AWX", "credential_type": kind["id"], "inputs": {}})
    awx.create("notification_templates", {"name": "On call"})
    return awx


@pytest.fixture(scope="module")
def repair(broken: MockAwx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """Return a setup of it with an API key whose organization the API knows."""
    with broken.serve() as url, Emulator() as emulator:
        setup = Setup(url, tmp_path_factory.mktemp("home"))
        setup.environment |= {**emulator.environment, "CLICKHOUSE_ORG_ID": ""}
        setup.organization = emulator.organization_id
        yield setup


def test_failed_update_of_the_project_is_explained(broken: MockAwx, repair: Setup) -> None:
    result = repair.run(**OPTIONAL)
    assert result.failed == 1, result.output
    (number,) = broken.updates
    assert f"{repair.environment['CONTROLLER_HOST']}/#/jobs/project/{number}/output" in result.output
    assert "fatal: [localhost]: FAILED! => no such repository" in result.output
    assert "[WARNING]: old" not in result.output


def test_failed_sync_is_explained(broken: MockAwx, repair: Setup) -> None:
    del broken.failures["project_update"]
    result = repair.run(**OPTIONAL)
    assert result.failed == 1, result.output
    assert broken.get_resource("projects", "ClickHouse Cloud")["status"] == "successful"
    assert f"/#/jobs/inventory/{max(broken.updates)}/output" in result.output
    assert "[WARNING]: Failed to parse inventory: HTTP status 401" in result.output
    assert "Using config" not in result.output


def test_failed_sync_is_repeated(broken: MockAwx, repair: Setup) -> None:
    broken.failures.clear()
    result = repair.run(**OPTIONAL)
    assert (result.failed, result.changed) == (0, 1), result.output
    assert broken.get_resource("inventory_sources", "ClickHouse Cloud services")["status"] == "successful"


def test_workflow_is_left_out_without_its_templates(broken: MockAwx) -> None:
    assert broken.list_names("workflow_job_templates") == []
    assert sorted(broken.list_names("job_templates")) == sorted(
        f"ClickHouse Cloud {name.replace('_', ' ')}" for name in OPTIONAL["awx_setup_templates"]
    )
    assert sorted(broken.list_names("schedules")) == [
        f"ClickHouse Cloud {name}" for name in ("backup check", "drift", "rotate API key", "sync")
    ]


def test_failed_schedules_send_notifications(broken: MockAwx) -> None:
    notifying = {
        resource["name"]
        for kind in ("inventory_sources", "job_templates")
        for resource in broken.kinds[kind].values()
        if broken.list_associated(resource, "notification_templates_error") == ["On call"]
    }
    planned = ("services", "backup check", "drift", "rotate api key")
    assert notifying == {f"ClickHouse Cloud {name}" for name in planned}


def test_schedules_of_drift_and_rotation(broken: MockAwx, repair: Setup) -> None:
    answers = {resource["name"]: resource.get("extra_data") for resource in broken.kinds["schedules"].values()}
    assert answers["ClickHouse Cloud drift"] == {"drift_declaration": "services.yml", "drift_fail": "true"}
    credential = broken.get_resource("credentials", "ClickHouse Cloud")
    assert answers["ClickHouse Cloud rotate API key"] == {
        "rotate_api_key_name": "automation",
        "rotate_api_key_store": "awx",
        "rotate_api_key_awx_credential": str(credential["id"]),
        "rotate_api_key_overlap_hours": "24",
        "rotate_api_key_roles": "Admin",
        "rotate_api_key_ip_access_list": "203.0.113.7 AWX",
    }
    template = broken.get_resource("job_templates", "ClickHouse Cloud rotate api key")
    assert sorted(broken.list_associated(template, "credentials")) == ["AWX", "ClickHouse Cloud"]


def test_organization_of_the_key_is_filled_in(broken: MockAwx, repair: Setup) -> None:
    credential = broken.get_resource("credentials", "ClickHouse Cloud")
    assert credential["inputs"]["organization_id"] == repair.organization


def test_rotated_key_is_not_replaced(broken: MockAwx, repair: Setup) -> None:
    credential = broken.get_resource("credentials", "ClickHouse Cloud")
    credential["inputs"] |= {"api_key": "automation-1", "api_secret": "rotated"}
    result = repair.run(**OPTIONAL, awx_setup_api_key="", awx_setup_api_secret="")
    assert (result.failed, result.changed) == (0, 0), result.output
    assert credential["inputs"]["api_secret"] == "rotated"
    # A credential of the same name and another type is not that of this playbook.
    own = credential["credential_type"]
    credential["credential_type"] = broken.get_resource("credentials", "AWX")["credential_type"]
    refused = repair.run(**OPTIONAL, awx_setup_api_key="", awx_setup_api_secret="")
    credential["credential_type"] = own
    assert "Set the environment variables CLICKHOUSE_CLOUD_API_KEY" in refused.output
    assert "Set awx_setup_store_credential" in repair.run(**{**OPTIONAL, "awx_setup_store_credential": ""}).output
