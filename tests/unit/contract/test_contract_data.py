# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the contract are complete, and can be derived again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.contract import __main__, contract, derive
from ansible_collections.clickhouse.cloud.tests.contract.openapi import openapi


def test_deriving_the_contract_again_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = contract.load(corrected=False)
    derived = derive.derive(openapi(stated), stated.date)
    assert derived == stated
    written = {path: path.read_text() for path in (contract.OPERATIONS, contract.SCHEMAS)}
    for name in ("OPERATIONS", "SCHEMAS"):
        monkeypatch.setattr(derive, name, tmp_path / name)
    derive.write(derived)
    assert {path: (tmp_path / path.stem.upper()).read_text() for path in written} == written


def test_renewing_reports_the_changes_and_writes_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("OPERATIONS", "SCHEMAS"):
        monkeypatch.setattr(derive, name, tmp_path / name)
    path = tmp_path / "openapi.json"
    path.write_text('{"paths": {"/v1/whoami": {"get": {"tags": ["People"]}}}}')
    assert __main__.main([str(path), "--renew", "2027-01"]) == 0
    assert "## Removed operations (96)" in capsys.readouterr().out
    assert (tmp_path / "OPERATIONS").read_text() == derive.LICENSE + (
        "date: 2027-01\noperations: {GET /v1/whoami: {tag: People, responses: {}, errors: []}}\n"
    )
    assert (tmp_path / "SCHEMAS").read_text() == derive.LICENSE + "{}\n"


def test_the_date_is_that_of_a_specification() -> None:
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", contract.load().date)


def test_every_reference_has_a_schema_and_every_schema_a_use() -> None:
    stated = contract.load()
    used = set(contract.references([stated.operations, stated.schemas]))
    assert used == stated.schemas.keys()


def test_nothing_is_out_of_scope() -> None:
    stated = contract.load()
    assert len(stated.operations) >= 97
    assert [line for line in stated.operations if contract.is_out_of_scope(line.split(" ")[1])] == []


def test_a_path_is_out_of_scope_only_as_a_whole_or_below() -> None:
    """Another part of the API may have a name with the same beginning."""
    for prefix in (prefix for prefixes in contract.out_of_scope().values() for prefix in prefixes):
        assert contract.is_out_of_scope(prefix)
        assert contract.is_out_of_scope(f"{prefix}/{{id}}/state")
        assert not contract.is_out_of_scope(f"{prefix}New")
        assert not contract.is_out_of_scope(prefix.rpartition("/")[0])


def test_the_documentation_says_what_is_out_of_scope() -> None:
    readme = (contract.DIRECTORY.parents[1] / "README.md").read_text()
    assert f"out of its scope: {', '.join(contract.out_of_scope())}." in readme


def corrections(correction: Any, stated: Any, place: str = "") -> list[str]:
    """Return the places of the values in a correction that the specification states already."""
    if isinstance(correction, dict) and isinstance(stated, dict):
        return [
            found
            for name, value in correction.items()
            for found in corrections(value, stated.get(name), f"{place}/{name}")
        ]
    return [place] if correction == stated else []


def test_each_correction_changes_something() -> None:
    written = contract._read(contract.CORRECTIONS)
    stated = contract.load(corrected=False)
    known = {"operations": stated.operations, "schemas": stated.schemas}
    assert corrections(written, known) == [], "remove them from corrections.yml"
    assert written["operations"].keys() <= stated.operations.keys()
    assert written["schemas"].keys() <= stated.schemas.keys()


def test_a_correction_removes_replaces_and_merges() -> None:
    node = {"kept": 1, "removed": 2, "merged": {"kept": None, "removed": 3}, "replaced": [1]}
    correction = {"removed": None, "merged": {"removed": None, "new": 4}, "replaced": [2], "new": {"a": 1}}
    assert contract.merge(node, correction) == {
        "kept": 1,
        "merged": {"kept": None, "new": 4},
        "replaced": [2],
        "new": {"a": 1},
    }


def sentences(node: Any, name: str = "") -> list[str]:
    """Return the texts in the contract that have several words, except the names of operations."""
    if isinstance(node, dict):
        return [found for key, value in node.items() for found in sentences(value, str(key))]
    if isinstance(node, list):
        return [found for value in node for found in sentences(value, name)]
    return [f"{name}: {node}"] if isinstance(node, str) and " " in node and name != "tag" else []


def test_no_wording_is_copied() -> None:
    stated = contract.load(corrected=False)
    assert sentences([stated.operations, stated.schemas]) == []
