# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weekly workflow lists the changes of the specification in one issue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.contract.openapi import openapi

ROOT = Path(__file__).resolve().parents[3]
TITLE = "The specification of the API has changed"

#: Stands for gh: it writes its arguments and the body into a file, and lists the open issues.
GH = """\
#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$GH_LOG"
for argument in "$@"; do
    if [ "$argument" = .cache/contract-issue.md ]; then cp "$argument" "$GH_LOG.body"; fi
done
if [ "$2" = list ]; then echo "$GH_NUMBER"; fi
"""


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], list[str], str]]:
    """Return a function that runs the program; it returns the result, the calls of gh, and the text of the issue."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "tests").symlink_to(ROOT / "tests")

    def run(specification: Any, number: str = "") -> tuple[subprocess.CompletedProcess[str], list[str], str]:
        (tmp_path / "openapi.json").write_text(json.dumps(specification))
        log, body = tmp_path / "log", tmp_path / "log.body"
        environment = {
            **os.environ,
            "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GH_LOG": str(log),
            "GH_NUMBER": number,
        }
        ended = subprocess.run(
            [str(ROOT / "tests/tools/contract_issue.sh"), "openapi.json"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        calls = log.read_text().splitlines() if log.exists() else []
        return ended, calls, body.read_text() if body.exists() else ""

    return run


@pytest.fixture
def changed() -> Any:
    """Return a specification with one change."""
    specification = openapi(load(corrected=False))
    specification["components"]["schemas"]["Service"]["properties"]["name"]["maxLength"] = 63
    return specification


Report = Callable[..., tuple[subprocess.CompletedProcess[str], list[str], str]]


def test_no_change_needs_no_issue(report: Report) -> None:
    ended, calls, _body = report(openapi(load(corrected=False)))
    assert (ended.returncode, ended.stderr, calls) == (0, "", [])


def test_a_change_opens_an_issue(report: Report, changed: Any) -> None:
    ended, calls, body = report(changed)
    assert ended.returncode == 0, ended.stderr
    assert calls[0].startswith("issue list --state open")
    assert calls[1:] == [f"issue create --title {TITLE} --body-file .cache/contract-issue.md"]
    assert "- `Service.name`: maxLength was `50`, is `63` (" in body
    assert "- `Service.name`: maxLength was `50`, is `63` (" in ended.stdout


def test_a_further_change_updates_the_open_issue(report: Report, changed: Any) -> None:
    ended, calls, body = report(changed, "17")
    assert ended.returncode == 0, ended.stderr
    assert calls[1:] == ["issue edit 17 --body-file .cache/contract-issue.md"]
    assert "maxLength was `50`" in body


def test_a_long_list_is_cut(report: Report, changed: Any) -> None:
    for number in range(1000):
        changed["paths"][f"/v1/new{number}/{'x' * 100}"] = {"get": {"tags": ["New"]}}
    ended, _calls, body = report(changed)
    assert ended.returncode == 0, ended.stderr
    assert 65000 < len(body) < 65536
    assert body.endswith("the log of the workflow has all of it.\n")


def test_what_is_not_a_specification_fails(report: Report) -> None:
    ended, calls, _body = report({"error": "no"})
    assert (ended.returncode, calls) == (2, [])
    assert "it is not an OpenAPI description" in ended.stderr


def test_the_workflow_runs_every_week_and_may_write_issues() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/contract.yml").read_text())
    assert [entry["cron"].split()[-1] for entry in workflow["on"]["schedule"]] == ["1"]
    assert workflow["permissions"] == {"contents": "read", "issues": "write"}
    commands = [step["run"] for step in workflow["jobs"]["compare"]["steps"] if "run" in step]
    assert commands[-1] == "tests/tools/run.sh tests/tools/contract_issue.sh openapi.json"
