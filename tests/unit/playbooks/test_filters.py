# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers to surveys, and what is found in a fleet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.findings import findings
from ansible_collections.clickhouse.cloud.plugins.filter.ip_access_list import ip_access_list
from ansible_collections.clickhouse.cloud.plugins.filter.tags import tags
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import hours_ago


@pytest.mark.parametrize(
    ("answer", "meant"),
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
def test_tags(answer: object, meant: dict[str, Any]) -> None:
    assert tags(answer) == meant


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("env=test\n=test", "Line 2 must be a tag as key=value, or a key alone; '=test' is not."),
        ("env test", "Line 1 must be a tag as key=value, or a key alone; 'env test' is not."),
        ("env=test\n\nenv=production", "Line 3 sets the tag 'env' again. Set each one once."),
        (["env=test"], "Tags are a mapping, or a text with key=value in each line; ['env=test'] is neither."),
    ],
)
def test_what_is_no_tag_is_told(answer: object, sentence: str) -> None:
    with pytest.raises(AnsibleFilterError) as told:
        tags(answer)
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("", []),
        (None, []),
        ("# nobody", []),
        ("203.0.113.0/24", [{"source": "203.0.113.0/24"}]),
        (
            " 203.0.113.0/24 \t office #1 in Berlin \r\n\r\n2001:db8::/32\r\n",
            [{"source": "203.0.113.0/24", "description": "office #1 in Berlin"}, {"source": "2001:db8::/32"}],
        ),
        ([{"source": "203.0.113.0/24"}], [{"source": "203.0.113.0/24"}]),
    ],
)
def test_ip_access_list(answer: object, meant: list[Any]) -> None:
    assert ip_access_list(answer) == meant


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("203.0.113.0/24\noffice 198.51.100.7", "Line 2 must begin with an IP address or a network in CIDR notation"),
        ("203.0.113.0/33", "such as 203.0.113.0/24, and may go on with what it is for; '203.0.113.0/33' does not."),
        (
            "# mask\n10.0.0.1/255.0.0.0 office",
            "Line 2: '10.0.0.1/255.0.0.0' has a mask instead of a prefix: write 10.0.0.0/8 if that is meant.",
        ),
        (7, "An IP access list is a list, or a text with an address in each line; 7 is neither."),
    ],
)
def test_what_is_no_address_is_told(answer: object, sentence: str) -> None:
    with pytest.raises(AnsibleFilterError) as told:
        ip_access_list(answer)
    assert sentence in str(told.value)


def found(service: dict[str, Any], backups: Any = None, **more: Any) -> list[tuple[str, str]]:
    """What is found of one service; backups is a list of ages in hours, or what backup_info returned instead."""
    service = {"id": "1", "name": "analytics", "state": "running", "created_at": hours_ago(100), **service}
    if isinstance(backups, list):
        backups = {"backups": [{"age_in_seconds": hours * 3600} for hours in backups]}
    asked = [{"item": service, **backups}] if backups else []
    (one,) = findings([service], backups=asked, **more)
    return [(finding["kind"], finding["text"]) for finding in one["findings"]]


@pytest.mark.parametrize("state", ["failed", "degraded", "partially_running"])
def test_a_service_that_is_unwell(state: str) -> None:
    assert found({"state": state}) == [("state", f"is {state}")]


def test_a_service_that_is_open() -> None:
    sources = ["203.0.113.0/24", "0.0.0.0/0", "::/0", "0.0.0.0", "1.2.3.4/0", None, "nonsense"]
    access = [{"source": source} for source in sources]
    assert found({"ip_access_list": access}) == [
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
def test_a_service_that_is_open_by_several_networks(sources: list[str], text: str | None) -> None:
    access = [{"source": source} for source in sources]
    assert found({"ip_access_list": access}) == ([("access", f"is open to {text}")] if text else [])


def test_a_service_that_never_sleeps() -> None:
    assert found({"idle_scaling": False}) == [("idling", "never goes idle")]
    assert found({"idle_scaling": None}) == []


@pytest.mark.parametrize(
    ("service", "backups", "text"),
    [
        ({}, [26], None),
        ({}, [26.1], "has a newest backup that is 26.1 hours old"),
        ({"state": "stopped"}, [500], None),
        ({}, [], "has no backup that is done"),
        ({"state": "stopped"}, [], "has no backup that is done"),
        ({"created_at": None}, [], "has no backup that is done"),
        # It need not have one yet.
        ({"created_at": hours_ago(20)}, [], None),
        # What it has is in the backups of the primary one.
        ({"is_primary": False}, [], None),
        ({}, {"backups": None}, "has backups that cannot be looked at: the API key may not"),
        ({}, {"msg": "HTTP status 500"}, "has backups that cannot be looked at: HTTP status 500"),
        # Only those that are done protect, and the newest of them counts.
        ({}, {"backups": [{"status": "error", "age_in_seconds": 60}]}, "has no backup that is done"),
        ({}, {"backups": [{"status": one, "age_in_seconds": 60} for one in ("in_progress", "done")]}, None),
        ({}, {"backups": [{"status": "done", "age_in_seconds": 3600 * hours} for hours in (30, 2)]}, None),
        # It was not asked for.
        ({}, {"skipped": True}, None),
        ({}, None, None),
    ],
)
def test_backups_of_a_service(service: dict[str, Any], backups: Any, text: str | None) -> None:
    assert found(service, backups) == ([("backup", text)] if text else [])
    assert found(service, backups, kinds=["state"]) == []


def test_backups_are_those_of_the_service_whatever_the_case_of_its_id() -> None:
    (one,) = findings([{"id": "6f0b7c9e"}], backups=[{"item": "6F0B7C9E", "backups": []}])
    assert [finding["text"] for finding in one["findings"]] == ["has no backup that is done"]


def test_what_the_api_does_not_tell_is_nothing_to_fail_for() -> None:
    strange: list[dict[str, Any]] = [{"id": "1"}, {"id": "2", "name": 7, "ip_access_list": "?"}, {"state": "deleted"}]
    one, two = findings(strange)
    assert (one["name"], one["state"], one["findings"]) == ("1", "unknown", [])
    assert (two["name"], two["newest_backup_in_hours"]) == ("7", None)


@pytest.mark.parametrize(
    ("given", "options", "sentence"),
    [
        ({"services": []}, {}, "what is given must be a list of dictionaries, such as the services"),
        (None, {}, "what is given must be a list of dictionaries"),
        (["6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"], {}, "what is given must be a list of dictionaries"),
        ([], {"backups": {"results": []}}, "backups must be a list of dictionaries"),
        ([], {"max_backup_age_hours": "a day"}, "max_backup_age_hours must be a number of hours; 'a day' is not."),
        ([], {"kinds": ["idle"]}, "kinds may hold access, backup, idling, state; idle is not among them."),
    ],
)
def test_findings_that_could_not_be_are_told_of(given: Any, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnsibleFilterError, match=sentence):
        findings(given, **options)


def test_one_kind_of_findings_may_be_given_as_text() -> None:
    (one,) = findings([{"id": "1", "idle_scaling": False, "state": "failed"}], kinds="idling")
    assert [finding["kind"] for finding in one["findings"]] == ["idling"]
