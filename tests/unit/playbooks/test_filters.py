# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters: answers to surveys, and the audit of a fleet."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.audit import audit
from ansible_collections.clickhouse.cloud.plugins.filter.audit_credentials import audit_credentials
from ansible_collections.clickhouse.cloud.plugins.filter.ip_access_list import ip_access_list
from ansible_collections.clickhouse.cloud.plugins.filter.tags import tags
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._audit import sum_costs
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import hours_ago


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", {}),
        (None, {}),
        (" \r\n# env=test\r\n", {}),
        ("env=production", {"env": "production"}),
        ("  env = production \r\n\r\nowner=the data team\r\n", {"env": "production", "owner": "the data team"}),
        ("probe\nempty=\nsum=1=1", {"probe": None, "empty": "", "sum": "1=1"}),
        ({"env": "production"}, {"env": "production"}),
    ],
)
def test_tags(answer: object, expected: dict[str, Any]) -> None:
    assert tags(answer) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("env=test\n=test", "Line 2 must be a tag as key=value, or a key alone; '=test' is not."),
        ("env test", "Line 1 must be a tag as key=value, or a key alone; 'env test' is not."),
        ("env=test\n\nenv=production", "Line 3 sets the tag 'env' again. Set each tag only once."),
        (["env=test"], "Tags must be a mapping, or text with key=value in each line; ['env=test'] is neither."),
    ],
)
def test_invalid_tags_are_rejected(answer: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        tags(answer)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", []),
        (None, []),
        ("# comment", []),
        ("203.0.113.0/24", [{"source": "203.0.113.0/24"}]),
        (
            " 203.0.113.0/24 \t office #1 in Berlin \r\n\r\n2001:db8::/32\r\n",
            [{"source": "203.0.113.0/24", "description": "office #1 in Berlin"}, {"source": "2001:db8::/32"}],
        ),
        ([{"source": "203.0.113.0/24"}], [{"source": "203.0.113.0/24"}]),
    ],
)
def test_ip_access_list(answer: object, expected: list[Any]) -> None:
    assert ip_access_list(answer) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("203.0.113.0/24\noffice 198.51.100.7", "Line 2 must begin with an IP address or a network in CIDR notation"),
        ("203.0.113.0/33", "such as 203.0.113.0/24; '203.0.113.0/33' does not."),
        (
            "# mask\n10.0.0.1/255.0.0.0 office",
            "Line 2: '10.0.0.1/255.0.0.0' has a mask instead of a prefix: write 10.0.0.0/8 to allow that network.",
        ),
        (7, "An IP access list must be a list, or text with an address in each line; 7 is neither."),
    ],
)
def test_invalid_addresses_are_rejected(answer: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        ip_access_list(answer)
    assert message in str(error.value)


def findings(service: dict[str, Any], backups: Any = None, **options: Any) -> list[tuple[str, str]]:
    """Return the findings for one service; backups is a list of ages in hours, or a result of backup_info."""
    service = {"id": "1", "name": "analytics", "state": "running", "created_at": hours_ago(100), **service}
    if isinstance(backups, list):
        backups = {"backups": [{"age_in_seconds": hours * 3600} for hours in backups]}
    results = [{"item": service, **backups}] if backups else []
    (summary,) = audit([service], backups=results, **options)
    return [(finding["kind"], finding["text"]) for finding in summary["findings"]]


@pytest.mark.parametrize("state", ["failed", "degraded", "partially_running"])
def test_unhealthy_service(state: str) -> None:
    assert findings({"state": state}) == [("state", f"is {state}")]


def test_service_open_to_the_internet() -> None:
    sources = ["203.0.113.0/24", "0.0.0.0/0", "::/0", "0.0.0.0", "1.2.3.4/0", None, "nonsense"]
    access = [{"source": source} for source in sources]
    assert findings({"ip_access_list": access}) == [
        ("access", "is open to the whole internet (0.0.0.0/0, ::/0, 0.0.0.0, 1.2.3.4/0)")
    ]


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        (["0.0.0.0/1", "203.0.113.7", "128.0.0.0/1"], "the whole internet (0.0.0.0/1, 128.0.0.0/1, 203.0.113.7)"),
        (["::/1", "8000::/1"], "the whole internet (::/1)"),
        (["0.0.0.0/1", "128.0.0.0/2"], "more than half of the internet (0.0.0.0/1, 128.0.0.0/2)"),
        (["0.0.0.0/1"], None),
    ],
)
def test_service_open_through_several_networks(sources: list[str], text: str | None) -> None:
    access = [{"source": source} for source in sources]
    assert findings({"ip_access_list": access}) == ([("access", f"is open to {text}")] if text else [])


def test_service_that_never_goes_idle() -> None:
    assert findings({"idle_scaling": False}) == [("idling", "never goes idle")]
    assert findings({"idle_scaling": None}) == []


