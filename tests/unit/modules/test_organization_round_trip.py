# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random organizations: what is exported is what was declared, and applying it changes nothing.

The environment variable ORGANIZATIONS sets how many organizations are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.clickhouse.cloud.plugins.filter.organization_steps import organization_steps
from ansible_collections.clickhouse.cloud.plugins.filter.to_organization import to_organization
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import new_directory
from ansible_collections.clickhouse.cloud.tests.unit.modules.test_fleet_round_trip import (
    ENTRIES,
    ORGANIZATIONS,
    TEXTS,
    WORDS,
)

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Make = Callable[..., dict[str, Any]]

OWNER = {"email": "owner@example.com", "roles": ["Admin"]}
COLLEAGUE = "colleague@example.com"

NAMES = TEXTS.map(str.strip) | WORDS
SERVICE_PERMISSIONS = [f"control-plane:service:{name}" for name in ("view", "view-backups", "manage-scaling-config")]
SQL = ["sql-console:database:access"]
#: Policies of a role, each about something else.
POLICIES = st.lists(
    st.one_of(
        st.lists(st.sampled_from(SERVICE_PERMISSIONS), min_size=1, unique=True).map(
            lambda names: {"permissions": sorted(names), "services": ["analytics"]}
        ),
        st.just({"permissions": ["control-plane:organization:view"]}),
        st.just({"effect": "deny", "permissions": SQL, "services": ["*"]}),
        st.sampled_from(["sql-console-readonly", "sql-console-admin"]).map(
            lambda role: {"permissions": SQL, "services": ["*", "analytics"], "sql_console_role": role, "grants": ["a"]}
        ),
    ),
    min_size=1,
    unique_by=lambda policy: (policy.get("effect"), *policy.get("services", ()), policy.get("sql_console_role")),
)


@st.composite
def declarations(draw: Any) -> dict[str, Any]:
    """Return the declaration of all that an organization has besides its owner and first key."""
    names = draw(
        st.lists(NAMES.filter(lambda name: name not in ("Admin", "Member", "Billing")), max_size=3, unique=True)
    )
    roles = st.lists(st.sampled_from(["Member", "Billing", *names]), max_size=3, unique=True).map(sorted)
    emails = draw(st.lists(st.sampled_from(["a@example.com", "b+c@example.com", "ü@example.com"]), unique=True))
    keys = draw(st.lists(NAMES.filter(lambda name: name != "First key"), max_size=3, unique_by=lambda name: name))
    return {
        "settings": {
            "name": draw(NAMES.map(lambda name: name[:50])),
            "enable_core_dumps": draw(st.booleans()),
        },
        "roles": [{"name": name, "policies": sorted(draw(POLICIES), key=str)} for name in sorted(names)],
        "members": [{"email": email, "roles": draw(roles)} for email in sorted([COLLEAGUE, *emails])],
        "api_keys": [
            {
                "name": name,
                **draw(st.sampled_from([{"enabled": False}, {}])),
                "roles": draw(roles),
                "ip_access_list": draw(ENTRIES),
                "expire_at": draw(st.sampled_from(["never", "2100-01-31T12:00:00Z"])),
            }
            for name in sorted(keys)
        ],
    }


