# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The attachment of a user-defined function to a service: find, attach a version, and detach.

It is not a part as in singleton.py, since a service has one for each function, nor an element as in collection.py,
since it has no name or ID. A change takes time, needs a service that runs, and may have to wait for another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from .._client.retry import Retry
from .._client.udfs import (
    attach_function,
    detach_function,
    fetch_attachment,
    fetch_versions,
    require_function_name,
)
from .._errors import ApiError, CloudError, InvalidOption, NotFound
from .._json import Resource
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.udf import UDF_ATTACHMENT
from .confirmation import check_service_confirmation, require_service_confirmation
from .find import get_service, service_not_found
from .power_state import IS_RUNNING, send_state_command, wait_for_service
from .service import Service
from .udf import UDF_MODULE, describe_build_error, get_function

#: SQL calls the function in a service that runs; the other one is that of a service that does not.
ATTACHED = ("deployed", "standby")
#: The states that end by themselves.
CHANGING = ("provisioning", "deprovisioning")
STATE_MODULE = "clickhouse.cloud.service_state"


@dataclass
class AttachedFunction:
    """The attachment of a function to a service, and how to change it. In check mode, the changes are predicted.

    service is None if it was not necessary to read it.
    """

    ctx: ModuleContext
    name: str
    service_id: str
    service: Service | None
    current: Resource | None = field(init=False)

    def __post_init__(self) -> None:
        self.current = self._read()
        if self.current is None and self.service is None:
            self.service = self._get_service()
        self._show(self.current)

    def attach(self, version: int | None) -> None:
        """Attach the version. Without one, keep that which is attached, or attach the latest one that is ready."""
        current = self.current or {}
        if version in (None, current.get("version")) and current.get("status") in (*ATTACHED, "provisioning"):
            self._keep(current)
            return
        number = self._choose_version(version or current.get("version"))
        service = self.service = self.service or self._get_service()
        self._check_state(service)
        after = {"version": number, "status": "deployed"}
        self.ctx.add_diff({name: current[name] for name in after if name in current}, after)
        if self.ctx.check_mode:
            self._predict(number)
            return
        self._await_change()
        self._show(self._send(service, number))
        self._wait(self._is_attached(number))

    def _keep(self, current: Resource) -> None:
        """Wait until the version is attached; nothing else has to be done."""
        self.ctx.add_diff({}, {})
        if current.get("status") == "provisioning" and not self.ctx.check_mode:
            self._wait(self._is_attached(current["version"]))

    def detach(self) -> None:
        """Detach the function if it is attached. Raise InvalidOption if confirm_name is not the name of the service."""
        current = self.current
        if current:
            refusal = f"The function {self.name!r} is not detached from"
            check_service_confirmation(self.ctx, self.service_id, self.service, refusal)
        is_attached = current is not None and current.get("status") != "deprovisioning"
        self.ctx.add_diff({"version": current["version"]} if current and is_attached else {}, {})
        if self.ctx.check_mode:
            self._show(None)
        elif current:
            if is_attached:
                self._await_change()
                self._send_detachment()
            self._wait(self._is_detached(current["version"]))

    @property
    def _place(self) -> str:
        """Return the service for a message, with its name if it was read."""
        name = self.service.get("name") if self.service else None
        return f"service {name!r} ({self.service_id})" if name else f"service {self.service_id}"

    def _read(self, *, retry: Retry = Retry.ALWAYS) -> Resource | None:
        """Return the attachment; None if there is none, or no such function or service."""
        try:
            return fetch_attachment(self.ctx.api, self.name, self.service_id, retry=retry)
        except ApiError as error:
            if error.status == 404 and error.from_api:
                return None
            raise

    def _get_service(self) -> Service:
        service = self.ctx.api.get_service_or_none(self.service_id)
        if service is None:
            raise service_not_found(self.service_id)
        return Service(service)

    def _choose_version(self, wanted: int | None) -> int:
        """Return the version to attach: the wanted one, or the latest one that is ready. Raise CloudError."""
        latest = get_function(self.ctx.api, self.name)
        if self._may_be_planned(latest, wanted):
            number = wanted or 1
            self.ctx.warn(
                f"The function {self.name!r} has no version {number} yet. Outside check mode, the task fails unless it"
                f" is published first, for example with {UDF_MODULE}."
            )
            return number
        if latest is None:
            raise NotFound(f"The organization has no function {self.name!r}. Use {UDF_MODULE} to publish it.")
        if wanted in (None, latest["version"]) and latest.get("status") == "ready":
            return int(latest["version"])
        return self._pick_version(latest, wanted)

    def _may_be_planned(self, latest: Resource | None, wanted: int | None) -> bool:
        """Return whether an earlier task in check mode may have planned to publish the version."""
        return self.ctx.check_mode and (latest is None or wanted == latest["version"] + 1)

    def _pick_version(self, latest: Resource, wanted: int | None) -> int:
        """Return the version to attach, of all versions. Raise CloudError."""
        versions = {version["version"]: version for version in fetch_versions(self.ctx.api, self.name)}
        if wanted is None:
            ready = [number for number, version in versions.items() if version.get("status") == "ready"]
            wanted = max(ready, default=int(latest["version"]))
        if wanted not in versions:
            numbers = ", ".join(map(str, versions))
            raise NotFound(f"The function {self.name!r} has no version {wanted}. Set version to one of {numbers}.")
        _check_ready(versions[wanted])
        return wanted

    def _check_state(self, service: Service) -> None:
        """Raise InvalidOption if the service does not run, and the task does not make it run."""
        state = service.state
        advice = ""
        if state == "idle" and not self.ctx.options["wake"]:
            advice = "Set wake: true, or wake it up first"
        elif state in ("stopped", "stopping", "failed"):
            advice = f"Start it first, with {STATE_MODULE}"
        elif state != "running" and not self.ctx.options["wait"]:
            advice = "Set wait: true, so that the task waits for it"
        if advice:
            raise InvalidOption(
                f"{service.label} is {state}, and a function can only be attached to a service that runs. {advice}."
            )

    def _predict(self, number: int) -> None:
        status = "deployed" if self.ctx.options["wait"] else "provisioning"
        base = {"functionName": self.name, "serviceId": self.service_id, **(self.current or {})}
        self._show({**base, "version": number, "status": status})

    def _await_change(self) -> None:
        """Wait until a change of the attachment that was already going on is done."""
        if self.current and self.current.get("status") in CHANGING:
            self._wait(self._is_settled())

    def _send(self, service: Service, number: int) -> Resource:
        """Attach the version once the service runs, and return the attachment."""
        self._wake(service)
        try:
            return self._put(number)
        except ApiError as error:
            if error.status != 424:
                raise
            # Its state has changed since it was read.
            latest = Service(self.ctx.api.get_service(self.service_id, direct=True))
            try:
                self._check_state(latest)
            except InvalidOption as reason:
                error.append(str(reason))
                raise error from None
        self._wake(latest)
        return self._put(number)

    def _put(self, number: int) -> Resource:
        try:
            return attach_function(self.ctx.api, self.name, self.service_id, number)
        except ApiError as error:
            if error.status != 409:
                raise
            return self._explain(error, lambda found: _has(found, number, (*ATTACHED, "provisioning"))) or {}

    def _wake(self, service: Service) -> None:
        """Wait until the service runs; wake it up first if it is idle."""
        if service.state == "running":
            return
        if service.state == "idle":
            service = send_state_command(self.ctx, service, "awake")
        wait_for_service(self.ctx, service, IS_RUNNING, immediately=service.state == "running")
        # The module returns the attachment only.
        self.ctx.unset_result("service")

    def _send_detachment(self) -> None:
        try:
            detach_function(self.ctx.api, self.name, self.service_id)
        except ApiError as error:
            if error.status == 404 and error.from_api:
                return
            if error.status != 409:
                raise
            self._explain(error, lambda found: found is None or found.get("status") == "deprovisioning")

    def _explain(self, error: ApiError, is_done: Callable[[Resource | None], bool]) -> Resource | None:
        """Return the attachment if the change is made by now, by this or another task; raise the error otherwise."""
        try:
            found = self._read()
        except CloudError:
            raise error from None
        self._show(found)
        if not is_done(found):
            advice = "Wait until no other task changes the attachment, and run the task again"
            raise error.with_message(error.request, advice) from error
        if not error.may_have_been_applied:
            self.ctx.discard_diff()
        return found

    def _wait(self, condition: WaitCondition[Resource | None]) -> None:
        # The response to a request may already show what is only to come.
        is_met = condition.is_met(self.current)
        self._show(self.ctx.waiter.wait_for(self._poll, condition, self.current, immediately=is_met))

    def _poll(self) -> Resource | None:
        self._show(self._read(retry=Retry.NEVER))
        return self.current

    def _show(self, attachment: Resource | None) -> None:
        """Keep the attachment, and return it as a value of the module, even if the next step fails."""
        self.current = attachment
        result = None if attachment is None else UDF_ATTACHMENT.to_result(attachment)
        self.ctx.set_result(udf_attachment=result)

    def _is_attached(self, number: int) -> WaitCondition[Resource | None]:
        return WaitCondition(
            description="deployed",
            is_met=lambda found: _has(found, number, ATTACHED),
            is_impossible=lambda found: _has(found, number, ("error",)),
            describe=self._describe,
        )

    def _is_settled(self) -> WaitCondition[Resource | None]:
        return WaitCondition(
            description="ready for a change",
            is_met=lambda found: (found or {}).get("status") not in CHANGING,
            is_impossible=lambda _found: False,
            describe=self._describe,
        )

    def _is_detached(self, number: int) -> WaitCondition[Resource | None]:
        return WaitCondition(
            description="detached",
            is_met=lambda found: found is None,
            is_impossible=lambda found: _has(found, number, ("error",)),
            describe=self._describe,
        )

    def _describe(self, attachment: Resource | None) -> str:
        if attachment is None:
            return f"The function {self.name!r} is not attached to {self._place}"
        return (
            f"The attachment of version {attachment['version']} of the function {self.name!r} to {self._place} has the"
            f" status {attachment.get('status')}"
        )


def _has(attachment: Resource | None, number: int, statuses: tuple[str, ...]) -> bool:
    return attachment is not None and attachment["version"] == number and attachment.get("status") in statuses


def _check_ready(version: Resource) -> None:
    """Raise InvalidOption for a version that cannot be attached."""
    if version.get("status") == "ready":
        return
    if version.get("status") == "error":
        raise InvalidOption(f"{describe_build_error(version).rstrip('.')}. Fix it with {UDF_MODULE}, and set version.")
    raise InvalidOption(
        f"Version {version['version']} of the function {version['functionName']!r} is {version.get('status')}. Wait for"
        f" its build with {UDF_MODULE}, and run the task again."
    )


def find_attachment(ctx: ModuleContext) -> AttachedFunction:
    """Return the attachment that the options name, to be changed. Raise NotFound when there is no such service."""
    name = require_function_name(ctx.options["function_name"])
    require_service_confirmation(ctx.options, f"detach the function {name!r}")
    service = None if ctx.options["service_id"] else get_service(ctx.api, ctx.options)
    service_id = (service.id if service else ctx.options["service_id"]).lower()
    ctx.set_result(service_id=service_id)
    return AttachedFunction(ctx, name, service_id, service)
