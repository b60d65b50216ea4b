# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.private_endpoint import (
    ID_FORMS,
    PRIVATE_ENDPOINT,
    check_region,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.planned_services import PlannedServices
from ansible_collections.clickhouse.cloud.plugins.modules import private_endpoint
from ansible_collections.clickhouse.cloud.plugins.plugin_utils import _fast_path
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.regions import REGIONS
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run
from ansible_collections.clickhouse.cloud.tests.unit.modules.conftest import run_in_worker

Sent = Callable[[], list[str]]

ENDPOINT = "vpce-0123456789abcdef0"
OTHER = "vpce-0fedcba9876543210"
UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
PLACE = {"cloud_provider": "aws", "region": "eu-central-1"}
API_PLACE = {"cloudProvider": "aws", "region": "eu-central-1"}
REGISTER = {"private_endpoint_id": ENDPOINT, "state": "registered"}
ABSENT = {"private_endpoint_id": ENDPOINT, "state": "absent"}
HINT = " Check its name or id, and which organization the API key belongs to."


@pytest.fixture
def organization(emulator: Emulator) -> str:
    """Return the path of the organization."""
    return f"/v1/organizations/{emulator.organization_id}"


@pytest.fixture
def endpoints(emulator: Emulator) -> Callable[[], tuple[list[Any], list[list[str]]]]:
    """Return a function that returns what is registered, with descriptions, and the list of each service."""

    def _endpoints() -> tuple[list[Any], list[list[str]]]:
        registered = emulator.request("GET", "")["privateEndpoints"]
        lists = [service["privateEndpointIds"] for service in emulator.raw_services()]
        emulator.clear_journal()
        return [(entry["id"], entry["description"]) for entry in registered], lists

    return _endpoints


Endpoints = Callable[[], tuple[list[Any], list[list[str]]]]


def register(emulator: Emulator, *endpoint_ids: str, description: str = "office") -> None:
    add = [{"id": endpoint_id, "description": description, **API_PLACE} for endpoint_id in endpoint_ids]
    emulator.request("PATCH", "", {"privateEndpoints": {"add": add}})
    emulator.clear_journal()


def attach(emulator: Emulator, service: dict[str, Any], *endpoint_ids: str) -> None:
    emulator.request("PATCH", f"services/{service['id']}", {"privateEndpointIds": {"add": list(endpoint_ids)}})
    emulator.clear_journal()


