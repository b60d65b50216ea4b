# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks work as documented, with the necessary requests, and without writes in check mode."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play, hours_ago, survey

Make = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

PASSWORD = "canary-password-1848"
#: The most verbose output, with the arguments of tasks in their headings.
TALKATIVE = "-vvvv"


def writes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith("GET")]


def find_secrets(output: str, password: str = PASSWORD) -> list[str]:
    """Return the forms of the password that were displayed."""
    return [form for form in [password, *password_hashes(password).values()] if form in output]


NEW: dict[str, Any] = {
    "provision_name": "analytics",
    "provision_provider": "aws",
    "provision_region": "eu-central-1",
    "provision_ip_access_list": "# who may connect\r\n203.0.113.0/24 office in Berlin\r\n\r\n198.51.100.7\r\n",
    "provision_tags": "env=production\nprobe\n",
    "provision_idle_scaling": "false",
    "provision_password": PASSWORD,
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks from a directory other than that of the collection."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_provision(play: Play, emulator: Emulator, sent: Sent, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_DISPLAY_ARGS_TO_STDOUT", "true")
    planned = play("provision", "--check", "--diff", **NEW)
    assert (planned.code, planned.changed) == (0, 1), planned.output
    assert "analytics would be created or changed." in planned.output
    assert '"region": "eu-central-1"' in planned.output
    assert not find_secrets(planned.output)
    assert sent() == ["GET services", "GET quotas"]

    done = play("provision", TALKATIVE, "--diff", **NEW, provision_password_file="kept")
    assert (done.code, done.changed) == (0, 1), done.output
    assert (here / "kept").read_text() == PASSWORD
    assert not find_secrets(done.output)
    (post,) = [request["body"] for request in emulator.journal() if request["method"] == "POST"]
    assert post["ipAccessList"] == [
        {"source": "203.0.113.0/24", "description": "office in Berlin"},
        {"source": "198.51.100.7"},
    ]
    assert post["tags"] == [{"key": "env", "value": "production"}, {"key": "probe"}]
    assert post["idleScaling"] is False
    (created,) = emulator.raw_services()
    assert created["passwordHash"] == password_hashes(PASSWORD)["newPasswordHash"]
    assert writes(sent()) == ["POST services", f"PATCH services/{created['id']}/password"]

    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "true")
    again = play("provision", **NEW)
    assert (again.code, again.changed) == (0, 0), again.output
    assert "analytics is up to date." in again.output
    assert f"ID: {created['id']}" in again.output
    (https,) = [endpoint for endpoint in created["endpoints"] if endpoint["protocol"] == "https"]
    assert f"https: {https['host']}:{https['port']}" in again.output
    (artifacts,) = re.findall(r"RUN: (\{.*\})", again.output)
    assert json.loads(artifacts).keys() == {"provision_service_id", "provision_endpoints"}
    assert json.loads(artifacts)["provision_service_id"] == created["id"]
    assert sent() == ["GET services"]


def test_provision_changes_an_existing_service_of_any_provider(play: Play, emulator: Emulator) -> None:
    """AWX sends the default of a question that was left empty."""
    answers = {question["variable"]: question["default"] for question in survey("provision")["spec"]}
    answers |= {name: NEW[name] for name in ("provision_name", "provision_password")}
    answers |= {"provision_ip_access_list": "203.0.113.9", "provision_wait_timeout": 100}
    existing = emulator.create(name="analytics", provider="gcp", region="europe-west4")["service"]
    emulator.set_service(existing["id"], state="running")
    done = play("provision", **answers)
    assert (done.code, done.changed) == (0, 1), done.output
    assert emulator.raw_service(existing["id"])["ipAccessList"] == [{"source": "203.0.113.9"}]


def test_provision_refuses_to_exceed_the_quota(play: Play, emulator: Emulator, sent: Sent) -> None:
    emulator.set_quotas(services_per_organization=0)
    ended = play("provision", "--check", **NEW)
    assert ended.code != 0
    assert "The quota services-per-organization of the organization is 0" in ended.output
    assert sent() == ["GET services", "GET quotas"]


def test_provision_reports_errors_although_its_task_has_no_log(play: Play, emulator: Emulator) -> None:
    emulator.fault(path="/services$", method="POST", status=403)
    ended = play("provision", TALKATIVE, **NEW)
    assert ended.code != 0
    assert "The role of the API key does not allow this" in ended.output
    assert not find_secrets(ended.output)


