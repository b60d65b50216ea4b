# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The API keys of the organization: each is created once, with credentials that are in a file before they are sent.

The key that a task uses is not changed so that it would stop working. The protocol of the creation is that of services:
see docs/docsite/rst/guide_creation.rst.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable, cast

from .._client.api import Api
from .._client.api_keys import API_KEY_ENDPOINTS, fetch_api_keys
from .._client.proxy import find_proxies
from .._client.retry import Retry
from .._errors import CloudError, InvalidOption, NotFound
from .._json import Resource, parse_timestamp
from .._module.context import ModuleContext
from .._module.options import Spec
from .._schema.api_key import API_KEY, NEVER, AssignedRole, assigned_roles, format_expiry, pick_roles
from .._schema.networks import admits, covers, overlap, own_addresses
from .._service.attempt_search import AttemptSearch
from .._service.collection import Collection, Element, find_element, report_elements
from .._service.creation_attempt import CreationAttempt, CreationKey, creation_lock, last_attempt
from .._service.names import ROLE_NAMES, NameLookup, accept_planned_role
from .._texts import join_names
from .api_key_creation import KeyCreation
from .api_key_file import SUFFIX_LENGTH, ApiKeyFile, suffix_of

#: The options of an API key besides those of its schema.
API_KEY_SPEC: Spec = {
    "expire_in_days": {"type": "int"},
    "secret_file": {"type": "path", "no_log": False},
}

API_KEY_COLLECTION = Collection(
    name="API key",
    plural="API keys",
    result="key",
    results="api_keys",
    schema=API_KEY,
    endpoints=API_KEY_ENDPOINTS,
    id_option="key_id",
    name_option="name",
    required=("ip_access_list", "secret_file"),
    of_service=False,
    listed_in_full=True,
)
SECONDS_PER_DAY = 86400
MAX_EXPIRY_DAYS = 36500


def report_api_keys(ctx: ModuleContext) -> None:
    """Return the API keys that the options select, each with whether this task uses it."""
    report_elements(ctx, API_KEY_COLLECTION)
    for key in ctx.result["api_keys"] or []:
        key["in_use"] = _is_in_use(ctx, key["key_suffix"])


def ensure_api_key(ctx: ModuleContext) -> None:
    """Create, change or delete the API key that the options select; in check mode, predict it."""
    options = ctx.options
    desired = API_KEY.desired(options)
    if options["expire_in_days"] is not None and not 1 <= options["expire_in_days"] <= MAX_EXPIRY_DAYS:
        raise InvalidOption(
            f"expire_in_days must be from 1 to {MAX_EXPIRY_DAYS}; {options['expire_in_days']} is not. For a key that"
            " never expires, leave it out."
        )
    file = ApiKeyFile(options["secret_file"]) if options["secret_file"] else None
    if options["state"] == "absent":
        find_api_key(ctx).delete()
        return
    if file:
        file.check()
    replace(find_api_key(ctx), file=file).create_or_update(desired)


def find_api_key(ctx: ModuleContext) -> ManagedApiKey:
    """Return the API key that the options select; wait for one that may have been created a moment ago."""
    current = find_element(ctx, API_KEY_COLLECTION).current
    key = ManagedApiKey(ctx, API_KEY_COLLECTION, "", current)
    if current is None and not ctx.options["key_id"]:
        return replace(key, current=key.search(last_attempt(key.creation_key)))
    return key


def _is_in_use(ctx: ModuleContext, suffix: object) -> bool:
    """Return whether the task uses the key whose ID ends like this. In an organization, hardly two keys do."""
    return bool(ctx.options["api_key"][-SUFFIX_LENGTH:] == suffix)


@dataclass
class KeySearch(AttemptSearch[Resource]):
    """The search for the API key that an attempt may have created."""

    article = "an"
    noun = "API key"

    def _find_by_id(self, resource_id: str) -> Resource | None:
        return API_KEY_COLLECTION.fetch(self.api, "", resource_id, retry=Retry.NEVER)

    def _find_by_name(self) -> Resource | None:
        return API_KEY_COLLECTION.find(self.api, "", self.name)


