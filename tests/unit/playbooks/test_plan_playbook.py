# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of declared services as a table, as a page, and as a file that is carried out later."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play

Make = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Run = Callable[..., dict[str, Any]]

PLACE = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
#: A name that is HTML, controls a terminal and changes the direction of the text, and a value that is a template.
HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e\n"
TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch marker') }}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks in an empty directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def cells(page: str) -> list[list[str]]:
    """Return the text of the cells in each row of the page, without the heading."""
    rows = re.findall(r"<tr class=.*?</tr>", page, re.DOTALL)
    return [
        [html.unescape(re.sub(r"<[^>]+>", " ", cell)).strip() for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        for row in rows
    ]


def test_plan_is_a_table_a_page_and_a_file(play: Play, fleet: Make, run: Run, sent: Sent, here: Path) -> None:
    analytics = fleet("analytics")["id"]
    hostile = fleet(HOSTILE, ipAccessList=[{"source": "203.0.113.7", "description": TEMPLATE}])["id"]
    attic = fleet("attic", state="stopped")["id"]
    fleet("same")
    services = [
        {"name": "analytics", "mysql_endpoint": True, "backup_config": {"backup_period_in_hours": 12}},
        {"service_id": hostile, "ip_access_list": []},
        {"name": "reports", **PLACE},
        {"name": "attic", "state": "absent"},
        {"name": "same"},
    ]
    (here / "services.yml").write_text(yaml.safe_dump({"clickhouse_services": services}))
    sent()
    files = {"plan_declaration": "services.yml", "plan_report": "plan.html", "plan_out": "plan.json"}
    ended = play("plan", **files)
    assert (ended.code, ended.changed) == (0, 1), ended.output
    assert all(request.startswith("GET") for request in sent())
    width = len(HOSTILE)
    for line in (
        f"change  {'analytics':{width}}  mysql_endpoint: false -> true",
        f"{'':{width + 10}}backup_config: ",
        f"change  {re.sub('[^ -~]', '?', HOSTILE)}  ip_access_list: ",
        f"create  {'reports':{width}}  ",
        f"DELETE  {'attic':{width}}  the service and its data",
        "1 to create, 2 to change, 1 to delete, 1 unchanged",
    ):
        assert json.dumps(line)[:-1] in ended.output, line
    assert "\x1b[2J" not in ended.output
    assert not (here / "marker").exists()

    page = (here / "plan.html").read_text()
    rows = cells(page)
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "default-src 'none'" in page
    assert "1 to create, 2 to change, 1 to delete, 1 unchanged" in page
    assert rows[0] == [f"analytics  {analytics}", "change  mysql_endpoint", "false", "true"]
    backups = '{"backup_period_in_hours": 24}', '{"backup_period_in_hours": 12}'
    assert rows[1] == [f"analytics  {analytics}", "change  backup_config", *backups]
    entries = json.dumps([{"source": "203.0.113.7", "description": TEMPLATE}])
    (row,) = [row for row in rows if hostile in row[0]]
    assert row[1:] == ["change  ip_access_list", entries, "[]"]
    assert ["reports", "create  region", "", '"eu-central-1"'] in rows
    assert rows[-1] == [f"attic  {attic}", "delete  The service and its data"]
    assert '<tr class="delete">' in page

    assert run("fleet", plan_file=str(here / "plan.json"))["changed"] is True


def test_declaration_that_cannot_be_carried_out_fails(play: Play, fleet: Make, here: Path) -> None:
    moved = fleet("moved")["id"]
    services = [{"name": "moved", "region": "us-east-1"}, {"name": "moved2", **PLACE}]
    ended = play("plan", plan_declaration=services, plan_report="plan.html", plan_out="plan.json")
    assert ended.code != 0
    assert "error   moved " in ended.output
    assert "1 of 2 services failed." in ended.output
    error, *others = cells((here / "plan.html").read_text())
    assert error[0] == f"moved  {moved}"
    assert error[1].startswith("error  ")
    assert "region is 'eu-central-1', not 'us-east-1'" in error[1]
    assert {row[0] for row in others} == {"moved2"}
    assert not (here / "plan.json").exists()


def test_plan_that_exceeds_a_quota_is_shown_before_it_fails(play: Play, emulator: Any, here: Path) -> None:
    emulator.set_quotas(services_per_organization=0)
    ended = play("plan", plan_declaration=[{"name": "reports", **PLACE}], plan_report="plan.html")
    assert ended.code != 0
    assert "create  reports  " in ended.output
    assert "1 more would be created" in ended.output
    assert cells((here / "plan.html").read_text())[0][0] == "reports"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"plan_declaration": "services.yml", "plan_report": "plan.pdf"}, "Set plan_declaration to a file"),
        ({"plan_declaration": "other.yml"}, "does not set the variable clickhouse_services"),
        ({"plan_declaration": [{"name": "a", "password": "p"}], "plan_out": "plan.json"}, "must not contain secrets"),
    ],
)
def test_invalid_variables_are_rejected(
    play: Play, sent: Sent, here: Path, variables: dict[str, Any], message: str
) -> None:
    (here / "other.yml").write_text("services: []\n")
    ended = play("plan", **variables)
    assert ended.code != 0
    assert message in ended.output
    assert sent() == []


def test_error_of_the_api_fails(play: Play, emulator: Any, here: Path) -> None:
    emulator.fault(path="/services$", status=401, times=99)
    ended = play("plan", plan_declaration=[{"name": "analytics"}])
    assert ended.code != 0
    assert "401" in ended.output