def test_provision_names_the_invalid_line_of_an_answer(play: Play, sent: Sent) -> None:
    access = "203.0.113.0/24 office\nbuild server 198.51.100.7\n"
    ended = play("provision", **{**NEW, "provision_ip_access_list": access})
    assert ended.code != 0
    assert "Line 2 must begin with an IP address or a network in CIDR notation" in ended.output
    assert sent() == []


def test_start_stop(play: Play, fleet: Make, emulator: Emulator, sent: Sent) -> None:
    hours = {"office-hours": "true"}
    first, second = fleet("first", hours), fleet("second", hours)
    fleet("kept", {**hours, "ansible-keep-running": "yes"})
    fleet("other", {"office-hours": "false"})
    stopped = fleet("stopped", hours, state="stopped")
    night = {"start_stop_state": "stopped", "start_stop_tags": "office-hours=true"}

    planned = play("start_stop", "--check", **night)
    assert (planned.code, planned.changed) == (0, 1), planned.output
    for line in ("Would be stopped: first, second", "Already stopped: stopped"):
        assert line in planned.output
    assert sent() == ["GET services", "GET services"]

    done = play("start_stop", **night)
    assert (done.code, done.changed) == (0, 1), done.output
    for line in ("Now stopped: first, second", "Kept running by the tag ansible-keep-running: kept"):
        assert line in done.output
    requests = sent()
    assert sorted(writes(requests)) == sorted(f"PATCH services/{item['id']}/state" for item in (first, second))
    # Waiting for any number of services uses the list.
    assert {request for request in requests if request.startswith("GET")} == {"GET services"}

    again = play("start_stop", **night)
    assert (again.code, again.changed) == (0, 0), again.output
    assert not writes(sent())

    # The tag against stopping does not prevent a start.
    emulator.set_service(stopped["id"], state="stopped", tags=[{"key": "ansible-keep-running"}])
    morning = play("start_stop", start_stop_state="started", start_stop_tags="ansible-keep-running")
    assert "Now started: stopped" in morning.output
    assert "Already started: kept" in morning.output
    assert len(writes(sent())) == 1


def test_start_stop_does_not_stop_all_services(play: Play, sent: Sent) -> None:
    ended = play("start_stop", start_stop_state="stopped", start_stop_tags=" \n# office-hours=true\n")
    assert ended.code != 0
    assert "start_stop_tags is empty, which would select all services of the organization." in ended.output
    assert sent() == []


def test_scale(play: Play, service: dict[str, Any], sent: Sent, tmp_path: Path) -> None:
    size: dict[str, Any] = {"scale_max_replica_memory_gb": "64", "scale_idle_scaling": "false"}
    planned = play("scale", "--check", scale_service="analytics", **size)
    assert (planned.code, planned.changed) == (0, 1), planned.output
    assert "analytics would have 16 to 64 GB in each replica, and never goes idle" in planned.output
    assert sent() == ["GET services"]

    done = play("scale", scale_service=service["id"], **size)
    assert (done.code, done.changed) == (0, 1), done.output
    requests = sent()
    assert writes(requests) == [f"PATCH services/{service['id']}/replicaScaling"]
    assert "GET services" not in requests

    # As in a project of AWX.
    book = tmp_path / "scale.yml"
    values = {"scale_service": service["id"], "scale_max_replica_memory_gb": 64, "scale_idle_scaling": False}
    book.write_text(json.dumps([{"import_playbook": "clickhouse.cloud.scale", "vars": values}]))
    again = play("scale", book=str(book))
    assert (again.code, again.changed) == (0, 0), again.output
    assert "analytics has 16 to 64 GB in each replica, and never goes idle" in again.output
    assert sent() == [f"GET services/{service['id']}"]


def test_scale_reports_missing_service(play: Play, sent: Sent) -> None:
    ended = play("scale", "--check", scale_service="nobody")
    assert ended.code != 0
    assert "There is no service 'nobody'." in ended.output
    assert sent() == ["GET services"]


