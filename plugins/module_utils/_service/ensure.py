# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The life of a service: it is created, changed, and deleted."""

from __future__ import annotations

from .._errors import NotFound
from .._json import Resource
from .._module.context import WaitingTask
from .._schema.prediction import predict_new, predict_state
from .._schema.service import EXCLUSIVE as OF_SIZE
from .._schema.service import SERVICE
from .create import create, find_unresolved, update
from .delete import remove
from .find import Seen, describe_absence, find, state
from .guards import PROTECT_TAG, check_name, warn_of_lost_access, warn_of_the_world
from .login import CLOSED
from .password import EXCLUSIVE as OF_PASSWORD
from .password import PASSWORD, NewPassword, check_can_update_password, check_password_options, update_password
from .restore import LATEST, restored
from .update import deprecate_total_memory

#: The options of creation, change and deletion, without those that say which service is meant.
LIFECYCLE = {
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
    **PASSWORD,
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
EXCLUSIVE = [*OF_SIZE, *OF_PASSWORD, ("backup_id", "restore_from")]


def provide(task: WaitingTask, *, absent: bool = False) -> Seen:
    """Find the service; delete it, change it, or create it. The service that there is then, as far as it is known."""
    options = task.options
    check_password_options(options, task.empty)
    wanted = SERVICE.wanted(options)
    deprecate_total_memory(task, wanted)
    if absent:
        remove(task)
        return None
    service = find(task.api, options["service_id"], options["name"]) or find_unresolved(task)
    if service:
        # A failure says of which service it is.
        task.report(service=SERVICE.shown(service))
        check_can_update_password(task, service)
        warn_of_the_world(task, wanted, service)
        warn_of_lost_access(task, wanted, service)
        check_name(task, wanted, service)
        return _predicted(task, update(task, service, wanted))
    if options["service_id"]:
        absence = describe_absence(options["service_id"], task.api.last_seen)
        raise NotFound(f"{absence} Leave service_id out to create one.")
    check_name(task, wanted)
    complete = restored(task.api, options, wanted)
    warn_of_the_world(task, complete)
    created = create(task, complete)
    if created is None:
        task.report(**predict_new(task.result["service"], wait=task.options["wait"]))
    return created


def _predicted(task: WaitingTask, service: Resource) -> Resource:
    """Return the service, and let check mode report the state that it has after the wait for its creation."""
    if task.check_mode and state(service) == "provisioning":
        after = predict_state("provisioning", wait=task.options["wait"])
        task.report(service={**task.result["service"], "state": after})
    return service


def ensure_password(task: WaitingTask, service: Resource) -> None:
    """Set the password of a service that existed, as update_password says."""
    when = task.options["update_password"]
    if when == "on_create" or task.sets_first_password:
        return
    if when == "on_login_failure" and task.check_mode and state(service) in CLOSED:
        # It accepts a login only once it runs, so whether it has the password is not known yet.
        return
    update_password(task, service, NewPassword.of(task.options))
