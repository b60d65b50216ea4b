# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Temporary access of an address to a service: opened, closed, shared, lost and expired."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.temporary_access import temporary_access
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._temporary_access import PREFIX
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play, PlaybookRun

Make = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Apply = Callable[..., PlaybookRun]

ADDRESS = "203.0.113.7"
OFFICE = {"source": "198.51.100.0/24", "description": "office"}
PAST, FUTURE, LATER = "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2099-01-02T00:00:00Z"


def entry(source: str, **shares: str) -> dict[str, str]:
    """Return an entry that the role has added, with the time of each owner."""
    return {"source": source, "description": PREFIX + ", ".join(f"{name} until {shares[name]}" for name in shares)}


@pytest.fixture
def apply(play: Play, tmp_path: Path) -> Apply:
    """Return a function that runs a play with these steps: an entry point of the role, and variables."""

    def _apply(*steps: tuple[str, dict[str, Any]], arguments: tuple[str, ...] = ()) -> PlaybookRun:
        defaults = {"temporary_access_service": "analytics", "temporary_access_address": ADDRESS}
        tasks = [
            {
                "ansible.builtin.include_role": {"name": "clickhouse.cloud.temporary_access", "tasks_from": tasks_from},
                "vars": {**defaults, **{f"temporary_access_{name}": value for name, value in variables.items()}},
            }
            for tasks_from, variables in steps
        ]
        book = tmp_path / "play.yml"
        book.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        return play("temporary_access", *arguments, book=str(book))

    return _apply


@pytest.fixture
def entries(emulator: Emulator) -> Callable[[], list[dict[str, str]]]:
    """Return a function that returns the IP access list of the service."""

    def _entries() -> list[dict[str, str]]:
        (found,) = [service["ipAccessList"] for service in emulator.services() if service["name"] == "analytics"]
        return list(found)

    return _entries