def test_backup_check(play: Play, fleet: Make, sent: Sent) -> None:
    good = fleet("good", {"env": "production"})
    # A stopped service has no new backups, and its data does not change.
    stopped = fleet("stopped", {"env": "production"}, backup=500, state="stopped")
    new = fleet("new", {"env": "production"}, backup=None, createdAt=good["createdAt"])
    passed = play("backup_check", backup_check_tags="env=production")
    assert (passed.code, passed.changed) == (0, 0), passed.output
    assert sent() == ["GET services", *(f"GET services/{item['id']}/backups" for item in (good, stopped, new))]


def test_backup_check_names_each_service(play: Play, fleet: Make, emulator: Emulator, sent: Sent) -> None:
    fleet("good", {"env": "production"})
    fleet("old", {"env": "production"}, backup=51)
    fleet("never {{ 1 + 1 }}", backup=None, state="stopped")
    hidden = fleet("hidden")
    emulator.fault(path=f"{hidden['id']}/backups$", status=400)
    ended = play("backup_check", "--check")
    assert ended.code != 0
    assert "3 of 4 services have no backup from the last 26 hours: " in ended.output, ended.output
    for reason in (
        "old has a newest backup that is 51.0 hours old",
        "never {{ 1 + 1 }} has no completed backup",
        "hidden has backups that cannot be read: ",
    ):
        assert reason in ended.output
    assert len(sent()) == 5


def test_backup_check_of_some_services(play: Play, fleet: Make, sent: Sent) -> None:
    first, second = fleet("first"), fleet("second")
    fleet("old", backup=51)
    # The workflow of AWX sets the names to this template.
    passed = play("backup_check", backup_check_names="{{ scale_service }}\nsecond\n", scale_service=first["id"])
    assert (passed.code, passed.changed) == (0, 0), passed.output
    assert sorted(sent()) == ["GET services", *sorted(f"GET services/{item['id']}/backups" for item in (first, second))]


def test_backup_check_without_services_fails(play: Play, fleet: Make, sent: Sent) -> None:
    fleet("analytics")
    ended = play("backup_check", backup_check_names="analytics\nanalitics\n", backup_check_max_age_hours=12)
    assert ended.code != 0
    assert "There is no service analitics, so its backups cannot be checked." in ended.output
    assert sent() == ["GET services"]


