# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a role: its policies, which grant or deny permissions, and its actors, which have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .._errors import InvalidOption, UnexpectedResponse
from .._json import abbreviate
from .fields import MODES, Change, Field, Schema

EFFECTS = ("allow", "deny")
SQL_CONSOLE_ROLES = ("sql-console-readonly", "sql-console-admin")
#: The kinds of resources that the options of a policy name, as the API prefixes them.
SERVICE, ORGANIZATION = "instance/", "organization/"
#: Permissions of the organization itself: a policy with only these applies to it.
ORGANIZATION_PERMISSION = "control-plane:organization:"
#: Permissions that the API adds to a policy that allows another one.
ADDED_PERMISSIONS: Mapping[str, str] = {"control-plane:service:manage": "control-plane:service:delete"}
#: The kinds of actors: the suboption of each, and its prefix in the API.
ACTOR_KINDS: Mapping[str, str] = {"members": "user/", "api_keys": "apiKey/"}

#: What a policy is about, without its permissions: effect, resources, role in the SQL console, and grants.
Scope = tuple[str, frozenset[str], Optional[str], frozenset[str]]

POLICY_SPEC = {
    "effect": {"type": "str", "choices": list(EFFECTS), "default": "allow"},
    "permissions": {"type": "list", "elements": "str", "required": True},
    "services": {"type": "list", "elements": "str"},
    "resources": {"type": "list", "elements": "str"},
    "sql_console_role": {"type": "str", "choices": list(SQL_CONSOLE_ROLES)},
    "grants": {"type": "list", "elements": "str"},
}
ACTORS_SPEC = {
    "members": {"type": "list", "elements": "str"},
    "api_keys": {"type": "list", "elements": "str", "no_log": False},
}


def is_of_organization(policy: Mapping[str, Any]) -> bool:
    """Return whether the options of a policy name no resource, so that it is about the organization itself."""
    return not (policy.get("services") or policy.get("resources"))


def _check_policy(number: int, policy: Mapping[str, Any]) -> None:
    """Raise InvalidOption for options of a policy that are never valid."""
    if not policy["permissions"]:
        raise InvalidOption(f"policies[{number}] has no permissions. Name at least one, or remove the policy.")
    others = [name for name in policy["permissions"] if not name.startswith(ORGANIZATION_PERMISSION)]
    if is_of_organization(policy) and others:
        raise InvalidOption(
            f"policies[{number}] does not say what {others[0]} applies to. Set services, to names or IDs of services or"
            " to '*' for all, or resources."
        )