def add_service(emulator: Emulator, name: str, **fields: Any) -> dict[str, Any]:
    place = {"provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    created: dict[str, Any] = emulator.create(**{"name": name, **place, **fields})["service"]
    emulator.clear_journal()
    return created


def assert_step(run: Run, sent: Sent, options: dict[str, Any], diff: dict[str, Any], requests: list[str]) -> Any:
    """Run a task in check mode, for real, and again: it changes this, with these requests. Return the second result.

    The requests that read the situation come first, again after the writes, and they are all of the third task.
    """
    plan = run("private_endpoint", check=True, **options)
    assert "failed" not in plan, plan["msg"]
    assert (plan["changed"], plan["diff"]) == (True, diff)
    reads = requests[: next(number for number, line in enumerate(requests) if not line.startswith("GET"))]
    assert sent() == reads
    changed = run("private_endpoint", **options)
    assert "failed" not in changed, changed["msg"]
    assert (changed["changed"], changed["diff"]) == (True, diff)
    assert sent() == requests
    for name in ("private_endpoint_ids", "service_id"):
        assert plan.get(name) == changed.get(name)
    for check in (True, False):
        again = run("private_endpoint", check=check, **options)
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        assert again.get("private_endpoint") == changed.get("private_endpoint")
        assert sent() == reads
    return changed


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_life_cycle(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    endpoints: Endpoints,
    organization: str,
    by: str,
) -> None:
    attach(emulator, service, OTHER)
    emulator.request("PATCH", "", {"privateEndpoints": {"add": [{"id": "vpce-1", "description": "", **API_PLACE}]}})
    emulator.clear_journal()
    others = [(OTHER, ""), ("vpce-1", "")]
    path = f"services/{service['id']}"
    label = f"analytics ({service['id']})"
    find, read = "GET services" if by == "name" else f"GET {path}", [f"GET {path}", f"GET {organization}"]
    lookup = {"private_endpoint_id": ENDPOINT, by: service["name" if by == "name" else "id"]}

    values = {"description": "office", **PLACE}
    diff = {"before": {"attached_to": []}, "after": {**values, "attached_to": [label]}}
    requests = [find, f"GET {organization}", f"POST {path}/privateEndpoint", *read]
    result = assert_step(run, sent, {**lookup, "description": "office"}, diff, requests)
    assert result["private_endpoint"] == {"id": ENDPOINT, **values}
    assert (result["private_endpoint_ids"], result["service_id"]) == ([OTHER, ENDPOINT], service["id"])
    assert endpoints() == ([*others, (ENDPOINT, "office")], [[OTHER, ENDPOINT]])

    diff = {"before": {"description": "office"}, "after": {"description": "home"}}
    requests = [find, f"GET {organization}", f"PATCH {organization}", *read]
    assert_step(run, sent, {**lookup, "description": "home"}, diff, requests)
    assert endpoints() == ([*others, (ENDPOINT, "home")], [[OTHER, ENDPOINT]])

    diff = {"before": {"attached_to": [label]}, "after": {"attached_to": []}}
    requests = [find, f"PATCH {path}", f"GET {path}"]
    result = assert_step(run, sent, {**lookup, "state": "detached"}, diff, requests)
    assert "private_endpoint" not in result
    assert (result["private_endpoint_ids"], result["service_id"]) == ([OTHER], service["id"])
    assert endpoints() == ([*others, (ENDPOINT, "home")], [[OTHER]])

    diff = {
        "before": {"attached_to": [], "description": "home"},
        "after": {"attached_to": [label], "description": "office"},
    }
    requests = [find, f"GET {organization}", f"PATCH {organization}", f"PATCH {path}", *read]
    assert_step(run, sent, {**lookup, "description": "office"}, diff, requests)
    assert endpoints() == ([*others, (ENDPOINT, "office")], [[OTHER, ENDPOINT]])

    diff = {"before": {**values, "attached_to": [label]}, "after": {"attached_to": []}}
    reads = [f"GET {organization}", "GET services"]
    requests = [*reads, f"PATCH {path}", f"PATCH {organization}", *reads]
    result = assert_step(run, sent, {**lookup, "state": "absent"}, diff, requests)
    assert (result["private_endpoint"], result["private_endpoint_ids"]) == (None, [OTHER])
    assert endpoints() == (others, [[OTHER]])


def test_each_write_names_only_its_own_endpoint(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    attach(emulator, service, OTHER)
    for options in ({}, {"description": "home"}, {"state": "detached"}, {}, {"state": "absent"}):
        run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics", **options)
    reference = {"id": ENDPOINT, **API_PLACE}
    assert [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"] == [
        {"id": ENDPOINT},
        {"privateEndpoints": {"remove": [reference], "add": [{**reference, "description": "home"}]}},
        {"privateEndpointIds": {"remove": [ENDPOINT]}},
        {"privateEndpointIds": {"add": [ENDPOINT]}},
        {"privateEndpointIds": {"remove": [ENDPOINT]}},
        {"privateEndpoints": {"remove": [reference]}},
    ]


def test_registration_without_a_service(
    emulator: Emulator, run: Run, sent: Sent, endpoints: Endpoints, organization: str
) -> None:
    values = {"description": "office", **PLACE}
    requests = [f"GET {organization}", f"PATCH {organization}", f"GET {organization}"]
    result = assert_step(run, sent, {**REGISTER, **values}, {"before": {}, "after": values}, requests)
    assert result["private_endpoint"] == {"id": ENDPOINT, **values}
    assert result.keys().isdisjoint({"private_endpoint_ids", "service_id"})
    assert endpoints() == ([(ENDPOINT, "office")], [])
    # Once it is registered, its place need not be given.
    assert run("private_endpoint", **REGISTER)["changed"] is False
    sent()
    diff = {"before": {"description": "office"}, "after": {"description": "home"}}
    assert_step(run, sent, {**REGISTER, "description": "home"}, diff, requests)
    diff = {"before": {**values, "description": "home"}, "after": {}}
    reads = [f"GET {organization}", "GET services"]
    assert_step(run, sent, ABSENT, diff, [*reads, f"PATCH {organization}", *reads])
    assert endpoints() == ([], [])


def test_attached_endpoint_without_registration_is_registered(
    service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Endpoints
) -> None:
    emulator.set_service(service["id"], privateEndpointIds=[ENDPOINT])
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics", description="office")
    assert (result["changed"], result["diff"]["before"]) == (True, {})
    assert endpoints() == ([(ENDPOINT, "office")], [[ENDPOINT]])


@pytest.mark.parametrize("check", [True, False])
def test_endpoint_that_other_services_use_is_not_removed(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, endpoints: Endpoints, check: bool
) -> None:
    reports = add_service(emulator, "reports", privateEndpointIds=[ENDPOINT])
    attach(emulator, service, ENDPOINT)
    result = run("private_endpoint", check=check, name="analytics", **ABSENT)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        f"Private endpoint '{ENDPOINT}' is not removed, since Service 'reports' ({reports['id']}) still uses it."
        " Detach it there first, with state: detached, or set force: true, which detaches it from all of them."
    )
    result = run("private_endpoint", check=check, **ABSENT)
    assert (
        f"since Service 'analytics' ({service['id']}) and Service 'reports' ({reports['id']}) still use it."
        in (result["msg"])
    )
    assert {request.split()[0] for request in sent()} == {"GET"}
    result = run("private_endpoint", check=check, name="analytics", force=True, **ABSENT)
    labels = [f"analytics ({service['id']})", f"reports ({reports['id']})"]
    assert (result["changed"], result["diff"]["before"]["attached_to"]) == (True, labels)
    if not check:
        assert endpoints() == ([], [[], []])


def test_services_that_are_being_deleted_do_not_count(
    service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Endpoints
) -> None:
    attach(emulator, service, ENDPOINT)
    gone = add_service(emulator, "gone", privateEndpointIds=[ENDPOINT])
    emulator.set_service(gone["id"], state="terminating")
    assert run("private_endpoint", name="analytics", **ABSENT)["changed"] is True
    assert endpoints() == ([], [[], [ENDPOINT]])


@pytest.mark.parametrize("lookup", [{"name": "analytics"}, {"service_id": UNKNOWN}])
def test_deleted_service_does_not_keep_an_endpoint(
    emulator: Emulator, run: Run, endpoints: Endpoints, lookup: dict[str, str]
) -> None:
    """A playbook that has deleted the service can run again."""
    register(emulator, ENDPOINT)
    assert run("private_endpoint", **lookup, **ABSENT)["changed"] is True
    again = run("private_endpoint", **lookup, **ABSENT)
    assert ("failed" in again, again["changed"], "service_id" in again) == (False, False, False)
    assert endpoints() == ([], [])


@pytest.mark.parametrize(("state", "lookup"), [("attached", {"service_id": UNKNOWN}), ("detached", {"name": UNKNOWN})])
def test_wrong_service_is_reported(emulator: Emulator, run: Run, state: str, lookup: dict[str, str]) -> None:
    result = run("private_endpoint", check=True, private_endpoint_id=ENDPOINT, state=state, **lookup)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_ambiguous_name_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    add_service(emulator, "analytics")
    for state in ("attached", "absent"):
        result = run("private_endpoint", private_endpoint_id=ENDPOINT, state=state, name="analytics")
        assert "2 services are named 'analytics'" in result["msg"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "state: attached is about a service: set name or service_id."),
        ({"state": "detached"}, "state: detached is about a service: set name or service_id."),
        (
            {"state": "registered", "name": "analytics"},
            "state: registered is about the organization, not about a service: leave out name and service_id, or use"
            " state: attached.",
        ),
        (
            {"state": "registered", "cloud_provider": "gcp"},
            "private_endpoint_id must be, for gcp, the ID of a PSC connection, a number such as 102600141743718403;"
            f" '{ENDPOINT}' is not.",
        ),
        (
            {"state": "registered", "cloud_provider": "aws", "region": "westus3"},
            "region must be one of aws, such as eu-central-1; 'westus3' is not.",
        ),
        ({"state": "registered", "cloud_provider": "aws", "region": "eu-central"}, "'eu-central' is not."),
        ({"state": "registered", "cloud_provider": "amazon"}, "cloud_provider must be aws or gcp or azure"),
        ({"state": "absent", "service_id": "analytics"}, "service_id must be a UUID"),
        ({"private_endpoint_id": ""}, "private_endpoint_id"),
    ],
)
def test_impossible_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str, check: bool
) -> None:
    result = run("private_endpoint", check=check, **{"private_endpoint_id": ENDPOINT, **options})
    assert result["failed"] is True
    assert message in result["msg"]
    assert sent() == []


