# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of an organization: its settings, roles, members and API keys, in one file.

The options of each entry are those of the modules organization, role, member and api_key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._module.options import ELEMENT_SPEC, Spec
from ..module_utils._organization.api_key import API_KEY_SPEC
from ..module_utils._organization.roles import FORCE_SPEC
from ..module_utils._schema.api_key import API_KEY
from ..module_utils._schema.member import ASSIGNED_ROLES
from ..module_utils._schema.organization import ORGANIZATION
from ..module_utils._schema.role import ROLE
from ..module_utils._texts import nearest

Entry = Mapping[str, Any]

#: The options of roles that a declaration lacks: each member and API key has its roles.
ACTOR_OPTIONS = ("actors", "actors_mode")


class DeclarationError(ValueError):
    """The declaration is invalid. The message says where, and what is allowed."""


@dataclass(frozen=True)
class Section:
    """A list of the declaration: the noun for its entries, and their options.

    name_option and id_option select what an entry is about; required are those without which nothing is created.
    """

    noun: str
    spec: Spec
    name_option: str = "name"
    id_option: str | None = None
    required: tuple[str, ...] = ()

    def key_of(self, entry: Entry) -> str:
        """Return what identifies the entry: its ID, or else its name. Email addresses are compared without case."""
        entry_id = entry.get(self.id_option) if self.id_option else None
        name = str(entry_id or entry.get(self.name_option))
        return name.strip().lower() if entry_id or self.name_option == "email" else name

    def declares(self, entries: Sequence[Entry], existing: Entry) -> bool:
        """Return whether one of the entries is about what exists, as the module with the suffix _info returns it."""
        names = {self.key_of(entry) for entry in entries}
        return bool(
            names & {str(existing.get("id")).lower(), self.key_of({self.name_option: existing[self.name_option]})}
        )


STATE_SPEC: Spec = {"state": ELEMENT_SPEC["state"]}
SECTIONS: Mapping[str, Section] = {
    "roles": Section(
        "role",
        {
            **{name: spec for name, spec in ROLE.argument_spec().items() if name not in ACTOR_OPTIONS},
            **ELEMENT_SPEC,
            **FORCE_SPEC,
        },
        id_option="role_id",
        required=("policies",),
    ),
    "members": Section(
        "member",
        {"email": {"type": "str"}, **ASSIGNED_ROLES.argument_spec(), **STATE_SPEC},
        name_option="email",
        required=("roles",),
    ),
    "api_keys": Section(
        "API key",
        {**API_KEY.argument_spec(), **API_KEY_SPEC, **ELEMENT_SPEC},
        id_option="key_id",
        required=("ip_access_list",),
    ),
}
SETTINGS: Spec = ORGANIZATION.argument_spec()
KEYS = ("organization_id", "settings", *SECTIONS)


def check_declaration(declaration: object) -> dict[str, Any]:
    """Return the declaration with all sections; those that it lacks are None. Raise DeclarationError."""
    values = _require_keys("clickhouse_organization", declaration, KEYS)
    settings = values.get("settings")
    if settings is not None:
        _check_options("settings", settings, SETTINGS)
    for name, section in SECTIONS.items():
        if values.get(name) is not None:
            _check_section(name, section, values[name])
    return {key: values.get(key) for key in KEYS}


def _require_keys(place: str, value: object, allowed: Sequence[str]) -> Mapping[str, Any]:
    """Return the value. Raise DeclarationError unless it is a dictionary with no other than these keys."""
    if not isinstance(value, Mapping):
        raise DeclarationError(f"{place} must be a dictionary with the keys {', '.join(allowed)}.")
    for key in value:
        if key not in allowed:
            similar = nearest(str(key), allowed)
            hint = f"Did you mean {similar}? " if similar else ""
            raise DeclarationError(f"{place} has an unknown key, {key}. {hint}It may have {', '.join(allowed)}.")
    return value


