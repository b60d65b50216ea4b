# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of the parts of a service say in their notes: their requests, and where else a part is declared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.parts import PARTS
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.tools import part_options
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    BACKUP_BUCKET,
    SAVED_QUERY,
    SAVED_QUERY_ID,
)
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import load_scenarios

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Options = Mapping[str, Any]

ENDPOINT = "vpce-00000000000000001"
ENTRY = {"name": "day", "weekdays": [1], "startHourUtc": 8, "endHourUtc": 9, "minReplicas": 2, "maxReplicas": 2}
DECLARED = {"name": "day", "weekdays": ["monday"], "start_hour": 8, "end_hour": 9, "num_replicas": 2}
#: Options that change nothing of the service, by the module of a part.
UNCHANGED: Mapping[str, Options] = {
    "backup_bucket": {"bucket_provider": "aws"},
    "backup_config": {"backup_period_in_hours": 24},
    "replica_aware_routing": {"http_enabled": False},
    "scaling_schedule": {"entries": [DECLARED]},
    "service_query_endpoint": {"roles": ["sql_console_read_only"]},
    "service_settings": {"settings": {"max_threads": 8}},
    "snapshot_config": {"enabled": False},
    "upgrade_window": {"weekday": "wednesday", "start_hour_utc": 0},
}
INFO = [*(f"{module}_info" for module in UNCHANGED), "backup_info", "snapshot_info"]
#: The parts that a service need not have.
OPTIONAL = ("backup_bucket", "scaling_schedule", "service_query_endpoint", "upgrade_window")
#: The modules whose changes take one request.
ONE_REQUEST = [*(module for module in UNCHANGED if module != "service_settings"), "saved_query", "query_api_endpoint"]
COST = re.compile(
    r"If O\(organization_id\) is set, a task (?:that changes nothing )?costs (?P<service_id>\w+) request with"
    r" O\(service_id\)(?:, (?P<absent>\w+) if (?:the service has|there is) no [a-z ]+,)? and (?P<name>\w+) with"
    r" O\(name\)\."
)
WORDS = {"one": 1, "two": 2, "three": 3}
#: Options of other modules, {id} being the ID of the service, how much they cost, and what the documentation says.
OTHERS: list[tuple[str, Options, int, str]] = [
    ("private_endpoint", {"name": "analytics"}, 2, "a task that changes nothing costs two requests"),
    ("private_endpoint", {"service_id": "{id}"}, 2, "a task that changes nothing costs two requests"),
    ("private_endpoint", {"state": "registered"}, 1, "and only one with O(state=registered)"),
    (
        "private_endpoint",
        {"name": "analytics", "state": "detached", "private_endpoint_id": "vpce-00000000000000002"},
        1,
        "and only one with O(state=registered) or O(state=detached)",
    ),
    ("private_endpoint", {"state": "absent", "private_endpoint_id": "vpce-00000000000000002"}, 2, "costs two requests"),
    ("private_endpoint_info", {}, 2, "costs two requests, whatever the options"),
    ("private_endpoint_info", {"name": "analytics"}, 2, "costs two requests, whatever the options"),
    ("saved_query", {"service_id": "{id}", "query_id": SAVED_QUERY_ID}, 1, "with O(service_id) and O(query_id)"),
    ("saved_query", {"service_id": "{id}", "query_name": "report"}, 2, "one per 100 queries of the service, and one"),
    ("saved_query", {"name": "analytics", "query_name": "report"}, 3, "Each costs one more with O(name)."),
    ("saved_query_info", {"service_id": "{id}"}, 1, "the list costs one request per 100 queries"),
    ("saved_query_info", {"service_id": "{id}", "query_name": "report"}, 2, "with O(query_name) one more"),
    ("saved_query_info", {"service_id": "{id}", "query_id": SAVED_QUERY_ID}, 1, "With O(query_id), a task costs one"),
    ("saved_query_info", {"name": "analytics", "query_id": SAVED_QUERY_ID}, 2, "Each costs one more with O(name)."),
    (
        "query_api_endpoint",
        {"service_id": "{id}", "endpoint_id": SAVED_QUERY_ID},
        1,
        "O(service_id) and O(endpoint_id)",
    ),
    (
        "query_api_endpoint",
        {"service_id": "{id}", "endpoint_name": "report"},
        2,
        "one per 100 endpoints of the service",
    ),
    ("query_api_endpoint", {"name": "analytics", "endpoint_name": "report"}, 3, "Each costs one more with O(name)."),
    (
        "query_api_endpoint",
        {"service_id": "{id}", "endpoint_id": SAVED_QUERY_ID, "api_keys": ["First key"]},
        2,
        "if O(api_keys) contains a name",
    ),
    ("query_api_endpoint_info", {"service_id": "{id}"}, 1, "the list costs one request per 100 endpoints"),
    ("query_api_endpoint_info", {"service_id": "{id}", "endpoint_name": "report"}, 2, "with O(endpoint_name) one more"),
    ("query_api_endpoint_info", {"name": "analytics", "endpoint_id": SAVED_QUERY_ID}, 2, "With O(endpoint_id), a task"),
    ("service_settings_info", {"service_id": "{id}", "schema": True}, 2, "With O(schema=true), it costs one more."),
    ("service_settings", {"service_id": "{id}", "settings": {"async_insert": None}}, 2, "another one reads the desc"),
    ("service_query_endpoint", {"service_id": "{id}", "api_keys": ["First key"]}, 2, "if O(api_keys) contains a name"),
]