def test_form_of_a_region_is_that_of_its_provider() -> None:
    """The API has more regions over time, so only their form is checked."""
    for provider, regions in REGIONS.items():
        for region in regions:
            check_region(region, provider)
            check_region(region, "")
            for other in REGIONS.keys() - {provider}:
                with pytest.raises(InvalidOption):
                    check_region(region, other)


def test_place_is_required_to_register(emulator: Emulator, run: Run) -> None:
    assert run("private_endpoint", **REGISTER)["msg"] == (
        f"The organization has not registered private endpoint '{ENDPOINT}'. To register it, set cloud_provider and"
        " region as well."
    )
    assert "set region as well." in run("private_endpoint", cloud_provider="aws", **REGISTER)["msg"]


def test_place_of_a_registration_cannot_be_changed(emulator: Emulator, run: Run, sent: Sent, organization: str) -> None:
    register(emulator, ENDPOINT)
    result = run("private_endpoint", cloud_provider="aws", region="us-east-1", **REGISTER)
    assert result["msg"] == (
        f"Private endpoint '{ENDPOINT}' is registered with region 'eu-central-1', not 'us-east-1'. Leave it out, or"
        " remove the private endpoint first, with state: absent."
    )
    assert sent() == [f"GET {organization}"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"region": "us-east-1"},
            "has the region 'eu-central-1', but region is 'us-east-1'. Check which service you intend, and leave out"
            " region if it is this one.",
        ),
        ({"cloud_provider": "gcp"}, "has the provider 'aws', but cloud_provider is 'gcp'."),
        (
            {"private_endpoint_id": "102600141743718403"},
            "private_endpoint_id must be, for aws, the ID of a VPC endpoint, such as vpce-0123456789abcdef0;"
            " '102600141743718403' is not.",
        ),
    ],
)
def test_service_in_another_place_is_not_touched(
    service: dict[str, Any], run: Run, sent: Sent, options: dict[str, Any], message: str, check: bool
) -> None:
    result = run("private_endpoint", check=check, **{"private_endpoint_id": ENDPOINT, "name": "analytics", **options})
    assert (result["failed"], result["changed"]) == (True, False)
    assert message in result["msg"]
    assert sent() == ["GET services"]


