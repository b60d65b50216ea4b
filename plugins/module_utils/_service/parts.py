# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The parts of a service that the modules service and fleet also declare: each as an option with suboptions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable

from .._errors import AmbiguousName, InvalidOption, NotFound
from .._module.context import ModuleContext
from .._module.options import Spec
from .._schema.scaling_schedule import with_base_config
from .._schema.service import SERVICE
from .backups import BACKUP_CONFIG_PART
from .find import await_visible
from .outcome import ServiceOutcome
from .query_endpoint import QUERY_ENDPOINT_PART, ensure_query_endpoint
from .scaling_schedule import SCALING_SCHEDULE_PART, ensure_schedule
from .service import Service
from .service_settings import SETTINGS_PART, ensure_settings
from .singleton import LatestPart, Part, Singleton
from .snapshots import SNAPSHOT_CONFIG_PART
from .upgrade_window import UPGRADE_WINDOW_PART


def _keep(part: LatestPart, _changed: Mapping[str, Any]) -> LatestPart:
    """Return the part, which does not depend on the other options of a service."""
    return part


@dataclass(frozen=True)
class NestedPart:
    """A part of a service as an option of that service.

    path is the one of its endpoints below the service. ensure changes the part as its suboptions state; before a
    service is created, it predicts a part without a service ID. initial is what the API returns for a new service, None
    if that has no such part. field is the field of the service that has the part, too, if there is one. follow returns
    the predicted part once the options of the service have these new values.
    """

    singleton: Singleton
    path: str
    ensure: Callable[[Part], None] = Part.ensure
    initial: LatestPart = None
    field: str = ""
    follow: Callable[[LatestPart, Mapping[str, Any]], LatestPart] = _keep

    @property
    def spec(self) -> Spec:
        """Return the suboptions, which are those of the part's module."""
        return self.singleton.argument_spec()

    def read(self, ctx: ModuleContext, service: Service) -> LatestPart:
        """Return the part of an existing service. Raise InvalidOption for a secondary service that cannot have it.

        The service may have it already. If it has none, that is verified before one is created.
        """
        self.singleton.require_primary(service)
        embedded = self.find_embedded(service)
        if embedded is not None:
            return embedded
        if self.field and service.get(self.field) is None and ctx.options["state"] == "absent":
            return None
        await_visible(ctx.api, service)
        return self.singleton.read(ctx.api, service.id)

    def find_embedded(self, service: Service) -> LatestPart:
        """Return the part if the service has it as a field; None if it does not."""
        embedded = service.get(self.field)
        return embedded if isinstance(embedded, dict) else None

    def check_new(self, options: Mapping[str, Any]) -> None:
        """Raise InvalidOption if the service to create is a secondary one that cannot have the part."""
        if self.singleton.secondary and options["data_warehouse_id"]:
            raise InvalidOption(f"A service with data_warehouse_id is a secondary service. {self.singleton.secondary}")


#: By the option, in the order of the requests.
PARTS: Mapping[str, NestedPart] = {
    "backup_config": NestedPart(BACKUP_CONFIG_PART, "/backupConfiguration", initial={"backupStartTime": None}),
    "snapshot_config": NestedPart(SNAPSHOT_CONFIG_PART, "/snapshotConfiguration", initial={"enabled": False}),
    "upgrade_window": NestedPart(UPGRADE_WINDOW_PART, "/upgradeWindow"),
    "scaling_schedule": NestedPart(
        SCALING_SCHEDULE_PART,
        "/scalingSchedule",
        ensure_schedule,
        field="scalingSchedule",
        follow=with_base_config,
    ),
    "query_endpoint": NestedPart(QUERY_ENDPOINT_PART, "/serviceQueryEndpoint", ensure_query_endpoint),
    "clickhouse_settings": NestedPart(SETTINGS_PART, "/clickhouseSettings", ensure_settings, initial={"settings": []}),
}
PARTS_SPEC: Spec = {option: {"type": "dict", "options": part.spec} for option, part in PARTS.items()}