def test_access_is_opened_and_closed(
    apply: Apply, fleet: Make, entries: Callable[[], list[dict[str, str]]], emulator: Emulator, sent: Sent
) -> None:
    path = f"services/{fleet('analytics', ipAccessList=[OFFICE])['id']}"
    sent()
    opened = apply(("open", {"owner": "run-1", "minutes": 5}))
    assert opened.code == 0, opened.output
    requests = sent()
    assert [request for request in requests if not request.startswith("GET")] == [f"PATCH {path}"]
    assert len(requests) == 4
    office, own = entries()
    assert (office, own["source"]) == (OFFICE, ADDRESS)
    assert re.fullmatch(f"{re.escape(PREFIX)}run-1 until 20..-..-..T..:..:..Z", own["description"])
    closed = apply(("close", {"owner": "run-1"}), ("close", {"owner": "run-1"}))
    assert closed.code == 0, closed.output
    assert entries() == [OFFICE]
    bodies = [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"]
    assert bodies == [{"ipAccessList": {"remove": [{"source": ADDRESS}]}}]
    # Without an owner, the second step knows the one that the first step has generated.
    both = apply(("open", {}), ("close", {}))
    assert both.code == 0, both.output
    assert entries() == [OFFICE]


def test_runs_with_the_same_address_share_an_entry(
    apply: Apply, fleet: Make, entries: Callable[[], list[dict[str, str]]]
) -> None:
    fleet("analytics", ipAccessList=[entry(ADDRESS, one=FUTURE), OFFICE])
    first = apply(("open", {"owner": "two"}), ("close", {"owner": "one"}))
    assert first.code == 0, first.output
    office, own = entries()
    assert office == OFFICE
    assert own["description"].startswith(f"{PREFIX}two until ")
    assert apply(("close", {"owner": "two"})).code == 0
    assert entries() == [OFFICE]


def test_change_that_another_run_has_undone_is_repeated(
    apply: Apply, fleet: Make, entries: Callable[[], list[dict[str, str]]], emulator: Emulator
) -> None:
    service = fleet("analytics", ipAccessList=[])
    lost = {**emulator.services()[0], "ipAccessList": [entry(ADDRESS, one=FUTURE)]}
    emulator.fault(path=f"{service['id']}$", method="PATCH", status=200, body={"result": lost})
    opened = apply(("open", {"owner": "one"}))
    assert opened.code == 0, opened.output
    assert [item["source"] for item in entries()] == [ADDRESS]


def test_expired_access_ends(
    apply: Apply, play: Play, fleet: Make, entries: Callable[[], list[dict[str, str]]], emulator: Emulator
) -> None:
    expired = entry("192.0.2.1", killed=PAST)
    others = [
        OFFICE,
        entry("192.0.2.2", running=FUTURE),
        {"source": "192.0.2.3", "description": f"{PREFIX}edited by hand"},
        {"source": "192.0.2.4"},
        # Admitted by others, too: the API would remove both entries.
        {"source": "192.0.2.5"},
        entry("192.0.2.5", killed=PAST),
    ]
    fleet("analytics", ipAccessList=[*others, expired, entry("192.0.2.6", killed=PAST, running=FUTURE)])
    fleet("reports", ipAccessList=[expired])
    planned = play("temporary_access", "--check")
    assert planned.code == 0, planned.output
    assert len(entries()) == 8
    done = play("temporary_access")
    assert done.code == 0, done.output
    assert entries() == [*others, entry("192.0.2.6", running=FUTURE)]
    assert [service["ipAccessList"] for service in emulator.services() if service["name"] == "reports"] == [[]]
    again = play("temporary_access", temporary_access_service="reports")
    assert (again.code, again.changed) == (0, 0), again.output


def test_entry_of_others_is_not_changed(
    apply: Apply, fleet: Make, entries: Callable[[], list[dict[str, str]]], sent: Sent
) -> None:
    fleet("analytics", ipAccessList=[{"source": f"{ADDRESS}/32", "description": "a person"}])
    sent()
    both = apply(("open", {}), ("close", {}))
    assert both.code == 0, both.output
    assert all(request.startswith("GET") for request in sent())


def test_check_mode_sends_no_write(apply: Apply, fleet: Make, sent: Sent) -> None:
    fleet("analytics", ipAccessList=[entry("192.0.2.1", killed=PAST)])
    sent()
    planned = apply(("open", {}), ("close", {}), arguments=("--check",))
    assert planned.code == 0, planned.output
    assert planned.changed == 3
    assert all(request.startswith("GET") for request in sent())


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (("open", {"service": "unknown"}), "There are 0 services"),
        (("close", {}), "It is not known whose access to close"),
    ],
)
def test_invalid_variables_are_rejected(
    apply: Apply, fleet: Make, sent: Sent, step: tuple[str, dict[str, Any]], message: str
) -> None:
    fleet("analytics")
    ended = apply(step)
    assert ended.code != 0
    assert message in ended.output
    assert all(request.startswith("GET") for request in sent())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x",), "the input must be the ip_access_list of a service"),
        (([], ADDRESS, "a b", FUTURE), "owner must consist of"),
        (([], ADDRESS, "a", "tomorrow"), "until must be a time such as"),
        (([], "here", "a", FUTURE), "'here' is neither an IP address nor a network"),
        (([], "0.0.0.0", "a", FUTURE), "0.0.0.0 is a large part of the internet"),
        (([], "::/1", "a", FUTURE), "::/1 is a large part of the internet"),
    ],
)
def test_invalid_values_are_rejected(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(message)):
        temporary_access(*arguments)


def test_large_network_can_be_allowed() -> None:
    plan = temporary_access([], "0.0.0.0/0", "a", FUTURE, allow_any=True)
    assert plan == {"add": [entry("0.0.0.0/0", a=FUTURE)], "remove": [], "admitted": False}


def test_access_is_extended_and_not_shortened() -> None:
    current = [entry(ADDRESS, a=FUTURE)]
    assert temporary_access(current, ADDRESS, "a", LATER)["add"] == [entry(ADDRESS, a=LATER)]
    assert temporary_access(current, ADDRESS, "a", "2098-01-01T00:00:00Z")["add"] == []
    assert temporary_access([], ADDRESS, "a")["remove"] == []
