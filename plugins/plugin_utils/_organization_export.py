# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write an organization as the declaration that the role organization applies."""

from __future__ import annotations

import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..module_utils._json import parse_timestamp
from ..module_utils._schema.role import ORGANIZATION as ORGANIZATION_PREFIX
from ..module_utils._schema.role import ORGANIZATION_PERMISSION
from ._declaration import to_yaml, write_mapping

Item = Mapping[str, Any]
#: Declarations of a section, and comments on what cannot be declared.
Declared = tuple[list[dict[str, Any]], list[str]]


def export_organization(existing: Mapping[str, Any]) -> str:
    """Return YAML that sets clickhouse_organization.

    existing has the results of organization_info, role_info, member_info, invitation_info, api_key_info and
    service_info: organization, roles, members, invitations, api_keys and services. None is what the key may not read.
    """
    organization = existing["organization"]
    settings = {name: organization.get(name) for name in ("name", "enable_core_dumps")}
    head = {
        "organization_id": organization["id"],
        "settings": {name: value for name, value in settings.items() if value is not None},
    }
    sections: dict[str, Declared | None] = {
        "roles": _export_roles(existing),
        "members": _export_members(existing),
        "api_keys": _export_keys(existing),
    }
    texts = [write_mapping(head), *(_write_section(name, declared) for name, declared in sections.items())]
    return "clickhouse_organization:\n" + textwrap.indent("\n".join(texts), "  ")


def _write_section(name: str, declared: Declared | None) -> str:
    if declared is None:
        return f"# {name} are not declared, since the API key may not read them.\n"
    entries, comments = declared
    return to_yaml(name, ((entry, ()) for entry in entries), comments)


def _export_roles(existing: Mapping[str, Any]) -> Declared | None:
    roles = existing["roles"]
    if roles is None:
        return None
    names = _find_unique_names(existing["services"] or ())
    organization = f"{ORGANIZATION_PREFIX}{existing['organization']['id']}".lower()
    custom = [role for role in roles if role["type"] != "system"]
    comments, entries = [], []
    for role, selected in _select(custom, "role_id"):
        policies = [_export_policy(policy, names, organization) for policy in role["policies"] or ()]
        if not policies or None in policies:
            comments.append(f"The role {role['name']} ({role['id']}) has policies that cannot be declared.")
        else:
            entries.append({**selected, "policies": policies})
    return entries, comments


def _find_unique_names(services: Sequence[Item]) -> dict[str, str]:
    """Return the names of services by ID, without names that several services have."""
    counts = Counter(service["name"] for service in services)
    return {service["id"].lower(): service["name"] for service in services if counts[service["name"]] == 1}


def _select(items: Sequence[Item], id_option: str) -> Iterator[tuple[Item, dict[str, Any]]]:
    """Yield each item in the order of the names, with its name, and its ID if the name is not unique."""
    counts = Counter(item["name"] for item in items)
    for item in sorted(items, key=lambda item: (str(item["name"]), item["id"])):
        is_unique = item["name"] and counts[item["name"]] == 1
        yield (
            item,
            {**({} if is_unique else {id_option: item["id"]}), **({"name": item["name"]} if item["name"] else {})},
        )


def _export_policy(policy: Item, names: Mapping[str, str], organization: str) -> dict[str, Any] | None:
    """Return the policy as the option has it; None if it is about nothing that can be declared.

    names are those of services by ID, and organization is the resource that a policy without resources is about.
    """
    is_of_organization = _is_about_organization(policy, organization)
    if not policy["permissions"] or not (is_of_organization or policy["services"] or policy["resources"]):
        return None
    values = {
        "effect": policy["effect"] if policy["effect"] != "allow" else None,
        "permissions": policy["permissions"],
        "services": sorted(names.get(service, service) for service in policy["services"]),
        "resources": [] if is_of_organization else policy["resources"],
        "sql_console_role": policy["sql_console_role"],
        "grants": policy["grants"],
    }
    return {name: value for name, value in values.items() if value}


def _is_about_organization(policy: Item, organization: str) -> bool:
    """Return whether the policy is about the organization alone, so that the option needs no resources."""
    return (
        not policy["services"]
        and policy["resources"] == [organization]
        and all(name.startswith(ORGANIZATION_PERMISSION) for name in policy["permissions"])
    )


def _export_members(existing: Mapping[str, Any]) -> Declared | None:
    members, invitations = existing["members"], existing["invitations"]
    if members is None or invitations is None:
        return None
    roles = {member["email"].lower(): member["roles"] for member in members if member["email"]}
    comments = [f"The member {member['id']} has no email address." for member in members if not member["email"]]
    invited, expired = _split_invitations(invitations)
    comments += [f"The invitation of {email} has expired." for email in sorted(expired.difference(invited, roles))]
    declared = {**invited, **roles}
    return [{"email": email, "roles": sorted(declared[email] or ())} for email in sorted(declared)], comments


def _split_invitations(invitations: Sequence[Item]) -> tuple[dict[str, Any], set[str]]:
    """Return the roles of the valid invitations by email address, and the email addresses of those that have expired.

    An email address may be in both.
    """
    invited: dict[str, Any] = {}
    expired = set()
    for invitation in sorted(invitations, key=lambda item: (str(item["email"]), str(item["expire_at"]), item["id"])):
        expires_at = parse_timestamp(invitation["expire_at"])
        email = str(invitation["email"]).lower()
        if expires_at is None or expires_at > time.time():
            invited[email] = invitation["roles"]
        else:
            expired.add(email)
    return invited, expired


def _export_keys(existing: Mapping[str, Any]) -> Declared | None:
    keys = existing["api_keys"]
    if keys is None:
        return None
    return [{**selected, **_export_key(key)} for key, selected in _select(keys, "key_id")], []


def _export_key(key: Item) -> dict[str, Any]:
    addresses = key["ip_access_list"]
    values = {
        "enabled": False if key["enabled"] is False else None,
        "roles": None if key["roles"] is None else sorted(key["roles"]),
        "ip_access_list": None if addresses is None else [_export_address(entry) for entry in addresses],
        "expire_at": key["expire_at"],
    }
    return {name: value for name, value in values.items() if value is not None}


def _export_address(entry: Item) -> dict[str, Any]:
    description = entry.get("description")
    return {"source": entry["source"], **({"description": description} if description else {})}
