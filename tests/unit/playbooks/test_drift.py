# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of declared services with those that exist, and its reports."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.drift import drift
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play

Make = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks in an empty directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


def test_exported_services_do_not_differ(play: Play, fleet: Make, sent: Sent, here: Path) -> None:
    for name in ("analytics", "reports"):
        fleet(name)
    assert play("export", export_file="services.yml").code == 0
    sent()
    ended = play("drift", drift_declaration="services.yml", drift_fail="true", drift_report="drift.json\ndrift.xml")
    assert (ended.code, ended.changed) == (0, 1), ended.output
    assert "0 differences, 2 services as declared." in ended.output
    assert json.loads((here / "drift.json").read_text()) == {"findings": [], "matching": 2}
    suite = ET.parse(here / "drift.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
    assert [case.get("name") for case in suite] == ["analytics", "reports"]
    assert writes(sent()) == []


def test_each_kind_of_difference_is_reported(
    play: Play, fleet: Make, emulator: Emulator, sent: Sent, here: Path
) -> None:
    changed, other = fleet("analytics"), fleet("<b>&\nx", {"env": "test"})
    unwanted, conflicting = fleet("attic"), fleet("moved")
    fleet("untagged")
    fleet("same")
    services = [
        {"name": "analytics", "tags": {"team": "data"}, "backup_config": {"backup_period_in_hours": 12}},
        {"name": "reports", "provider": "aws", "region": "eu-central-1", "ip_access_list": []},
        {"name": "attic", "state": "absent", "force": True},
        {"name": "moved", "region": "us-east-1"},
        {"name": "same"},
        {"name": "unknown"},
    ]
    (here / "services.yml").write_text(yaml.safe_dump({"clickhouse_services": services}))
    sent()
    reports = {"drift_report": ["drift.json", "drift.xml", "drift.html"]}
    ended = play("drift", drift_declaration="services.yml", drift_tags="env=test", drift_fail="true", **reports)
    assert ended.code != 0
    assert "6 differences between the declaration and the organization: analytics, reports, attic" in ended.output
    assert "6 differences, 1 service as declared." in ended.output
    assert writes(sent()) == []

    report = json.loads((here / "drift.json").read_text())
    assert [(finding["kind"], finding["name"], finding["service_id"]) for finding in report["findings"]] == [
        ("changed", "analytics", changed["id"]),
        ("missing", "reports", None),
        ("unwanted", "attic", unwanted["id"]),
        ("conflicting", "moved", conflicting["id"]),
        ("missing", "unknown", None),
        ("undeclared", "<b>&\\nx", other["id"]),
    ]
    texts = [finding["text"] for finding in report["findings"]]
    assert texts[0] == (
        'tags is {}, declared as {"team": "data"};'
        ' backup_config is {"backup_period_in_hours": 24}, declared as {"backup_period_in_hours": 12}'
    )
    assert texts[1:3] == ["does not exist", "is declared as absent, and exists"]
    assert "region is 'eu-central-1', not 'us-east-1'" in texts[3]
    assert "There is no service 'unknown'." in texts[4]
    assert [change["option"] for change in report["findings"][0]["changes"]] == ["tags", "backup_config"]

    suite = ET.parse(here / "drift.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("7", "6")
    assert [failure.get("type") for failure in suite.iter("failure")] == [
        finding["kind"] for finding in report["findings"]
    ]
    page = (here / "drift.html").read_text()
    assert "&lt;b&gt;&amp;\\nx" in page
    assert "<b>&" not in page
    assert page.count("<tr") == 1 + 7


def test_declaration_may_be_a_variable(play: Play, fleet: Make, here: Path) -> None:
    fleet("analytics")
    ended = play("drift", drift_declaration=[{"name": "analytics"}])
    assert ended.code == 0, ended.output
    assert "0 differences, 1 service as declared." in ended.output


def test_report_for_ci_is_valid_whatever_the_names_are(play: Play, fleet: Make, here: Path) -> None:
    names = ["\x85\u2028\uffff<", "\ufffe\x7f\ufdd0&\U0001ffff"]
    ids = [fleet(name)["id"] for name in names]
    ended = play("drift", drift_declaration=[{"service_id": ids[0]}], drift_report="drift.xml")
    assert ended.code == 0, ended.output
    suite = ET.parse(here / "drift.xml").getroot()
    assert [case.get("name") for case in suite] == ["\ufffd\\x7f\ufdd0&\U0001ffff", "\ufffd\u2028\ufffd<"]


def test_differences_alone_are_no_failure(play: Play, fleet: Make, here: Path) -> None:
    fleet("analytics")
    fleet("twin")
    fleet("twin")
    ended = play("drift", drift_declaration=[{"name": "analytics"}, {"name": "twin", "mysql_endpoint": True}])
    assert ended.code == 0, ended.output
    assert "conflicting  twin  " in ended.output
    assert "2 services" in ended.output
    assert "1 difference, 1 service as declared." in ended.output


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"drift_declaration": "services.yml", "drift_report": "drift.pdf"}, "Set drift_declaration to a file"),
        ({"drift_declaration": "other.yml"}, "does not set the variable clickhouse_services"),
    ],
)
def test_invalid_variables_are_rejected(
    play: Play, sent: Sent, here: Path, variables: dict[str, str], message: str
) -> None:
    (here / "other.yml").write_text("services: []\n")
    ended = play("drift", **variables)
    assert ended.code != 0
    assert message in ended.output
    assert sent() == []


def test_error_of_the_api_is_not_a_difference(play: Play, emulator: Emulator, here: Path) -> None:
    emulator.fault(path="/services$", status=401, times=99)
    ended = play("drift", drift_declaration=[{"name": "analytics"}], drift_report="drift.json")
    assert ended.code != 0
    assert not (here / "drift.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"services": []}, []), "the input must be the result of clickhouse.cloud.fleet"),
        (({"services": [], "plan": []}, {}), "services must be the services"),
        (({"services": [], "plan": []}, [], "env"), "tags must be a dictionary"),
        (({"services": [], "plan": []}, [], {"env": [1]}), "tags"),
    ],
)
def test_other_values_are_rejected(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        drift(*arguments)
