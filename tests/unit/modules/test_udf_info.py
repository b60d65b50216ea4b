# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.udf import UDF, UDF_ATTACHMENT
from ansible_collections.clickhouse.cloud.plugins.modules import udf_attachment, udf_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


@pytest.mark.parametrize("check", [True, False])
def test_all_pages_are_read(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    emulator.set_functions(*({"functionName": f"f{number}", "versions": 2} for number in range(5)))
    result = run("udf_info", check=check)
    assert (result["changed"], "diff" in result) == (False, False)
    assert [(udf["function_name"], udf["version"], udf["status"]) for udf in result["udfs"]] == [
        (f"f{number}", 2, "ready") for number in range(5)
    ]
    assert all((udf["versions"], udf["attachments"]) == (None, None) for udf in result["udfs"])
    assert sent() == ["GET udfs"] * 3


def test_one_function_has_its_versions_and_attachments(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    other = emulator.create(name="other")["service"]["id"]
    emulator.set_functions({"functionName": "shout", "versions": 3, "services": [service["id"], other]})
    emulator.clear_journal()
    (udf,) = run("udf_info", function_name="shout")["udfs"]
    assert (udf["version"], [version["version"] for version in udf["versions"]]) == (3, [1, 2, 3])
    assert udf["versions"][-1] == {name: udf[name] for name in udf["versions"][-1]}
    assert [(item["service_id"], item["version"]) for item in udf["attachments"]] == [(service["id"], 3), (other, 3)]
    assert sent() == ["GET udfs/shout", *["GET udfs/shout/versions"] * 2, "GET udfs/shout/attachments"]


def test_unknown_function_is_not_listed(emulator: Emulator, run: Run, sent: Sent) -> None:
    assert run("udf_info", function_name="shout")["udfs"] == []
    assert sent() == ["GET udfs/shout", f"GET /v1/organizations/{emulator.organization_id}"]
    assert run("udf_info")["udfs"] == []


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    other = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
    assert "Check organization_id" in run("udf_info", function_name="shout", organization_id=other)["msg"]


def test_invalid_name_is_rejected(emulator: Emulator, run: Run) -> None:
    assert "function_name must begin with a letter" in run("udf_info", function_name="../keys")["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("options", [{}, {"function_name": "shout"}])
def test_missing_view_permission_causes_warning(emulator: Emulator, run: Run, options: dict[str, str]) -> None:
    emulator.fault(path="/udfs", status=403)
    result = run("udf_info", **options)
    assert ("failed" in result, result["udfs"]) == (False, None)
    assert "The API key may not read the functions: the request failed with HTTP status 403" in str(result["warnings"])


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 404, 500])
def test_failed_read_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/udfs", status=status, times=99)
    assert run("udf_info")["status"] == status


@pytest.mark.parametrize("result", [[{"version": 1}], [{"functionName": ""}], [1], {}, None])
def test_malformed_list_is_reported(emulator: Emulator, run: Run, result: Any) -> None:
    emulator.fault(path="/udfs$", status=200, body={"result": result})
    assert "a list of objects with a functionName was expected" in run("udf_info")["msg"]


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(udf_info.RETURN)["udfs"]["contains"]
    assert documented.keys() == {*UDF.to_result({}), "versions", "attachments"}
    attachment = UDF_ATTACHMENT.to_result({}).keys()
    assert documented["attachments"]["contains"].keys() == attachment
    assert yaml.safe_load(udf_attachment.RETURN)["udf_attachment"]["contains"].keys() == attachment
