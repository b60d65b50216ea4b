# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of a service, the checks before it is changed, and its password."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._json import Resource
from .._module.context import ModuleContext
from .._schema.scaling import SCALING_MUTUALLY_EXCLUSIVE
from .._schema.service import SERVICE
from .create import find_unresolved
from .find import find_all, pick_existing
from .guards import PROTECT_TAG, check_name, warn_if_open_to_internet, warn_of_lost_access
from .login import NOT_RUNNING_STATES
from .outcome import ServiceOutcome
from .password import (
    PASSWORD_MUTUALLY_EXCLUSIVE,
    PASSWORD_SPEC,
    NewPassword,
    check_can_update_password,
    check_password_options,
    update_password,
)
from .restore import LATEST
from .states import LatestState, service_state
from .update import deprecate_total_memory

#: The options to create, change and delete a service, without those that identify it.
SERVICE_SPEC = {
    **{option: spec for option, spec in SERVICE.argument_spec().items() if option != "name"},
    "restore_from": {
        "type": "dict",
        "options": {
            "service_id": {"type": "str"},
            "name": {"type": "str"},
            "backup": {"type": "str", "default": LATEST},
        },
        "required_one_of": [("name", "service_id")],
    },
    **PASSWORD_SPEC,
    "update_password": {
        "type": "str",
        "choices": ["on_create", "on_login_failure", "always"],
        "default": "on_create",
        "no_log": False,
    },
    "force": {"type": "bool", "default": False},
    "protect_tag": {"type": "str", "default": PROTECT_TAG},
    "confirm_name": {"type": "str"},
    "require_backup_within_hours": {"type": "float"},
}
MUTUALLY_EXCLUSIVE = [*SCALING_MUTUALLY_EXCLUSIVE, *PASSWORD_MUTUALLY_EXCLUSIVE, ("backup_id", "restore_from")]


def check_service_options(ctx: ModuleContext) -> dict[str, Any]:
    """Return the desired values of the options. Raise InvalidOption for those that can never be right."""
    check_password_options(ctx.options, ctx.blank_options)
    desired = SERVICE.desired(ctx.options)
    deprecate_total_memory(ctx, desired)
    return desired


def find_declared(ctx: ModuleContext) -> tuple[LatestState, list[Resource]]:
    """Return the service that is not deleted, None if there is none, and all of this name or ID, in any state."""
    matches = find_all(ctx.api, ctx.options["service_id"], ctx.options["name"])
    return pick_existing(matches, ctx.options["name"]) or find_unresolved(ctx), matches


def check_update(
    ctx: ModuleContext, service: Resource, desired: Mapping[str, Any], new_names: Iterable[Resource] = ()
) -> None:
    """Check the changes of an existing service: raise InvalidOption, or warn. new_names is as for check_name()."""
    # A failure says which service it is about.
    ctx.set_result(service=SERVICE.to_result(service))
    check_can_update_password(ctx, service)
    warn_if_open_to_internet(ctx, desired, service)
    warn_of_lost_access(ctx, desired, service)
    check_name(ctx, desired, service, new_names)


def ensure_password(ctx: ModuleContext, outcome: ServiceOutcome) -> None:
    """Set the password of a service that existed before this task, as update_password says."""
    mode, service = ctx.options["update_password"], outcome.service
    if service is None or mode == "on_create" or outcome.sets_first_password:
        return
    if mode == "on_login_failure" and ctx.check_mode and service_state(service) in NOT_RUNNING_STATES:
        # It accepts a login only once it runs, so whether it has the password is not known yet.
        return
    update_password(ctx, service, NewPassword.from_options(ctx.options))
