# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module service_metrics_info without name and service_id: the metrics of all services."""

from __future__ import annotations

import functools
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._module import runner
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import metrics_report
from ansible_collections.clickhouse.cloud.plugins.modules import service_metrics_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run, run_module

Sent = Callable[[], list[str]]

DISCOVERY = "GET prometheus/discovery"
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
ALL = {"states": ["running", "idle", "stopped"]}
#: A service with its metrics, as the module returns it.
READ = {"provider": "aws", "region": "us-east-1", "error": None}


@pytest.fixture
def ids(emulator: Emulator) -> list[str]:
    """Return the IDs of three services in different states, and add one that is being deleted."""
    created = []
    for name, state, tags in (
        ("analytics", "running", [{"key": "env", "value": "production"}]),
        ("reports", "idle", [{"key": "env", "value": "production"}, {"key": "team.name"}]),
        ("attic", "stopped", []),
        ("gone", "terminating", []),
    ):
        service = emulator.create(name=name, tags=tags)["service"]
        emulator.set_service(service["id"], state=state)
        created.append(str(service["id"]))
    emulator.clear_journal()
    return created[:3]


def metrics_of(*ids: str) -> list[str]:
    return [f"GET services/{service_id}/prometheus" for service_id in ids]


def names(result: dict[str, Any]) -> list[str]:
    return [service["name"] for service in result["services"]]


@pytest.mark.parametrize("check", [True, False])
def test_one_request_for_the_targets_and_one_for_each_service(
    emulator: Emulator, ids: list[str], run: Run, sent: Sent, check: bool
) -> None:
    result = run("service_metrics_info", check=check, name="", **ALL)
    assert (result["changed"], "diff" in result, "metrics" in result["services"][0]) == (False, False, False)
    texts = [service.pop("metrics_text") for service in result["services"]]
    assert all(text.startswith("# HELP ClickHouse_ServiceInfo ") for text in texts)
    assert [f'clickhouse_service="{service_id}"' in text for service_id, text in zip(ids, texts)] == [True] * 3
    expected = [{**READ, "id": ids[0], "name": "analytics"}, {**READ, "id": ids[1], "name": "reports"}]
    assert result["services"] == [*expected, {**READ, "id": ids[2], "name": "attic"}]
    assert [target["labels"]["clickhouse_service_id"] for target in result["targets"]] == ids
    assert emulator.journal()[0]["query"] == {"filtered_metrics": ["false"]}
    assert sent() == [DISCOVERY, "GET services", *metrics_of(*ids)]


@pytest.mark.parametrize("state", ["running", "partially_running", "degraded"])
def test_only_running_services_are_read_by_default(
    emulator: Emulator, ids: list[str], run: Run, sent: Sent, state: str
) -> None:
    emulator.set_service(ids[0], state=state)
    result = run("service_metrics_info")
    assert (names(result), len(result["targets"])) == (["analytics"], 1)
    assert sent() == [DISCOVERY, "GET services", *metrics_of(ids[0])]
    # Nothing wakes up the others.
    assert [emulator.raw_service(service_id)["state"] for service_id in ids[1:]] == ["idle", "stopped"]


@pytest.mark.parametrize(
    ("options", "filters", "expected"),
    [
        ({"tags": {"env": "production"}}, {"filter": ["tag:env=production"]}, ["analytics"]),
        ({"tags": {"team.name": None}, **ALL}, {"filter": ["tag:team.name"]}, ["reports"]),
        ({"states": ["running"]}, {}, ["analytics"]),
        ({"tags": {"env": "production"}, "state": "idle,stopped"}, {"filter": ["tag:env=production"]}, ["reports"]),
        ({"states": []}, {}, []),
    ],
)
def test_filters(
    emulator: Emulator,
    ids: list[str],
    run: Run,
    sent: Sent,
    options: dict[str, Any],
    filters: dict[str, list[str]],
    expected: list[str],
) -> None:
    result = run("service_metrics_info", **options)
    assert names(result) == expected
    assert len(result["targets"]) == len(expected)
    assert emulator.journal()[1]["query"] == filters
    selected = [dict(zip(("analytics", "reports", "attic"), ids))[name] for name in expected]
    assert sent() == [DISCOVERY, "GET services", *metrics_of(*selected)]


def test_important_metrics_are_parsed(emulator: Emulator, ids: list[str], run: Run) -> None:
    result = run("service_metrics_info", filtered=True, parse=True, **ALL)
    assert [len(service["metrics"]) > 1 for service in result["services"]] == [True, False, False]
    assert result["targets"][0]["labels"]["__param_filtered_metrics"] == "true"
    queries = [request["query"] for request in emulator.journal() if "/prometheus" in request["path"]]
    assert queries == [{"filtered_metrics": ["true"]}] * 4


@pytest.mark.parametrize("check", [True, False])
def test_targets_only(ids: list[str], run: Run, sent: Sent, check: bool) -> None:
    result = run("service_metrics_info", check=check, targets_only=True)
    assert ("services" in result, "diff" in result, result["changed"]) == (False, False, False)
    assert [target["labels"]["clickhouse_discovery_service_name"] for target in result["targets"]] == [
        "analytics",
        "reports",
        "attic",
    ]
    assert sent() == [DISCOVERY]


