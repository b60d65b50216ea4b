# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The life of a service: it is created, changed, and deleted."""

from __future__ import annotations

from .._errors import NotFound
from .._json import Resource
from .._module.context import WaitingContext
from .._schema.prediction import predict_new, predict_state
from .._schema.scaling import SCALING_MUTUALLY_EXCLUSIVE
from .._schema.service import SERVICE
from .create import create_service, find_unresolved, update_or_finish
from .delete import delete_service
from .find import LatestState, describe_absence, find_service, service_state
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
from .update import deprecate_total_memory

#: The options of creation, change and deletion, without those that say which service is meant.
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
    "require_backup_within": {"type": "float"},
}
#: Pairs of options that say the same thing in two ways.
MUTUALLY_EXCLUSIVE = [*SCALING_MUTUALLY_EXCLUSIVE, *PASSWORD_MUTUALLY_EXCLUSIVE, ("backup_id", "restore_from")]


def ensure_service(ctx: WaitingContext, *, absent: bool = False) -> LatestState:
    """Find the service; delete it, change it, or create it. The service that there is then, as far as it is known."""
    options = ctx.options
    check_password_options(options, ctx.blank_options)
    desired = SERVICE.desired(options)
    deprecate_total_memory(ctx, desired)
    if absent:
        delete_service(ctx)
        return None
    service = find_service(ctx.api, options["service_id"], options["name"]) or find_unresolved(ctx)
    if service:
        # A failure says of which service it is.
        ctx.report(service=SERVICE.to_result(service))
        check_can_update_password(ctx, service)
        warn_if_open_to_internet(ctx, desired, service)
        warn_of_lost_access(ctx, desired, service)
        check_name(ctx, desired, service)
        return _report_predicted(ctx, update_or_finish(ctx, service, desired))
    if options["service_id"]:
        absence = describe_absence(options["service_id"], ctx.api.last_seen)
        raise NotFound(f"{absence} Leave service_id out to create one.")
    check_name(ctx, desired)
    complete = with_restore_defaults(ctx.api, options, desired)
    warn_if_open_to_internet(ctx, complete)
    created = create_service(ctx, complete)
    if created is None:
        ctx.report(**predict_new(ctx.result["service"], wait=ctx.options["wait"]))
    return created


def _report_predicted(ctx: WaitingContext, service: Resource) -> Resource:
    """Return the service, and let check mode report the state that it has after the wait for its creation."""
    if ctx.check_mode and service_state(service) == "provisioning":
        after = predict_state("provisioning", wait=ctx.options["wait"])
        ctx.report(service={**ctx.result["service"], "state": after})
    return service


def ensure_password(ctx: WaitingContext, service: Resource) -> None:
    """Set the password of a service that existed, as update_password says."""
    when = ctx.options["update_password"]
    if when == "on_create" or ctx.sets_first_password:
        return
    if when == "on_login_failure" and ctx.check_mode and service_state(service) in NOT_RUNNING_STATES:
        # It accepts a login only once it runs, so whether it has the password is not known yet.
        return
    update_password(ctx, service, NewPassword.of(ctx.options))
