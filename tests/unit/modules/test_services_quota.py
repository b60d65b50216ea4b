# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules fleet and service compare a plan with the quota of services before they create one."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
TWO = [{"name": "first", **NEW}, {"name": "second", **NEW}]
IN_USE = "services: The quota services-per-organization of the organization is"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.usefixtures("service")
def test_plan_that_exceeds_the_quota_is_refused(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    emulator.set_quotas(services_per_organization=2)
    result = run("fleet", check=check, services=[*TWO, {"name": "analytics", "tags": {"a": "b"}}])
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        f"{IN_USE} 2, of which 1 in use, and 2 more would be created. Delete others first, or ask ClickHouse support to"
        " raise the quota. Nothing was changed."
    )
    assert sent() == ["GET services", "GET quotas"]
    assert result["summary"] == "2 to create, 1 to change, 0 to delete, 0 unchanged"
    assert [action["action"] for action in result["plan"]] == ["create", "create", "change"]
    assert [service["changed"] for service in result["services"]] == [False, False, False]


@pytest.mark.usefixtures("service")
def test_services_that_fit_are_created(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_quotas(services_per_organization=3)
    result = run("fleet", services=TWO, wait=False)
    assert (result["changed"], result.get("warnings")) == (True, None)
    assert sent().count("GET quotas") == 1
    assert len(emulator.services()) == 3


@pytest.mark.usefixtures("service")
def test_quota_is_not_read_if_no_service_is_created(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_quotas(services_per_organization=0)
    assert run("fleet", check=True, services=[{"name": "analytics", "tags": {"a": "b"}}])["changed"] is True
    assert sent() == ["GET services"]


@pytest.mark.usefixtures("service")
def test_services_to_delete_still_count(emulator: Emulator, run: Run) -> None:
    emulator.set_quotas(services_per_organization=2)
    result = run("fleet", check=True, services=[*TWO, {"name": "analytics", "state": "absent", "force": True}])
    assert result["msg"].endswith(
        "Delete those that are to be deleted in an earlier task, since they count until they are gone."
        " Nothing was changed."
    )


def test_quota_that_cannot_be_raised(emulator: Emulator, run: Run) -> None:
    quota = {"quotaCode": "services-per-organization", "value": 1, "usage": 0, "adjustable": False}
    emulator.fault(path="/quotas$", status=200, body={"result": [quota]})
    assert (
        "2 more would be created. Delete others first. Nothing was changed."
        in run("fleet", check=True, services=TWO)["msg"]
    )


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("fault", "warning"),
    [
        ({"status": 403}, "The API key may not read the quotas of the organization"),
        ({"status": 404}, "The request to list the quotas of the organization failed"),
        (
            {"status": 200, "body": {"result": [{"quotaCode": "services-per-organization", "usage": 1}]}},
            "The API returned null for value of the quota services-per-organization; expected an integer.",
        ),
    ],
)
def test_quota_that_cannot_be_read_is_a_warning(
    emulator: Emulator, run: Run, fault: dict[str, Any], warning: str, check: bool
) -> None:
    emulator.fault(path="/quotas$", **fault)
    result = run("fleet", check=check, services=TWO, wait=False)
    assert (result["changed"], "failed" in result) == (True, False)
    assert f"The quota of services is not checked before they are created. {warning}" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("quotas", [[], [{"quotaCode": "services-per-organization", "value": 0}]])
def test_quota_without_a_usage_is_not_checked(emulator: Emulator, run: Run, quotas: list[dict[str, Any]]) -> None:
    emulator.fault(path="/quotas$", status=200, body={"result": quotas})
    result = run("fleet", check=True, services=TWO)
    assert (result["changed"], result.get("warnings")) == (True, None)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.usefixtures("service")
def test_service_is_refused_on_request(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    emulator.set_quotas(services_per_organization=1)
    result = run("service", check=check, name="first", **NEW, check_quota=True)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        "The quota services-per-organization of the organization is 1, of which 1 in use, and 1 more would be created."
        " Delete others first, or ask ClickHouse support to raise the quota. Nothing was changed."
    )
    assert sent() == ["GET services", "GET quotas"]
    # The quota does not matter for a service that exists.
    assert run("service", check=check, name="analytics", tags={"a": "b"}, check_quota=True)["changed"] is True
    assert "GET quotas" not in sent()


def test_service_that_fits_is_created(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.set_quotas(services_per_organization=1)
    assert run("service", name="first", **NEW, check_quota=True, wait=False)["changed"] is True
    assert sent() == ["GET services", "GET quotas", "GET services", "POST services"]