@dataclass
class ManagedApiKey(Element):
    """An API key, and how to change it. file keeps its secret, and is only needed to create it."""

    file: ApiKeyFile | None = None
    _creation: KeyCreation | None = None

    @property
    def creation_key(self) -> CreationKey:
        """Return what identifies the creation of the key."""
        name = self.ctx.options["name"] if self.current is None else self.collection.name_of(self.current)
        return CreationKey(self.ctx.api.services_url.removesuffix("services") + "keys", str(name))

    def search(self, attempt: CreationAttempt, error: CloudError | None = None) -> Resource | None:
        """Wait for the key that the attempt may have created. Raise OutcomeUnknown when that is not certain."""
        name, progress = self.creation_key.name, self.ctx.progress
        return KeySearch(self.ctx.api, name, attempt, error=error, progress=progress).run()

    def create_or_update(self, desired: Mapping[str, Any]) -> None:
        """Change the values that differ; create the key if there is none, and it is selected by its name."""
        desired = self._resolve_roles(desired)
        self._check_expiry(desired)
        if self.current is None:
            self._create_once(desired)
        else:
            self._check_lockout(self.current, desired)
            self._finish_interrupted(self.current)
            super().create_or_update(desired)
        if self.ctx.check_mode and "roles" in desired:
            roles = [{**role._asdict(), "role_id": role.role_id or None} for role in desired["roles"]]
            self.ctx.result["key"]["assigned_roles"] = roles

    def delete(self) -> None:
        """Delete the key if there is one. Raise InvalidOption if the task uses it, or confirm_name is not its name."""
        if self.current is not None and _is_in_use(self.ctx, suffix_of(self.current)):
            raise self._refuse_lockout(self.current, "deleted", "")
        super().delete()
        if self.current is None or self.ctx.check_mode:
            return
        # Later tasks need not look for it. If the lock is taken, another task is creating a key of this name.
        with contextlib.suppress(CloudError), creation_lock(self.creation_key, self.ctx.warn, 1) as lock:
            if lock.previous.resource_id == self._element_id:
                lock.save(replace(lock.previous, seen=True, deleted=True))

    def _create_once(self, desired: Mapping[str, Any]) -> None:
        """Create the key, unless another task has just created it, which is then changed."""
        new = {"enabled": True, **desired}
        if self.ctx.options["expire_in_days"]:
            new["expire_at"] = format_expiry(time.time() + self.ctx.options["expire_in_days"] * SECONDS_PER_DAY)
        file = self._require_file(new)
        name, organization = self.ctx.options["name"], self.ctx.api.organization
        if self.ctx.check_mode:
            file.check_is_free(name, organization, fetch_api_keys(self.ctx.api), last_attempt(self.creation_key))
            super().create_or_update(new)
            return
        with creation_lock(self.creation_key, self.ctx.warn, progress=self.ctx.progress) as lock:
            # Another task may have created it since this one has listed the keys.
            keys = fetch_api_keys(self.ctx.api)
            found = next((key for key in keys if self.collection.name_of(key) == name), None)
            found = found or self.search(lock.previous)
            if found is None:
                file.check_is_free(name, organization, keys, lock.previous)
                self._creation = KeyCreation(self.ctx, file, lock, {suffix_of(key) for key in keys}, self.search)
                super().create_or_update(new)
                if self.ctx.options["wait"]:
                    self._creation.save(seen=True)
                return
        replace(self, current=found).create_or_update(desired)

    def _require_file(self, desired: Mapping[str, Any]) -> ApiKeyFile:
        """Return the file for the secret. Raise CloudError unless the key can be created."""
        self._check_creation(desired)
        # It is required.
        return cast(ApiKeyFile, self.file)

    def _check_creation(self, desired: Mapping[str, Any]) -> None:
        given = {"secret_file": self.file} if self.file else {}
        super()._check_creation({**desired, **given})

    def _create(self, api: Api, _service_id: str, body: Mapping[str, Any]) -> Resource:
        # _create_once() has set it.
        created = cast(KeyCreation, self._creation).run(body)
        self._element_id = created["id"]
        return created

    def _finish_interrupted(self, key: Resource) -> None:
        """Move the secret of a key whose creation was interrupted into the file."""
        pending = self.file.pending() if self.file else None
        if not (self.file and pending and pending.are_of(key)):
            self._warn_if_unknown(key)
            return
        text = pending.to_text()
        if not self.file.holds(text):
            before = "not written, since the creation was interrupted"
            self.ctx.add_diff({"secret_file": before}, {"secret_file": "written"})
        if not self.ctx.check_mode:
            self.file.commit(text, is_generated=True)

    def _warn_if_unknown(self, key: Resource) -> None:
        """Warn if the file has not the secret of the key."""
        if self.file and not self.file.has_secret_of(key):
            self.ctx.warn(
                f"secret_file {self.file.path} does not hold the secret of the {_key_label(key)}, which the API does"
                " not return again. If it is lost, delete the key, and create another one."
            )

    def _check_expiry(self, desired: Mapping[str, Any]) -> None:
        """Raise InvalidOption if the key is to expire in the past."""
        value = desired.get("expire_at", NEVER)
        expiry = parse_timestamp(value)
        if expiry is not None and expiry <= time.time() and API_KEY.diff(self.current or {}, {"expire_at": value}):
            raise InvalidOption(
                f"expire_at is {value}, which is in the past. Set a later time; to disable the key, set enabled: false."
            )

    def _check_lockout(self, key: Resource, desired: Mapping[str, Any]) -> None:
        """Raise InvalidOption if the task uses the key, which could not be used as before after the change."""
        if not _is_in_use(self.ctx, suffix_of(key)):
            return
        for change in API_KEY.diff(key, {option: desired[option] for option in LOCKOUT_REASONS if option in desired}):
            reason = LOCKOUT_REASONS[change.field.option](self.ctx, change.before, change.after)
            if reason:
                raise self._refuse_lockout(key, "changed", f": {reason}")

    def _refuse_lockout(self, key: Resource, verb: str, reason: str) -> InvalidOption:
        return InvalidOption(
            f"The {_key_label(key)} is not {verb}, since this task uses it, and could not use it any more{reason}."
            " Use another key for this task: set api_key and api_secret."
        )

    def _resolve_roles(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """Return the desired values with AssignedRoles in place of names and IDs of roles.

        The roles of the organization are only requested if a name is not one of a role that the key has.
        """
        names = desired.get("roles")
        if names is None or all(isinstance(name, AssignedRole) for name in names):
            return dict(desired)
        current = assigned_roles(self.current or {})
        roles = pick_roles(current, names)
        if roles is None:
            lookup = NameLookup(self.ctx.api, ROLE_NAMES)
            roles = [self._find_or_plan(lookup, current, name) for name in dict.fromkeys(names)]
        return {**desired, "roles": list(dict.fromkeys(roles))}

    def _find_or_plan(self, lookup: NameLookup, current: list[AssignedRole], name: str) -> AssignedRole:
        """Return the role of this name or ID; in check mode, one without an ID if it may be planned. Raise NotFound."""
        try:
            (role_id,) = lookup.resolve("roles", [name])
        except NotFound as error:
            accept_planned_role(self.ctx, name, error)
            return AssignedRole("", name, "custom")
        known = {role.role_id: role for role in [*current, *map(_to_assigned_role, lookup.read_resources)]}
        # The API refuses an ID unless it is that of a role.
        return known.get(role_id, AssignedRole(role_id, role_id, ""))


def _key_label(key: Resource) -> str:
    """Return the name and the ID for a message."""
    return f"API key {key.get('name')!r} ({key['id']})"


def _to_assigned_role(role: Resource) -> AssignedRole:
    return AssignedRole(role["id"].lower(), str(role.get("name")), str(role.get("type")))


def _explain_disabling(_ctx: ModuleContext, _before: bool, after: bool) -> str:
    return "" if after else "enabled: false disables it"


def _explain_lost_roles(_ctx: ModuleContext, before: list[str], after: list[str]) -> str:
    lost = [repr(name) for name in before if name not in after]
    return f"roles does not contain {join_names(lost)}" if lost else ""


def _explain_lost_addresses(ctx: ModuleContext, before: list[Resource], after: list[Resource]) -> str:
    """Return why the API would refuse the requests of this host, or why it is not known that it would not."""
    old, new = ([entry["source"] for entry in entries] for entries in (before, after))
    if covers(new, old):
        return ""
    if not overlap(new, old):
        return "ip_access_list contains none of the addresses from which the key can be used now"
    return _explain_lost_host(ctx, old, new)


def _explain_lost_host(ctx: ModuleContext, old: list[str], new: list[str]) -> str:
    """Return the same as _explain_lost_addresses() for a list in which some of the old addresses are missing."""
    # Behind a NAT, the host has no address on the internet, and behind a proxy, the API gets the address of that one.
    is_direct = not find_proxies(ctx.api.services_url)
    own = [address for address in own_addresses() if is_direct and admits(old, address)]
    kept = [address for address in own if admits(new, address)]
    if own and not kept:
        return f"ip_access_list does not contain {join_names(own)}, the address of this host"
    if not own or kept != own:
        return (
            "ip_access_list leaves out addresses from which it can be used now, and it is not known which address the"
            " API gets from this host, for example that of a NAT or proxy"
        )
    return ""


def _explain_expiry(_ctx: ModuleContext, _before: Any, after: str) -> str:
    expiry = parse_timestamp(after)
    is_soon = expiry is not None and expiry < time.time() + SECONDS_PER_DAY
    return f"it would expire within a day, at {after}" if is_soon else ""


#: By the option: a function that returns why the task could not use its own key after a change, "" if it could.
LOCKOUT_REASONS: Mapping[str, Callable[[ModuleContext, Any, Any], str]] = {
    "enabled": _explain_disabling,
    "roles": _explain_lost_roles,
    "ip_access_list": _explain_lost_addresses,
    "expire_at": _explain_expiry,
}