def test_rotate_password(
    play: Play, service: dict[str, Any], emulator: Emulator, sent: Sent, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_DISPLAY_ARGS_TO_STDOUT", "true")
    kept = here / "password"
    by_name = {"rotate_password_service": "analytics", "rotate_password_file": str(kept)}
    planned = play("rotate_password", "--check", "--diff", **by_name)
    assert (planned.code, planned.changed) == (0, 1), planned.output
    assert '"password": "a new one"' in planned.output
    assert not kept.exists()
    assert sent() == ["GET services"]

    done = play("rotate_password", TALKATIVE, rotate_password_service=service["id"], rotate_password_new=PASSWORD)
    assert (done.code, done.changed) == (0, 1), done.output
    assert not find_secrets(done.output)
    assert emulator.raw_service(service["id"])["passwordHash"] == password_hashes(PASSWORD)["newPasswordHash"]
    assert writes(sent()) == [f"PATCH services/{service['id']}/password"]

    generated = play(
        "rotate_password",
        TALKATIVE,
        rotate_password_service="analytics",
        rotate_password_new="",
        rotate_password_file="password",
    )
    password = kept.read_text()
    assert emulator.raw_service(service["id"])["passwordHash"] == password_hashes(password)["newPasswordHash"]
    assert f"analytics has a new password, which is in {kept}." in generated.output
    assert not find_secrets(generated.output, password)


def test_rotate_password_reports_errors_although_its_task_has_no_log(
    play: Play, service: dict[str, Any], sent: Sent
) -> None:
    ended = play("rotate_password", TALKATIVE, rotate_password_service="nobody", rotate_password_new=PASSWORD)
    assert ended.code != 0
    assert "There is no service 'nobody'." in ended.output
    assert not find_secrets(ended.output)
    nobody_knows = play("rotate_password", rotate_password_service="analytics", rotate_password_new="")
    assert nobody_knows.code != 0
    assert "Without either, the new password would be unknown." in nobody_knows.output
    assert sent() == ["GET services"]


COPY: dict[str, Any] = {"restore_source": "analytics", "restore_name": "copy", "restore_password": PASSWORD}


def test_restore(
    play: Play, fleet: Make, emulator: Emulator, sent: Sent, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_DISPLAY_ARGS_TO_STDOUT", "true")
    source = fleet("analytics", {"env": "production"})
    backup = emulator.raw_service(source["id"])["backups"][0]["id"]
    planned = play("restore", "--check", "--diff", **COPY)
    assert (planned.code, planned.changed) == (0, 1), planned.output
    assert "copy would be created" in planned.output
    assert '"name": "copy"' in planned.output
    assert not find_secrets(planned.output)
    assert not writes(sent())

    answers = {**COPY, "restore_ip_access_list": [], "restore_password_file": "kept"}
    done = play("restore", TALKATIVE, **answers, restore_tags="env=test")
    assert (done.code, done.changed) == (0, 1), done.output
    assert f"Its password is in {here / 'kept'}." in done.output
    assert (here / "kept").read_text() == PASSWORD
    assert not find_secrets(done.output)
    (post,) = [sent_request["body"] for sent_request in emulator.journal() if sent_request["method"] == "POST"]
    assert (post["name"], post["backupId"], post["region"]) == ("copy", backup, "eu-central-1")
    assert post["tags"] == [{"key": "env", "value": "test"}]
    assert post["ipAccessList"] == []
    assert [request.split("/")[-1] for request in writes(sent())] == ["POST services", "password"]

    refused = play("restore", **answers, restore_tags="env=other")
    assert (refused.code, refused.changed) == (2, 0), refused.output
    assert "copy already exists, so nothing was restored. Set a different restore_name, or delete" in refused.output
    assert sent() == ["GET services"]

    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "true")
    answers["restore_allow_existing"] = "true"
    again = play("restore", **answers, restore_tags="env=test")
    assert (again.code, again.changed) == (0, 0), again.output
    (copy,) = [service for service in emulator.raw_services() if service["name"] == "copy"]
    assert f"copy ({copy['id']}) already exists, so nothing was restored." in again.output
    assert f'"restore_service_id": "{copy["id"]}"' in again.output
    assert sent() == ["GET services"]

    # An existing service keeps its password.
    (here / "kept").unlink()
    other = play("restore", **answers, restore_tags="env=other")
    assert (other.code, other.changed) == (0, 1), other.output
    assert "Its password is in" not in other.output


def test_restore_reports_missing_backup(play: Play, fleet: Make, sent: Sent) -> None:
    source = fleet("analytics", backup=None)
    ended = play("restore", "--check", **{**COPY, "restore_source": source["id"]})
    assert ended.code != 0
    assert "has no completed backup, so there is nothing to restore." in ended.output
    assert not writes(sent())


def test_audit(play: Play, fleet: Make, emulator: Emulator, sent: Sent, here: Path) -> None:
    report = here / "report.html"
    nothing = play("audit", "--check", audit_report=str(report))
    assert (nothing.code, nothing.changed) == (0, 1), nothing.output
    assert "0 of 0 services need attention." in nothing.output
    assert not report.exists()

    hostile = "<script>alert('{{ 1 + 1 }}')</script>"
    fleet("good")
    fleet(hostile, backup=50, ipAccessList=[{"source": "0.0.0.0/0"}, {"source": "::/0"}], idleScaling=False)
    fleet("ill", state="degraded", backup=None)
    sent()
    # It fails only after the table and the report are complete.
    found = play("audit", audit_report="report.html", audit_fail_on_findings="true")
    assert found.code != 0
    assert f"2 of 3 services need attention: {hostile}, ill." in found.output
    assert "is open to the whole internet (0.0.0.0/0, ::/0); never goes idle; has a newest backup that is 50.0" in (
        found.output
    )
    requests = sent()
    assert requests[0] == "GET services"
    assert len(requests) == 5
    assert not writes(requests)
    page = report.read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;{{ 1 + 1 }}&#39;)&lt;/script&gt;" in page
    assert page.count('<svg class="tile"') == 3
    assert page.count('class="card marked"') == 2
    # The report loads no other resources.
    assert "://" not in page
    assert "default-src 'none'" in page
    assert '"Organization: Emulated organization"' in found.output
    assert f'"  {emulator.organization_id}"' in found.output
    assert f'Emulated organization<span class="id">{emulator.organization_id}</span>' in page
    assert report.stat().st_mode & 0o777 == 0o640


def test_audit_of_cost_and_credentials(play: Play, fleet: Make, emulator: Emulator, sent: Sent, here: Path) -> None:
    own = fleet("analytics", idleScaling=False, tags={"audit_accept": "idling"})
    today = datetime.now(timezone.utc).date()
    previous = (today.replace(day=1) - timedelta(1)).replace(day=1)
    emulator.set_usage_cost(
        {"serviceId": own["id"], "date": today.isoformat(), "totalCHC": 3},
        {"serviceId": own["id"], "date": previous.isoformat(), "totalCHC": 2},
        {"dataWarehouseId": own["dataWarehouseId"], "date": today.isoformat(), "metrics": {"storageCHC": 0.5}},
    )
    emulator.set_invitations({"email": "<late>@example.com", "expireAt": "2026-01-31T08:00:00Z"})
    key = emulator.request("GET", "keys")[0]
    sent()
    options = {"audit_cost": "true", "audit_credentials": "true", "audit_fail_on_findings": "true"}
    found = play("audit", audit_report="report.html", **options)
    assert found.code != 0
    assert re.search(r"analytics .* 3\.00 CHC \(\+50 %\) +accepted: never goes idle", found.output), found.output
    assert "Cost of all services in this month, with storage and backups: 3.50 CHC." in found.output
    assert "Invitation <late>@example.com: was not accepted until it expired on 2026-01-31" in found.output
    assert f"API key {key['name']}: never expires" in found.output
    assert f"So do these API keys and invitations: {key['name']}, <late>@example.com." in found.output
    page = (here / "report.html").read_text()
    assert '<td data-label="Cost">3.00 CHC (+50 %)</td>' in page
    assert "<li>accepted: never goes idle</li>" in page
    assert "&lt;late&gt;@example.com" in page
    unreadable = {"path": "(usageCost|keys|invitations)$", "status": 403, "times": 9}
    requests = sent()
    emulator.fault(**unreadable)
    unknown = play("audit", **options)
    assert unknown.code != 0
    assert re.search(r"analytics .* unknown +accepted: never goes idle", unknown.output), unknown.output
    assert "Cost of all services in this month, with storage and backups: unknown." in unknown.output
    assert "The API keys or invitations of the organization of the API key cannot be read." in unknown.output
    assert not writes(requests)
    assert sorted({request.partition("?")[0] for request in requests}) == sorted(
        [
            "GET services",
            f"GET services/{own['id']}/backups",
            "GET /v1/organizations",
            "GET usageCost",
            "GET keys",
            "GET invitations",
        ]
    )


@pytest.fixture
def snapshots(fleet: Make, emulator: Emulator, sent: Sent) -> dict[str, str]:
    """Return the IDs of services by name, of which three are primary ones, two with snapshots enabled."""
    made = {name: fleet(name)["id"] for name in ("often", "soon", "never")}
    for name in ("often", "soon"):
        body = {"enabled": True, "gap": 30, "timeFrame": 1440}
        emulator.request("PATCH", f"services/{made[name]}/snapshotConfiguration", body)
    emulator.set_service(made["often"], snapshots=[{"startedAt": hours_ago(0.6), "finishedAt": hours_ago(0.5)}])
    made["reader"] = fleet("reader", isPrimary=False)["id"]
    emulator.clear_journal()
    return made


@pytest.mark.parametrize("name", ["audit", "backup_check"])
def test_snapshots_are_shown_on_demand(
    play: Play, snapshots: dict[str, str], sent: Sent, here: Path, name: str
) -> None:
    primary = [snapshots[name] for name in ("often", "soon", "never")]
    backups = ["GET services", *(f"GET services/{service_id}/backups" for service_id in primary)]
    ended = play(name)
    assert ended.code == 0, ended.output
    assert "SNAPSHOT" not in ended.output
    # The report names the organization.
    organization = ["GET /v1/organizations"] if name == "audit" else []
    assert sorted(sent()) == sorted([*organization, *backups])

    report = {"audit_report": "report.html"} if name == "audit" else {}
    shown = play(name, **{f"{name}_snapshots": "true"}, **report)
    assert (shown.code, shown.changed) == (0, 1 if name == "audit" else 0), shown.output
    for service, text in (("often", r"0\.5 h ago"), ("soon", "none yet"), ("never", "off")):
        assert re.search(rf"{service} .* 3\.0 h ago +{text} ", shown.output), shown.output
    assert sorted(sent()) == sorted(
        [
            *backups,
            "GET /v1/organizations",
            *(f"GET services/{service_id}/snapshotConfiguration" for service_id in primary),
            *(f"GET services/{service_id}/snapshots" for service_id in primary[:2]),
        ]
    )
    if name == "audit":
        assert re.search(r"reader .* with primary +with primary ", shown.output), shown.output
        page = (here / "report.html").read_text()
        for text in ("0.5 h ago", "none yet", "off", "with its primary"):
            assert f'<td data-label="Snapshot">{text}</td>' in page


@pytest.mark.parametrize("name", ["audit", "backup_check"])
def test_beta_of_snapshots_that_is_off_is_no_finding(
    play: Play, snapshots: dict[str, str], emulator: Emulator, sent: Sent, here: Path, name: str
) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"snapshots": False})
    emulator.clear_journal()
    values = {"audit": {"audit_report": "report.html", "audit_fail_on_findings": "false"}}.get(name, {})
    ended = play(name, **{f"{name}_snapshots": "true"}, **values)
    assert ended.code == 0, ended.output
    assert ended.output.count(" beta is off ") == 3, ended.output
    assert "beta of snapshots" not in ended.output
    # One more request, not one for each service.
    assert [request for request in sent() if "backups" not in request] == ["GET services", "GET /v1/organizations"]
    if name == "audit":
        assert (here / "report.html").read_text().count('<td data-label="Snapshot">beta is off</td>') == 3


