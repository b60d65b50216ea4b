# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of a fleet in a file, for a later task that carries out exactly this plan."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
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
    text = json.dumps({**saved, "checksum": _checksum(saved)}, indent=2, ensure_ascii=False)
    try:
        write_atomically(os.path.abspath(path), f"{text}\n")
    except OSError as error:
        raise InvalidOption(f"plan_out: {path} cannot be written: {error.strerror}.") from error


def _is_plan(path: str) -> bool:
    """Return whether the file holds a plan, which a new one may replace, whatever version has written it."""
    try:
        return "checksum" in json.loads(read_own(path, MAX_LENGTH))
    except (OSError, ValueError, TypeError):
        return False


def load_plan(path: str) -> dict[str, Any]:
    """Return a plan that save_plan() has written. Raise InvalidOption for anything else."""
    try:
        with open(path, encoding="utf-8") as file:
            saved = json.load(file)
        checksum = saved.pop("checksum")
        is_intact = _checksum(saved) == checksum
    except OSError as error:
        raise InvalidOption(f"plan_file: {path} cannot be read: {error.strerror}. {ADVICE}") from error
    except (ValueError, LookupError, TypeError, AttributeError):
        is_intact = False
    if not is_intact:
        raise InvalidOption(f"plan_file: {path} is not a plan, or was edited. {ADVICE}")
    if saved["collection_version"] != VERSION:
        raise InvalidOption(
            f"plan_file: {path} was written by version {saved['collection_version']} of the collection, and this is"
            f" {VERSION}. {ADVICE}"
        )
    plan: dict[str, Any] = saved
    return plan


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
