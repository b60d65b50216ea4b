# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Create, change and delete a role, and change who has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._client.api import Api
from .._client.api_keys import fetch_api_keys
from .._client.role_assignments import assign_roles
from .._client.roles import ROLE_ENDPOINTS
from .._errors import ApiError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._module.options import Spec
from .._schema.role import ACTOR_KINDS, ACTORS, POLICIES, ROLE, DesiredPolicies, is_of_organization, list_actors
from .._service.collection import Collection, Element, find_element
from .._service.names import ADMIN, API_KEY_NAMES, MEMBER_NAMES, SERVICE_NAMES, NameLookup
from .._texts import join_names
from .api_key_file import SUFFIX_LENGTH, suffix_of

ROLES = Collection(
    name="role",
    plural="roles",
    result="role",
    results="roles",
    schema=ROLE,
    endpoints=ROLE_ENDPOINTS,
    id_option="role_id",
    name_option="name",
    required=("policies",),
    of_service=False,
    listed_in_full=True,
)
#: The option of a deletion.
FORCE_SPEC: Spec = {"force": {"type": "bool", "default": False}}


def find_role(ctx: ModuleContext) -> Element:
    """Return the role that the options select, to be changed; it need not exist.

    Raise InvalidOption before any request.
    """
    ROLE.desired(ctx.options)
    return find_element(ctx, ROLES, RoleElement)


def desired_role(ctx: ModuleContext) -> dict[str, Any]:
    """Return the desired values, with IDs in place of the names of services, members and API keys."""
    return ROLE.desired(_resolve_names(ctx))


def is_system_role(role: Mapping[str, Any]) -> bool:
    """Return whether ClickHouse Cloud has made the role, which is then the same in every organization."""
    return role.get("type") == "system"


def _resolve_names(ctx: ModuleContext) -> dict[str, Any]:
    """Return the options with IDs in place of the names of services, members and API keys."""
    options = dict(ctx.options)
    if options[POLICIES.option]:
        services = NameLookup(ctx.api, SERVICE_NAMES)
        policies = enumerate(options[POLICIES.option], 1)
        options[POLICIES.option] = [_resolve_policy(ctx, services, number, policy) for number, policy in policies]
    actors = options[ACTORS.option]
    if actors:
        lookups = {"members": NameLookup(ctx.api, MEMBER_NAMES), "api_keys": NameLookup(ctx.api, API_KEY_NAMES)}
        options[ACTORS.option] = {
            kind: None if actors[kind] is None else _resolve_actors(ctx, lookups[kind], kind) for kind in ACTOR_KINDS
        }
    return options