@pytest.mark.parametrize(
    ("service", "backups", "text"),
    [
        ({}, [26], None),
        ({}, [26.1], "has a newest backup that is 26.1 hours old"),
        ({"state": "stopped"}, [500], None),
        ({}, [], "has no completed backup"),
        ({"state": "stopped"}, [], "has no completed backup"),
        ({"created_at": None}, [], "has no completed backup"),
        # It does not need one yet.
        ({"created_at": hours_ago(20)}, [], None),
        # It is backed up with its primary service.
        ({"is_primary": False}, [], None),
        ({}, {"backups": None}, "has backups that cannot be read: the API key lacks the permission"),
        ({}, {"msg": "HTTP status 500"}, "has backups that cannot be read: HTTP status 500"),
        # Only the newest completed backup counts.
        ({}, {"backups": [{"status": "error", "age_in_seconds": 60}]}, "has no completed backup"),
        ({}, {"backups": [{"status": status, "age_in_seconds": 60} for status in ("in_progress", "done")]}, None),
        ({}, {"backups": [{"status": "done", "age_in_seconds": 3600 * hours} for hours in (30, 2)]}, None),
        # The backups were not requested.
        ({}, {"skipped": True}, None),
        ({}, None, None),
    ],
)
def test_backups(service: dict[str, Any], backups: Any, text: str | None) -> None:
    assert findings(service, backups) == ([("backup", text)] if text else [])
    assert findings(service, backups, checks=["state"]) == []


ENABLED = {"snapshot_config": {"enabled": True}}
DISABLED = {"snapshot_config": {"enabled": False}}


@pytest.mark.parametrize(
    ("config", "snapshots", "enabled", "hours", "text"),
    [
        (ENABLED, {"snapshots": [{"age_in_seconds": 1800}]}, True, 0.5, None),
        (ENABLED, {"snapshots": []}, True, None, None),
        (DISABLED, None, False, None, None),
        # Old snapshots are kept for a while.
        (DISABLED, {"snapshots": [{"age_in_seconds": 36000}]}, False, 10.0, None),
        # The organization does not have the beta, or the key lacks the permission.
        ({"snapshot_config": None}, {"snapshots": None}, None, None, None),
        (None, None, None, None, None),
        ({"msg": "HTTP status 500"}, None, None, None, "has snapshots that cannot be read: HTTP status 500"),
        (ENABLED, {"msg": "HTTP status 500"}, True, None, "has snapshots that cannot be read: HTTP status 500"),
    ],
)
def test_snapshots(config: Any, snapshots: Any, enabled: bool | None, hours: float | None, text: str | None) -> None:
    (snapshots_found, configs) = ([{"item": "1", **result}] if result else [] for result in (snapshots, config))
    (summary,) = audit([{"id": "1"}], snapshots=snapshots_found, snapshot_configs=configs)
    assert (summary["snapshots_enabled"], summary["newest_snapshot_age_hours"]) == (enabled, hours)
    expected = [{"kind": "snapshot", "text": text}] if text else []
    assert summary["findings"] == expected


def test_ids_of_backups_are_compared_without_case() -> None:
    (summary,) = audit([{"id": "6f0b7c9e"}], backups=[{"item": "6F0B7C9E", "backups": []}])
    assert [finding["text"] for finding in summary["findings"]] == ["has no completed backup"]