class Loader(yaml.SafeLoader):
    """Reads text with the tag !unsafe as Ansible does."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read(run: Run) -> dict[str, Any]:
    """Return what exists, as the modules return it."""
    parts = {"roles": "role", "members": "member", "invitations": "invitation", "api_keys": "api_key"}
    existing = {name: run(f"{module}_info")[name] for name, module in parts.items()}
    (organization,) = run("organization_info")["organizations"]
    return {**existing, "organization": organization, "services": run("service_info")["services"]}


def apply(run: Run, declaration: dict[str, Any], secrets: Path, check: bool = False) -> list[dict[str, Any]]:
    """Apply the declaration as the role does, in its order, and return the results."""
    present = organization_steps(declaration, read(run), str(secrets))["present"]
    modules = {"roles": "role", "members": "member", "api_keys": "api_key"}
    results = [run("organization", check=check, **declaration["settings"])]
    for name, module in modules.items():
        results += [run(module, check=check, **entry) for entry in present[name]]
    assert [result["msg"] for result in results if "failed" in result] == []
    return results


def sorted_policies(declaration: dict[str, Any]) -> dict[str, Any]:
    """Return the declaration with the policies in an order that does not depend on IDs."""
    roles = [{**role, "policies": sorted(role["policies"], key=str)} for role in declaration["roles"]]
    return {**declaration, "roles": roles}


@settings(
    max_examples=ORGANIZATIONS,
    deadline=None,
    derandomize=True,
    database=None,
    # Each example takes a second or two.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[*HealthCheck],
)
@given(declaration=declarations())
def test_round_trip(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    declaration: dict[str, Any],
) -> None:
    emulator.reset()
    emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])
    # The records of creations are about keys that are gone now.
    monkeypatch.setenv("XDG_STATE_HOME", new_directory(tmp_path))
    secrets = Path(new_directory(tmp_path))
    apply(run, declaration, secrets)
    text = to_organization(read(run))
    exported = sorted_policies(yaml.load(text, Loader)["clickhouse_organization"])
    (first_key,) = [key for key in exported["api_keys"] if key["name"] == "First key"]
    assert exported == {
        "organization_id": emulator.organization_id,
        "settings": declaration["settings"],
        "roles": declaration["roles"],
        "members": sorted([*declaration["members"], OWNER], key=lambda member: member["email"]),
        "api_keys": sorted([*declaration["api_keys"], first_key], key=lambda key: key["name"]),
    }
    sent()
    for check in (True, False):
        assert [result for result in apply(run, exported, secrets, check) if result["changed"]] == []
    assert [request for request in sent() if not request.startswith("GET")] == []
    assert to_organization(read(run)) == text


NOTHING: dict[str, Any] = {
    "organization": {"id": "0B0C0D0E", "name": "Example", "enable_core_dumps": None},
    **dict.fromkeys(["roles", "members", "invitations", "api_keys", "services"]),
}


def test_what_cannot_be_read_is_a_comment() -> None:
    assert (
        to_organization(NOTHING)
        == """\
clickhouse_organization:
  organization_id: 0B0C0D0E
  settings:
    name: Example

  # roles are not declared, since the API key may not read them.

  # members are not declared, since the API key may not read them.

  # api_keys are not declared, since the API key may not read them.
"""
    )


def policy(**values: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"services": [], "resources": [], "grants": [], "sql_console_role": None}
    return {"effect": "allow", "permissions": ["control-plane:organization:view"], **empty, **values}


def test_what_cannot_be_declared_is_a_comment() -> None:
    own = ["organization/0b0c0d0e"]
    existing = {
        **NOTHING,
        "roles": [
            {"id": "3", "name": "twin", "type": "custom", "policies": [policy(resources=own)]},
            {"id": "2", "name": "twin", "type": "custom", "policies": [policy(resources=["postgres/*"])]},
            {"id": "4", "name": "odd", "type": "custom", "policies": [policy()]},
            {"id": "5", "name": "none", "type": "custom", "policies": None},
            {"id": "6", "name": "empty", "type": "custom", "policies": [policy(permissions=[])]},
        ],
        "members": [{"id": "7", "email": None, "roles": []}, {"id": "8", "email": "B@example.com", "roles": None}],
        "invitations": [
            {"id": "9", "email": "b@example.com", "expire_at": "2026-01-01T00:00:00Z", "roles": []},
            {"id": "10", "email": "c@example.com", "expire_at": "2026-01-01T00:00:00Z", "roles": []},
            {"id": "11", "email": "d@example.com", "expire_at": None, "roles": ["x", "a"]},
        ],
        "api_keys": [
            {"id": "12", "name": None, "enabled": True, "roles": None, "ip_access_list": None, "expire_at": "never"}
        ],
    }
    assert (
        to_organization(existing).partition("name: Example\n")[2]
        == """
  # The role empty (6) has policies that cannot be declared.
  # The role none (5) has policies that cannot be declared.
  # The role odd (4) has policies that cannot be declared.
  roles:
    - role_id: '2'
      name: twin
      policies:
        - permissions:
            - control-plane:organization:view
          resources:
            - postgres/*

    - role_id: '3'
      name: twin
      policies:
        - permissions:
            - control-plane:organization:view

  # The member 7 has no email address.
  # The invitation of c@example.com has expired.
  members:
    - email: b@example.com
      roles: []

    - email: d@example.com
      roles:
        - a
        - x

  api_keys:
    - key_id: '12'
      expire_at: never
"""
    )


def test_other_values_are_rejected() -> None:
    with pytest.raises(Exception, match="the input must be a dictionary with organization, roles, members"):
        to_organization({"roles": []})
