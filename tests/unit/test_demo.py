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
from typing import Callable

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parents[2]


def play(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "ansible.cli.playbook", str(ROOT / "playbooks/demo.yml"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)


def test_demo_runs_as_described_and_cleans_up(emulator: Emulator) -> None:
    ended = play("-e", '{"demo_interval": 0.2}')
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"was created, changed, stopped, started and deleted in \d+ seconds", ended.stdout)
    directory = re.search(r"is in (\S+)/password", ended.stdout)
    assert directory
    assert not Path(directory[1]).exists()
    assert emulator.services() == []
    writes = [
        request["method"] + " " + request["path"].rsplit("/", 1)[-1]
        for request in emulator.journal()
        if request["method"] != "GET"
    ]
    (service_id,) = {write.split()[1] for write in writes if write.startswith("DELETE")}
    assert writes == [
        "POST services",
        f"PATCH {service_id}",
        "PATCH state",
        "PATCH state",
        "PATCH state",
        f"DELETE {service_id}",
    ]


def test_failed_demo_cleans_up(emulator: Emulator, sent: Callable[[], list[str]]) -> None:
    emulator.fault(path="/state$", status=403)
    ended = play("-e", '{"demo_interval": 0.2}')
    assert ended.returncode != 0
    assert "The role of the API key does not allow this" in ended.stdout
    assert emulator.services() == []
