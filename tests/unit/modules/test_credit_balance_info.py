# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.billing import BALANCE
from ansible_collections.clickhouse.cloud.plugins.modules import credit_balance_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


@pytest.mark.parametrize("check", [True, False])
def test_balances_are_returned(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    later, sooner = emulator.set_balances(
        {"totalAmount": 100.5, "amountSpent": 40},
        {"totalAmount": 10, "type": "trial", "expirationDate": "2026-12-31T00:00:00Z"},
    )
    result = run("credit_balance_info", check=check)
    assert result["changed"] is False
    assert "diff" not in result
    assert sent() == ["GET creditBalances"]
    balance = result["credit_balance"]
    assert balance["total_remaining_credits"] == 70.5
    first, second = balance["balances"]
    assert (first["id"], first["type"], first["remaining_credits"]) == (sooner["id"], "trial", 10)
    assert (second["id"], second["total_amount"], second["amount_spent"]) == (later["id"], 100.5, 40)
    assert second["expiration_date"] == later["expirationDate"]


@pytest.mark.usefixtures("emulator")
def test_no_balance(run: Run) -> None:
    assert run("credit_balance_info")["credit_balance"] == {"total_remaining_credits": 0, "balances": []}


@pytest.mark.parametrize("check", [True, False])
def test_neither_needs_the_permission_of_the_other(emulator: Emulator, run: Run, check: bool) -> None:
    emulator.fault(path="/creditBalances$", status=403)
    result = run("credit_balance_info", check=check)
    assert result["credit_balance"] is None
    assert "The API key may not read the credit balances of the organization" in str(result["warnings"])
    assert "control-plane:organization:view-billing" in str(result["warnings"])
    period = {"from_date": "2026-10-01", "to_date": "2026-10-02"}
    assert run("usage_cost_info", check=check, **period)["usage_cost"]["total_chc"] == 0


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_request_is_reported(emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/creditBalances$", status=status, times=4)
    result = run("credit_balance_info")
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
    assert "The request to read the credit balances of the organization failed" in result["msg"]


def test_malformed_response_is_reported(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/creditBalances$", status=200, body={"result": {"balances": 7}})
    assert run("credit_balance_info")["msg"] == "The API returned 7 for balances; expected a list of objects."


def test_missing_fields_are_null_and_unknown_ones_are_kept(emulator: Emulator, run: Run) -> None:
    body = {"result": {"balances": [{"newField": 1}], "newTotal": {"inCHC": 1}}}
    emulator.fault(path="/creditBalances$", status=200, body=body)
    assert run("credit_balance_info")["credit_balance"] == {
        "total_remaining_credits": None,
        "new_total": {"in_chc": 1},
        "balances": [{**dict.fromkeys(BALANCE.to_result({})), "new_field": 1}],
    }


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(credit_balance_info.RETURN)["credit_balance"]["contains"]["balances"]["contains"]
    assert documented.keys() == BALANCE.to_result({}).keys()