def test_missing_and_malformed_attributes_are_ignored() -> None:
    services: list[dict[str, Any]] = [{"id": "1"}, {"id": "2", "name": 7, "ip_access_list": "?"}, {"state": "deleted"}]
    first, second = audit(services)
    assert (first["name"], first["state"], first["findings"]) == ("1", "unknown", [])
    assert (second["name"], second["newest_backup_age_hours"]) == ("7", None)


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ({"services": []}, {}, "the input must be a list of dictionaries, such as the list that a module returns"),
        (None, {}, "the input must be a list of dictionaries"),
        (["6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"], {}, "the input must be a list of dictionaries"),
        ([], {"backups": {"results": []}}, "backups must be a list of dictionaries"),
        ([], {"snapshot_configs": "?"}, "snapshot_configs must be a list of dictionaries"),
        ([], {"costs": "?"}, "costs must be a list of dictionaries"),
        ([], {"accept": [{"checks": ["access"]}]}, "accept, number 1: an entry has the name of a service"),
        ([], {"accept": [{"name": "a", "checks": "access"}]}, "accept, number 1: .* among access, backup, idling"),
        ([], {"accept": [{"name": "a", "checks": ["open"]}]}, "accept, number 1: .* among access, backup, idling"),
        ([], {"max_backup_age_hours": "a day"}, "max_backup_age_hours must be a number of hours; 'a day' is not."),
        ([], {"checks": ["idle"]}, "checks must be among access, backup, idling, snapshot, state; idle is not."),
    ],
)
def test_invalid_options_of_the_audit_are_rejected(value: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        audit(value, **options)


def test_a_stopped_service_need_not_go_idle() -> None:
    assert findings({"idle_scaling": False, "state": "stopped"}) == []
    assert findings({"idle_scaling": False, "state": "idle"}) == [("idling", "never goes idle")]


@pytest.mark.parametrize(
    ("service", "accept"),
    [
        ({}, [{"name": "analytics", "checks": ["idling", "backup"]}]),
        ({}, [{"name": "1", "checks": ["idling"]}, {"name": "other", "checks": ["access"]}]),
        (
            {"organization": "a"},
            [
                {"name": "1", "checks": ["idling"], "organization": "a"},
                {"name": "1", "checks": ["access"], "organization": "b"},
            ],
        ),
        ({"tags": {"audit_accept": "idling"}}, []),
        ({"tags": {"audit_accept": "backup.idling"}}, []),
    ],
)
def test_accepted_findings_do_not_count(service: dict[str, Any], accept: list[Any]) -> None:
    given = {"id": "1", "name": "analytics", "idle_scaling": False, "ip_access_list": [{"source": "0.0.0.0/0"}]}
    (summary,) = audit([{**given, **service}], accept=accept)
    assert [finding["kind"] for finding in summary["findings"]] == ["access"]
    assert summary["accepted"] == [{"kind": "idling", "text": "never goes idle"}]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        # The whole of February has 28 days.
        (date(2026, 3, 31), {"a": (7.0, 3.0), "none": (0, 2.0)}),
        (date(2026, 3, 1), {"a": (3.0, 0), "none": (0, 0)}),
        (date(2026, 1, 31), {"a": (0, 0), "none": (0, 0)}),
    ],
)
def test_cost_is_compared_with_the_same_days_of_the_previous_month(today: date, expected: dict[str, Any]) -> None:
    days = [("2026-02-28", 3.0), ("2026-03-01", 3.0), ("2026-03-31", 4.0)]
    records = [{"date": day, "service_id": "A", "total_chc": cost} for day, cost in days]
    records += [{"date": "2026-02-10", "service_id": None, "total_chc": 2.0}]
    assert sum_costs({"usage_cost": {"costs": records}}, today) == expected


def test_cost_that_cannot_be_read_is_unknown() -> None:
    results: list[dict[str, Any]] = [{"org": "a", "usage_cost": {"costs": []}}, {"org": "b", "usage_cost": None}]
    services = [{"id": str(number), "organization": name} for number, name in enumerate("abc")]
    loop = [{**result, "ansible_loop_var": "org"} for result in results]
    assert [summary["cost_chc"] for summary in audit(services, costs=loop)] == [0, None, None]
    assert [summary["cost_chc"] for summary in audit(services)] == [None, None, None]


def test_cost_of_this_month() -> None:
    today = datetime.now(timezone.utc).date()
    previous = today.replace(day=1) - timedelta(1)
    records = [(today, 3.0), (previous.replace(day=1), 2.0)]
    costs = [{"date": day.isoformat(), "service_id": "1", "total_chc": cost} for day, cost in records]
    used, unused = audit([{"id": "1"}, {"id": "2"}], costs=[{"usage_cost": {"costs": costs}}])
    assert (used["cost_chc"], used["cost_change_percent"]) == (3.0, 50)
    assert (unused["cost_chc"], unused["cost_change_percent"]) == (0, None)


def test_credentials() -> None:
    keys = [
        {"id": "1", "name": "old", "expire_at": "never", "created_at": hours_ago(24 * 400)},
        {"id": "2", "name": "off", "expire_at": "never", "enabled": False},
        {"id": "3", "name": "good", "expire_at": "2999-01-01T00:00:00Z", "created_at": hours_ago(24)},
    ]
    invitations = [
        {"id": "4", "email": "late@example.com", "expire_at": "2026-01-31T08:00:00Z"},
        {"id": "5", "email": "new@example.com", "expire_at": "2999-01-31T08:00:00Z"},
    ]
    old, good, late, new = audit_credentials(keys, invitations=invitations, max_key_age_days=399)
    assert [finding["text"] for finding in old["findings"]] == ["never expires", "is 400 days old"]
    assert late["findings"] == [
        {"kind": "invitation", "text": "was not accepted until it expired on 2026-01-31"},
    ]
    assert good["findings"] == new["findings"] == []
    accept = [{"name": "old", "checks": ["key_age"]}]
    old, *_others = audit_credentials(keys, max_key_age_days=399, accept=accept)
    assert [finding["kind"] for finding in old["findings"]] == ["key_expiry"]
    assert [finding["kind"] for finding in old["accepted"]] == ["key_age"]
    options: dict[str, Any] = {"max_key_age_days": "a year"}
    with pytest.raises(AnsibleFilterError, match="max_key_age_days must be a number of days; 'a year' is not."):
        audit_credentials([], **options)


def test_checks_may_be_text() -> None:
    (summary,) = audit([{"id": "1", "idle_scaling": False, "state": "failed"}], checks="idling")
    assert [finding["kind"] for finding in summary["findings"]] == ["idling"]
