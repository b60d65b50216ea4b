# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo in the README runs as described."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parents[2]
#: The settings of "make demo".
SETTINGS = dict(re.findall(r"^demo: export (\w+) = (\w+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))


def play(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **SETTINGS,
        "COLUMNS": "80",
        "TMPDIR": str(directory),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "ansible.cli.playbook", str(ROOT / "playbooks/demo.yml"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)


def test_demo_shows_what_it_promises_and_cleans_up(emulator: Emulator, tmp_path: Path) -> None:
    ended = play(tmp_path, "-e", '{"demo_interval": 0.2}')
    assert ended.returncode == 0, ended.stdout + ended.stderr
    shown = ended.stdout
    assert "3 to create, 0 to change, 0 to delete, 0 unchanged" in shown
    assert re.search(r"changed +web-\d{4} +ip_access_list is ", shown)
    assert "2 differences" in shown
    assert re.search(r"web-\d{4} .* is open to the whole", shown)
    assert "0 to create, 2 to change, 0 to delete, 1 unchanged" in shown
    assert "|--@state_stopped:" in shown
    assert re.search(r"planned, created, repaired and deleted in \d+ s", shown)
    page = re.search(r"The page of the audit is (\S+)", shown)
    assert page
    assert Path(page[1]).is_relative_to(tmp_path)
    assert "is open to the whole internet" in Path(page[1]).read_text()
    assert emulator.services() == []
    # The recap of Ansible is always longer.
    shown = shown.replace(str(tmp_path), "/tmp")
    lines = [line for line in (shown + ended.stderr).splitlines() if not line.startswith("localhost ")]
    assert [line for line in lines if len(line) > 80] == []


def test_commands_that_the_demo_recommends_exist() -> None:
    text = (ROOT / "playbooks/demo.yml").read_text()
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r", run make (\w+)$", text, re.MULTILINE)
    assert named == ["emulator", "docs"]
    assert all(f"\n{target}:" in makefile for target in named)


def test_failed_demo_cleans_up(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fault(path="/state$", status=403)
    ended = play(tmp_path, "-e", '{"demo_interval": 0.2}')
    assert ended.returncode != 0
    assert "The role of the API key does not allow this" in ended.stdout
    assert emulator.services() == []
