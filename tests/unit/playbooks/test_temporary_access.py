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
    """Return a function that runs a play with these steps: an entry point of the role, and variables.

    After a step that fails, the play continues.
    """

    def _apply(*steps: tuple[str, dict[str, Any]], arguments: tuple[str, ...] = ()) -> PlaybookRun:
        tasks = []
        for tasks_from, values in steps:
            defaults = {"service": "analytics", **({"address": ADDRESS, "interval": 0} if tasks_from == "open" else {})}
            variables = {f"temporary_access_{name}": value for name, value in {**defaults, **values}.items()}
            role = {"name": "clickhouse.cloud.temporary_access", "tasks_from": tasks_from}
            step = {"ansible.builtin.include_role": role, "vars": variables}
            tasks.append({"block": [step], "rescue": [{"ansible.builtin.meta": "noop"}]})
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
    apply: Apply, fleet: Make, entries: Callable[[], list[dict[str, str]]], emulator: Emulator
) -> None:
    person = {"source": "192.0.2.20/32", "description": "a person"}
    fleet("analytics", ipAccessList=[OFFICE, person])
    unchanged, changed, opened = "GET", "GET GET PATCH", "GET GET PATCH GET"
    # The address of the runner has changed, or is no longer known.
    unknown = "{{ lookup('ansible.builtin.file', '/missing') }}"
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("open", {"owner": "run-1", "minutes": 5}, opened),
        ("open", {"owner": "run-2"}, opened),
        ("close", {"owner": "run-1", "address": unknown}, changed),
        # The owner is generated.
        ("open", {"address": "192.0.2.8"}, opened),
        ("close", {}, changed),
        # Admitted by others.
        ("open", {"owner": "run-3", "address": "192.0.2.20"}, unchanged),
        ("close", {"owner": "run-2"}, changed),
        ("close", {"owner": "run-2"}, unchanged),
    ]
    done = apply(*[(tasks_from, values) for tasks_from, values, _requests in steps])
    assert (done.code, "rescued=0" in done.output) == (0, True), done.output
    journal = emulator.journal()
    assert " ".join(request["method"] for request in journal) == " ".join(requests for *_step, requests in steps)
    bodies = [request["body"]["ipAccessList"] for request in journal if request["method"] == "PATCH"]
    owners = [
        [re.sub(" until 20..-..-..T..:..:..Z", "", item["description"]) for item in body.get("add", [])]
        for body in bodies
    ]
    assert owners[:3] == [[f"{PREFIX}run-1"], [f"{PREFIX}run-1, run-2"], [f"{PREFIX}run-2"]]
    assert [[item["source"] for item in body["remove"]] for body in bodies[4:]] == [["192.0.2.8"], [ADDRESS]]
    assert entries() == [OFFICE, person]


def test_change_is_repeated_only_if_another_run_has_undone_it(
    apply: Apply, fleet: Make, entries: Callable[[], list[dict[str, str]]], emulator: Emulator, sent: Sent
) -> None:
    path = f"services/{fleet('analytics', ipAccessList=[])['id']}"
    (before,) = emulator.services()
    undone = {**before, "ipAccessList": [entry(ADDRESS, other=FUTURE)]}
    read = {"path": "services$", "method": "GET", "status": 200}
    emulator.fault(**read, skip=1, times=2, body={"result": [before]})
    emulator.fault(**read, skip=3, body={"result": [undone]})
    emulator.fault(**read, skip=5, body={"result": [before]})
    sent()
    opened = apply(
        ("open", {"owner": "slow"}),
        ("open", {"owner": "undone"}),
        ("open", {"owner": "invisible", "address": "192.0.2.8", "timeout": 0}),
    )
    change = [f"GET {path}", f"PATCH {path}"]
    slow = ["GET services", *change, "GET services", "GET services", "GET services"]
    repeated = ["GET services", *change, "GET services", *change, "GET services"]
    assert sent() == [*slow, *repeated, "GET services", *change, "GET services"], opened.output
    assert "rescued=1" in opened.output
    assert "The IP access list still does not show 192.0.2.8, which was added to it." in opened.output
    assert [item["source"] for item in entries()] == [ADDRESS, "192.0.2.8"]
    assert re.fullmatch(f"{re.escape(PREFIX)}other until .*, undone until .*", entries()[0]["description"])


