# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, returns

PERMISSIONS = {"organization:view-billing": ""}


def add_balances(env: Environment) -> None:
    env.emulator.set_balances({"totalAmount": 100, "amountSpent": 40}, {"totalAmount": 10, "type": "trial"})


def is_balance(_env: Environment, value: Any) -> bool:
    return isinstance(value, dict) and value["total_remaining_credits"] == 70


SCENARIOS = [
    Scenario(
        "balances",
        {},
        ["GET creditBalances"],
        returns("credit_balance", is_balance),
        setup=add_balances,
        subresource="credit_balance",
    ),
]