def _resolve_policy(
    ctx: ModuleContext, lookup: NameLookup, number: int, policy: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the options of a policy with IDs of services, and with the organization if it names no resource."""
    if is_of_organization(policy):
        return {**policy, "resources": [f"organization/{ctx.api.organization}"]}
    option = f"policies[{number}].services"
    names = policy["services"] or ()
    services = [name if name == "*" else lookup.resolve(option, [name])[0] for name in names]
    return {**policy, "services": services}


def _resolve_actors(ctx: ModuleContext, lookup: NameLookup, kind: str) -> list[str]:
    """Return the IDs of the actors of a kind. One that is to be removed need not exist."""
    names, option = ctx.options[ACTORS.option][kind], f"{ACTORS.option}.{kind}"
    if ctx.options[f"{ACTORS.option}_mode"] == "remove":
        return lookup.resolve_existing(option, names, ctx.warn)
    return lookup.resolve(option, names)


class RoleElement(Element):
    """A role. Only the actors of a system role can be changed."""

    def create_or_update(self, desired: Mapping[str, Any]) -> None:
        """Change the values that differ; create the role if there is none, and it is selected by its name."""
        self._policies: DesiredPolicies | None = desired.get(POLICIES.option)
        if self.current is not None and is_system_role(self.current):
            self._check_system_role(desired)
            self._check_last_administrator(desired)
        if self.current is not None and ACTORS.option in desired:
            self._keep_own_key(desired[ACTORS.option].apply(list_actors(self.current)))
        if self.current is not None and self._policies is not None:
            self._keep_permissions(self.current, self._policies)
        super().create_or_update(desired)

    def delete(self) -> None:
        """Delete the role if there is one. Raise InvalidOption for a system role, and for a role with actors."""
        if self.current is not None:
            self._check_deletion(self.current)
            self._keep_own_key([])
        super().delete()

    def _keep_own_key(self, after: Sequence[str]) -> None:
        """Raise InvalidOption if the key of the task would lose the role."""
        own = self._find_own_key([actor for actor in list_actors(self.current or {}) if actor not in after])
        if own:
            raise InvalidOption(
                f"The role {self._name!r} is not taken from the API key {own['name']!r}, since this task uses it. Use"
                " another key for this task: set api_key and api_secret."
            )

    def _keep_permissions(self, role: Resource, policies: DesiredPolicies) -> None:
        """Raise InvalidOption if the key of the task has the role, and would lose permissions with these policies."""
        is_change = self.collection.schema.diff(role, {POLICIES.option: policies})
        lost = policies.find_lost(role.get(POLICIES.name)) if is_change else frozenset()
        own = self._find_own_key(list_actors(role)) if lost else None
        if own:
            raise InvalidOption(
                f"The policies of the role {self._name!r} are not changed, since this task uses the API key"
                f" {own['name']!r}, which has the role and would lose permissions: {', '.join(sorted(lost))}. Use"
                " another key for this task: set api_key and api_secret."
            )

    def _find_own_key(self, actors: Sequence[str]) -> Resource | None:
        """Return the key of the task if it is one of the actors. The keys are only requested if any key is."""
        prefix = ACTOR_KINDS["api_keys"]
        if not any(actor.startswith(prefix) for actor in actors):
            return None
        suffix = self.ctx.options["api_key"][-SUFFIX_LENGTH:]
        own = (key for key in fetch_api_keys(self.ctx.api) if suffix_of(key) == suffix)
        return next((key for key in own if f"{prefix}{key['id'].lower()}" in actors), None)

    def _check_system_role(self, desired: Mapping[str, Any]) -> None:
        """Raise InvalidOption if more than the actors of the system role is to be changed."""
        changes = self.collection.schema.diff(self.current or {}, desired)
        names = [change.field.option for change in changes if change.field is not ACTORS]
        if names:
            raise InvalidOption(
                f"The role {self._name!r} is a system role, of which only the actors can be changed. Leave"
                f" {' and '.join(names)} out, or create a role of another name."
            )

    def _check_last_administrator(self, desired: Mapping[str, Any]) -> None:
        """Raise InvalidOption if no member would have the role Admin any more."""
        actors = list_actors(self.current or {})
        if self._name != ADMIN or ACTORS.option not in desired:
            return
        after = desired[ACTORS.option].apply(actors)
        prefix = ACTOR_KINDS["members"]
        if any(actor.startswith(prefix) for actor in actors) and not any(actor.startswith(prefix) for actor in after):
            raise InvalidOption(
                f"actors: without these members, no member of the organization would have the role {ADMIN}. Leave at"
                " least one."
            )

    def _check_deletion(self, role: Resource) -> None:
        if is_system_role(role):
            raise InvalidOption(
                f"The role {self._name!r} is a system role, which cannot be deleted. To take it from everyone, set"
                " actors to empty lists."
            )
        actors = list_actors(role)
        if actors and not self.ctx.options["force"]:
            raise InvalidOption(
                f"The role {self._name!r} is not deleted, since these have it: {join_names(actors)}. Remove them from"
                " actors first, or set force to delete it anyway."
            )

    @property
    def _name(self) -> Any:
        return self.collection.name_of(self.current or {})

    def _create(self, api: Api, service_id: str, body: Mapping[str, Any]) -> Resource:
        return self._notice_added(super()._create(api, service_id, body))

    def _update(self, api: Api, service_id: str, changed: Mapping[str, Any]) -> Resource:
        try:
            return self._notice_added(super()._update(api, service_id, changed))
        except ApiError as error:
            # The specification says that system roles cannot be changed.
            if error.status != 400 or not error.from_api or not is_system_role(self.current or {}):
                raise
        return self._assign_to_actors(api, changed[ACTORS.name])

    def _notice_added(self, role: Resource) -> Resource:
        """Accept the permissions that the API has added by itself, with a warning. Return the role."""
        if self._policies is not None:
            added = self._policies.find_added(role.get(POLICIES.name))
            if added:
                self._policies.added |= added
                self.ctx.warn(
                    f"The API has added permissions to the policies of the role by itself: {', '.join(sorted(added))}."
                    " Add them to policies, so that the next run does not try to remove them."
                )
        return role

    def _assign_to_actors(self, api: Api, actors: list[str]) -> Resource:
        """Give the system role to these actors, and take it from all others, by changing the roles of each actor."""
        roles = self.collection.endpoints.fetch_all(api, self.service_id)
        before = list_actors(self.current or {})
        changed = sorted({*before} ^ {*actors}, key=lambda actor: (actor in before, actor))
        own_key = self._find_own_key(changed)
        # If a change of the key of this task is refused, or is not as expected, the others are made.
        changed.sort(key=lambda actor: own_key is not None and actor.endswith(f"/{own_key['id'].lower()}"))
        for actor in changed:
            assigned = {str(role["id"]) for role in roles if actor in list_actors(role)}
            own = {str(self._element_id)}
            assign_roles(api, actor, assigned | own if actor in actors else assigned - own)
        return {**(self.current or {}), ACTORS.name: actors}
