# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the credit balances of an organization."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client
from ansible_collections.clickhouse.cloud.tests.unit.emulator.test_emulator_permissions import create_restricted_client

DAY = 24 * 3600
OPERATIONS = ("/creditBalances", "/activeBalances")


def credit(client: Client) -> dict[str, Any]:
    result: dict[str, Any] = client.result("GET", f"{client.organization}/creditBalances")
    return result


def prepaid(client: Client, **query: Any) -> dict[str, Any]:
    result: dict[str, Any] = client.result("GET", f"{client.organization}/activeBalances", params=query)
    return result


def test_organization_without_balances(client: Client) -> None:
    assert credit(client) == {"totalRemainingCredits": 0, "balances": []}
    assert prepaid(client) == {"totalRemainingPrepaidCredits": 0, "prepaidBalances": []}


def test_balances(client: Client) -> None:
    late = {"totalAmount": 100, "amountSpent": 40.25, "expirationDate": "2099-01-01T00:00:00Z"}
    soon = {"type": "trial", "totalAmount": 10, "expirationDate": "2098-01-01T00:00:00Z"}
    balances = client.emulator.set_balances(late, soon)
    assert credit(client) == {"totalRemainingCredits": 69.75, "balances": [balances[1], balances[0]]}
    assert [one["remainingCredits"] for one in balances] == [59.75, 10]
    (only,) = prepaid(client)["prepaidBalances"]
    assert only == {
        "id": balances[0]["id"],
        "remainingPrepaidCredits": 59.75,
        "totalAmount": 100,
        "amountSpent": 40.25,
        "startDate": balances[0]["startDate"],
        "expirationDate": "2099-01-01T00:00:00Z",
    }
    assert prepaid(client)["totalRemainingPrepaidCredits"] == 59.75


def test_balances_that_are_not_active(client: Client) -> None:
    client.emulator.hold()
    client.emulator.set_balances(
        {"totalAmount": 1},
        {"totalAmount": 2, "amountSpent": 2},
        {"totalAmount": 4, "startDate": "2098-01-01T00:00:00Z", "expirationDate": "2099-01-01T00:00:00Z"},
        {"totalAmount": 8, "startDate": "2020-01-01T00:00:00Z", "expirationDate": "2021-01-01T00:00:00Z"},
    )
    assert credit(client)["totalRemainingCredits"] == 1
    client.emulator.advance(365 * DAY - 1)
    assert credit(client)["totalRemainingCredits"] == 1
    client.emulator.advance(1)
    assert credit(client) == {"totalRemainingCredits": 0, "balances": []}


def test_parts_of_the_active_balances(client: Client) -> None:
    balances = client.emulator.set_balances(
        *({"totalAmount": number, "expirationDate": f"209{number}-01-01T00:00:00Z"} for number in (1, 2, 3))
    )
    ids = [one["id"] for one in balances]
    for query, expected in (
        ({"limit": 2}, ids[:2]),
        ({"limit": 2, "offset": 2}, ids[2:]),
        ({"offset": 3}, []),
        ({"limit": 100, "offset": 0}, ids),
    ):
        result = prepaid(client, **query)
        assert [one["id"] for one in result["prepaidBalances"]] == expected
        assert result["totalRemainingPrepaidCredits"] == 6
    for query in ({"limit": 0}, {"limit": 101}, {"limit": "x"}, {"offset": -1}, {"offset": 1.5}):
        assert client.error("GET", f"{client.organization}/activeBalances", params=query)[0] == 400


@pytest.mark.parametrize("operation", OPERATIONS)
def test_permission(client: Client, operation: str) -> None:
    path = f"{client.organization}{operation}"
    assert create_restricted_client(client, "view-billing").error("GET", path) == (403, "FORBIDDEN")
    assert create_restricted_client(client, "view-organization").request("GET", path).status_code == 200
    added = client.emulator.add_organization(id=client.emulator.organization_id, role="query_endpoints")
    assert Client(client.emulator, added["api_key"], added["api_secret"]).error("GET", path) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "balance",
    [{}, {"totalAmount": "1"}, {"totalAmount": 1, "type": "gift"}, {"totalAmount": 1, "startDate": "soon"}, 1],
)
def test_invalid_balances_of_a_test(client: Client, balance: Any) -> None:
    with pytest.raises(EmulatorError, match="BAD_REQUEST: request balance"):
        client.emulator.set_balances(balance)
    with pytest.raises(EmulatorError, match="Unknown key 'credits': a balance has id, type"):
        client.emulator.set_balances({"totalAmount": 1, "credits": 1})
    assert credit(client)["balances"] == []