@pytest.mark.parametrize(
    ("provider", "region", "endpoint_id"),
    [
        ("aws", "us-east-1", "vpce-01234567"),
        ("gcp", "us-east1", "102600141743718403"),
        ("azure", "eastus2", "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"),
        (
            "azure",
            "eastus2",
            "/subscriptions/6f0b7c9e/resourceGroups/net/providers/Microsoft.Network/privateEndpoints/pe-1",
        ),
    ],
)
def test_ids_of_every_provider(
    emulator: Emulator, run: Run, endpoints: Endpoints, provider: str, region: str, endpoint_id: str
) -> None:
    add_service(emulator, "reports", provider=provider, region=region)
    assert run("private_endpoint", private_endpoint_id=endpoint_id, name="reports")["changed"] is True
    assert endpoints() == ([(endpoint_id, "")], [[endpoint_id]])


def test_malformed_id_can_be_removed(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """The API accepts any ID, so that there may be one to clean up."""
    attach(emulator, service, "vpce-bogus")
    for state in ("detached", "absent"):
        options = {"private_endpoint_id": "vpce-bogus", "name": "analytics", "state": state}
        assert run("private_endpoint", **options)["changed"] is True


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    ("state", "fault"),
    [
        *((state, {"disconnect": "after"}) for state in ("attached", "detached", "registered", "absent")),
        ("absent", {"disconnect": "before"}),
        ("absent", {"status": 502}),
    ],
)
def test_lost_response_is_not_a_failure(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str, fault: dict[str, Any], endpoints: Endpoints
) -> None:
    """Each write fails once: what it has done is read, and only what is missing is sent again."""
    attach(emulator, service, OTHER, *([ENDPOINT] if state in ("detached", "absent") else []))
    for path in ("/privateEndpoint$", "/services/[^/]+$", "/organizations/[^/]+$"):
        for method in ("POST", "PATCH"):
            emulator.fault(method=method, path=path, **fault)
    options = {**PLACE, "description": "office"} if state == "registered" else {"name": "analytics"}
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, state=state, **options)
    assert "failed" not in result, result["msg"]
    assert result["changed"] is True
    registered, lists = endpoints()
    assert lists == [[OTHER, ENDPOINT] if state == "attached" else [OTHER]]
    assert [name for name, _description in registered] == [OTHER, *([] if state == "absent" else [ENDPOINT])]


