# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.organization import ORGANIZATION
from ansible_collections.clickhouse.cloud.plugins.modules import organization
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.fixture
def line(emulator: Emulator) -> str:
    return f"/v1/organizations/{emulator.organization_id}"


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


@pytest.mark.parametrize(
    ("options", "body", "before", "after"),
    [
        (
            {"name": "Example Ltd."},
            {"name": "Example Ltd."},
            {"name": "Emulated organization"},
            {"name": "Example Ltd."},
        ),
        (
            {"name": "Emulated organization", "enable_core_dumps": False},
            {"enableCoreDumps": False},
            {"enable_core_dumps": True},
            {"enable_core_dumps": False},
        ),
    ],
)
def test_settings_are_changed_idempotently(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    line: str,
    options: dict[str, Any],
    body: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    plan = run("organization", check=True, **options)
    assert sent() == [f"GET {line}"]
    done = run("organization", **options)
    assert bodies(emulator) == [body]
    assert sent() == [f"GET {line}", f"PATCH {line}", f"GET {line}"]
    assert plan["diff"] == done["diff"] == {"before": before, "after": after}
    assert (plan["changed"], done["changed"], plan["organization"]) == (True, True, done["organization"])
    for check in (True, False):
        again = run("organization", check=check, **options)
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        assert sent() == [f"GET {line}"]


@pytest.mark.parametrize("options", [{}, {"name": ""}])
def test_nothing_to_set_changes_nothing(emulator: Emulator, run: Run, options: dict[str, Any]) -> None:
    result = run("organization", **options)
    assert (result["changed"], result["organization"]["id"]) == (False, emulator.organization_id)


def test_long_name_is_rejected_before_any_request(emulator: Emulator, run: Run) -> None:
    assert "name must have at most 50 characters" in run("organization", name="a" * 51)["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int, line: str) -> None:
    emulator.fault(path=f"{line}$", status=status, times=99)
    result = run("organization", name="Example Ltd.")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to read the organization failed" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_organization_of_another_key_is_not_changed(emulator: Emulator, run: Run, check: bool) -> None:
    result = run("organization", check=check, organization_id=UNKNOWN, name="Example Ltd.")
    assert (result["failed"], result["status"]) == (True, 404)
    assert bodies(emulator) == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(organization.RETURN)["organization"]["contains"]
    assert documented.keys() == ORGANIZATION.to_result({}).keys()