def test_snapshots_that_cannot_be_read_are_unknown(
    play: Play, snapshots: dict[str, str], emulator: Emulator, here: Path
) -> None:
    emulator.fault(path="/organizations$", status=403, times=9)
    emulator.fault(path=f"{snapshots['never']}/snapshotConfiguration$", status=403, times=9)
    emulator.fault(path=f"{snapshots['often']}/snapshots$", status=400, times=9)
    found = play("audit", audit_snapshots="true", audit_report="report.html")
    assert found.code == 0, found.output
    assert re.search(r"never .* h ago +unknown ", found.output), found.output
    assert "1 of 4 services need attention." in found.output
    assert "has snapshots that cannot be read: The request to list the snapshots" in found.output
    assert '<td data-label="Snapshot">unknown</td>' in (here / "report.html").read_text()
    # The backups are all there.
    checked = play("backup_check", backup_check_snapshots="true")
    assert checked.code == 0, checked.output
    assert "has snapshots that cannot be read: The request to list the snapshots" in checked.output


#: Playbooks, each with a variable that may contain a name with a space.
NAMING = {
    "rotate_password": "rotate_password_service",
    "scale": "scale_service",
    "restore": "restore_source",
    "provision": "provision_name",
    "backup_check": "backup_check_names",
    "start_stop": "start_stop_tags",
    "audit": "audit_tags",
}


@pytest.mark.parametrize("name", NAMING)
def test_value_truncated_at_a_space_is_rejected(play: Play, fleet: Make, sent: Sent, name: str) -> None:
    """Ansible reads -e name="prod copy" as the value "prod"."""
    fleet("prod", {"team": "web"})
    fleet("prod copy", {"team": "web"})
    value = "team=web shop" if name in ("start_stop", "audit") else "prod copy"
    others = {"start_stop_state": "stopped", "restore_name": "new", "provision_ip_access_list": "# nobody"}
    ended = play(name, "-e", f"{NAMING[name]}={value}", **others)
    assert ended.code == 2
    assert f'The command line contains "{value.split()[1]}", which is not part of a variable' in ended.output
    assert sent() == []


def test_name_with_a_space_is_set_as_json(play: Play, fleet: Make, emulator: Emulator, here: Path) -> None:
    fleet("prod")
    copy = fleet("prod copy")
    variables = {"rotate_password_service": "prod copy", "rotate_password_file": str(here / "password")}
    ended = play("rotate_password", "-e", json.dumps(variables))
    assert "prod copy has a new password" in ended.output
    assert [request["path"].split("/")[-2] for request in emulator.journal() if request["method"] == "PATCH"] == [
        copy["id"]
    ]
