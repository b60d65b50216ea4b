# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page with the results of "make conformance" belongs to the commands and configurations in the repository."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.conformance import page, stories, terraform_client
from ansible_collections.clickhouse.cloud.tests.conformance.expectation import fill, find_differences, find_value

UUID = "11111111-2222-4333-8444-555555555555"


def read_rows(section: str) -> dict[str, tuple[int, int]]:
    """Return the numbers of passed tests and of all tests in each row of a section."""
    _before, _title, text = page.PAGE.read_text("utf-8").partition(f"## {section}")
    rows = re.findall(r"^\| `(.+?)` \| (\d+) of (\d+) \|", text.partition("\n## ")[0], re.MULTILINE)
    return {name: (int(passed), int(total)) for name, passed, total in rows}


def test_the_page_has_every_command() -> None:
    expected = Counter(step.command for steps in stories.read_stories().values() for step in steps)

    found = {name: total for name, (_passed, total) in read_rows("The command-line client").items()}

    assert found == expected


def test_the_page_has_every_configuration() -> None:
    configurations = terraform_client.read_configurations()

    found = {name: total for name, (_passed, total) in read_rows("Terraform").items()}

    assert found == {entry.name: len(terraform_client.list_steps(entry)) for entry in configurations}


def test_the_page_names_the_versions() -> None:
    requirements = (terraform_client.REPOSITORY / "tests/conformance/requirements.txt").read_text("utf-8")
    client = re.search(r"^clickhousectl==(\S+)$", requirements, re.MULTILINE)
    text = page.PAGE.read_text("utf-8")

    assert client
    assert f"clickhousectl {client[1]}\n" in text
    assert f"ClickHouse/clickhouse {terraform_client.read_pinned_version()}\n" in text


def test_a_page_without_markers_is_refused(tmp_path: Any) -> None:
    (tmp_path / "page.md").write_text("No results.\n", "utf-8")

    with pytest.raises(ValueError, match="lacks the lines"):
        page.update_page("new", tmp_path / "page.md")


def test_results_become_rows() -> None:
    results = [
        page.Result("Client", "get", True, "Old."),
        page.Result("Client", "get", False, "Old."),
        page.Result("Client", "list", True),
    ]

    assert page.format_page(results) == (
        "## Client\n\n2 of 3 passed.\n\n| What | Passed | Note |\n| --- | --- | --- |\n"
        "| `get` | 1 of 2 | Old. |\n| `list` | 1 of 1 | |\n"
    )


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": [{"b": "<uuid>"}, {}]}, {"a": [{"b": UUID}, {"c": 1}]}),
        ({"a": "<absent>", "b": "<absent>"}, {"a": None}),
        ("<date>", "2026-01-02T03:04:05Z"),
        (16, 16.0),
    ],
)
def test_a_response_meets_an_expectation(expected: Any, actual: Any) -> None:
    assert find_differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "difference"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "response.a.b: expected 1, got 2"),
        ({"a": [1]}, {"a": [1, 2]}, "response.a: expected [1], got [1, 2]"),
        ({"a": [1]}, {"a": [2]}, "response.a[0]: expected 1, got 2"),
        ({"a": "<text>"}, {"a": ""}, "response.a: expected '<text>', got ''"),
        ({"a": "<uuid>"}, {}, "response.a: expected '<uuid>', got None"),
        ({"a": True}, {"a": 1}, "response.a: expected True, got 1"),
        ({"a": 1}, None, "response: expected {'a': 1}, got None"),
    ],
)
def test_a_difference_is_a_sentence(expected: Any, actual: Any, difference: str) -> None:
    assert find_differences(expected, actual) == [difference]


def test_names_are_filled_in_and_found() -> None:
    assert fill({"{a}": ["{a}", 1, "{b}"]}, {"a": "x"}) == {"x": ["x", 1, "{b}"]}
    assert find_value({"result": [{"id": 7}]}, "result.0.id") == "7"
