# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations names the modules that cover each of them, and their permissions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.contract.contract import Contract, load, out_of_scope, uncovered
from ansible_collections.clickhouse.cloud.tests.contract.coverage import draw_table, find_modules, find_operation
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES

GUIDE = Path(__file__).resolve().parents[3] / "docs/docsite/rst/guide_operations.rst"
SERVICE = "/v1/organizations/{organizationId}/services/{serviceId}"


def stated(**operations: dict[str, Any]) -> Contract:
    """Return a contract with operations below a service, each named after its method and the end of its path."""
    lines = {name.replace("_", f" {SERVICE}/", 1): operation for name, operation in operations.items()}
    return Contract(date="2026-10", operations=lines, schemas={})


def draw_rows(contract: Contract, modules: dict[str, list[str]]) -> list[list[str]]:
    """Return the cells of the rows of operations that are in scope."""
    rows = [
        re.split(r"\n     -", row.removeprefix("   * - "))
        for row in re.split(r"\n(?=   \* - )", draw_table(contract, modules).rstrip())
    ]
    return [[cell.strip() for cell in row] for row in rows if not row[0].startswith("all of")]


def test_a_row_has_the_module_and_the_permissions() -> None:
    contract = stated(
        GET_window={"permissions": ["control-plane:service:view"]},
        PUT_window={"badges": ["Beta"], "permissions": ["control-plane:service:manage"], "tag": "Backup"},
    )
    window = {f"GET {SERVICE}/window": ["window_info"]}
    assert draw_rows(contract, window) == [
        [
            "``GET services/{serviceId}/window``",
            ":ansplugin:`window_info <clickhouse.cloud.window_info#module>`",
            "``service:view``",
        ],
        ["``PUT services/{serviceId}/window`` (beta)", f"not covered: {uncovered()['Backup']}", "``service:manage``"],
    ]


def test_an_operation_that_ends_needs_no_module() -> None:
    assert draw_rows(stated(GET_old={"deprecated": True, "until": "2027-01-01"}), {}) == [
        ["``GET services/{serviceId}/old`` (deprecated, ends on 2027-01-01)", "not covered: deprecated", "none named"]
    ]


def test_an_element_of_a_list_needs_no_module() -> None:
    keys, key = {"$ref": "Keys"}, {"$ref": "Key"}
    element = {"responses": {200: {"properties": {"result": key}}}, "tag": "API keys"}
    operations = {
        "GET /keys": {"responses": {200: {"properties": {"result": keys}}}, "tag": "API keys"},
        "GET /keys/{id}": element,
        "GET /users/{id}": element,
    }
    schemas = {"Keys": {"properties": {"keys": {"type": "array", "items": key}}}, "Key": {}}
    rows = draw_rows(Contract(date="2026-10", operations=operations, schemas=schemas), {"GET /keys": ["keys_info"]})
    planned = f"not covered: {uncovered()['API keys']}"
    assert [row[1] for row in rows[1:]] == ["not covered: ``GET /keys`` returns the same", planned]


def test_an_operation_without_a_reason_is_reported() -> None:
    with pytest.raises(LookupError, match=r"State in uncovered.yml why no module covers PUT .*/window\."):
        draw_table(stated(PUT_window={"tag": "Windows"}), {})


def test_each_reason_is_one_for_operations_of_the_contract() -> None:
    assert uncovered().keys() <= {operation["tag"] for operation in load().operations.values()}


def test_a_permission_for_some_requests_says_for_which() -> None:
    permissions = {"start": "control-plane:a", "stop": "control-plane:a", "awake": "control-plane:b"}
    ((_line, _module, cell),) = draw_rows(stated(PATCH_state={"command_permissions": permissions, "tag": "Backup"}), {})
    assert cell == "``a`` (for ``start`` and ``stop``), ``b`` (for ``awake``)"


def test_what_is_out_of_scope_is_in_the_table() -> None:
    table = draw_table(stated(), {})
    for name, prefixes in out_of_scope().items():
        assert table.count(f"not covered: out of scope ({name})") == len(prefixes)
    assert "all of ``services/{serviceId}/clickpipes``" in table


def test_a_lookup_does_not_cover_what_it_reads() -> None:
    contract = stated(GET_list={}, GET_window={}, PUT_window={}, GET_schema={})
    requests = {
        "list_info": [["GET services/{id}/list"]],
        "window_info": [["GET services/{id}/list", "GET services/{id}/window"]],
        "window": [[], ["GET services/{id}/schema", "GET services/{id}/window", "PUT services/{id}/window"]],
    }
    assert find_modules(contract, requests) == {
        f"GET {SERVICE}/list": ["list_info"],
        f"GET {SERVICE}/window": ["window_info"],
        f"PUT {SERVICE}/window": ["window"],
        # No module returns it.
        f"GET {SERVICE}/schema": ["window"],
    }


def test_a_path_without_a_parameter_is_found_first() -> None:
    settings = f"GET {SERVICE}/clickhouseSettings"
    for name, operation in (("schema", "schema"), ("max_threads", "{settingName}")):
        assert find_operation(load(), f"GET services/{{id}}/clickhouseSettings/{name}") == f"{settings}/{operation}"
    assert find_operation(load(), "GET /v1/organizations") == "GET /v1/organizations"


def test_an_unknown_request_is_reported() -> None:
    with pytest.raises(LookupError, match="The contract has no operation GET services/{id}/unknown"):
        find_operation(load(), "GET services/{id}/unknown")


def test_services_have_no_gap() -> None:
    """Below a service, and in what its modules use of the organization, a module or an event source covers all."""
    places = "services|udfs|udfUploads|serviceProfiles|prometheus"
    rows = re.findall(rf"\* - ``\w+ (?:{places})\b[^`]*``[^\n]*\n +- not covered: (.*)", GUIDE.read_text())
    assert rows
    assert not [reason for reason in rows if reason != "deprecated" and not reason.endswith("returns the same")]


def test_every_operation_and_every_module_is_in_the_guide() -> None:
    guide = GUIDE.read_text()
    table = guide[guide.index(":header-rows:") :]
    assert table.count("   * - ``") == len(load().operations)
    assert not [name for name in MODULES if f"clickhouse.cloud.{name}#module" not in table]