def read_notes(module: str) -> list[str]:
    notes: list[str] = part_options.read_documentation(module, "DOCUMENTATION")["notes"]
    return [" ".join(note.split()) for note in notes]


@pytest.fixture
def service_id(emulator: Emulator, service: dict[str, Any]) -> str:
    """Return the ID of an idle service that has every part."""
    path, key = f"services/{service['id']}", emulator.request("GET", "keys")[0]
    emulator.request("PUT", f"{path}/upgradeWindow", {"weekday": 3, "startHourUtc": 0})
    emulator.request("POST", f"{path}/backupBucket", BACKUP_BUCKET)
    emulator.request("POST", f"{path}/scalingSchedule", {"entries": [ENTRY]})
    emulator.request("PATCH", f"{path}/clickhouseSettings", {"settings": {"max_threads": 8}})
    roles = {"roles": ["sql_console_read_only"], "allowedOrigins": ""}
    emulator.request("POST", f"{path}/serviceQueryEndpoint", {"openApiKeys": [key["id"]], **roles})
    emulator.request("POST", f"{path}/privateEndpoint", {"id": ENDPOINT})
    query = {"id": SAVED_QUERY_ID, **SAVED_QUERY}
    endpoint = {**query, "apiKeyIds": [key["id"]], "roles": ["reader"]}
    collections = {"saved-queries": [query], "query-api-endpoints": [endpoint]}
    emulator.set_service(service["id"], state="idle", collections=collections)
    emulator.clear_journal()
    return str(service["id"])


@pytest.mark.parametrize("module", [*UNCHANGED, *INFO])
def test_requests_without_a_change_are_those_of_the_notes(
    emulator: Emulator, service_id: str, run: Run, sent: Sent, module: str
) -> None:
    notes = read_notes(module)
    (stated,) = filter(None, map(COST.search, notes))
    empty = emulator.create(name="empty", provider="aws", region="eu-central-1")["service"]["id"]
    emulator.clear_journal()
    part, is_info = module.removesuffix("_info"), module.endswith("_info")
    lookups = {"service_id": {"service_id": service_id}, "name": {"name": "analytics"}}
    if part in OPTIONAL:
        # A guarded deletion by ID needs a name.
        named = {} if part in ("scaling_schedule", "upgrade_window") else {"confirm_name": "empty"}
        lookups["absent"] = {"service_id": empty, **({} if is_info else {"state": "absent", **named})}
    for name, lookup in lookups.items():
        result = run(module, **{**UNCHANGED.get(module, {}), **lookup})
        assert (result["changed"], "failed" in result) == (False, False), result
        assert WORDS[stated[name]] == len(sent()), f"{module}: the cost with {name}"
    assert (stated["absent"] is not None) is (part in OPTIONAL)
    assert "Does not wake up an idle service." in notes
    assert emulator.raw_service(service_id)["state"] == "idle"


