# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What is refused or warned of before the API is asked to do it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption
from .._json import Resource, normalize_name, reveal, strip_invisible
from .._module.context import ModuleContext
from .._schema.networks import admits, find_exposure, own_addresses
from .._schema.service import IP_ACCESS_LIST, SERVICE
from .backups import backup_age, list_backups
from .find import DELETED_STATES, LatestState, none_if_forbidden, service_label, service_state

PROTECT_TAG = "ansible-protected"
#: A warning names at most this many networks of an open IP access list.
MAX_LISTED = 4

#: How to delete a protected service all the same: by whether the service is pruned.
CONFIRM_ADVICE = {
    False: "set confirm_name to the name of the service",
    True: "declare it in services with state: absent, and set confirm_name there to its name",
}
LIFT_ADVICE = {
    False: "set deletion_protection: false in this task, or turn the protection off before",
    True: "declare it in services with state: absent and deletion_protection: false",
}


def is_protected(service: Resource) -> bool:
    """Return whether the API refuses to delete the service. Raises UnexpectedAnswer when the API does not say."""
    return bool(SERVICE.checked_current(service, ["deletion_protection"])["deletion_protection"])


def check_deletion_protection(ctx: ModuleContext, service: Resource) -> None:
    """Raise InvalidOption for a service that the API protects, unless the task lifts its protection."""
    desired = ctx.options["deletion_protection"]
    if desired:
        raise InvalidOption(
            f"{service_label(service)} is not deleted, since deletion_protection: true asks to protect it. Leave one of"
            " state: absent and deletion_protection: true out."
        )
    if desired is None and is_protected(service):
        raise InvalidOption(
            f"{service_label(service)} is not deleted, since its deletion protection is on. To delete it anyway,"
            f" {LIFT_ADVICE[ctx.pruned]}."
        )


def check_protect_tag(ctx: ModuleContext, service: Resource) -> None:
    """Raises InvalidOption for a service with the tag that protects it, unless it is confirmed by its name."""
    tag = ctx.options["protect_tag"] or PROTECT_TAG
    # Tags that cannot be read may be the one that protects.
    if tag not in SERVICE.checked_current(service, ["tags"])["tags"]:
        return
    confirmed = ctx.options["confirm_name"]
    if confirmed is not None and confirmed == service.get("name"):
        return
    but = "" if confirmed is None else f"; confirm_name is {confirmed!r}, which is not its name"
    raise InvalidOption(
        f"{service_label(service)} is not deleted, since it has the tag {tag!r}{but}. To delete it anyway,"
        f" {CONFIRM_ADVICE[ctx.pruned]}, or take the tag away."
    )


def check_recent_backup(ctx: ModuleContext, service: Resource) -> None:
    """Raises InvalidOption for a service without a backup as young as is required."""
    hours = ctx.options["require_backup_within"]
    if hours is None:
        return
    if not hours > 0:
        raise InvalidOption(f"require_backup_within must be greater than 0 hours; {hours:g} is not.")
    if service.get("isPrimary") is False:
        # The data stays where it is, and so do its backups.
        return
    done = [one for one in list_backups(ctx.api, service["id"]) if one.get("status") == "done"]
    ages = [seconds for seconds in (backup_age(one, time.time()) for one in done) if seconds is not None]
    if ages and min(ages) <= hours * 3600:
        return
    newest = f"the newest that is done is {min(ages) / 3600:.1f} hours old" if ages else "there is none that is done"
    raise InvalidOption(
        f"{service_label(service)} is not deleted, since it has no backup of the last {hours:g} hours: {newest}."
        " Deleting it deletes its backups too. Wait for the next one, or leave require_backup_within out."
    )


def warn_if_open_to_internet(ctx: ModuleContext, desired: Mapping[str, Any], service: LatestState = None) -> None:
    """Warn of an IP access list that lets everybody in, or nearly everybody, also together with what there is."""
    wish = desired.get("ip_access_list")
    if wish is None or wish.mode == "remove":
        return
    added = [entry["source"] for entry in wish.entries.values()]
    present = _sources(service) if wish.mode == "add" else []
    # What was open before is not what this task opens.
    exposure = find_exposure(added) or (None if find_exposure(present) else find_exposure(present + added))
    if exposure:
        who = "everybody on" if exposure.is_complete else "more than half of"
        ctx.warn(
            f"ip_access_list holds {_join(exposure.sources)}: {who} the internet may try to log in to the"
            " service. List the networks that need to."
        )


def warn_of_lost_access(ctx: ModuleContext, desired: Mapping[str, Any], service: Resource) -> None:
    """Warn if this host may connect to the service now, and may not once its IP access list is changed."""
    entries = desired.get("ip_access_list")
    change = IP_ACCESS_LIST.diff(service, entries) if entries else None
    if change is None:
        return
    sources = [entry["source"] for entry in change.after]
    lost = [one for one in own_addresses() if admits(_sources(service), one) and not admits(sources, one)]
    if lost:
        ctx.warn(
            f"ip_access_list no longer holds {' and '.join(lost)}, which this host has: it can then not log in to"
            f" {service_label(service)}, as update_password: on_login_failure does."
        )


def check_name(ctx: ModuleContext, desired: Mapping[str, Any], service: LatestState = None) -> None:
    """Raise InvalidOption if the name that a service is to get looks just like that of another one.

    Warn if another service has it, or a similar one, or gets it from the same task. Costs a request where the task has
    not listed them yet.
    """
    name = desired.get("name")
    if name is None or (service and name == service.get("name")):
        return
    services = [*(none_if_forbidden(ctx, ctx.api.cached_services) or []), *ctx.new_names]
    others = [
        one for one in services if one["id"] != (service or {}).get("id") and service_state(one) not in DELETED_STATES
    ]
    names = [(one, str(one.get("name"))) for one in others]
    alike = [
        service_label(one) for one, other in names if other != name and strip_invisible(other) == strip_invisible(name)
    ]
    if alike:
        message = (
            f"The name {name!r} looks like that of {_join(alike)}, and differs only in blanks around it or in"
            " characters that cannot be seen. If you want that service, use its name; if not, choose another one."
        )
        raise InvalidOption(reveal(message))
    _warn_of_shared_name(ctx, name, service, others)
    similar = [
        service_label(one) for one, other in names if other != name and normalize_name(other) == normalize_name(name)
    ]
    if similar:
        message = (
            f"The name {name!r} differs from that of {_join(similar)} only in capitals, blanks or characters that"
            " cannot be seen. If you want that service, use its name."
        )
        ctx.warn(reveal(message))


def _warn_of_shared_name(ctx: ModuleContext, name: str, service: LatestState, others: list[Resource]) -> None:
    """Warn if the service is to get a name that another one has."""
    sharing = [one["id"] for one in others if one.get("name") == name]
    if sharing and service:
        ctx.warn(
            f"The name {name!r}, which {service_label(service)} gets, is that of {' and '.join(sharing)}, too: tasks"
            " that find a service by this name will fail. Choose another name, or use service_id in those tasks."
        )


def _sources(service: LatestState) -> list[str]:
    """The addresses and networks that may connect to the service now."""
    entries = (service or {}).get("ipAccessList")
    found = [entry.get("source") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [source for source in found if isinstance(source, str)]


def _join(sources: list[str]) -> str:
    """The sources in a sentence, which names the first few of them."""
    more = len(sources) - MAX_LISTED
    return " and ".join([*sources[:MAX_LISTED], *([f"{more} more"] if more > 0 else [])])
