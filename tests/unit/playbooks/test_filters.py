# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters: answers to surveys, and the audit of a fleet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.audit import audit
from ansible_collections.clickhouse.cloud.plugins.filter.ip_access_list import ip_access_list
from ansible_collections.clickhouse.cloud.plugins.filter.tags import tags
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
        ({"services": []}, {}, "the input must be a list of dictionaries: the input is the services"),
        (None, {}, "the input must be a list of dictionaries"),
        (["6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"], {}, "the input must be a list of dictionaries"),
        ([], {"backups": {"results": []}}, "backups must be a list of dictionaries"),
        ([], {"snapshot_configs": "?"}, "snapshot_configs must be a list of dictionaries"),
        ([], {"max_backup_age_hours": "a day"}, "max_backup_age_hours must be a number of hours; 'a day' is not."),
        ([], {"checks": ["idle"]}, "checks must be among access, backup, idling, snapshot, state; idle is not."),
    ],
)
def test_invalid_options_of_the_audit_are_rejected(value: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        audit(value, **options)


def test_checks_may_be_text() -> None:
    (summary,) = audit([{"id": "1", "idle_scaling": False, "state": "failed"}], checks="idling")
    assert [finding["kind"] for finding in summary["findings"]] == ["idling"]