@contextlib.contextmanager
def _naming(option: str) -> Iterator[None]:
    """Begin the message of an error about a suboption with the option that has it."""
    try:
        yield
    except (AmbiguousName, InvalidOption, NotFound) as error:
        error.args = (f"{option}: {error}",)
        raise


class DeclaredParts:
    """The parts that the options of a task declare: planned before the service is changed, and changed after it.

    shared is as in Part. Raise InvalidOption for suboptions that no service can have.
    """

    def __init__(self, ctx: ModuleContext, shared: dict[str, Any] | None = None) -> None:
        self._ctx = ctx
        self._shared = {} if shared is None else shared
        self._planned: dict[str, Part] = {}
        self._declared = {option: part for option, part in PARTS.items() if ctx.options[option] is not None}
        for option, part in self._declared.items():
            with _naming(option):
                part.singleton.check_options(ctx.options[option])

    def plan(self, service: Service | None) -> None:
        """Predict the parts of the service, or of the one to be created if that is None.

        Raise InvalidOption for a part that is not possible, before anything is changed.
        """
        for option, nested in self._declared.items():
            with _naming(option):
                self._planned[option] = self._predict(option, nested, service)

    def _predict(self, option: str, nested: NestedPart, service: Service | None) -> Part:
        """Return the part of the service; of one to be created, it is not known yet."""
        ctx = _nest_context(self._ctx, option, check_mode=True)
        if service is None:
            nested.check_new(self._ctx.options)
            planned = Part(ctx, nested.singleton, "", None, self._shared)
        else:
            planned = Part(ctx, nested.singleton, service.id, nested.read(ctx, service), self._shared)
        nested.ensure(planned)
        return planned

    def ensure(self, outcome: ServiceOutcome) -> None:
        """Change the parts that were planned and differ. In check mode, return the predicted ones."""
        for option, planned in self._planned.items():
            if self._ctx.check_mode or outcome.service is None:
                self._add_result(option, self._predict_result(option, planned, outcome), planned)
            else:
                self._ensure(option, planned, outcome.service, is_new=outcome.sets_first_password)

    def _predict_result(self, option: str, planned: Part, outcome: ServiceOutcome) -> Mapping[str, Any]:
        """Return the result of the plan, with what follows from the changes of the service in check mode."""
        result, name = planned.ctx.result, planned.singleton.result
        before = {} if outcome.service is None else SERVICE.to_result(outcome.service)
        after = outcome.returned or before
        changed = {field: value for field, value in after.items() if before and value != before.get(field)}
        return {**result, name: self._declared[option].follow(result[name], changed)}

    def _ensure(self, option: str, planned: Part, service: Service, *, is_new: bool) -> None:
        """Change the part. All of a service that this task has created is new, as in the plan."""
        nested, ctx = self._declared[option], _nest_context(self._ctx, option, check_mode=False)
        # A change of the service may have changed what its field shows, such as the base configuration of a schedule.
        current = nested.find_embedded(service)
        if current is None:
            current = planned.current if planned.service_id else nested.read(ctx, service)
        try:
            with _naming(option):
                nested.ensure(Part(ctx, nested.singleton, service.id, current, self._shared))
        finally:
            self._add_result(option, ctx.result, planned if is_new else None)

    def _add_result(self, option: str, result: Mapping[str, Any], planned: Part | None) -> None:
        """Add the result of a part to that of the task, with a diff below the name of the option.

        The diff is that of the plan if there is one.
        """
        self._ctx.set_result(**{option: result[PARTS[option].singleton.result]})
        shown = planned.ctx.result if planned else result
        if shown["changed"]:
            before, after = ({option: shown["diff"][side] or None} for side in ("before", "after"))
            self._ctx.add_diff(before if not planned or planned.service_id else {}, after)


def _nest_context(ctx: ModuleContext, option: str, *, check_mode: bool) -> ModuleContext:
    """Return a context for the suboptions of the option, with a separate result, and the same timeout."""
    nested = replace(ctx, options=ctx.options[option], check_mode=check_mode, result={"changed": False})
    nested.waiter = ctx.waiter
    return nested
