# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ClickHouse settings of a service: a Singleton whose fields are the settings that a task names.

Other parts are changed with one request. Here, PATCH sets values, and each setting that is to have its default needs a
DELETE. Before that, the API describes which settings there are, and which of them restart the servers.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable

from .._client.api import Api
from .._client.service_settings import fetch_definitions, fetch_settings, reset_setting, send_settings
from .._errors import ApiError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.service_settings import DEFINITION, SETTINGS, needs_definitions, to_api_values, with_resets
from .._texts import join_names
from .find import get_subresource, none_if_forbidden
from .service import Service, is_planned
from .singleton import Part, Singleton


def _show_nothing(_value: object) -> None:
    """Show nothing."""


def send_changes(
    api: Api,
    service_id: str,
    changed: Mapping[str, Any],
    current: Mapping[str, Any] = MappingProxyType({}),
    warn: Callable[[str], None] = _show_nothing,
    show: Callable[[Resource], None] = _show_nothing,
) -> Resource:
    """Set and reset the changed settings, show the warnings of the API, and return all settings as they are then.

    The responses do not contain the other ones: current does. show is called after each request, since the next one may
    fail.
    """
    latest = {**current}
    values = {name: value for name, value in changed.items() if value is not None}
    if values:
        for warning in send_settings(api, service_id, values):
            if isinstance(warning, dict):
                _show(warn, str(warning.get("name")), warning.get("message"))
        latest.update(values)
        show(latest)
    for name in [name for name in changed if name not in values]:
        _reset(api, service_id, name, has_changed=latest != current)
        latest[name] = None
        show(latest)
    return latest


def _reset(api: Api, service_id: str, name: str, has_changed: bool) -> None:
    """Reset a setting. If it is refused after a change, the error says that something was changed."""
    try:
        reset_setting(api, service_id, name)
    except ApiError as error:
        error.may_have_been_applied |= has_changed
        raise


def _show(warn: Callable[[str], None], name: str, text: object) -> None:
    """Show what the API says about a setting, word for word."""
    if isinstance(text, str) and text:
        warn(f"Setting {name}: {text}")


SETTINGS_PART = Singleton(
    name="ClickHouse settings",
    result="settings",
    schema=SETTINGS,
    fetch=fetch_settings,
    send=send_changes,
)


def ensure_settings(part: Part) -> None:
    """Change and reset the settings as the options require; in check mode, predict them.

    The descriptions of settings are only read if they may matter. Raise InvalidOption for a setting or a value that
    they do not allow. A service that does not exist yet has none.
    """
    current, options = part.current or {}, part.ctx.options
    declared = SETTINGS.desired(options)
    desired = with_resets(current, declared, options["settings_mode"])
    if needs_definitions(current, desired, declared):
        definitions = _read_definitions(part.ctx, part.service_id) if part.service_exists else {}
        if not part.service_exists:
            _check_with_another_service(part, declared)
        desired = to_api_values(current, desired, declared, definitions)
        changes = SETTINGS.diff(current, desired)
        _warn_of_resets(part, declared, [change.field.option for change in changes])
        for change in changes:
            definition = definitions.get(change.field.option, {})
            for notice in ("warning", "deprecationNotice"):
                _show(part.ctx.warn, change.field.option, definition.get(notice))
    part.singleton = replace(
        part.singleton,
        send=functools.partial(send_changes, current=current, warn=part.ctx.warn, show=part.show),
    )
    part.create_or_update(desired)


def _warn_of_resets(part: Part, declared: Mapping[str, Any], changed: Iterable[str]) -> None:
    """Warn if the mode set resets settings that another task may have set, unless the task declares none."""
    reset = [name for name in changed if name not in declared]
    if declared and reset:
        part.ctx.warn(
            f"settings_mode: set resets in service {part.service_id} what settings does not contain:"
            f" {join_names(reset)}. If other tasks set it, use settings_mode: add."
        )


def _check_with_another_service(part: Part, declared: Mapping[str, Any]) -> None:
    """Warn of what another service of the organization would not allow, since those of a new one are not known yet.

    The description is read once for all services that the task creates, and not at all if there is no other service.
    """
    services = map(Service, none_if_forbidden(part.ctx, part.ctx.api.cached_services) or [])
    others = [other for other in services if not (other.is_deleted or is_planned(other.id))]
    if not others:
        return
    if "definitions" not in part.shared:
        part.shared["definitions"] = _fetch_definitions(part.ctx, others[0].id)[0]
    with_values = {name: value for name, value in declared.items() if value is not None}
    try:
        to_api_values({}, with_values, with_values, part.shared["definitions"])
    except InvalidOption as error:
        part.ctx.warn(f"{error} {others[0].label} is like this; those of the new service are checked once it exists.")


def _fetch_definitions(ctx: ModuleContext, service_id: str) -> tuple[dict[str, Resource], str]:
    """Return the settings that can be changed, by name; none, and the reason, if the API does not describe them."""
    try:
        return fetch_definitions(ctx.api, service_id), ""
    except ApiError as error:
        if not error.from_api or error.status not in (400, 403, 404):
            raise
        return {}, f" {error}"


def _read_definitions(ctx: ModuleContext, service_id: str) -> dict[str, Resource]:
    """Return the settings that can be changed, by name; none, with a warning, if the API does not describe them."""
    definitions, reason = _fetch_definitions(ctx, service_id)
    if not definitions:
        ctx.warn(
            f"The names and values of the settings of service {service_id} are not checked before they are sent, since"
            f" the API does not describe them.{reason}"
        )
    return definitions


def report_definitions(ctx: ModuleContext, service_id: str) -> None:
    """Return the settings of the service that can be changed; null if the key may not read them."""

    def fetch() -> dict[str, Resource]:
        name = "the schema of the ClickHouse settings"
        return get_subresource(name, service_id, lambda: fetch_definitions(ctx.api, service_id))

    definitions = none_if_forbidden(ctx, fetch)
    schema = None if definitions is None else [DEFINITION.to_result(item) for item in definitions.values()]
    ctx.set_result(schema=schema)