def test_return_values_are_documented(ids: list[str], run: Run) -> None:
    documented = yaml.safe_load(service_metrics_info.RETURN)
    result = run("service_metrics_info", parse=True)
    for name in ("services", "targets"):
        assert documented[name]["contains"].keys() == result[name][0].keys()


def test_no_service(run: Run, sent: Sent) -> None:
    result = run("service_metrics_info")
    assert (result["services"], result["targets"]) == ([], [])
    assert sent() == [DISCOVERY]


@pytest.mark.usefixtures("fast_clock")
def test_failures_of_single_services_do_not_lose_the_rest(emulator: Emulator, ids: list[str], run: Run) -> None:
    emulator.fault(path=f"{ids[0]}/prometheus$", status=500, times=4)
    emulator.fault(path=f"{ids[1]}/prometheus$", status=200, body="a 1\nb\n", headers=PLAIN)
    result = run("service_metrics_info", parse=True, **ALL)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith(
        f"The metrics of 2 of 3 services cannot be read. analytics ({ids[0]}): The request to read the metrics of"
        f" service {ids[0]} failed with HTTP status 500: "
    )
    assert f"reports ({ids[1]}): The metrics cannot be parsed" in result["msg"]
    first, second, third = result["services"]
    assert (first["metrics_text"], first["metrics"], first["error"] in result["msg"]) == (None, None, True)
    assert (second["metrics_text"], second["metrics"]) == ("a 1\nb\n", None)
    assert (len(third["metrics"]), third["error"]) == (1, None)
    assert len(result["targets"]) == 3


def test_service_that_is_deleted_meanwhile_is_left_out(emulator: Emulator, ids: list[str], run: Run) -> None:
    emulator.fault(path=f"{ids[0]}/prometheus$", status=404, body={"error": f"NOT_FOUND: {ids[0]}", "status": 404})
    result = run("service_metrics_info", **ALL)
    assert "failed" not in result
    assert names(result) == ["reports", "attic"]


def test_missing_permission_for_a_service_is_reported(emulator: Emulator, ids: list[str], run: Run) -> None:
    body = {"error": "FORBIDDEN: not for this role", "status": 403}
    emulator.fault(path=f"{ids[1]}/prometheus$", status=403, body=body)
    result = run("service_metrics_info", parse=True, **ALL)
    assert f"The API key may not read the metrics of service {ids[1]}" in result["msg"]
    assert [service["metrics"] is None for service in result["services"]] == [False, True, False]


def test_failure_that_all_have_ends_the_task(emulator: Emulator, ids: list[str], run: Run, sent: Sent) -> None:
    emulator.fault(path=f"{ids[1]}/prometheus$", status=401)
    result = run("service_metrics_info", **ALL)
    assert (result["failed"], result["status"], names(result)) == (True, 401, ["analytics"])
    assert "Check api_key and api_secret" in result["msg"]
    assert sent() == [DISCOVERY, "GET services", *metrics_of(*ids[:2])]


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_rejected_discovery_is_reported(emulator: Emulator, run: Run, sent: Sent, status: int) -> None:
    emulator.fault(path="/discovery$", status=status, times=4)
    result = run("service_metrics_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to list the targets of Prometheus failed" in result["msg"]
    assert "services" not in result
    assert sent() == [DISCOVERY] * (4 if status == 500 else 1)


TARGET: dict[str, Any] = {"targets": ["h"], "labels": {"clickhouse_service_id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"}}


@pytest.mark.parametrize(
    "body",
    [
        {"result": None},
        ["x"],
        [{"targets": ["h"]}],
        [{"labels": TARGET["labels"]}],
        [{**TARGET, "labels": {"clickhouse_service_id": ".."}}],
        [{**TARGET, "labels": {**TARGET["labels"], "new": 1}}],
        [{**TARGET, "targets": [1]}],
    ],
)
def test_unexpected_targets_are_reported(emulator: Emulator, run: Run, sent: Sent, body: Any) -> None:
    emulator.fault(path="/discovery$", status=200, body=body)
    result = run("service_metrics_info", targets_only=True)
    assert result["failed"] is True
    assert "but a list of targets with the ID of a service was expected." in result["msg"]
    assert sent() == [DISCOVERY]


def test_targets_in_an_envelope(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/discovery$", status=200, body={"result": [TARGET]})
    assert run("service_metrics_info", targets_only=True)["targets"] == [TARGET]


def test_new_fields_of_a_target_are_not_written_to_its_file(emulator: Emulator, run: Run) -> None:
    """Prometheus rejects a file that has others than targets and labels."""
    emulator.fault(path="/discovery$", status=200, body=[{**TARGET, "source": "x"}])
    assert run("service_metrics_info", targets_only=True)["targets"] == [TARGET]


def test_progress(emulator: Emulator, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_report, "SERVICES_PER_LINE", 1)
    lines: list[str] = []
    monkeypatch.setattr(runner, "Worker", functools.partial(runner.Worker, on_progress=lines.append))
    run_module("service_metrics_info", False, ALL)
    assert lines == ["Read the metrics of 1 of 3 services", "Read the metrics of 2 of 3 services"]
