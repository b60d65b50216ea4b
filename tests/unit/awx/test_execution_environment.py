# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder creates a build context from the example, and finds the requirements of the collection."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.unit.awx.credential_type import ROOT

BIN = Path(sys.executable).parent
EXAMPLE = ROOT / "examples/execution-environment"


def output(directory: Path, program: str, *arguments: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_HOME": str(directory / "home"),
    }
    ended = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of the example, after the steps of its README up to the image."""
    directory = tmp_path_factory.mktemp("example")
    shutil.copy(EXAMPLE / "execution-environment.yml", directory)
    output(directory, "ansible-galaxy", "collection", "build", str(ROOT))
    (built,) = directory.glob("clickhouse-cloud-*.tar.gz")
    built.rename(directory / "clickhouse-cloud.tar.gz")
    return directory


def test_example_can_be_built(example: Path) -> None:
    output(example, "ansible-builder", "create", "--output-filename", "Containerfile")
    build = example / "context/_build"
    (collection,) = yaml.safe_load((build / "requirements.yml").read_text())["collections"]
    assert Path("/build") / (build / "dist/clickhouse-cloud.tar.gz").relative_to(build) == Path(collection["name"])
    assert (build / "dist/clickhouse-cloud.tar.gz").read_bytes() == (example / "clickhouse-cloud.tar.gz").read_bytes()
    containerfile = (example / "context/Containerfile").read_text()
    assert "ansible-core>=2.16" in containerfile
    assert "ansible-galaxy collection install" in containerfile


def test_requirements_are_found_in_the_release(example: Path) -> None:
    install = (
        "collection",
        "install",
        "--offline",
        "--force",
        "--collections-path",
        "collections",
        "clickhouse-cloud.tar.gz",
    )
    output(example, "ansible-galaxy", *install)
    found = yaml.safe_load(output(example, "ansible-builder", "introspect", "collections"))
    assert found == {"python": ["requests>=2.28  # from collection clickhouse.cloud"], "system": []}
