# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The generator of new modules: the linters accept its files, and their tests fail until they are filled in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.unit.conftest import BATCHES

ROOT = Path(__file__).resolve().parents[2]
#: The shape of each module, by its name.
SHAPES = {"region_quota_info": "", "service_label": "", "quiet_hours": "singleton", "quiet_hours_info": "singleton"}
NAMES = list(SHAPES)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this checkout, as the collection, with a generated module of each kind."""
    path = tmp_path_factory.mktemp("collections") / "ansible_collections/clickhouse/cloud"
    subprocess.run(
        ["tests/tools/copy.sh", str(path), "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True
    )
    for name in NAMES:
        ended = generate(path, name, SHAPES[name])
        assert ended.returncode == 0, ended.stderr
        assert f"plugins/modules/{name}.py" in ended.stdout
    # As "make new-module" does.
    run_tool(path, "ruff", "check", "--quiet", "--fix-only", "plugins", "tests")
    run_tool(path, "ruff", "format", "--quiet", "plugins", "tests")
    return path


def generate(checkout: Path, name: str, shape: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tests/tools/new_module.py", name, shape]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def run_tool(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program in the copy, in whose collection Python and Ansible find the generated modules."""
    collections = str(checkout.parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": collections,
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "PYTEST_ADDOPTS": "",
    }
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def run_pytest(checkout: Path, *arguments: str) -> list[str]:
    """Run tests in the copy and return the message of each test that failed.

    The messages are those of the report for machines: what the terminal shows depends on the environment.
    """
    report = checkout / ".cache/report.xml"
    ended = run_tool(checkout, "pytest", "-p", "no:cacheprovider", "--junit-xml", str(report), *arguments)
    assert ended.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), ended.stdout + ended.stderr
    (suite,) = ElementTree.parse(report).iter("testsuite")
    assert suite.attrib["errors"] == "0", ended.stdout
    return [failure.attrib["message"] for failure in suite.iter("failure")]


def test_generated_files_are_those_of_a_module(checkout: Path) -> None:
    for name in NAMES:
        assert (checkout / f"plugins/action/{name}.py").is_file()
        assert sorted(path.name for path in (checkout / f"tests/integration/targets/{name}").rglob("*.*")) == [
            "main.yml",
            "main.yml",
        ]
    group = yaml.safe_load((checkout / "meta/runtime.yml").read_text())["action_groups"]["all"]
    assert {*NAMES} < {*group}
    assert group == sorted(group)


def test_linters_accept_the_generated_files(checkout: Path) -> None:
    paths = sorted({str(path) for name in NAMES for path in checkout.rglob(f"*{name}*.py")})
    # The two modules of a part share three files.
    assert len(paths) == 4 * len(NAMES) + 3
    for arguments in (["ruff", "check", *paths], ["ruff", "format", "--check", *paths]):
        ended = run_tool(checkout, *arguments)
        assert ended.returncode == 0, ended.stdout
    targets = [str(checkout / f"tests/integration/targets/{name}") for name in NAMES]
    ended = run_tool(checkout, "yamllint", "--strict", "meta", *targets)
    assert ended.returncode == 0, ended.stdout
    for name in NAMES:
        assert "short_description" in run_tool(checkout, "ansible.cli.doc", "--json", f"clickhouse.cloud.{name}").stdout


def test_tests_of_a_generated_module_fail_until_they_are_filled_in(checkout: Path) -> None:
    """The module itself runs in each of these tests, as a process or on the fast path; with more BATCHES, on both."""
    runs = 4 if BATCHES > 1 else 2
    failures = run_pytest(checkout, *(f"tests/unit/modules/test_{name}.py" for name in NAMES))
    assert len(failures) == runs * len(NAMES)
    for name in NAMES:
        message = f"Fill in tests/unit/modules/test_{name}.py: test what CONTRIBUTING.md requires for a module."
        assert failures.count(f"Failed: {message}") == runs
    failures = run_pytest(
        checkout, "tests/unit/test_fault_matrix.py", "-k", f"without_fault and ({' or '.join(NAMES)})"
    )
    assert len(failures) == 2 * len(NAMES)
    for name in NAMES:
        message = f"AssertionError: Fill in tests/unit/scenarios/{name}.py: state PERMISSIONS"
        assert sum(failure.startswith(message) for failure in failures) == 2


def test_tests_derived_from_the_scenarios_pass(checkout: Path) -> None:
    """Nothing but what has to be filled in is red."""
    names = " or ".join(NAMES)
    tests = ("test_contract", "test_endpoints", "test_permissions", "test_secrets", "test_specs", "test_text_options")
    every = "every or lists or group or version or fast_path or documentation"
    assert run_pytest(checkout, *(f"tests/unit/{test}.py" for test in tests), "-k", f"{names} or {every}") == []
    for name in NAMES:
        text = (checkout / f"tests/integration/targets/{name}/tasks/main.yml").read_text()
        assert f"Fill in tests/integration/targets/{name}/tasks/main.yml" in text


def test_unknown_shape_is_rejected(checkout: Path) -> None:
    ended = generate(checkout, "service_color", "square")
    assert (ended.returncode, ended.stderr) == (1, "SHAPE must be singleton, or not set; 'square' is neither.\n")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Service", "NAME must consist of lowercase words, such as service_tag; 'Service' does not."),
        ("service-tag", "NAME must consist of lowercase words, such as service_tag; 'service-tag' does not."),
        ("", "NAME must consist of lowercase words, such as service_tag; '' does not."),
        ("service", "plugins/modules/service.py exists already. Choose another NAME."),
    ],
)
def test_unusable_name_is_rejected(checkout: Path, name: str, message: str) -> None:
    ended = generate(checkout, name)
    assert ended.returncode == 1
    assert ended.stderr == message + "\n"
