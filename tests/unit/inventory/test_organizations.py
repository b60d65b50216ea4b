# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several organizations as one inventory, also if one of them cannot be read."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS, wait_until

Sent = Callable[[], list[str]]
List = Callable[..., dict[str, Any]]


def credentials(organization: dict[str, Any]) -> dict[str, Any]:
    return {name: organization[name] for name in ("api_key", "api_secret")}


def organizations_of(listed: dict[str, Any]) -> list[str]:
    variables = listed["_meta"]["hostvars"].values()
    return [of_host["clickhouse_cloud_organization_id"] for of_host in variables]


def test_organization_id_is_a_variable_of_hosts(
    create: Callable[..., str], emulator: Emulator, inventory: List
) -> None:
    create("analytics")
    assert organizations_of(inventory()) == [emulator.organization_id]


def test_several_organizations_are_one_inventory(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]], sent: Sent, tmp_path: Path
) -> None:
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    listed = inventory(organizations=others, **cache)
    # The same name twice: each with the beginning of its id.
    assert all(host.startswith("analytics_") for host in listed["_meta"]["hostvars"])
    assert sorted(organizations_of(listed)) == sorted(item["organization_id"] for item in others)
    assert sorted(entry["path"] for entry in emulator.journal()) == sorted(
        f"/v1/organizations/{one['organization_id']}/services" for one in others
    )
    assert inventory(organizations=others, **cache) == listed
    assert len(sent()) == 2
    assert len(organizations_of(inventory(organizations=others[:1], **cache))) == 1


def test_organizations_are_read_in_parallel(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]], sent: Sent
) -> None:
    # Neither is answered before both have been sent.
    emulator.fault(path="/services$", delay=HOLD_SECONDS, times=2)
    sent_together = []

    def release() -> None:
        try:
            wait_until(lambda: len(emulator.journal()) == 2)
            sent_together.append(True)
        finally:
            emulator.clear_faults()

    releasing = threading.Thread(target=release)
    releasing.start()
    found = organizations_of(inventory(organizations=others))
    releasing.join()
    assert sent_together
    assert len(found) == 2


def test_entry_without_an_id_uses_the_organization_of_its_key(
    create: Callable[..., str], emulator: Emulator, inventory: List, others: list[dict[str, Any]]
) -> None:
    create("own")
    # The environment has the id of the first organization, which goes with the key there alone.
    found = organizations_of(inventory(organizations=[{}, credentials(others[1]), credentials(others[1])]))
    assert sorted(found) == sorted([emulator.organization_id, others[1]["organization_id"]])


def test_organizations_may_be_templates(
    inventory: List, others: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", others[0]["api_secret"])
    secret = "{{ lookup('ansible.builtin.env', 'MY_SECRET') }}"
    found = inventory(organizations=[{"api_key": others[0]["api_key"], "api_secret": secret}])
    assert organizations_of(found) == [others[0]["organization_id"]]


def test_nothing_is_listed_when_one_organization_cannot_be_read(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]]
) -> None:
    emulator.fault(path=f"/organizations/{others[1]['organization_id']}/services$", status=403, times=9)
    output = inventory(organizations=others, fails="number 2, cannot be read: The request to list the services failed")
    assert not any(item["api_secret"] in output for item in others)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "analytics",
            "organizations, number 2, must be a dictionary with any of the keys api_key, api_secret, organization_id.",
        ),
        ({"apikey": "x"}, "organizations, number 2, must be a dictionary with"),
        ({"organization_id": "x"}, "organization_id must be a UUID"),
    ],
)
def test_invalid_entry_is_rejected(emulator: Emulator, inventory: List, entry: object, message: str) -> None:
    inventory(organizations=[{}, entry], fails=message)


def test_unreadable_organization_is_omitted_with_skip_unreadable(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]], sent: Sent, tmp_path: Path
) -> None:
    lost = others[1]["organization_id"]
    options = {
        "organizations": others,
        "skip_unreadable": True,
        "cache": True,
        "cache_plugin": "jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    emulator.fault(path=f"/organizations/{lost}/services$", status=403, times=1)
    listed = inventory(warns="organizations, number 2, cannot be read", **options)
    assert organizations_of(listed) == [others[0]["organization_id"]]
    assert len(sent()) == 2
    # It was not kept as if it were whole.
    assert len(organizations_of(inventory(**options))) == 2
    assert len(sent()) == 2
    assert len(organizations_of(inventory(**options))) == 2
    assert sent() == []


def test_warning_about_omitted_organization_has_no_secret(inventory: List, others: list[dict[str, Any]]) -> None:
    wrong = {"api_key": "nobody's", "api_secret": "wrong-secret-4712"}
    output = inventory(organizations=[wrong, others[0]], fails="organizations, number 1, cannot be read")
    assert wrong["api_secret"] not in output
    listed = inventory(
        organizations=[wrong, others[0]], skip_unreadable=True, warns="organizations, number 1, cannot be read"
    )
    assert organizations_of(listed) == [others[0]["organization_id"]]


def test_fails_if_no_organization_can_be_read(
    emulator: Emulator, inventory: List, others: list[dict[str, Any]]
) -> None:
    emulator.fault(path="/services$", status=403, times=9)
    inventory(organizations=others, skip_unreadable=True, fails="organizations, number 1, cannot be read")
    inventory(skip_unreadable=True, fails="failed with HTTP status 403")


def test_invalid_entry_is_not_skipped(inventory: List, others: list[dict[str, Any]]) -> None:
    entries = [others[0], {"organization_id": "x"}]
    inventory(organizations=entries, skip_unreadable=True, fails="organization_id must be a UUID")