@pytest.mark.usefixtures("fast_clock")
def test_half_done_request_is_completed(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, organization: str
) -> None:
    """The API has registered the private endpoint when it fails, but not attached it."""
    register(emulator, ENDPOINT)
    before = {**emulator.request("GET", ""), "privateEndpoints": []}
    emulator.clear_journal()
    emulator.fault(method="GET", path="/organizations/[^/]+$", status=200, body={"result": before})
    emulator.fault(method="POST", path="/privateEndpoint$", status=500)
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert (result["changed"], result["private_endpoint_ids"]) == (True, [ENDPOINT])
    path = f"services/{service['id']}"
    assert sent() == [
        "GET services",
        f"GET {organization}",
        f"POST {path}/privateEndpoint",
        f"GET {path}",
        f"GET {organization}",
        f"PATCH {path}",
        f"GET {path}",
        f"GET {organization}",
    ]


@pytest.mark.usefixtures("fast_clock")
def test_left_over_endpoints_are_named_when_the_api_fails(
    service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Endpoints
) -> None:
    register(emulator, OTHER)
    emulator.fault(method="POST", path="/privateEndpoint$", status=500, times=99)
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert (result["failed"], result["status"]) == (True, 500)
    assert result["msg"].endswith(
        "The API may fail to attach a private endpoint while one is registered that the cloud provider has deleted."
        f" Also registered: {OTHER}. Remove those that no longer exist with state: absent. Changes that"
        f" this task has made, or may have made: attached a private endpoint to service {service['id']}."
    )
    run("private_endpoint", private_endpoint_id=OTHER, state="absent")
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert "Also registered" not in result["msg"]


@pytest.mark.usefixtures("fast_clock")
def test_api_without_responses_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, endpoints: Endpoints
) -> None:
    register(emulator, OTHER)
    emulator.fault(method="POST", path="/privateEndpoint$", disconnect="before", times=99)
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert (result["failed"], result["changed"]) == (True, True)
    assert "may have made: attached a private endpoint" in result["msg"]
    assert sent().count(f"POST services/{service['id']}/privateEndpoint") == 4
    assert endpoints() == ([(OTHER, "office")], [[]])


@pytest.mark.parametrize("state", ["attached", "absent"])
def test_change_that_another_task_has_made_is_no_change(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str
) -> None:
    stale = emulator.request("GET", "services")
    stale[0]["privateEndpointIds"] = [] if state == "attached" else [ENDPOINT]
    register(emulator, ENDPOINT)
    organization = emulator.request("GET", "")
    if state == "attached":
        attach(emulator, service, ENDPOINT)
    else:
        emulator.request("PATCH", "", {"privateEndpoints": {"remove": [{"id": ENDPOINT}]}})
    emulator.clear_journal()
    emulator.fault(method="GET", path="/services$", status=200, body={"result": stale})
    emulator.fault(method="GET", path="/organizations/[^/]+$", status=200, body={"result": organization})
    emulator.fault(method="PATCH", path="/(services|organizations)/[^/]+$", status=409, times=2)
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics", state=state)
    assert ("failed" in result, result["changed"], "diff" in result) == (False, False, False)