def _to_api(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a policy as the API has them."""
    services = [f"{SERVICE}{service}" for service in policy.get("services") or ()]
    tags = {"grants": policy.get("grants"), "roleV2": policy.get("sql_console_role")}
    given = {name: value for name, value in tags.items() if value}
    return {
        "allowDeny": policy["effect"].upper(),
        "permissions": list(dict.fromkeys(policy["permissions"])),
        "resources": list(dict.fromkeys([*services, *(policy.get("resources") or ())])),
        **({"tags": given} if given else {}),
    }


def _texts_in(value: Any) -> frozenset[str]:
    """Return the texts of a list. Raise TypeError for anything else but null."""
    if not isinstance(value, (list, type(None))) or not all(isinstance(item, str) for item in value or ()):
        raise TypeError
    return frozenset(value or ())


def _scope_of(policy: Any) -> Scope:
    """Return what a policy of the API is about. Raise TypeError for anything but a policy."""
    if not isinstance(policy, dict) or not isinstance(policy.get("allowDeny"), str):
        raise TypeError
    tags = policy.get("tags") or {}
    if not isinstance(tags, dict):
        raise TypeError
    resources = frozenset(resource.lower() for resource in _texts_in(policy.get("resources")))
    return policy["allowDeny"].lower(), resources, tags.get("roleV2") or None, _texts_in(tags.get("grants"))


def _group(policies: Iterable[Any]) -> dict[Scope, frozenset[str]]:
    """Return the permissions of policies by what they are about: the order and the division do not matter."""
    groups: dict[Scope, frozenset[str]] = {}
    for policy in policies:
        try:
            scope = _scope_of(policy)
            groups[scope] = groups.get(scope, frozenset()) | _texts_in(policy.get("permissions"))
        except (TypeError, AttributeError):
            raise UnexpectedResponse(f"The API returned a malformed policy: {abbreviate(policy)}.") from None
    return groups


def _to_declaration(groups: Mapping[Scope, frozenset[str]]) -> list[dict[str, Any]]:
    """Return policies as a task would declare them, in a fixed order."""
    declared = []
    for (effect, resources, sql_console_role, grants), permissions in groups.items():
        services = [item.removeprefix(SERVICE) for item in resources if item.startswith(SERVICE)]
        declared.append(
            {
                "effect": effect,
                "permissions": sorted(permissions),
                "services": sorted(services),
                "resources": sorted(item for item in resources if not item.startswith(SERVICE)),
                "sql_console_role": sql_console_role,
                "grants": sorted(grants),
            }
        )
    return sorted(declared, key=str)


@dataclass
class DesiredPolicies:
    """The policies that a task declares, as the API has them.

    added holds the permissions that the API has added to the policies in its response to a change.
    """

    policies: list[dict[str, Any]]
    added: frozenset[str] = field(default=frozenset(), compare=False)

    def tolerates(self, scope: Scope, permissions: frozenset[str], extra: frozenset[str]) -> bool:
        """Return whether the extra permissions are those that the API adds by itself."""
        added = {ADDED_PERMISSIONS.get(name) for name in permissions if scope[0] == "allow"}
        return extra <= {*self.added, *added}

    def find_added(self, current: Any) -> frozenset[str]:
        """Return the permissions in the current policies that none of the desired ones about the same has."""
        desired = _group(self.policies)
        return frozenset(
            name
            for scope, names in _group(current or ()).items()
            for name in names - desired.get(scope, frozenset())
            if scope in desired and not self.tolerates(scope, desired[scope], frozenset([name]))
        )

    def find_lost(self, current: Any) -> frozenset[str]:
        """Return the permissions that the policies do not allow as the current ones do, or deny in addition."""
        desired, before = _group(self.policies), _group(current or ())
        lost = {
            name
            for scope, names in before.items()
            for name in names
            if scope[0] == "allow" and not any(_covers(other, scope, name, desired[other]) for other in desired)
        }
        denied = {
            name
            for scope, names in desired.items()
            for name in names - before.get(scope, frozenset())
            if scope[0] == "deny"
        }
        return frozenset(lost | denied)


def _covers(scope: Scope, other: Scope, name: str, permissions: frozenset[str]) -> bool:
    """Return whether the permissions about a scope allow this one of another scope, perhaps as the API adds it."""
    effect, resources, sql_console_role, grants = scope
    _effect, other_resources, other_sql_console_role, other_grants = other
    is_allowed = effect == "allow" and name in permissions | {ADDED_PERMISSIONS.get(item) for item in permissions}
    is_included = _cover_resources(resources, other_resources) and _cover_grants(grants, other_grants)
    return is_allowed and is_included and sql_console_role == other_sql_console_role


def _cover_resources(resources: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether the resources of a scope include the other ones; services also if it has all of them."""
    if f"{SERVICE}*" in resources:
        others = frozenset(item for item in others if not item.startswith(SERVICE))
    return others <= resources


def _cover_grants(grants: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether the grants of a scope include the other ones. Without grants, a scope is not limited."""
    return not grants or (bool(others) and others <= grants)


@dataclass(frozen=True)
class PoliciesField(Field):
    """The policies, whose order does not matter. Permissions that the API adds by itself are not a difference."""

    type: str = "list"

    def desired(self, options: Mapping[str, Any]) -> Any:
        policies = options.get(self.option)
        if policies is None:
            return None
        for number, policy in enumerate(policies, 1):
            _check_policy(number, policy)
        return DesiredPolicies([_to_api(policy) for policy in policies])

    def current(self, resource: Mapping[str, Any]) -> Any:
        policies = resource.get(self.name)
        return _to_declaration(_group(policies)) if isinstance(policies, list) else policies

    def to_create(self, desired: Any) -> Any:
        return desired.policies

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        groups, current = _group(desired.policies), _group(resource.get(self.name) or ())
        is_same = groups.keys() == current.keys() and all(
            names <= current[scope] and desired.tolerates(scope, names, current[scope] - names)
            for scope, names in groups.items()
        )
        return None if is_same else Change(self, before, _to_declaration(groups), desired.policies)


@dataclass(frozen=True)
class DesiredActors:
    """The IDs of the actors that a task names, by suboption, and how to apply them: one of MODES."""

    ids: Mapping[str, list[str]]
    mode: str

    def apply(self, actors: list[str]) -> list[str]:
        """Return the actors that there are once the desired ones are applied; other kinds of actors stay."""
        for kind, ids in self.ids.items():
            prefix = ACTOR_KINDS[kind]
            named = {f"{prefix}{actor_id.lower()}" for actor_id in ids}
            kept = {
                "set": [actor for actor in actors if not actor.startswith(prefix) or actor in named],
                "add": actors,
                "remove": [actor for actor in actors if actor not in named],
            }[self.mode]
            missing = [] if self.mode == "remove" else sorted(named.difference(kept))
            actors = [*kept, *missing]
        return actors


@dataclass(frozen=True)
class ActorsField(Field):
    """The actors of a role by kind: members and API keys. A kind that a task does not name keeps its actors."""

    type: str = "dict"

    @property
    def response_type(self) -> str:
        return "list"

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        mode = {"type": "str", "choices": list(MODES), "default": MODES[0]}
        return {**super().argument_spec(), f"{self.option}_mode": mode}

    def desired(self, options: Mapping[str, Any]) -> Any:
        ids = {kind: names for kind, names in (options.get(self.option) or {}).items() if names is not None}
        return DesiredActors(ids, options[f"{self.option}_mode"]) if ids else None

    def current(self, resource: Mapping[str, Any]) -> Any:
        actors = resource.get(self.name)
        return _by_kind(list_actors(resource)) if isinstance(actors, list) else actors

    def to_create(self, desired: Any) -> Any:
        return desired.apply([])

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        before = self.checked_current(resource)
        actors = list_actors(resource)
        after = desired.apply(actors)
        is_same = set(after) == set(actors)
        return None if is_same else Change(self, before or _by_kind([]), _by_kind(after), after)


def list_actors(role: Mapping[str, Any]) -> list[str]:
    """Return the actors of a role as the API has them, such as "user/ID", in lower case except for their kind."""
    actors = role.get(ACTORS.name)
    parts = [actor.rpartition("/") for actor in actors if isinstance(actor, str)] if isinstance(actors, list) else []
    return [f"{kind}{slash}{actor_id.lower()}" for kind, slash, actor_id in parts]


def _by_kind(actors: list[str]) -> dict[str, list[str]]:
    """Return the IDs of the actors by suboption, sorted, without actors of other kinds."""
    return {
        kind: sorted(actor.removeprefix(prefix) for actor in actors if actor.startswith(prefix))
        for kind, prefix in ACTOR_KINDS.items()
    }


ACTORS = ActorsField("actors", spec={"options": ACTORS_SPEC})
POLICIES = PoliciesField("policies", spec={"elements": "dict", "options": POLICY_SPEC})

ROLE = Schema(
    options=[
        Field("role_id", api="id", result="id", patch_path=None, in_create=False),
        Field("name"),
        POLICIES,
        ACTORS,
    ],
    read_only=["type", "tenantId", "ownerId", "createdAt", "updatedAt"],
)
