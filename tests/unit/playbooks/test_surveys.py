# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each survey matches the variables of its playbook, in the format of AWX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import PLAYBOOKS, WAITING, survey

ROLES = PLAYBOOKS.parent / "roles"
PROJECT = PLAYBOOKS.parent / "examples/awx-project"
NAMES = sorted(path.name.split(".")[0] for path in PLAYBOOKS.glob("*.survey.json"))
TYPES = {"text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect"}
KEYS = {"question_name", "question_description", "variable", "type", "required", "default", "min", "max", "choices"}


def options(role: str) -> dict[str, Any]:
    """Return the variables of a role, from its argument specification."""
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())
    found: dict[str, Any] = specs["argument_specs"]["main"]["options"]
    return found


def playbook_variables(name: str) -> set[str]:
    """Return the variables of a playbook: those of its role, or its own."""
    if (ROLES / name).exists():
        return set(options(name))
    return set(re.findall(rf"\b{name}_[a-z_]+", (PLAYBOOKS / f"{name}.yml").read_text())) - {f"{name}_done"}


def test_every_playbook_has_a_survey() -> None:
    assert sorted(path.stem for path in PLAYBOOKS.glob("*.yml")) == sorted([*NAMES, "awx_setup", "demo"])


@pytest.mark.parametrize("name", NAMES)
def test_example_project_imports_every_playbook(name: str) -> None:
    """AWX lists only the playbooks of a project, and awx_setup creates a job template for each survey."""
    assert f"import_playbook: clickhouse.cloud.{name}\n" in (PROJECT / f"{name}.yml").read_text()


def test_example_project_does_not_replace_the_collection_of_the_image() -> None:
    """AWX installs these files, and puts their collections before those of the execution environment."""
    assert list(PROJECT.rglob("requirements.y*ml")) == []


@pytest.mark.parametrize("name", NAMES)
def test_survey_has_the_format_of_awx(name: str) -> None:
    spec = survey(name)
    assert spec.keys() == {"name", "description", "spec"}
    variables = [question["variable"] for question in spec["spec"]]
    assert len(variables) == len(set(variables))
    for question in spec["spec"]:
        assert question.keys() == KEYS
        assert question["type"] in TYPES
        assert question["question_name"]
        assert question["question_description"].endswith(".")
        choices, default = question["choices"], question["default"]
        assert bool(choices) is (question["type"] == "multiplechoice")
        if choices:
            assert all(isinstance(choice, str) for choice in choices)
            assert default in ["", *choices]
        elif question["type"] in ("integer", "float"):
            assert default == "" or question["min"] <= default <= question["max"]
        else:
            assert isinstance(default, str)
            assert question["type"] != "password" or default == ""


@pytest.mark.parametrize("name", NAMES)
def test_survey_matches_the_variables_of_its_playbook(name: str) -> None:
    assert {question["variable"] for question in survey(name)["spec"]} <= playbook_variables(name)


def test_survey_asks_how_long_to_wait() -> None:
    asking = {question["variable"] for name in NAMES for question in survey(name)["spec"]}
    assert {f"{name}_wait_timeout" for name in WAITING} <= asking


@pytest.mark.parametrize("name", [name for name in NAMES if (ROLES / name).exists()])
def test_survey_matches_the_argument_spec_of_the_role(name: str) -> None:
    asked = {question["variable"]: question for question in survey(name)["spec"]}
    for variable, option in options(name).items():
        question = asked.get(variable)
        if question is None:
            assert not option.get("required"), variable
            continue
        # In an execution environment, a secret has to be in the survey, since files are lost after the job.
        assert question["required"] is (option.get("required", False) or question["type"] == "password")
        assert option.get("no_log", False) is (question["type"] == "password")
        # A question without an answer has empty text. AWX sends nothing for a number.
        assert question["required"] or option["type"] in ("str", "raw") or question["type"] in ("integer", "float")
        assert set(question["choices"] or []) <= set(option.get("choices", question["choices"]))


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_role_has_empty_defaults_for_optional_answers(role: str) -> None:
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    optional = {name for name, option in options(role).items() if not option.get("required")}
    wait_options = {f"{role}_wait_timeout", f"{role}_wait_interval"}
    assert defaults.keys() == optional - wait_options - {"clickhouse_organizations"}
    # AWX has no question whose answer is a list.
    assert all(value in ("", True, []) for value in defaults.values())
    assert (ROLES / role / "README.md").exists()


@pytest.mark.parametrize("name", NAMES)
def test_playbook_runs_only_on_the_controller(name: str) -> None:
    (play,) = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text())
    assert (play["hosts"], play["connection"], play["gather_facts"]) == ("localhost", "local", False)
    assert play["vars"]["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"


def tasks(node: Any) -> Iterator[dict[str, Any]]:
    """Return all tasks below a YAML node, including those in blocks."""
    for item in node:
        yield item
        for part in ("tasks", "block", "rescue", "always"):
            yield from tasks(item.get(part, []))


def test_task_with_a_password_has_no_log() -> None:
    books = [PLAYBOOKS / f"{name}.yml" for name in NAMES] + list(ROLES.glob("*/tasks/*.yml"))
    silent = 0
    for task in (task for book in books for task in tasks(yaml.safe_load(book.read_text()))):
        options = [value for key, value in task.items() if key.startswith("clickhouse.cloud.")]
        if any("password" in (value or {}) for value in options):
            assert task.get("no_log") is True, task["name"]
            silent += 1
    assert silent == 3
