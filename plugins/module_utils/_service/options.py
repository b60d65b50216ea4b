# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options to create, change and delete a service, as the modules service and fleet have them."""

from __future__ import annotations

from typing import Any

from .._module.context import ModuleContext
from .._schema.scaling import SCALING_MUTUALLY_EXCLUSIVE
from .._schema.service import SERVICE
from .guards import PROTECT_TAG
from .parts import PARTS_SPEC
from .password import PASSWORD_MUTUALLY_EXCLUSIVE, PASSWORD_SPEC, check_password_options
from .restore import LATEST
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
    **PARTS_SPEC,
}
MUTUALLY_EXCLUSIVE = [*SCALING_MUTUALLY_EXCLUSIVE, *PASSWORD_MUTUALLY_EXCLUSIVE, ("backup_id", "restore_from")]


def check_service_options(ctx: ModuleContext) -> dict[str, Any]:
    """Return the desired values of the options. Raise InvalidOption for those that can never be right."""
    check_password_options(ctx.options, ctx.blank_options)
    desired = SERVICE.desired(ctx.options)
    deprecate_total_memory(ctx, desired)
    return desired
