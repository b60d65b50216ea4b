# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._service import metrics
from ansible_collections.clickhouse.cloud.plugins.modules import service_metrics_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

HINT = " Check its name or id, and which organization the API key belongs to."
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
SUBPATH = "/prometheus$"
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
INFO = "ClickHouse_ServiceInfo"
QUERIES = "ClickHouseProfileEvents_Query"


def metrics_request(service_id: str) -> str:
    """Return the request for the metrics of a service."""
    return f"GET services/{service_id}/prometheus"


def set_response(emulator: Emulator, text: str) -> None:
    """Make the API respond with this text."""
    emulator.fault(path=SUBPATH, status=200, body=text, headers=PLAIN)


def outline(result: dict[str, Any]) -> dict[str, str]:
    """Return the type of each family; values change every second."""
    return {family["name"]: family["type"] for family in result["metrics"]}


@pytest.fixture
def no_library() -> Iterator[None]:
    """Return an environment in which prometheus_client is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "prometheus_client.parser", None)
        importlib.reload(metrics)
        yield
    importlib.reload(metrics)


@pytest.mark.parametrize("check", [True, False])
def test_one_request_by_id(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    result = run("service_metrics_info", check=check, service_id=service["id"])
    assert result["changed"] is False
    assert "diff" not in result
    assert result["service_id"] == service["id"]
    assert result["metrics_text"].startswith(f"# HELP {INFO} Information about service")
    assert f"# TYPE {QUERIES} counter\n" in result["metrics_text"]
    assert "metrics" not in result
    assert emulator.journal()[0]["query"] == {}
    assert sent() == [metrics_request(service["id"])]


@pytest.mark.parametrize("check", [True, False])
def test_two_requests_by_name(service: dict[str, Any], run: Run, sent: Sent, check: bool) -> None:
    result = run("service_metrics_info", check=check, name="analytics", parse=True)
    assert sent() == ["GET services", metrics_request(service["id"])]
    assert result["service_id"] == service["id"]
    by_id = run("service_metrics_info", service_id=service["id"], parse=True)
    assert outline(result) == outline(by_id)


def test_id_takes_precedence_over_name(service: dict[str, Any], run: Run, sent: Sent) -> None:
    result = run("service_metrics_info", service_id=service["id"].upper(), name="something else")
    assert result["service_id"] == service["id"]
    assert sent() == [metrics_request(service["id"])]


@pytest.mark.parametrize("check", [True, False])
def test_filtered_returns_the_most_important_metrics(
    service: dict[str, Any], emulator: Emulator, run: Run, check: bool
) -> None:
    everything = outline(run("service_metrics_info", service_id=service["id"], parse=True))
    emulator.clear_journal()
    result = run("service_metrics_info", check=check, service_id=service["id"], filtered=True, parse=True)
    assert [request["query"] for request in emulator.journal()] == [{"filtered_metrics": ["true"]}]
    assert 1 < len(result["metrics"]) < len(everything)
    assert outline(result).items() <= everything.items()


@pytest.mark.parametrize("check", [True, False])
def test_metrics_are_parsed(service: dict[str, Any], run: Run, check: bool) -> None:
    result = run("service_metrics_info", check=check, service_id=service["id"], parse=True)
    families = {family["name"]: family for family in result["metrics"]}
    assert list(families) == [
        line.split()[2] for line in result["metrics_text"].splitlines() if line.startswith("# TYPE")
    ]
    info = families[INFO]
    assert info["type"] == "untyped"
    assert info["documentation"].startswith("Information about service")
    (sample,) = info["samples"]
    assert sample["labels"]["clickhouse_cluster_status"] == "running"
    assert sample["labels"]["scrape"] == "full"
    queries = families[QUERIES]
    assert queries["type"] == "counter"
    assert f"# HELP {QUERIES} {queries['documentation']}\n" in result["metrics_text"]
    assert len(queries["samples"]) == result["metrics_text"].count(f"\n{QUERIES}{{")
    for sample in queries["samples"]:
        assert sample["name"] == QUERIES
        assert sample["labels"]["clickhouse_service"] == service["id"]
        assert isinstance(sample["value"], float)
        assert sample["timestamp"] is None


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_idle_service_is_not_woken_up(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, state: str, check: bool
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run("service_metrics_info", check=check, name="analytics", parse=True)
    (family,) = result["metrics"]
    assert family["name"] == INFO
    assert family["samples"][0]["labels"]["clickhouse_cluster_status"] == state
    assert family["samples"][0]["labels"]["scrape"] == "partial"
    assert sent() == ["GET services", metrics_request(service["id"])]
    assert emulator.raw_service(service["id"])["state"] == state


def test_empty_text_has_no_metrics(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    set_response(emulator, "")
    result = run("service_metrics_info", service_id=service["id"], parse=True)
    assert result["metrics_text"] == ""
    assert result["metrics"] == []


def test_non_finite_value_is_a_string(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    set_response(
        emulator, "# TYPE a gauge\n" + "".join(f'a{{n="{n}"}} {n}\n' for n in ("NaN", "+Inf", "-Inf", "Inf", "1e3"))
    )
    result = run("service_metrics_info", service_id=service["id"], parse=True)
    values = [sample["value"] for sample in result["metrics"][0]["samples"]]
    assert values == ["NaN", "+Inf", "-Inf", "+Inf", 1000.0]
    # The documentation describes this use of the filter float.
    assert [float(value) for value in values[1:]] == [math.inf, -math.inf, math.inf, 1000.0]
    assert math.isnan(float(values[0]))
    json.dumps(result["metrics"], allow_nan=False)


@pytest.mark.usefixtures("no_library")
def test_text_is_returned_without_the_library(service: dict[str, Any], run: Run) -> None:
    result = run("service_metrics_info", service_id=service["id"], filtered=True)
    assert result["metrics_text"].startswith(f"# HELP {INFO}")
    assert "metrics" not in result


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.usefixtures("no_library")
def test_missing_library_fails_before_any_request(
    service: dict[str, Any], emulator: Emulator, run: Run, by_name: bool, check: bool
) -> None:
    options = {"name": "analytics"} if by_name else {"service_id": service["id"]}
    result = run("service_metrics_info", check=check, parse=True, **options)
    assert result["failed"] is True
    assert result["msg"] == (
        f"parse requires the Python library prometheus_client in {sys.executable}: install it there"
        f" ({sys.executable} -m pip install prometheus_client), or leave parse out and use metrics_text."
    )
    assert "exception" not in result
    assert emulator.journal() == []


@pytest.mark.parametrize(
    "text",
    [
        "<html>Sign in</html>\n",
        "Service is healthy\n",
        "# TYPE a counter\na{b=\n",
        "# TYPE a\n",
        "# TYPE a nonsense\na 1\n",
        "a 1\nb\n",
        '{"result": null}',
        "\x00\x01",
    ],
)
def test_unparsable_text_is_reported_and_returned(
    service: dict[str, Any], emulator: Emulator, run: Run, text: str
) -> None:
    set_response(emulator, text)
    result = run("service_metrics_info", service_id=service["id"], parse=True)
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["msg"].startswith("The metrics cannot be parsed, since they are not in the text format of Prometheus")
    assert result["msg"].endswith("metrics_text contains them as the API returned them.")
    assert result["metrics_text"] == text
    assert result["service_id"] == service["id"]
    assert "metrics" not in result
    assert "exception" not in result
    set_response(emulator, text)
    assert run("service_metrics_info", service_id=service["id"])["metrics_text"] == text


@pytest.mark.parametrize("check", [True, False])
def test_unknown_service_is_reported(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    by_id = run("service_metrics_info", check=check, service_id=UNKNOWN)
    assert by_id["msg"] == f"There is no service '{UNKNOWN}'." + HINT
    assert sent() == [metrics_request(UNKNOWN)]
    by_name = run("service_metrics_info", check=check, name="nobody", parse=True)
    assert by_name["msg"] == "There is no service 'nobody'." + HINT
    assert sent() == ["GET services"]


def test_ambiguous_name_lists_all_ids(service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent) -> None:
    other = emulator.create(name="analytics")["service"]
    sent()
    result = run("service_metrics_info", name="analytics")
    assert "2 services are named 'analytics'" in result["msg"]
    assert service["id"] in result["msg"]
    assert other["id"] in result["msg"]
    assert sent() == ["GET services"]


@pytest.mark.parametrize("check", [True, False])
def test_missing_read_permission_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, check: bool
) -> None:
    emulator.fault(path=SUBPATH, status=403, body={"error": "FORBIDDEN: not for this role", "status": 403}, times=2)
    for options in ({"service_id": service["id"]}, {"name": "analytics", "parse": True}):
        result = run("service_metrics_info", check=check, **options)
        assert "failed" not in result
        assert result["metrics_text"] is None
        assert "metrics" not in result
        assert (
            f"The API key may not read the metrics of service {service['id']}: the request failed with HTTP status 403:"
            " FORBIDDEN: not for this role. The role of the API key does not allow this: use a key that has the"
            " permission control-plane:service:view."
        ) in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    ("status", "message", "requests"),
    [
        (401, "Check api_key and api_secret", 1),
        (404, "Check organization_id and api_url", 1),
        (500, "Internal error", 4),
    ],
)
def test_other_rejection_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, status: int, message: str, requests: int
) -> None:
    emulator.fault(path=SUBPATH, status=status, times=requests)
    result = run("service_metrics_info", service_id=service["id"], parse=True)
    assert result["status"] == status
    assert message in result["msg"]
    assert "metrics_text" not in result
    assert sent() == [metrics_request(service["id"])] * requests


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"result": None}, "returned null, but metrics in text was expected."),
        ({"result": {"metrics": []}}, "but metrics in text was expected."),
        ("<html>Sign in</html>", "the response is a web page and not the API's JSON."),
        ("Sign in", "the response is not the API's JSON but begins with 'Sign in'"),
        ("", "the response is empty"),
    ],
)
def test_unexpected_response_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, body: Any, message: str
) -> None:
    """Only a text response is accepted as metrics."""
    emulator.fault(path=SUBPATH, status=200, body=body, headers={"Content-Type": "application/json"})
    result = run("service_metrics_info", service_id=service["id"], parse=True)
    assert result["failed"] is True
    assert message in result["msg"]
    assert "<html>" not in result["msg"]
    assert "exception" not in result


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "analytics", "tags": {"env": "production"}}, "are mutually exclusive: name|tags"),
        ({"service_id": UNKNOWN, "states": ["running"]}, "are mutually exclusive: service_id|states"),
        ({"name": "analytics", "targets_only": True}, "are mutually exclusive: name|targets_only"),
        ({"targets_only": True, "parse": True}, "are mutually exclusive: targets_only|parse"),
        ({"tags": {"env": ["production"]}}, "tags: "),
        ({"service_id": "analytics"}, "service_id must be a UUID such as"),
        ({"name": "analytics", "filtered": "perhaps"}, "filtered"),
        ({"name": "analytics", "parse": "perhaps"}, "parse"),
    ],
)
def test_contradictory_options_fail_before_any_request(
    emulator: Emulator, run: Run, options: dict[str, Any], message: str
) -> None:
    assert message in run("service_metrics_info", **options)["msg"]
    assert emulator.journal() == []


def describe_families(text: str) -> list[tuple[str, str, list[str]]]:
    """Return the name and type of each family in the text, and the names of its samples."""
    return [
        (family["name"], family["type"], [sample["name"] for sample in family["samples"]])
        for family in metrics.parse_metrics(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# TYPE a counter\na 1\n", [("a", "counter", ["a"])]),
        ("# TYPE a_total counter\na_total 1\n", [("a_total", "counter", ["a_total"])]),
        (
            "# TYPE a counter\na 1\n# TYPE a_total counter\na_total 1\n",
            [("a", "counter", ["a"]), ("a_total", "counter", ["a_total"])],
        ),
        ("#  TYPE\ta   counter \r\na 1\r\n", [("a", "counter", ["a"])]),
        ("# HELP a # TYPE a counter\n# TYPE a gauge\na 1\n", [("a", "gauge", ["a"])]),
        ("# TYPE a counter\n", [("a", "counter", [])]),
        ("# TYPE a counter\n\n# TYPE b untyped\nb 1\n", [("a", "counter", []), ("b", "untyped", ["b"])]),
        ("# TYPE a summary\na_sum 2\na_count 1\n", [("a", "summary", ["a_sum", "a_count"])]),
        (
            '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 2\na_count 1\n',
            [("a", "histogram", ["a_bucket", "a_sum", "a_count"])],
        ),
        ('a{n="1"} 1\nb 1\na{n="2"} 1', [("a", "untyped", ["a", "a"]), ("b", "untyped", ["b"])]),
    ],
)
def test_names_and_types_match_the_text(text: str, expected: list[Any]) -> None:
    assert describe_families(text) == expected


def test_labels_help_and_time_are_unescaped() -> None:
    text = '# HELP a one\\ntwo \\\\ three\na{q="say \\"hi\\"\\n",e="",u="naïve, {x}"} 1.5 1700000000500\n'
    assert metrics.parse_metrics(text) == [
        {
            "name": "a",
            "type": "untyped",
            "documentation": "one\ntwo \\ three",
            "samples": [
                {
                    "name": "a",
                    "labels": {"q": 'say "hi"\n', "e": "", "u": "naïve, {x}"},
                    "value": 1.5,
                    "timestamp": 1700000000.5,
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("text", "value"), [("9" * 400, "+Inf"), ("-" + "9" * 400, "-Inf"), ("1e400", "+Inf"), (str(2**64), 2.0**64)]
)
def test_float_overflow_is_infinite(text: str, value: Any) -> None:
    (family,) = metrics.parse_metrics(f"a {text}")
    assert family["samples"][0]["value"] == value


def test_return_values_are_documented(service: dict[str, Any], run: Run) -> None:
    documented = yaml.safe_load(service_metrics_info.RETURN)
    result = run("service_metrics_info", service_id=service["id"], parse=True)
    common = {"changed", "invocation", "warnings", "deprecations", "ansible_parsed"}
    # The others are those of all services.
    assert documented.keys() - {"services", "targets"} == result.keys() - common
    family = result["metrics"][0]
    assert documented["metrics"]["contains"].keys() == family.keys()
    assert documented["metrics"]["contains"]["samples"]["contains"].keys() == family["samples"][0].keys()
