# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Guards: the checks and warnings before a service is changed or deleted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from .._errors import InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.backups import backup_age
from .._schema.ip_access_list import IP_ACCESS_LIST
from .._schema.networks import admits, find_exposure, own_addresses
from .._schema.service import PRIVATE_ENDPOINT_IDS, SERVICE
from .._texts import join_names, normalize_name, reveal, strip_invisible
from .backups import BACKUPS
from .find import none_if_forbidden
from .password import check_can_update_password
from .service import Service

PROTECT_TAG = "ansible-protected"

#: How to delete a protected service anyway, by whether the service is pruned.
CONFIRM_ADVICE = {
    False: "set confirm_name to the name of the service",
    True: "declare it in services with state: absent, and set confirm_name there to its name",
}
LIFT_ADVICE = {
    False: "set deletion_protection: false in this task, or turn the protection off before",
    True: "declare it in services with state: absent and deletion_protection: false",
}


def is_protected(service: Service) -> bool:
    """Return whether the API refuses to delete the service. Raise UnexpectedResponse if the response does not say."""
    return bool(SERVICE.checked_current(service, ["deletion_protection"])["deletion_protection"])


def check_deletion_protection(ctx: ModuleContext, service: Service, is_pruned: bool) -> None:
    """Raise InvalidOption for a service that the API protects, unless the task lifts its protection."""
    desired = ctx.options["deletion_protection"]
    if desired:
        raise InvalidOption(
            f"{service.label} is not deleted, since deletion_protection: true requests its protection."
            " Leave out state: absent or deletion_protection: true."
        )
    if desired is None and is_protected(service):
        raise InvalidOption(
            f"{service.label} is not deleted, since its deletion protection is on. To delete it anyway,"
            f" {LIFT_ADVICE[is_pruned]}."
        )


def check_protect_tag(ctx: ModuleContext, service: Service, is_pruned: bool) -> None:
    """Raise InvalidOption for a service with the tag that protects it, unless confirm_name is its name."""
    tag = ctx.options["protect_tag"] or PROTECT_TAG
    # checked_current() raises for malformed tags, which may hide the one that protects.
    if tag not in SERVICE.checked_current(service, ["tags"])["tags"]:
        return
    confirmed = ctx.options["confirm_name"]
    if confirmed is not None and confirmed == service.get("name"):
        return
    mismatch = "" if confirmed is None else f"; confirm_name is {confirmed!r}, which is not its name"
    raise InvalidOption(
        f"{service.label} is not deleted, since it has the tag {tag!r}{mismatch}. To delete it anyway,"
        f" {CONFIRM_ADVICE[is_pruned]}, or remove the tag."
    )


def check_recent_backup(ctx: ModuleContext, service: Service) -> None:
    """Raise InvalidOption for a service without a backup as recent as require_backup_within_hours requires."""
    hours = ctx.options["require_backup_within_hours"]
    if hours is None:
        return
    if not hours > 0:
        raise InvalidOption(f"require_backup_within_hours must be greater than 0; {hours:g} is not.")
    if service.is_secondary:
        # The primary service keeps the data and its backups.
        return
    age = _newest_backup_age(ctx, service)
    if age is not None and age <= hours * 3600:
        return
    newest = "there is none" if age is None else f"the newest one is {age / 3600:.1f} hours old"
    raise InvalidOption(
        f"{service.label} is not deleted, since it has no completed backup from the last {hours:g} hours:"
        f" {newest}. Deleting it deletes its backups too. Wait for the next one, or leave"
        " require_backup_within_hours out."
    )


def _newest_backup_age(ctx: ModuleContext, service: Service) -> float | None:
    """Return the seconds since the newest backup was finished; None without a finished one."""
    done = [backup for backup in BACKUPS.read(ctx.api, service.id) if backup.get("status") == "done"]
    ages = [backup_age(backup, time.time()) for backup in done]
    return min((age for age in ages if age is not None), default=None)


def check_update(
    ctx: ModuleContext, service: Service, desired: Mapping[str, Any], new_names: Iterable[Resource] = ()
) -> None:
    """Check the changes of an existing service: raise InvalidOption, or warn. new_names is as for check_name()."""
    # A failure says which service it is about.
    ctx.set_result(service=SERVICE.to_result(service))
    check_can_update_password(ctx, service)
    warn_if_open_to_internet(ctx, desired, service)
    warn_of_lost_access(ctx, desired, service)
    warn_of_detached_endpoints(ctx, desired, service)
    warn_of_shared_channel(ctx, desired, service)
    check_name(ctx, desired, service, new_names)


def warn_if_open_to_internet(ctx: ModuleContext, desired: Mapping[str, Any], service: Service | None = None) -> None:
    """Warn of an IP access list that admits most of the internet, alone or together with the current entries."""
    entries = desired.get("ip_access_list")
    if entries is None or entries.mode == "remove":
        return
    added = [entry["source"] for entry in entries.entries.values()]
    current = _sources(service) if entries.mode == "add" else []
    # Do not warn if the service was open before this task.
    exposure = find_exposure(added) or (None if find_exposure(current) else find_exposure(current + added))
    if exposure:
        who = "anyone on" if exposure.is_complete else "more than half of"
        ctx.warn(
            f"ip_access_list contains {join_names(exposure.sources)}: {who} the internet may try to log in to the"
            " service. List only the networks that need access."
        )


