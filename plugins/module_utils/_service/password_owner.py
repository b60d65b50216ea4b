# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Remember which service a password file belongs to, for all processes of this user on this machine.

A second service with the same file would replace the password of the first one, of which there may be no other copy.
The state directory holds a note for each file with a password, also for a pending one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping

from .._client.api import Api, is_uuid
from .._errors import InvalidOption
from .._files import read_own, state_directory, write_atomically
from .._module.context import ModuleContext
from .creation_attempt import CreationKey, last_attempt
from .password_file import PasswordFile
from .service import Service


def check_owner(ctx: ModuleContext, service: Service) -> None:
    """Raise InvalidOption when the password file holds the password of another service that may exist.

    A service without an ID is to be created: warn if the owner of the present content is not known.
    """
    if not ctx.options["password_file"]:
        return
    file = PasswordFile(ctx.options["password_file"])
    for path in filter(_has_content, file.secrets):
        label = f"password_file {path}" if path == file.path else path
        owner = _read_owner(path)
        if owner and owner["id"] != service.get("id"):
            _check_is_free(ctx.api, owner, label, service.name)
        elif not owner and "id" not in service:
            ctx.warn(
                f"{label} is not empty: the password of the new service {service['name']!r} replaces its content. If"
                " that is the password of another service, give each service its own file."
            )


def save_owner(ctx: ModuleContext, service: Service, path: str) -> None:
    """Record that the file at this path, without links, holds the password of this service."""
    content = {"path": path, "home": ctx.api.services_url, "id": service.id, "name": service.name}
    # Without the record, the next creation warns.
    with contextlib.suppress(OSError):
        write_atomically(owner_path(path), json.dumps(content, indent=2) + "\n")


def _check_is_free(api: Api, owner: Mapping[str, str], label: str, name: str) -> None:
    """Raise InvalidOption unless the service that the file belongs to is known not to exist anymore."""
    advice = "Give each service its own file, or move that one away if its password is kept elsewhere."
    if owner["home"] != api.services_url:
        raise InvalidOption(
            f"{label} holds the password of {Service(owner).label}; that of {name!r} would replace it. This"
            f" task cannot check whether that service still exists: it is at {owner['home']}, and the task is for"
            f" {api.services_url}. {advice}"
        )
    other = api.get_service_or_none(owner["id"], direct=True)
    if not Service(other).is_deleted if other else _may_appear(owner):
        raise InvalidOption(
            f"{label} holds the password of {Service(other or owner).label}; that of {name!r} would replace it."
            f" {advice}"
        )


def _may_appear(owner: Mapping[str, str]) -> bool:
    """Return whether the service is so new that it need not be visible yet."""
    attempt = last_attempt(CreationKey(owner["home"], owner["name"]))
    return attempt.is_recent and not attempt.seen and attempt.may_have_created(owner)


def _has_content(path: str) -> bool:
    try:
        return os.path.getsize(path) > 0
    except OSError:
        return False


def owner_path(path: str) -> str:
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    return os.path.join(state_directory().path, f"password-{name}")


def _read_owner(path: str) -> Mapping[str, str]:
    """Return the ID, name and URL ("home") of the service that the file belongs to; empty if it is not known."""
    try:
        content = json.loads(read_own(owner_path(path)))
        values = {key: content[key] for key in ("path", "home", "id", "name")}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    is_known = values["path"] == path and all(isinstance(value, str) for value in values.values())
    return values if is_known and is_uuid(values["id"]) else {}
