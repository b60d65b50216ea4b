# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import Scenario, returns

PERMISSIONS = {"organization:view": ""}


def invite(env: Environment) -> None:
    """Add an invitation, whose ID is {invitation}."""
    (invitation,) = env.emulator.set_invitations({"email": "alice@example.com", "roles": ["Member"]})
    env.placeholders["{invitation}"] = invitation["id"]


def is_list(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [one["email"] for one in value] == ["alice@example.com"]


def is_one(_env: Environment, value: Any) -> bool:
    return isinstance(value, list) and [one["email"] for one in value] == ["alice@example.com"]


SCENARIOS = [
    Scenario("list", {}, ["GET invitations"], returns("invitations", is_list), setup=invite, subresource="invitations"),
    Scenario(
        "one, by ID",
        {"invitation_id": "{invitation}"},
        ["GET invitations/{id}"],
        returns("invitations", is_one),
        setup=invite,
        subresource="invitations",
        optional_part="invitations",
    ),
]
