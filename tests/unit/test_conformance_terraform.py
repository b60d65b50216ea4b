# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What "make conformance" does where Terraform or the provider is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.clickhouse.cloud.tests.conformance import terraform_client

VERSION = terraform_client.read_pinned_version()
#: A terraform that installs nothing, and one that takes too long for that.
FAILS = 'echo "Error: Failed to query available provider packages" >&2; exit 1'
HANGS = 'case "$1" in init) exec sleep 60;; esac; exit 1'
MESSAGES = {
    None: "terraform is not installed.",
    FAILS: f"terraform init did not install the provider {VERSION}.",
    HANGS: "terraform init did not install the provider within 0.1 seconds.",
}


@pytest.fixture(autouse=True)
def _no_cache() -> Iterator[None]:
    terraform_client.find_obstacle.cache_clear()
    yield
    terraform_client.find_obstacle.cache_clear()


def write_terraform(directory: Path, script: str) -> None:
    program = directory / "terraform"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)


@pytest.mark.parametrize("script", MESSAGES, ids=["missing", "no provider", "slow"])
def test_obstacles(script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    if script:
        write_terraform(tmp_path / "bin", script)
    # The scripts need a shell, but must not find another terraform.
    shell = os.pathsep.join(path for path in ("/usr/bin", "/bin") if not Path(path, "terraform").exists())
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{shell}")
    monkeypatch.setattr(terraform_client, "INSTALLED", tmp_path / "installed")
    monkeypatch.setattr(terraform_client, "INSTALL_TIMEOUT", 0.1)

    assert terraform_client.find_obstacle() == MESSAGES[script]


def test_no_obstacle_with_the_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_terraform(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(terraform_client, "INSTALLED", tmp_path / "installed")

    assert terraform_client.find_obstacle() == ""
    assert (tmp_path / "installed/versions.tf").exists()


@pytest.mark.parametrize("required", ["", "1"])
def test_the_target_without_terraform(required: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "REQUIRE_TERRAFORM": required}
    test = terraform_client.REPOSITORY / "tests/conformance/test_terraform.py"

    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    output = completed.stdout + completed.stderr
    if required:
        assert completed.returncode == pytest.ExitCode.USAGE_ERROR
        assert "ERROR: Terraform: terraform is not installed." in output
    else:
        assert completed.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
        assert re.findall(r".*Terraform.*", output) == [
            "make conformance: NOT RUN: Terraform: terraform is not installed."
        ]
