# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credit balances of an organization, which a test sets."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from .clock import Clock, format_timestamp, parse_timestamp
from .paging import integer_parameter
from .request_context import RequestContext
from .responses import ApiResponse, ok_response
from .validation import Table, amount, choice, moment, record, uuid_text

Fields = dict[str, Any]

_DEFAULT_TERM = timedelta(days=365)
_MAX_BALANCES = 100
_BALANCE: Table = {
    "id": uuid_text,
    "type": choice("prepaid", "trial"),
    "totalAmount": amount,
    "amountSpent": amount,
    "startDate": moment,
    "expirationDate": moment,
}


def get_credit_balances(ctx: RequestContext) -> ApiResponse:
    balances = _active_balances(ctx)
    return ok_response({"totalRemainingCredits": _total(balances), "balances": balances})


def get_active_balances(ctx: RequestContext) -> ApiResponse:
    """Return the prepaid balances, in the form of the deprecated operation."""
    limit = integer_parameter(ctx, "limit", _MAX_BALANCES, 1, _MAX_BALANCES)
    offset = integer_parameter(ctx, "offset", 0, 0)
    prepaid = [balance for balance in _active_balances(ctx) if balance["type"] == "prepaid"]
    resources = [_to_prepaid_resource(balance) for balance in prepaid[offset : offset + limit]]
    return ok_response({"totalRemainingPrepaidCredits": _total(prepaid), "prepaidBalances": resources})


def _active_balances(ctx: RequestContext) -> list[Fields]:
    """Return the balances that have started and still have credits, the first to expire first."""
    now = ctx.clock.now()
    active = [
        balance
        for balance in ctx.organization.balances
        if parse_timestamp(balance["startDate"]) <= now < parse_timestamp(balance["expirationDate"])
        and balance["remainingCredits"] > 0
    ]
    return sorted(active, key=lambda balance: parse_timestamp(balance["expirationDate"]))


def _total(balances: list[Fields]) -> float:
    return round(sum(float(balance["remainingCredits"]) for balance in balances), 6)


def _to_prepaid_resource(balance: Fields) -> Fields:
    resource = {name: value for name, value in balance.items() if name not in ("type", "remainingCredits")}
    return {**resource, "remainingPrepaidCredits": balance["remainingCredits"]}


def build_balance(clock: Clock, given: Any) -> Fields:
    """Return the balance that a test describes: by default, prepaid credits of which none is spent, for a year."""
    record(_BALANCE, ("totalAmount",))("balance", given)
    unknown = given.keys() - _BALANCE.keys()
    if unknown:
        raise ValueError(f"Unknown key '{min(unknown)}': a balance has {', '.join(_BALANCE)}.")
    now = clock.now()
    balance = {
        "id": str(uuid.uuid4()),
        "type": "prepaid",
        "amountSpent": 0,
        "startDate": format_timestamp(now),
        "expirationDate": format_timestamp(now + _DEFAULT_TERM),
        **given,
    }
    return {**balance, "remainingCredits": round(balance["totalAmount"] - balance["amountSpent"], 6)}
