# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Ensure that a service is present as the options say, or absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import NotFound
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.prediction import predict_new, predict_state
from .._schema.scaling import SCALING_MUTUALLY_EXCLUSIVE
from .._schema.service import SERVICE
from .create import create_service, find_unresolved, update_or_finish
from .delete import delete_service
from .find import describe_absence, find_all, pick_existing
from .guards import PROTECT_TAG, check_name, warn_if_open_to_internet, warn_of_lost_access
from .login import NOT_RUNNING_STATES
from .password import (
    PASSWORD_MUTUALLY_EXCLUSIVE,
    PASSWORD_SPEC,
    NewPassword,
    check_can_update_password,
    check_password_options,
    update_password,
)
from .restore import LATEST, with_restore_defaults
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


def ensure_service(ctx: ModuleContext, *, absent: bool = False) -> LatestState:
    """Find the service, then delete, update or create it. Return it as it was last seen.

    Return None if it is absent, and in check mode if it is to be created.
    """
    options = ctx.options
    check_password_options(options, ctx.blank_options)
    desired = SERVICE.desired(options)
    deprecate_total_memory(ctx, desired)
    matches = find_all(ctx.api, options["service_id"], options["name"])
    service = pick_existing(matches, options["name"]) or find_unresolved(ctx)
    if absent:
        delete_service(ctx, service, matches)
        return None
    if service:
        return _update(ctx, service, desired)
    return _create(ctx, desired)


def _update(ctx: ModuleContext, service: Resource, desired: Mapping[str, Any]) -> Resource:
    """Check what is to change, and change it. In check mode, report the state after the wait for a new service."""
    # A failure says which service it is about.
    ctx.report(service=SERVICE.to_result(service))
    check_can_update_password(ctx, service)
    warn_if_open_to_internet(ctx, desired, service)
    warn_of_lost_access(ctx, desired, service)
    check_name(ctx, desired, service)
    service = update_or_finish(ctx, service, desired)
    if ctx.check_mode and service_state(service) == "provisioning":
        state = predict_state("provisioning", wait=ctx.options["wait"])
        ctx.report(service={**ctx.result["service"], "state": state})
    return service


def _create(ctx: ModuleContext, desired: Mapping[str, Any]) -> LatestState:
    """Check the new service, and create it. In check mode, report what it would be."""
    service_id = ctx.options["service_id"]
    if service_id:
        raise NotFound(f"{describe_absence(service_id, ctx.api.last_seen)} Leave service_id out to create one.")
    check_name(ctx, desired)
    complete = with_restore_defaults(ctx.api, ctx.options, desired)
    warn_if_open_to_internet(ctx, complete)
    service = create_service(ctx, complete)
    if service is None:
        ctx.report(**predict_new(ctx.result["service"], wait=ctx.options["wait"]))
    return service


def ensure_password(ctx: ModuleContext, service: Resource) -> None:
    """Set the password of a service that existed before this task, as update_password says."""
    mode = ctx.options["update_password"]
    if mode == "on_create" or ctx.sets_first_password:
        return
    if mode == "on_login_failure" and ctx.check_mode and service_state(service) in NOT_RUNNING_STATES:
        # It accepts a login only once it runs, so whether it has the password is not known yet.
        return
    update_password(ctx, service, NewPassword.from_options(ctx.options))