def test_expired_access_ends(
    play: Play, fleet: Make, entries: Callable[[], list[dict[str, str]]], emulator: Emulator, sent: Sent
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
    first = fleet("analytics", ipAccessList=[*others, expired, entry("192.0.2.6", killed=PAST, running=FUTURE)])["id"]
    second = fleet("reports", ipAccessList=[expired])["id"]
    fleet("deleted", ipAccessList=[expired], state="terminating")
    sent()
    done = play("temporary_access")
    assert done.code == 0, done.output
    assert sorted(sent()) == sorted(
        [
            "GET services",
            *(2 * [f"GET services/{first}", f"PATCH services/{first}"]),
            f"GET services/{second}",
            f"PATCH services/{second}",
        ]
    )
    assert entries() == [*others, entry("192.0.2.6", running=FUTURE)]
    assert [service["ipAccessList"] for service in emulator.services() if service["name"] == "reports"] == [[]]


def test_check_mode_sends_no_write(apply: Apply, fleet: Make, sent: Sent) -> None:
    fleet("analytics", ipAccessList=[entry("192.0.2.1", killed=PAST)])
    sent()
    planned = apply(("main", {}), ("open", {}), ("close", {}), arguments=("--check",))
    assert (planned.code, "rescued=0" in planned.output) == (0, True), planned.output
    assert planned.changed == 4
    assert all(request.startswith("GET") for request in sent())


def test_invalid_variables_are_rejected(apply: Apply, fleet: Make, sent: Sent) -> None:
    fleet("analytics")
    fleet("deleted", state="terminated")
    invalid: dict[str, tuple[str, dict[str, Any]]] = {
        "It is not known whose access to close": ("close", {}),
        "temporary_access_address is empty. Nothing was changed.": ("open", {"address": " "}),
        "temporary_access_service is empty. Nothing was changed.": ("open", {"service": " "}),
        "set it to the name or ID of the service.": ("close", {"owner": "a", "service": ""}),
        "temporary_access_minutes is 0.0. Nothing was changed.": ("open", {"minutes": 0.0}),
        "temporary_access_minutes is 10080.5. Nothing was changed.": ("open", {"minutes": 10080.5}),
        "There are 0 services": ("open", {"service": "deleted"}),
        "There is no service": ("main", {"service": "unknown"}),
    }
    ended = apply(*invalid.values())
    assert f"rescued={len(invalid)}" in ended.output, ended.output
    assert [message for message in invalid if message.lower() not in ended.output.lower()] == []
    assert all(request.startswith("GET") for request in sent())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x",), "the input must be the ip_access_list of a service"),
        (([], ADDRESS, "a b", FUTURE), "owner must consist of"),
        (([], "", "a b"), "owner must consist of"),
        (([], ADDRESS, "a"), "address and until are required together"),
        (([], "", "a", FUTURE), "address and until are required together"),
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
    assert plan == {"add": [entry("0.0.0.0/0", a=FUTURE)], "remove": []}


def test_access_is_extended_and_not_shortened() -> None:
    current = [entry(ADDRESS, a=FUTURE)]
    assert temporary_access(current, ADDRESS, "a", LATER)["add"] == [entry(ADDRESS, a=LATER)]
    assert temporary_access(current, ADDRESS, "a", "2098-01-01T00:00:00Z")["add"] == []


def test_access_of_an_owner_ends_at_all_addresses() -> None:
    current = [entry(ADDRESS, a=FUTURE), entry("192.0.2.1", a=FUTURE, b=LATER), entry("192.0.2.2", b=LATER)]
    plan = temporary_access(current, owner="a")
    assert plan == {"add": [entry("192.0.2.1", b=LATER)], "remove": [{"source": ADDRESS}]}
