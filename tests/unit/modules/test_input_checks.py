# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invalid input is rejected with one message before any request, and risky input causes a warning."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterable
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.networks import own_addresses
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import guards
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

PLACE = {"provider": "aws", "region": "eu-central-1"}
NEW = {**PLACE, "ip_access_list": []}


def write_bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of all writes."""
    return [request["body"] for request in emulator.journal() if request["method"] != "GET"]


def warnings(result: dict[str, Any]) -> str:
    return json.dumps(result.get("warnings", []))


def access(*sources: str) -> dict[str, Any]:
    return {"ip_access_list": [{"source": source} for source in sources]}


@pytest.mark.parametrize(
    ("written_as", "sent_as"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3/32", "10.1.2.3/32"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        (" 10.0.0.0/08 ", "10.0.0.0/8"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
    ],
)
def test_network_is_sent_in_canonical_form(
    service: dict[str, Any], emulator: Emulator, run: Run, written_as: str, sent_as: str
) -> None:
    options = {"name": "analytics", **access(written_as)}
    plan = run("service", check=True, **options)
    result = run("service", **options)
    assert plan["diff"] == result["diff"]
    assert result["diff"]["after"] == access(sent_as)
    assert write_bodies(emulator) == [
        {"ipAccessList": {"remove": [{"source": "203.0.113.0/24"}], "add": [{"source": sent_as}]}}
    ]
    assert run("service", **options)["changed"] is False


@pytest.mark.parametrize("stored", ["10.1.2.3/8", "10.0.0.0/255.0.0.0", "::ffff:10.0.0.0/104", "10.0.0.0/8"])
def test_equivalent_spelling_is_not_changed(service: dict[str, Any], emulator: Emulator, run: Run, stored: str) -> None:
    emulator.set_service(service["id"], ipAccessList=[{"source": stored}])
    assert run("service", name="analytics", **access("10.0.0.0/8"))["changed"] is False
    result = run("service", name="analytics", ip_access_mode="remove", **access("10.9.9.9/8"))
    assert result["service"]["ip_access_list"] == []
    assert write_bodies(emulator) == [{"ipAccessList": {"remove": [{"source": stored}]}}]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "10.0.0.1/255.0.0.0",
            "has a mask instead of a prefix: write 10.0.0.0/8 to allow that network.",
        ),
        (
            "10.0.0.0/0.255.255.255",
            "has a mask instead of a prefix: write 10.0.0.0/8 to allow that network.",
        ),
        (
            "10.0.0.0/0.0.0.0",
            "has a mask instead of a prefix: write 0.0.0.0/0 to allow that network.",
        ),
        ("fe80::1%eth0", "has a zone, which is only valid on one machine: remove the % and what follows it."),
        ("fe80::1%1/64", "has a zone, which is only valid on one machine: remove the % and what follows it."),
        ("010.0.0.1", "is neither an IP address nor a network such as 10.1.0.0/16."),
        ("10.0.0.1/33", "is neither an IP address nor a network such as 10.1.0.0/16."),
        ("10.0.0.1 /8", "is neither an IP address nor a network such as 10.1.0.0/16."),
        ("::/ffff::", "is neither an IP address nor a network such as 10.1.0.0/16."),
        ("host.example.com", "is neither an IP address nor a network such as 10.1.0.0/16."),
    ],
)
@pytest.mark.parametrize("mode", ["set", "add", "remove"])
def test_source_without_cidr_notation_is_rejected(
    emulator: Emulator, run: Run, source: str, reason: str, mode: str
) -> None:
    sentence = f"ip_access_list: {source!r} {reason}"
    assert run("service", name="x", **PLACE, ip_access_mode=mode, **access(source))["msg"] == sentence
    entry = {"name": "x", **PLACE, "ip_access_mode": mode, **access(source)}
    assert run("fleet", services=[entry])["services"][0]["msg"] == sentence
    assert emulator.journal() == []


HALVES = ["0.0.0.0/1", "128.0.0.0/1"]
IPV6_HALVES = ["::/1", "8000::/1"]
ANYONE = "anyone on the internet may try to log in"
MORE_THAN_HALF = "more than half of the internet may try to log in"


@pytest.mark.parametrize(
    ("sources", "warning"),
    [
        (HALVES, f"contains 0.0.0.0/1 and 128.0.0.0/1: {ANYONE}"),
        (["10.0.0.1/1", "200.0.0.1/1"], f"contains 0.0.0.0/1 and 128.0.0.0/1: {ANYONE}"),
        (IPV6_HALVES, f"contains ::/1: {ANYONE}"),
        (["2000::/4", "3000::/4"], f"contains 2000::/4 and 3000::/4: {ANYONE}"),
        (["::ffff:0:0/97", "::ffff:128.0.0.0/97"], f"contains 0.0.0.0/1 and 128.0.0.0/1: {ANYONE}"),
        (["::ffff:0:0/96"], f"contains 0.0.0.0/0: {ANYONE}"),
        (["128.0.0.0/2", "0.0.0.0/1"], f"contains 0.0.0.0/1 and 128.0.0.0/2: {MORE_THAN_HALF}"),
        (
            [f"{start}.0.0.0/3" for start in range(0, 256, 32)],
            f"contains 0.0.0.0/3 and 32.0.0.0/3 and 64.0.0.0/3 and 96.0.0.0/3 and 4 more: {ANYONE}",
        ),
        ([*HALVES, "0.0.0.0/0", "203.0.113.7"], f"contains 0.0.0.0/0: {ANYONE}"),
    ],
)
def test_networks_that_cover_the_internet_cause_warning(
    emulator: Emulator, run: Run, sources: list[str], warning: str
) -> None:
    options = {"name": "open", **PLACE, **access(*sources)}
    assert warning in warnings(run("service", check=True, **options))
    assert warning in warnings(run("service", **options))
    assert warning in warnings(run("service", **options))
    assert warning in warnings(run("fleet", services=[options]))


@pytest.mark.parametrize("sources", [["128.0.0.0/1"], ["8000::/1"], ["2000::/4"], ["10.0.0.0/8", "fc00::/7"]])
def test_no_warning_for_half_of_the_internet(emulator: Emulator, run: Run, sources: list[str]) -> None:
    assert "the internet" not in warnings(run("service", name="closed", **PLACE, **access(*sources)))


@pytest.mark.parametrize(
    ("present", "is_warned_of"),
    [(["0.0.0.0/1"], True), (["203.0.113.0/24"], False), (["0.0.0.0/0"], False), ([None, 7], False)],
)
def test_adding_the_other_half_causes_warning(
    service: dict[str, Any], emulator: Emulator, run: Run, present: list[Any], is_warned_of: bool
) -> None:
    emulator.set_service(service["id"], ipAccessList=[{"source": source} for source in present])
    add = {"name": "analytics", "ip_access_mode": "add", **access("128.0.0.0/1")}
    for check in (True, False):
        assert (ANYONE in warnings(run("service", check=check, **add))) is is_warned_of


@pytest.mark.parametrize(
    ("value", "shown"),
    [(["a", "b"], "['a', 'b'] is a list."), ({"a": 1}, "{'a': 1} is a dictionary."), ([], "[] is a list.")],
)
@pytest.mark.parametrize("mode", ["set", "add", "remove"])
def test_tag_with_several_values_is_rejected(emulator: Emulator, run: Run, value: Any, shown: str, mode: str) -> None:
    sentence = f"tags: the value of 'env' must be text, a number, true or false, or nothing; {shown}"
    tags = {"tags": {"team": "data", "env": value}, "tags_mode": mode}
    assert run("service", name="x", **NEW, **tags)["msg"] == sentence
    assert run("fleet", services=[{"name": "x", **NEW, **tags}])["services"][0]["msg"] == sentence
    assert run("service_info", tags={"env": value})["msg"] == sentence
    assert emulator.journal() == []


def test_tag_filter_with_several_values_is_rejected(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    result = run("fleet", services=[{"name": "analytics"}], prune=True, prune_filter={"team": ["a", "b"]})
    assert result["msg"].startswith("prune_filter: the value of 'team' must be text, a number, true or false, or")
    assert write_bodies(emulator) == []


@pytest.mark.parametrize(
    ("value", "stored"), [(True, "true"), (7, "7"), (1.5, "1.5"), ("x", "x"), (None, None), ("", None)]
)
def test_tag_value_is_stored_as_text(emulator: Emulator, run: Run, value: Any, stored: Any) -> None:
    options = {"name": "x", **NEW, "tags": {"env": value}}
    assert run("service", **options)["changed"] is True
    assert write_bodies(emulator)[0]["tags"] == [{"key": "env", **({} if stored is None else {"value": stored})}]
    assert run("service", **options)["changed"] is False


LONG = "x" * 51
TOO_LONG = f"name must have at most 50 characters; {LONG!r} has 51."


def test_too_long_name_fails_before_any_request(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    for check in (True, False):
        assert run("service", check=check, name=LONG, **NEW)["msg"] == TOO_LONG
        assert run("service", check=check, service_id=service["id"], name=LONG)["msg"] == TOO_LONG
        result = run("fleet", check=check, services=[{"name": LONG, **NEW}])
        assert result["services"][0]["msg"] == TOO_LONG
        assert run("fleet", services=[{"service_id": service["id"], "name": LONG}])["services"][0]["msg"] == TOO_LONG
    assert emulator.journal() == []


@pytest.mark.parametrize("name", ["x" * 50, "é" * 50, "\U0001f469" * 50, "with space, and (more) - of_it!"])
def test_valid_name_is_accepted(emulator: Emulator, run: Run, name: str) -> None:
    assert run("service", name=name, **NEW)["changed"] is True
    assert run("service", name=name, **NEW)["changed"] is False


NEW_NAME = "reports"
IN_USE = "tasks that find a service by this name will fail"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("module", ["service", "fleet"])
def test_rename_to_existing_name_causes_warning(
    service: dict[str, Any], emulator: Emulator, run: Run, module: str, check: bool
) -> None:
    other = emulator.create(name=NEW_NAME, **PLACE, ipAccessList=[])["service"]["id"]
    rename = {"service_id": service["id"], "name": NEW_NAME}
    result = run(module, check=check, **({"services": [rename]} if module == "fleet" else rename))
    assert result["changed"] is True
    assert IN_USE in warnings(result)
    assert other in warnings(result)
    assert len(result["warnings"]) == 1


@pytest.mark.parametrize("state", ["terminating", None])
def test_no_warning_for_unused_name(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, state: str | None
) -> None:
    if state:
        other = emulator.create(name=NEW_NAME, **PLACE, ipAccessList=[])["service"]["id"]
        emulator.set_service(other, state=state)
    sent()
    rename = {"service_id": service["id"], "name": NEW_NAME}
    assert "warnings" not in run("service", **rename)
    assert sent().count("GET services") == 1
    # A service that already has the name needs no further request.
    assert "warnings" not in run("service", **rename)
    assert sent() == [f"GET services/{service['id']}"]


@pytest.mark.parametrize("check", [True, False])
def test_rename_in_fleet_needs_no_additional_list(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    ids = [emulator.create(name=f"old-{n}", **PLACE, ipAccessList=[])["service"]["id"] for n in range(3)]
    for service_id in ids:
        emulator.set_service(service_id, state="running")
    sent()
    entries = [{"service_id": one, "name": f"new-{n}"} for n, one in enumerate(ids)]
    assert run("fleet", check=check, services=entries, wait=False)["changed"] is True
    requests = sent()
    # After each write, its result is read.
    before = itertools.takewhile(lambda request: request.startswith("GET"), requests)
    assert list(before) == ["GET services"]


@pytest.mark.parametrize(
    "name",
    [
        "analytics ",
        " analytics",
        "analytics\u00a0",
        "\u3000analytics",
        "ana\u200blytics",
        "ana\u00adlytics",
        "analytics\u200d ",
        "\u200c analytics \u200d \u200c",
        "\ufeffanalytics",
        "analytics\ufe0f",
        "ana\u034flytics",
        "\u2800analytics\u2800",
        "analytics \u3164",
        "analytics\u115f\u1160",
        "analytics\uffa0",
        "ana\u180blytics",
        "analytics\U000e0100",
        "analytics\U000e0041",
    ],
)
@pytest.mark.parametrize("module", ["service", "fleet"])
def test_confusable_name_is_rejected(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, module: str, name: str
) -> None:
    other = emulator.create(name="other", **PLACE, ipAccessList=[])["service"]["id"]
    sent()
    for options in ({"name": name, **NEW}, {"name": name, "service_id": other}):
        for check in (True, False):
            result = run(module, check=check, **({"services": [options]} if module == "fleet" else options))
            message = result["services"][0]["msg"] if module == "fleet" else result["msg"]
            # The message shows the invisible characters.
            assert message.startswith(
                f"The name {name!a} looks like that of Service 'analytics' ({service['id']}), and"
            )
            assert result["changed"] is False
            assert not any(request.startswith(("POST", "PATCH")) for request in sent())
    # The name of the service itself may be corrected.
    emulator.set_service(service["id"], name=name)
    assert run("service", service_id=service["id"], name="analytics")["changed"] is True


ALIKE = [
    ({"name": "analytics", **NEW}, {"name": "analytics ", **NEW}),
    ({"name": "analytics\ufe0f", **NEW}, {"name": "analytics", **NEW}),
    ({"service_id": "A", "name": "analytics"}, {"name": "analytics\u200b", **NEW}),
    ({"name": "analytics", **NEW}, {"service_id": "A", "name": " analytics"}),
    ({"service_id": "A", "name": "analytics"}, {"service_id": "B", "name": "\u2800analytics"}),
]


@pytest.fixture
def old_ids(emulator: Emulator, sent: Sent) -> dict[str, str]:
    """Create two services, and return their IDs by the letter in their names."""
    ids = {letter: emulator.create(name=f"old-{letter}", **PLACE, ipAccessList=[])["service"]["id"] for letter in "AB"}
    for service_id in ids.values():
        emulator.set_service(service_id, state="running")
    sent()
    return ids


def with_ids(entries: Iterable[dict[str, Any]], ids: dict[str, str]) -> list[dict[str, Any]]:
    return [{**entry, "service_id": ids[entry["service_id"]]} if "service_id" in entry else entry for entry in entries]


@pytest.mark.parametrize("entries", ALIKE)
@pytest.mark.parametrize("check", [True, False])
def test_confusable_new_names_in_fleet_are_rejected(
    emulator: Emulator, run: Run, old_ids: dict[str, str], check: bool, entries: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    result = run("fleet", check=check, services=with_ids(entries, old_ids), wait=False)
    first, second = result["services"]
    known = old_ids[entries[0]["service_id"]] if "service_id" in entries[0] else "new"
    names = [ascii(entry["name"]) for entry in entries]
    assert second["msg"].startswith(f"The name {names[1]} looks like that of Service {names[0]} ({known}), and")
    assert (first["changed"], first["failed"]) == (True, False)
    assert (second["changed"], second["failed"]) == (False, True)
    assert len(write_bodies(emulator)) == (0 if check else 1)


@pytest.mark.parametrize(
    ("entries", "warning"),
    [
        (
            ({"service_id": "A", "name": "same"}, {"service_id": "B", "name": "same"}),
            "same: The name 'same', which Service 'old-B' ({B}) gets, is that of {A}, too: ",
        ),
        (
            ({"name": "analytics", **NEW}, {"name": "ANALYTICS", **NEW}),
            "ANALYTICS: The name 'ANALYTICS' differs from that of Service 'analytics' (new) only in case, ",
        ),
        (
            ({"service_id": "A", "name": "analytics"}, {"name": "ana\ufe0f lytics", **NEW}),
            "ana\ufe0f lytics: The name 'ana\\ufe0f lytics' differs from that of Service 'analytics' ({A}) only in ",
        ),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_similar_new_names_in_fleet_cause_warning(
    emulator: Emulator, run: Run, old_ids: dict[str, str], check: bool, entries: Any, warning: str
) -> None:
    result = run("fleet", check=check, services=with_ids(entries, old_ids), wait=False)
    assert result["changed"] is True
    assert "failed" not in result
    (found,) = result["warnings"]
    assert found.startswith(warning.format(**old_ids))
    assert len(write_bodies(emulator)) == (0 if check else 2)


def test_names_of_failed_entries_are_not_compared(emulator: Emulator, run: Run, old_ids: dict[str, str]) -> None:
    entries = [
        {"name": "analytics"},
        {"name": "old-a", "state": "absent"},
        {"service_id": "A", "name": "old-A", "tags": {"a": "b"}},
        {"name": "analytics ", **NEW},
    ]
    result = run("fleet", check=True, services=with_ids(entries, old_ids))
    # The first one cannot be created.
    assert [service["failed"] for service in result["services"]] == [True, False, False, False]
    assert "warnings" not in result


def test_name_with_emoji_is_accepted(emulator: Emulator, run: Run) -> None:
    name = "\u2764\ufe0f data"
    assert run("service", name=name, **NEW, wait=False)["service"]["name"] == name
    assert [service["name"] for service in emulator.services()] == [name]
    result = run("service", name=name, **NEW, wait=False)
    assert (result["changed"], "warnings" in result) == (False, False)


def test_existing_confusable_name_is_found(emulator: Emulator, run: Run) -> None:
    emulator.create(name="analytics ", **PLACE, ipAccessList=[])
    assert "failed" not in run("service", name="analytics ", **NEW, tags={"a": "b"})


@pytest.mark.parametrize("name", ["Analytics", "ana lytics", "ana\u200dlytics", "\uff41nalytics"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("module", ["service", "fleet"])
def test_similar_new_name_causes_warning(
    service: dict[str, Any], emulator: Emulator, run: Run, module: str, check: bool, name: str
) -> None:
    options = {"name": name, **NEW}
    result = run(module, check=check, **({"services": [options]} if module == "fleet" else options))
    assert result["changed"] is True
    assert "failed" not in result
    (warning,) = result["warnings"]
    assert f"differs from that of Service 'analytics' ({service['id']}) only in case, white space or" in warning
    assert "warnings" not in run("service", name="analytics", tags={})


def test_no_warning_for_name_of_deleted_service(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], state="terminating")
    assert "warnings" not in run("service", name="Analytics", **NEW)


def test_rename_without_permission_to_list_services(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/services$", method="GET", status=403, times=9)
    result = run("service", service_id=service["id"], name=NEW_NAME)
    assert result["service"]["name"] == NEW_NAME
    assert "control-plane:service:view" in warnings(result)


@pytest.mark.parametrize(
    ("present", "options", "is_warned_of"),
    [
        ("8.8.8.8", access("203.0.113.0/24"), True),
        ("0.0.0.0/0", access("203.0.113.0/24"), True),
        ("0.0.0.0/0", {"ip_access_list": []}, True),
        ("8.8.8.0/24", {**access("8.8.8.0/24"), "ip_access_mode": "remove"}, True),
        ("0.0.0.0/0", access("8.8.0.0/16"), False),
        ("8.8.8.8", {**access("203.0.113.0/24"), "ip_access_mode": "add"}, False),
        ("203.0.113.0/24", {"ip_access_list": []}, False),
        ("::/0", {"ip_access_list": []}, False),
        ("8.8.8.8", access("8.8.8.8/32"), False),
    ],
)
def test_warning_if_access_list_excludes_this_host(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    present: str,
    options: dict[str, Any],
    is_warned_of: bool,
) -> None:
    emulator.set_service(service["id"], ipAccessList=[{"source": present}])
    monkeypatch.setattr(guards, "own_addresses", lambda: ["8.8.8.8"])
    for check in (True, False):
        result = run("service", check=check, name="analytics", **options)
        assert ("8.8.8.8, an address of this host" in warnings(result)) is is_warned_of


class Probe:
    """A socket of a host that has one IPv4 address on the internet, and no IPv6 route."""

    def __init__(self, family: int, _kind: int) -> None:
        if family == socket.AF_INET6:
            raise OSError("no route")

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_error: object) -> None:
        """Close nothing."""

    def connect(self, destination: tuple[str, int]) -> None:
        assert destination == ("198.51.100.1", 9)

    def getsockname(self) -> tuple[str, int]:
        return self.address, 1

    address = "8.8.8.8"


@pytest.mark.parametrize(("address", "found"), [("8.8.8.8", ["8.8.8.8"]), ("10.1.2.3", []), ("127.0.0.1", [])])
def test_own_addresses_are_global(monkeypatch: pytest.MonkeyPatch, address: str, found: list[str]) -> None:
    monkeypatch.setattr(Probe, "address", address)
    monkeypatch.setattr(socket, "socket", Probe)
    assert own_addresses() == found