def warn_of_lost_access(ctx: ModuleContext, desired: Mapping[str, Any], service: Service) -> None:
    """Warn if this host can connect to the service now, but not once its IP access list is changed."""
    entries = desired.get("ip_access_list")
    change = IP_ACCESS_LIST.diff(service, entries) if entries else None
    if change is None:
        return
    sources = [entry["source"] for entry in change.after]
    current = _sources(service)
    excluded = [address for address in own_addresses() if admits(current, address) and not admits(sources, address)]
    if excluded:
        ctx.warn(
            f"ip_access_list no longer contains {' and '.join(excluded)}, an address of this host, which then cannot"
            f" log in to {service.label}, as update_password: on_login_failure does."
        )


def warn_of_detached_endpoints(ctx: ModuleContext, desired: Mapping[str, Any], service: Service) -> None:
    """Warn if the mode set removes private endpoints, which another module or task may have attached."""
    entries = desired.get("private_endpoint_ids")
    if entries is None or entries.mode != "set":
        return
    change = PRIVATE_ENDPOINT_IDS.diff(service, entries)
    removed = change.patch_value.get("remove") if change else None
    if removed:
        ctx.warn(
            f"private_endpoint_mode: set detaches from {service.label} what private_endpoint_ids does not contain:"
            f" {join_names(removed)}. If other tasks attach it, as those of private_endpoint do, use"
            " private_endpoint_mode: add."
        )


def check_release_channel(ctx: ModuleContext, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if a new service has another release channel than its data warehouse."""
    warehouse, channel = desired.get("data_warehouse_id"), desired.get("release_channel")
    if warehouse is None or channel is None:
        return
    for other in _list_others(ctx, None, ()):
        current = other.get("releaseChannel")
        if str(other.get("dataWarehouseId")).lower() == warehouse.lower() and current not in (None, channel):
            raise InvalidOption(
                f"release_channel is {channel!r}, but {other.label}, in the same data warehouse, has {current!r}, and"
                " all services of a data warehouse share the release channel. Leave release_channel out, or change it"
                " for the other service first."
            )


def warn_of_shared_channel(ctx: ModuleContext, desired: Mapping[str, Any], service: Service) -> None:
    """Warn if the release channel of a secondary service changes, since its whole data warehouse gets the new one."""
    channel = desired.get("release_channel")
    if service.is_secondary and channel not in (None, service.get("releaseChannel")):
        ctx.warn(
            f"release_channel: {channel} of {service.label} changes the release channel of all services in its data"
            " warehouse, which share it. Declare the same one for each of them, or only that of the primary service."
        )


def check_name(
    ctx: ModuleContext, desired: Mapping[str, Any], service: Service | None = None, new_names: Iterable[Resource] = ()
) -> None:
    """Raise InvalidOption if the new name of a service looks just like that of another one.

    Warn if another service has it, or a similar one, or gets it from the same task. Costs a request if the task has not
    listed the services yet. new_names are the services that other parts of the task create or rename, with their new
    names.
    """
    name = desired.get("name")
    if name is None or (service and name == service.get("name")):
        return
    others = _list_others(ctx, service, new_names)
    _refuse_lookalike(name, others)
    _warn_of_shared_name(ctx, name, service, others)
    _warn_of_similar_name(ctx, name, others)


def _list_others(ctx: ModuleContext, service: Service | None, new_names: Iterable[Resource]) -> list[Service]:
    """Return the other services of the organization, with the names that they get from the same task."""
    service_id = service.id if service else None
    services = [*(none_if_forbidden(ctx, ctx.api.cached_services) or []), *new_names]
    return [other for other in map(Service, services) if other.id != service_id and not other.is_deleted]


def _find_similar(name: str, others: list[Service], normalize: Callable[[str], str]) -> str | None:
    """Return, for a sentence, the services whose names differ, but are the same when normalized; None without any."""
    names = [(other, str(other.get("name"))) for other in others]
    similar = [other.label for other, text in names if text != name and normalize(text) == normalize(name)]
    return join_names(similar) if similar else None


def _refuse_lookalike(name: str, others: list[Service]) -> None:
    """Raise InvalidOption if the name differs from that of another service only in invisible characters."""
    similar = _find_similar(name, others, strip_invisible)
    if similar:
        message = (
            f"The name {name!r} looks like that of {similar}, and differs only in white space around it or in"
            " invisible characters. If you want that service, use its name; if not, choose another one."
        )
        raise InvalidOption(reveal(message))


def _warn_of_shared_name(ctx: ModuleContext, name: str, service: Service | None, others: list[Service]) -> None:
    """Warn if the service is renamed to a name that another one has."""
    sharing = [other.id for other in others if other.get("name") == name]
    if sharing and service:
        ctx.warn(
            f"The name {name!r}, which {service.label} gets, is that of {' and '.join(sharing)}, too: tasks"
            " that find a service by this name will fail. Choose another name, or use service_id in those tasks."
        )


def _warn_of_similar_name(ctx: ModuleContext, name: str, others: list[Service]) -> None:
    """Warn if the name differs from that of another service only in case, white space or invisible characters."""
    similar = _find_similar(name, others, normalize_name)
    if similar:
        message = (
            f"The name {name!r} differs from that of {similar} only in case, white space or invisible"
            " characters. If you want that service, use its name."
        )
        ctx.warn(reveal(message))


def _sources(service: Service | None) -> list[str]:
    """Return the addresses and networks that may connect to the service now."""
    entries = service.get("ipAccessList") if service else None
    valid = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [entry["source"] for entry in valid if isinstance(entry.get("source"), str)]