@pytest.mark.parametrize("module", ONE_REQUEST)
def test_requests_of_a_change_are_those_of_the_notes(module: str) -> None:
    words = "A change costs one more, and with O(wait=true) at least another one, which reads it again."
    assert any(words in note for note in read_notes(module))
    for scenario in load_scenarios(module):
        writes = [request for request in scenario.requests if not request.startswith("GET")]
        assert len(writes) == 1
        assert scenario.requests[-2] == writes[0]


@pytest.mark.parametrize(("module", "options", "cost", "words"), OTHERS)
def test_requests_of_other_options_are_those_of_the_notes(
    emulator: Emulator, service_id: str, run: Run, sent: Sent, module: str, options: Options, cost: int, words: str
) -> None:
    notes = read_notes(module)
    assert any(words in note for note in notes)
    given = {name: value.format(id=service_id) if name == "service_id" else value for name, value in options.items()}
    if module == "private_endpoint":
        given = {"private_endpoint_id": ENDPOINT, **given}
    result = run(module, **given)
    assert (result["changed"], "failed" in result) == (False, False), result
    assert len(sent()) == cost
    assert "Does not wake up an idle service." in notes
    assert emulator.raw_service(service_id)["state"] == "idle"


@pytest.mark.parametrize(
    ("module", "options", "cost", "words"),
    [
        ("udf", {"function_name": "echo"}, 1, "a task that changes nothing costs one request."),
        ("udf_info", {}, 1, "the list costs one request per 100 functions."),
        ("udf_info", {"function_name": "echo"}, 3, "With O(function_name), a task costs three requests"),
        ("udf_attachment", {"function_name": "echo", "service_id": "{id}"}, 1, "costs one request with O(service_id)"),
        ("udf_attachment", {"function_name": "echo", "name": "analytics"}, 2, "and two with O(name)."),
        (
            "udf_attachment",
            {"function_name": "other", "service_id": "{id}", "state": "absent", "confirm_name": "analytics"},
            2,
            "two if the function is not attached",
        ),
    ],
)
def test_requests_for_functions_are_those_of_the_notes(
    emulator: Emulator, service_id: str, run: Run, sent: Sent, module: str, options: Options, cost: int, words: str
) -> None:
    notes = read_notes(module)
    assert any(words in note for note in notes)
    emulator.set_functions({"functionName": "echo", "services": [service_id]}, {"functionName": "other"})
    result = run(module, **{name: value.format(id=service_id) for name, value in options.items()})
    assert (result["changed"], "failed" in result) == (False, False), result
    assert len(sent()) == cost
    assert notes[-1].endswith("not wake up an idle service.")
    assert emulator.raw_service(service_id)["state"] == "idle"


@pytest.mark.parametrize("option", PARTS)
def test_module_of_a_part_names_the_options_that_declare_it_too(option: str) -> None:
    """Its notes say which task wins."""
    (note,) = [note for note in read_notes(part_options.module_of(option)) if "M(clickhouse.cloud.fleet)" in note]
    assert f"O(clickhouse.cloud.service#module:{option})" in note
    assert f"O(clickhouse.cloud.fleet#module:services[].{option})" in note
    assert "the one that runs last wins" in note


def test_query_costs_a_request_to_the_query_api(emulator: Emulator, service_id: str, run: Run, sent: Sent) -> None:
    emulator.set_service(service_id, state="running")
    (note,) = read_notes("service_query")
    assert note.endswith("With O(name), or with O(wake=false), it costs one more, to the API.")
    for options, cost in (
        ({"service_id": service_id}, 1),
        ({"name": "analytics"}, 2),
        ({"service_id": service_id, "wake": False}, 2),
    ):
        assert "failed" not in run("service_query", sql="SELECT 1", **options)
        assert len(sent()) == cost
