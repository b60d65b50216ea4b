# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of a fleet in a file, for a later task that carries out exactly this plan."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .._client.session import VERSION
from .._errors import InvalidOption
from .._files import read_own, write_atomically
from .._json import Resource
from .._module.options import Spec
from .._schema.service import SERVICE
from .power_state import COMMAND_STATES
from .service import Service

#: The options of fleet that determine a plan.
PLAN_OPTIONS = (
    "services",
    "prune",
    "prune_filter",
    "prune_limit",
    "prune_all",
    "force",
    "protect_tag",
    "require_backup_within_hours",
)
#: The rest of what a plan consists of.
PLAN_TYPES = {"collection_version": str, "organization_id": str, "fingerprint": str, "options": dict, "plan": list}
CARRIED_OUT = "carried_out_at"
#: In bytes. A plan of some thousand services is shorter.
MAX_LENGTH = 1 << 26
ADVICE = "Make a new plan, in check mode with plan_out."


def require_no_secrets(services: Sequence[Mapping[str, Any]], spec: Spec) -> None:
    """Raise InvalidOption if an entry has an option that must not be in a file."""
    for number, service in enumerate(services, 1):
        secrets = [option for option, rule in spec.items() if rule.get("no_log") and service.get(option) is not None]
        if secrets:
            raise InvalidOption(
                f"plan_out: a plan must not contain secrets, and services, number {number}, has {', '.join(secrets)}."
                " Use password_file, or leave plan_out out."
            )


def save_plan(
    path: str, organization: str, services: Iterable[Resource], options: Mapping[str, Any], plan: Sequence[Resource]
) -> None:
    """Write the plan, and what it was made from, to a file that only the user can read."""
    saved = {
        "collection_version": VERSION,
        "organization_id": organization,
        "fingerprint": fingerprint(services),
        "options": {name: options[name] for name in PLAN_OPTIONS},
        "plan": list(plan),
    }
    if os.path.lexists(path) and not _is_plan(path):
        raise InvalidOption(f"plan_out: {path} exists, and is not a plan. Name a new file, or remove this one.")
    try:
        _write_plan(os.path.abspath(path), saved)
    except OSError as error:
        raise InvalidOption(f"plan_out: {path} cannot be written: {error.strerror}.") from error


def _is_plan(path: str) -> bool:
    """Return whether the file holds a plan, which a new one may replace, whatever version has written it."""
    try:
        return "checksum" in json.loads(read_own(path, MAX_LENGTH))
    except (OSError, ValueError, TypeError):
        return False


def require_no_other_options(options: Mapping[str, Any], spec: Spec) -> None:
    """Raise InvalidOption if the task has options that the plan has, too."""
    others = [name for name in PLAN_OPTIONS if options[name] != spec[name].get("default")]
    if others:
        raise InvalidOption(
            f"plan_file: the plan has been made with other options already, so leave out {', '.join(others)}. Or make a"
            " new plan, in check mode with plan_out."
        )


def load_plan(path: str, entry_spec: Spec) -> dict[str, Any]:
    """Return a plan that save_plan() has written, for entries with these options.

    Raise InvalidOption for anything else, for a plan of another version, and for one that was carried out.
    """
    saved = _read_plan(path)
    version = saved.get("collection_version")
    if version is not None and version != VERSION:
        raise InvalidOption(
            f"plan_file: {path} was written by version {version} of the collection, and this is {VERSION}. {ADVICE}"
        )
    if not _is_complete(saved, entry_spec):
        raise InvalidOption(f"plan_file: {path} is not a plan, or was edited. {ADVICE}")
    if saved.get(CARRIED_OUT):
        raise InvalidOption(
            f"plan_file: {path} was carried out at {saved[CARRIED_OUT]}, so it cannot be carried out again. {ADVICE}"
        )
    return saved


def _read_plan(path: str) -> dict[str, Any]:
    """Return the content of the file, without its checksum; {} if it is not a plan, or was edited."""
    try:
        with open(path, encoding="utf-8") as file:
            saved: dict[str, Any] = json.load(file)
        checksum = saved.pop("checksum")
        return saved if _checksum(saved) == checksum else {}
    except OSError as error:
        raise InvalidOption(f"plan_file: {path} cannot be read: {error.strerror}. {ADVICE}") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _is_complete(saved: Mapping[str, Any], entry_spec: Spec) -> bool:
    """Return whether the plan has all that this version saves."""
    if not all(isinstance(saved.get(name), kind) for name, kind in PLAN_TYPES.items()):
        return False
    options = saved["options"]
    if options.keys() != set(PLAN_OPTIONS) or not _are_records(options["services"], entry_spec):
        return False
    return _are_records(saved["plan"], ("name", "service_id"))


def _are_records(value: object, names: Collection[str]) -> bool:
    """Return whether the value is a list of dictionaries that have all these names."""
    return isinstance(value, list) and all(isinstance(item, dict) and item.keys() >= set(names) for item in value)


def mark_as_carried_out(path: str, saved: Mapping[str, Any]) -> None:
    """Replace the plan in the file by one that cannot be carried out again. Raise InvalidOption if that fails."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        _write_plan(os.path.realpath(path), {**saved, CARRIED_OUT: now})
    except OSError as error:
        raise InvalidOption(
            f"plan_file: {path} cannot be replaced by one that says that the plan was carried out: {error.strerror}."
            " Nothing was changed. Copy the plan to a directory in which this user may write."
        ) from error


def _write_plan(path: str, saved: Mapping[str, Any]) -> None:
    text = json.dumps({**saved, "checksum": _checksum(saved)}, indent=2, ensure_ascii=False)
    write_atomically(path, f"{text}\n")


def require_same_organization(saved: Mapping[str, Any], organization: str) -> None:
    """Raise InvalidOption if the plan is for another organization."""
    if saved["organization_id"] != organization:
        raise InvalidOption(
            f"plan_file: the plan is for organization {saved['organization_id']}, and this is {organization}. Nothing"
            " was changed."
        )


def require_unchanged(saved: Mapping[str, Any], services: Iterable[Resource], plan: Sequence[Resource]) -> None:
    """Raise InvalidOption if anything has changed since the plan was made."""
    planned = json.loads(json.dumps(plan))
    if planned != saved["plan"]:
        names = [_describe(action) for action in planned if action not in saved["plan"]]
        names += [_describe(action) for action in saved["plan"] if action not in planned]
        different = f" The plan is now different for {', '.join(dict.fromkeys(names))}."
    elif fingerprint(services) != saved["fingerprint"]:
        different = ""
    else:
        return
    raise InvalidOption(
        f"plan_file: services have changed since the plan was made, so nothing was changed.{different} {ADVICE}"
    )


def fingerprint(services: Iterable[Resource]) -> str:
    """Return a hash of all that can be declared of the services, and of whether they are stopped."""
    described = [
        [service.id, service.is_deleted, service.state in COMMAND_STATES["stop"], SERVICE.declaration(service)]
        for service in map(Service, services)
    ]
    return _checksum(sorted(described, key=lambda service: str(service[0])))


def _describe(action: Mapping[str, Any]) -> str:
    return f"{action['name']} ({action['service_id'] or 'new'})"


def _checksum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