def _check_section(name: str, section: Section, entries: object) -> None:
    if not isinstance(entries, (list, tuple)):
        raise DeclarationError(f"{name} must be a list of dictionaries, one for each {section.noun}.")
    seen: set[str] = set()
    for place, entry in _with_places(name, entries):
        if name == "roles" and isinstance(entry, Mapping) and {*ACTOR_OPTIONS} & entry.keys():
            raise DeclarationError(
                f"{place} must not have actors. Declare who has the role with roles of members and api_keys."
            )
        _check_options(place, entry, section.spec)
        options = [section.name_option, *([section.id_option] if section.id_option else [])]
        if not any(entry.get(option) for option in options):
            raise DeclarationError(f"{place} needs {' or '.join(options)}.")
        key = section.key_of(entry)
        if key in seen:
            raise DeclarationError(f"{place} declares {key} again. Declare each {section.noun} once.")
        seen.add(key)


def _with_places(name: str, entries: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each entry of a section after its place, with which a message begins."""
    for number, entry in enumerate(entries, 1):
        yield f"{name}, number {number},", entry


def _check_options(place: str, options: object, spec: Spec) -> None:
    """Raise DeclarationError unless the module of this specification accepts the options."""
    given = dict(_require_keys(place, options, sorted(spec)))
    errors = ArgumentSpecValidator(spec).validate(given).error_messages
    if errors:
        raise DeclarationError(f"{place} is invalid: {errors[0].rstrip('.')}.")


def plan_steps(declaration: object, existing: Mapping[str, Any], secrets: str) -> dict[str, Any]:
    """Return the entries in the order in which they are applied, and what exists without a declaration.

    existing has the results of role_info, member_info, invitation_info and api_key_info by the names of their values;
    None for what was not read. secrets is the directory for the secrets of new keys, "" for none. Raise
    DeclarationError if something could not be applied, which is then not begun.
    """
    declared = check_declaration(declaration)
    sections = {name: list(declared[name] or ()) for name in SECTIONS}
    _check_role_names(sections, existing.get("roles"))
    _check_absent_roles(sections, existing)
    _check_new(sections, existing, secrets)
    sections["api_keys"] = _add_secret_files(sections["api_keys"], existing, secrets)
    present = {
        name: [entry for entry in entries if entry.get("state") != "absent"] for name, entries in sections.items()
    }
    absent = {
        name: [entry for entry in entries if entry.get("state") == "absent" and not _is_missing(name, entry, existing)]
        for name, entries in sections.items()
    }
    undeclared = list(_find_undeclared(declared, existing))
    return {"settings": declared["settings"], "present": present, "absent": absent, "undeclared": undeclared}


def _check_role_names(sections: Mapping[str, list[Entry]], roles: Sequence[Entry] | None) -> None:
    """Raise DeclarationError if a member or an API key is to have a role that neither exists nor is declared."""
    if roles is None:
        return
    known = _find_known_roles(sections["roles"], roles)
    for section in ("members", "api_keys"):
        for place, entry in _with_places(section, sections[section]):
            if entry.get("roles_mode") != "remove":
                _check_known(place, entry.get("roles") or (), known)


def _find_known_roles(entries: Sequence[Entry], roles: Sequence[Entry]) -> set[str]:
    """Return the names and IDs of the roles that exist once the entries are applied."""
    removed = [entry for entry in entries if entry.get("state") == "absent"]
    kept = [role for role in roles if not SECTIONS["roles"].declares(removed, role)]
    declared = [entry for entry in entries if entry not in removed]
    return {str(role["name"]) for role in [*kept, *declared] if role.get("name")} | {str(role["id"]) for role in kept}


def _check_known(place: str, names: Iterable[object], known: set[str]) -> None:
    """Raise DeclarationError for a role that is not known by its name or ID."""
    for name in names:
        if str(name) not in known and str(name).lower() not in known:
            similar = nearest(str(name), sorted(known))
            hint = f"Did you mean {similar!r}? " if similar else ""
            raise DeclarationError(
                f"{place} has the role {name!r}, which neither exists nor is declared."
                f" {hint}Name an existing role, or declare it in roles."
            )


def _check_absent_roles(sections: Mapping[str, list[Entry]], existing: Mapping[str, Any]) -> None:
    """Raise DeclarationError if anyone would still have a role that is to be deleted without force."""
    for place, entry in _with_places("roles", sections["roles"]):
        if entry.get("state") == "absent" and not entry.get("force"):
            for role in existing.get("roles") or ():
                if SECTIONS["roles"].declares([entry], role):
                    _check_unused(place, role, sections, existing)


def _check_unused(place: str, role: Entry, sections: Mapping[str, list[Entry]], existing: Mapping[str, Any]) -> None:
    """Raise DeclarationError if anyone would still have the existing role."""
    names = {str(role["id"]).lower(), str(role["name"])}
    holders = [
        str(holder.get("email") or holder.get("name"))
        for kind in ("members", "api_keys")
        for holder in existing.get(kind) or ()
        if holder["id"] in (role["actors"] or {}).get(kind, ())
        and _keeps(SECTIONS[kind], sections[kind], holder, names)
    ]
    if holders:
        raise DeclarationError(
            f"{place} declares {role['name']!r} as absent, but {', '.join(holders)} would still have it."
            " Declare their roles without it, or set force."
        )


def _keeps(section: Section, entries: Sequence[Entry], holder: Entry, names: set[str]) -> bool:
    """Return whether a member or an API key with the role would still have it once the entries are applied."""
    for entry in entries:
        if section.declares([entry], holder):
            named = {str(name) for name in entry.get("roles") or ()} & names
            mode = entry.get("roles_mode", "set")
            is_taken = (
                bool(named) if mode == "remove" else mode == "set" and entry.get("roles") is not None and not named
            )
            return not (entry.get("state") == "absent" or is_taken)
    return True


def _check_new(sections: Mapping[str, list[Entry]], existing: Mapping[str, Any], secrets: str) -> None:
    """Raise DeclarationError for a new entry that cannot be created, or an API key whose secret would be lost."""
    for name, section in SECTIONS.items():
        for place, entry in _with_places(name, sections[name]):
            if entry.get("state") == "absent" or not _is_missing(name, entry, existing):
                continue
            _check_required(place, section, entry)
            if name == "api_keys" and not (secrets or entry.get("secret_file")):
                raise DeclarationError(
                    f"{place} is a new API key. Set organization_secrets to a directory for the secrets of new keys, or"
                    " secret_file."
                )


def _check_required(place: str, section: Section, entry: Entry) -> None:
    """Raise DeclarationError if a new entry lacks an option without which it cannot be created."""
    missing = [option for option in section.required if entry.get(option) is None]
    if missing:
        raise DeclarationError(f"{place} is a new {section.noun}. Set {' and '.join(missing)}.")


def _is_missing(name: str, entry: Entry, existing: Mapping[str, Any]) -> bool:
    """Return whether the entry is about something that does not exist; false if that is not known."""
    found = [existing.get(kind) for kind in ((name, "invitations") if name == "members" else (name,))]
    return None not in found and not any(
        SECTIONS[name].declares([entry], item) for items in found for item in items or ()
    )


def _add_secret_files(keys: list[Entry], existing: Mapping[str, Any], secrets: str) -> list[Entry]:
    """Return the keys with the file for the secret of each that is new, or whose secret is in such a file already.

    Raise DeclarationError if two keys would have the same file.
    """
    result: list[Entry] = []
    paths: dict[str, int] = {}
    for number, key in enumerate(keys, 1):
        if not secrets or key.get("state") == "absent" or key.get("secret_file"):
            result.append(key)
            continue
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", str(key.get("name") or key.get("key_id"))).lstrip(".-") or "key"
        path = os.path.join(secrets, f"{slug}.json")
        # The second one is there if the creation was interrupted.
        files = (path, os.path.join(secrets, f".{slug}.json.new"))
        if not (_is_missing("api_keys", key, existing) or any(map(os.path.exists, files))):
            result.append(key)
            continue
        other = paths.setdefault(path.lower(), number)
        if other != number:
            raise DeclarationError(
                f"api_keys, numbers {other} and {number}, would have the same file, {path}. Set secret_file of one of"
                " them."
            )
        result.append({**key, "secret_file": path})
    return result


def _find_undeclared(declared: Mapping[str, Any], existing: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what exists without an entry, of the sections that the declaration has. System roles need none."""
    for name, section in SECTIONS.items():
        if declared[name] is None:
            continue
        for noun, item in _list_existing(name, existing):
            if not section.declares(declared[name], item):
                yield {"kind": noun, "name": item[section.name_option], "id": item["id"]}


def _list_existing(name: str, existing: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    """Yield what exists and can be declared in the section, each after the noun for it."""
    for item in existing.get(name) or ():
        if item.get("type") != "system":
            yield SECTIONS[name].noun, item
    if name == "members":
        for invitation in existing.get("invitations") or ():
            yield "invitation", invitation