def test_refusal_is_reported_with_a_reason(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """The API refuses to remove the registration, since a service that the key cannot view uses it."""
    attach(emulator, service, ENDPOINT)
    emulator.fault(method="GET", path="/services$", status=200, body={"result": []}, times=99)
    result = run("private_endpoint", **ABSENT)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "is attached to the service" in result["msg"]
    assert "A service that the API key may not view may still use it: detach it there first." in result["msg"]
    assert result["private_endpoint"]["id"] == ENDPOINT


@pytest.mark.usefixtures("fast_clock")
def test_refusal_is_reported_even_if_nothing_can_be_read_again(
    service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    emulator.fault(method="GET", path="/services/[^/]+$", status=403)
    emulator.fault(method="POST", path="/privateEndpoint$", status=409)
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 409)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/organizations/[^/]+$", method="GET", status=status, times=99)
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to read the organization failed" in result["msg"]


def test_restricted_key(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """A key that may not manage the organization can attach and detach, but not register or remove."""
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["manage-organization"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    for state in ("attached", "detached"):
        task = {"private_endpoint_id": ENDPOINT, "name": "analytics", "state": state}
        assert run("private_endpoint", **key, **task)["changed"] is True
    result = run("private_endpoint", **key, name="analytics", **ABSENT)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert "use a key that has the permission control-plane:organization:manage" in result["msg"]


def test_waits_for_lagging_reads(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, organization: str
) -> None:
    before = emulator.request("GET", "")
    emulator.clear_journal()
    emulator.fault(method="GET", path="/organizations/[^/]+$", times=3, status=200, body={"result": before})
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics")
    assert (result["changed"], result["private_endpoint"]["id"]) == (True, ENDPOINT)
    assert sent().count(f"GET {organization}") == 4


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("state", "situation"),
    [
        ("attached", "is not registered, and attached to analytics ({id})"),
        ("detached", "is attached to analytics ({id})"),
        ("absent", "is registered with cloud_provider 'aws', region 'eu-central-1', and attached to no service"),
    ],
)
def test_permanent_lag_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str, situation: str
) -> None:
    if state != "attached":
        attach(emulator, service, ENDPOINT)
    organization = emulator.request("GET", "")
    resource = emulator.request("GET", f"services/{service['id']}")
    emulator.fault(method="GET", path="/organizations/[^/]+$", times=99, status=200, body={"result": organization})
    if state == "detached":
        emulator.fault(method="GET", path="/services/[^/]+$", times=99, status=200, body={"result": resource})
    options = {"private_endpoint_id": ENDPOINT, "name": "analytics", "state": state}
    result = run("private_endpoint", wait_timeout=300, wait_interval=50, **options)
    assert (result["failed"], result["changed"]) == (True, True)
    expected = f"Private endpoint '{ENDPOINT}' {situation.format(id=service['id'])} after 300 seconds of waiting"
    assert expected in result["msg"]


def test_without_wait_the_result_is_predicted(service: dict[str, Any], run: Run, sent: Sent, organization: str) -> None:
    result = run("private_endpoint", private_endpoint_id=ENDPOINT, name="analytics", description="office", wait=False)
    assert result["private_endpoint"] == {"id": ENDPOINT, "description": "office", **PLACE}
    assert sent() == ["GET services", f"GET {organization}", f"POST services/{service['id']}/privateEndpoint"]


def test_check_mode_continues_with_a_planned_service(
    emulator: Emulator, sent: Sent, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later tasks of a run see what it has attached, as its creation would register it."""
    monkeypatch.setattr(_fast_path, "_planned", PlannedServices())
    place = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    assert run_in_worker("service", True, {"name": "new", **place})["changed"] is True
    task = {"private_endpoint_id": ENDPOINT, "name": "new"}
    for options, changed, ids in (
        ({}, True, [ENDPOINT]),
        ({}, False, [ENDPOINT]),
        ({"state": "detached"}, True, []),
        ({"state": "detached"}, False, []),
    ):
        result = run_in_worker("private_endpoint", True, {**task, **options})
        assert (result["changed"], result["private_endpoint_ids"], result["service_id"]) == (changed, ids, None)
    assert "(planned)" in str(run_in_worker("private_endpoint", True, task)["diff"])
    assert set(sent()) == {"GET services", f"GET {organization}"}


def test_unexpected_registrations(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    organization = emulator.request("GET", "")
    task = {"private_endpoint_id": ENDPOINT, "name": "analytics"}
    for value, message in (("none", "The API returned 'none' for privateEndpoints; expected a list."), (None, "")):
        body = {"result": {**organization, "privateEndpoints": value}}
        emulator.fault(method="GET", path="/organizations/[^/]+$", status=200, body=body)
        result = run("private_endpoint", check=True, **task)
        assert message in result.get("msg", "")
    entries = [None, {"id": 1}, {"id": ENDPOINT, "newField": {"someKey": 1}}]
    body = {"result": {**organization, "privateEndpoints": entries}}
    emulator.fault(method="GET", path="/organizations/[^/]+$", status=200, body=body)
    result = run("private_endpoint", check=True, **task)
    assert result["private_endpoint"]["new_field"] == {"some_key": 1}


def test_return_values_and_choices_are_documented() -> None:
    documented = yaml.safe_load(private_endpoint.RETURN)["private_endpoint"]
    assert documented["contains"].keys() == PRIVATE_ENDPOINT.to_result({}).keys()
    options = yaml.safe_load(private_endpoint.DOCUMENTATION)["options"]
    assert options["cloud_provider"]["choices"] == list(ID_FORMS)
    assert options["state"]["choices"] == private_endpoint.ENDPOINT_SPEC["state"]["choices"]


#: A private endpoint of Azure in two spellings.
AZURE = "/subscriptions/5C8E1F2A-3b4c-4d5e-8f60-718293a4b5c6/resourceGroups/Web/privateEndpoints/Reports"
AZURE_PLACE = {"cloudProvider": "azure", "region": "westus3"}
OTHER_SPELLINGS = [(ENDPOINT, ENDPOINT.upper()), (ENDPOINT, f"{ENDPOINT} "), (AZURE, AZURE.lower())]


@pytest.mark.parametrize(("endpoint_id", "spelling"), OTHER_SPELLINGS)
@pytest.mark.parametrize("options", [{"state": "detached", "name": "analytics"}, {"state": "absent", "force": True}])
def test_id_in_another_spelling_is_removed(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    endpoints: Endpoints,
    options: dict[str, Any],
    endpoint_id: str,
    spelling: str,
) -> None:
    """It would stay attached, and the task would report that there is nothing to do."""
    register(emulator, endpoint_id, OTHER)
    attach(emulator, service, endpoint_id)
    plan = run("private_endpoint", check=True, private_endpoint_id=spelling, **options)
    done = run("private_endpoint", private_endpoint_id=spelling, **options)
    assert (plan["changed"], plan["diff"]) == (done["changed"], done["diff"]) == (True, done["diff"])
    kept = [] if options["state"] == "absent" else [(endpoint_id, "office")]
    assert endpoints() == ([*kept, (OTHER, "office")], [[]])
    assert run("private_endpoint", private_endpoint_id=spelling, **options)["changed"] is False


def test_azure_id_in_another_spelling_is_the_same_private_endpoint(
    emulator: Emulator, run: Run, sent: Sent, endpoints: Endpoints
) -> None:
    service = emulator.create(name="reports", provider="azure", region="westus3", ipAccessList=[])["service"]
    registered = {"id": AZURE, "description": "office", **AZURE_PLACE}
    emulator.request("PATCH", "", {"privateEndpoints": {"add": [registered]}})
    emulator.clear_journal()
    lower = {"private_endpoint_id": AZURE.lower()}
    assert run("private_endpoint", **lower, state="registered", description="office")["changed"] is False
    sent()
    attached = run("private_endpoint", **lower, name="reports")
    assert (attached["changed"], attached["private_endpoint_ids"]) == (True, [AZURE])
    assert sent()[2:3] == [f"PATCH services/{service['id']}"]
    for check in (True, False):
        assert run("private_endpoint", check=check, **lower, name="reports")["changed"] is False
    listed = run("private_endpoint_info", name="reports")["private_endpoints"]
    assert [(entry["id"], len(entry["services"])) for entry in listed] == [(AZURE, 1)]
    assert endpoints() == ([(AZURE, "office")], [[AZURE]])


def test_private_endpoint_that_is_registered_twice_is_removed(
    service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Endpoints
) -> None:
    """Another client has registered it in both spellings."""
    register(emulator, AZURE, AZURE.lower())
    attach(emulator, service, AZURE, AZURE.lower())
    absent = {"private_endpoint_id": AZURE.upper(), "state": "absent", "force": True}
    plan = run("private_endpoint", check=True, **absent)
    done = run("private_endpoint", **absent)
    assert (plan["changed"], plan["diff"]) == (done["changed"], done["diff"]) == (True, done["diff"])
    assert endpoints() == ([], [[]])


@pytest.mark.parametrize("mode", ["set", "add", "remove"])
def test_service_compares_private_endpoints_regardless_of_case(
    service: dict[str, Any], emulator: Emulator, run: Run, endpoints: Endpoints, mode: str
) -> None:
    register(emulator, AZURE)
    attach(emulator, service, AZURE)
    declared = {"name": "analytics", "private_endpoint_ids": [AZURE.lower()], "private_endpoint_mode": mode}
    result = run("service", **declared)
    assert (result["changed"], "warnings" in result) == (mode == "remove", False)
    assert endpoints()[1] == [[] if mode == "remove" else [AZURE]]
    assert run("service", check=True, **declared)["changed"] is False
