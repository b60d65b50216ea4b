# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program of Ansible that the server forks does the same as a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible

PLAY = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"debug": {"msg": "{{ lookup('env', 'CLICKHOUSE_NOTE') }} in {{ lookup('pipe', 'pwd') }}"}},
            {"ping": {}},
            {"fail": {"msg": "{{ undefined_name }}"}, "when": "fails | bool"},
        ],
    }
]


@pytest.mark.parametrize(
    ("program", "arguments", "settings"),
    [
        ("playbook", ["play.yml", "-i", "localhost,", "-c", "local", "-e", "fails=false"], {}),
        ("playbook", ["play.yml", "-i", "localhost,", "-c", "local", "-e", "fails=true"], {}),
        ("playbook", ["absent.yml"], {}),
        ("inventory", ["-i", "one,two", "--list"], {}),
        ("inventory", ["-i", "one,two", "--list"], {"ANSIBLE_INVENTORY_ENABLED": "yaml"}),
        ("inventory", ["--odd"], {}),
    ],
)
def test_result_is_that_of_a_separate_process(
    tmp_path: Path, program: str, arguments: list[str], settings: dict[str, str]
) -> None:
    (tmp_path / "play.yml").write_text(json.dumps(PLAY))
    (tmp_path / "ansible.cfg").write_text("[defaults]\nnocows = true\nstdout_callback = minimal\n")
    environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path), "CLICKHOUSE_NOTE": "\udcff", **settings}
    command = [sys.executable, "-m", f"ansible.cli.{program}", *arguments]
    separate = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    forked = run_ansible(program, *arguments, cwd=tmp_path, env=environment)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        separate.returncode,
        separate.stdout,
        separate.stderr,
    )
