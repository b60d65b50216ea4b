# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Terraform with the vendor's provider, run against the emulator."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.emulator.client import REPOSITORY, Emulator

DIRECTORY = Path(__file__).parent / "terraform"
VERSIONS = DIRECTORY / "versions.tf"
#: The provider, as Terraform has installed it, with the file that records its version.
INSTALLED = REPOSITORY / ".cache/conformance/terraform"
LOCK = ".terraform.lock.hcl"
#: How long Terraform may take to install the provider, and to run a step, in seconds.
INSTALL_TIMEOUT = 120
TIMEOUT = 180
#: The exit status of a plan that proposes changes.
PLAN_HAS_CHANGES = 2
IS_REQUIRED = os.environ.get("REQUIRE_TERRAFORM") == "1"


@dataclass(frozen=True)
class Configuration:
    """A directory with a configuration, and how it is used."""

    name: str
    #: The values of the variable ``stage``: 0 for the creation, and one for each change.
    stages: int = 2
    #: Whether all of its resources can be imported.
    imports: bool = True
    #: What the page of results says about it.
    note: str = ""

    @property
    def source(self) -> Path:
        return DIRECTORY / self.name / "main.tf"

    @property
    def kinds(self) -> set[str]:
        """Return the resources and data sources of the provider that it uses, such as ``data.clickhouse_role``."""
        blocks = re.findall(r'^(resource|data) "(clickhouse_\w+)"', self.source.read_text("utf-8"), re.MULTILINE)
        return {f"data.{kind}" if block == "data" else kind for block, kind in blocks}


def read_configurations() -> list[Configuration]:
    entries = yaml.safe_load((DIRECTORY / "configurations.yml").read_text("utf-8"))
    return [Configuration(name, **(options or {})) for name, options in entries.items()]


def read_out_of_scope() -> dict[str, str]:
    """Return why no configuration uses the resources and data sources that begin with these names."""
    kinds: dict[str, str] = yaml.safe_load((DIRECTORY / "out_of_scope.yml").read_text("utf-8"))
    return kinds


def read_pinned_version() -> str:
    """Return the version of the provider that the configurations require."""
    match = re.search(r'version = "([\d.]+)"', VERSIONS.read_text("utf-8"))
    assert match, f"{VERSIONS} names no version"
    return match[1]


def run_terraform(
    directory: Path, *arguments: str, timeout: int = TIMEOUT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a directory, without colors and questions."""
    return subprocess.run(
        ["terraform", *arguments],
        cwd=directory,
        env={
            **os.environ,
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_ARGS": "-no-color",
            "TF_DATA_DIR": str(INSTALLED / "data"),
            "TF_INPUT": "0",
            "TF_IN_AUTOMATION": "1",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@functools.cache
def find_obstacle() -> str:
    """Return why Terraform or the provider cannot run, or an empty text; install the provider if necessary."""
    if shutil.which("terraform") is None:
        return "terraform is not installed."
    INSTALLED.mkdir(parents=True, exist_ok=True)
    shutil.copy(VERSIONS, INSTALLED)
    if _has_provider():
        return ""
    try:
        completed = run_terraform(INSTALLED, "init", "-upgrade", timeout=INSTALL_TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"terraform init did not install the provider within {INSTALL_TIMEOUT} seconds."
    if completed.returncode == 0 and _has_provider():
        return ""
    return f"terraform init did not install the provider {read_pinned_version()}."


def _has_provider() -> bool:
    return run_terraform(INSTALLED, "providers", "schema", "-json").returncode == 0


def read_provided_kinds() -> set[str]:
    """Return all resources and data sources of the provider."""
    output = run_terraform(INSTALLED, "providers", "schema", "-json").stdout
    (schema,) = json.loads(output)["provider_schemas"].values()
    return {*schema["resource_schemas"], *(f"data.{kind}" for kind in schema["data_source_schemas"])}


def read_installed_version() -> str:
    """Return the version of the provider that Terraform has installed; empty for a development override."""
    selections = json.loads(run_terraform(INSTALLED, "version", "-json").stdout)["provider_selections"]
    return "".join(selections.values())


def check_success(completed: subprocess.CompletedProcess[str]) -> None:
    if completed.returncode:
        pytest.fail(f"expected the exit status 0, got {completed.returncode}: {completed.stderr}", pytrace=False)


class Terraform:
    """A directory with a configuration, its state and the environment for the emulator."""

    def __init__(self, emulator: Emulator, directory: Path, source: Path) -> None:
        self._emulator = emulator
        self._directory = directory
        directory.mkdir()
        for path in (VERSIONS, INSTALLED / LOCK, source, *source.parent.glob("*.zip")):
            if path.exists():
                shutil.copy(path, directory)

    def run(self, *arguments: str, stage: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {**self._emulator.environment, "TF_VAR_stage": str(stage)}
        return run_terraform(self._directory, *arguments, environment=environment)

    def apply(self, stage: int) -> None:
        completed = self.run("apply", "-auto-approve", stage=stage)
        check_success(completed)

    def expect_no_changes(self, stage: int) -> None:
        completed = self.run("plan", "-detailed-exitcode", stage=stage)
        if completed.returncode == PLAN_HAS_CHANGES:
            pytest.fail(f"the plan proposes changes: {completed.stdout}", pytrace=False)
        check_success(completed)

    def import_all(self, stage: int) -> None:
        """Import every resource of the state into an empty one."""
        ids = self.read_ids()
        (self._directory / "terraform.tfstate").unlink()
        self.import_resources(ids, stage)

    def import_resources(self, ids: Mapping[str, str], stage: int) -> None:
        """Import the resources with these IDs by their addresses."""
        for address, resource_id in ids.items():
            completed = self.run("import", address, resource_id, stage=stage)
            check_success(completed)

    def destroy(self, stage: int) -> None:
        completed = self.run("destroy", "-auto-approve", stage=stage)
        check_success(completed)

    def read_ids(self) -> dict[str, str]:
        """Return the ID of each resource in the state by its address."""
        state: Any = json.loads(self.run("show", "-json").stdout)
        return {
            resource["address"]: resource["values"].get("id") or resource["values"]["service_id"]
            for resource in state["values"]["root_module"]["resources"]
            if resource["mode"] == "managed"
        }


def list_steps(configuration: Configuration) -> dict[str, Callable[[Terraform], None]]:
    """Return what is done with a configuration, by name."""
    steps: dict[str, Callable[[Terraform], None]] = {}
    for stage in range(configuration.stages):
        steps[f"update {stage}" if stage else "apply"] = functools.partial(Terraform.apply, stage=stage)
        steps[f"plan {stage}"] = functools.partial(Terraform.expect_no_changes, stage=stage)
    last = configuration.stages - 1
    if configuration.imports:
        steps["import"] = functools.partial(Terraform.import_all, stage=last)
        steps["plan after import"] = functools.partial(Terraform.expect_no_changes, stage=last)
    steps["destroy"] = functools.partial(Terraform.destroy, stage=last)
    return steps
