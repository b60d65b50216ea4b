# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    IP_ACCESS_LIST,
    Scenario,
    add_api_key,
    add_nothing,
)

PERMISSIONS = {
    "organization:view-api-keys": "",
    "organization:create-api-keys": "to create",
    "organization:manage": "for names of roles",
}


def list_keys(emulator: Emulator, name: str) -> list[dict[str, Any]]:
    """Return the keys of this name."""
    keys: list[dict[str, Any]] = emulator.request("GET", "keys?limit=250")
    return [key for key in keys if key["name"] == name]


def has_key(**expected: Any) -> Callable[[Environment], None]:
    """Return a check that there is one key called reports, with these fields."""

    def verify(env: Environment) -> None:
        keys = list_keys(env.emulator, "reports")
        found = [{name: key[name] for name in expected} for key in keys]
        assert found == [expected], f"the keys are {found}"

    return verify


def is_created(env: Environment) -> None:
    """Assert that there is one new key, and that its credentials are in the file, and nowhere else."""
    (key,) = list_keys(env.emulator, "new")
    assert [role["roleName"] for role in key["assignedRoles"]] == ["Member"]
    assert env.secret_file.exists(), "secret_file was not written"
    credentials = json.loads(env.secret_file.read_text())
    assert credentials["api_key"].endswith(key["keySuffix"]), "secret_file has the secret of another key"
    assert not list(env.directory.glob(".*")), "a secret is left beside the file"


def is_deleted(env: Environment) -> None:
    """Assert that there is no such key."""
    assert list_keys(env.emulator, "reports") == [], "the key still exists"


SCENARIOS = [
    Scenario(
        "change, by name",
        {"name": "reports", "enabled": False, "expire_at": "2050-01-31"},
        ["GET keys", "PATCH keys/{id}", "GET keys/{id}"],
        has_key(state="disabled", expireAt="2050-01-31T00:00:00Z"),
        setup=add_api_key,
    ),
    Scenario(
        "create",
        {"name": "new", "roles": ["Member"], "ip_access_list": IP_ACCESS_LIST, "secret_file": "{secret_file}"},
        ["GET keys", "GET roles", "GET keys", "POST keys", "GET keys/{id}"],
        is_created,
        setup=add_nothing,
    ),
    Scenario(
        "delete, by ID",
        {"key_id": "{key_id}", "confirm_name": "reports", "state": "absent"},
        ["GET keys/{id}", "DELETE keys/{id}", "GET keys/{id}"],
        is_deleted,
        setup=add_api_key,
        optional_part="key",
    ),
]
