# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Delete a user-defined function, or one of its versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable

from .._client.api import is_version
from .._client.udfs import delete_function, delete_version, fetch_attachments, fetch_versions, require_function_name
from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.udf import UDF
from .find import label_services
from .power_state import MAX_CONFLICT_SECONDS
from .udf import Function

_DETACH = "Detach it with clickhouse.cloud.udf_attachment"


def open_deletion(ctx: ModuleContext) -> Deletion:
    """Return the function that the options name, to delete it. Raise InvalidOption before the first request.

    The other options are ignored: the source and the digest file may be gone already.
    """
    name, confirmed = require_function_name(ctx.options["function_name"]), ctx.options["confirm_name"]
    if confirmed not in (None, name):
        raise InvalidOption(
            f"Nothing is deleted, since confirm_name is {confirmed!r}, and function_name is {name!r}. Set both to the"
            " same name."
        )
    if confirmed is None and ctx.options["version"] is None:
        raise InvalidOption(
            f"To delete the function {name!r} with all its versions, set confirm_name to its name. To delete one"
            " version, set version."
        )
    return Deletion(ctx, name)


@dataclass
class Deletion(Function):
    """A function that is to be deleted, with all its versions or one of them. In check mode, this is predicted."""

    def delete(self) -> None:
        """Delete the function with all versions, and detach it from all services."""
        before = {"version": self._version, **UDF.declaration(self.current)} if self.current else {}
        if self.current:
            self._check_unattached()
        self.ctx.add_diff(before, {})
        if self.current and self.ctx.check_mode:
            self._show(None)
        elif self.current:
            # Polls show whether it is gone.
            is_building = self._status == "building"
            self._send(lambda: delete_function(self.ctx.api, self.name), lambda: True, is_building=is_building)
            self._show(None)
            self.ctx.waiter.wait_for(self._poll, self._is_deleted(), self.current, immediately=True)

    def delete_version(self, number: int) -> None:
        """Delete one version, which must be neither the latest one nor attached to a service."""
        versions = fetch_versions(self.ctx.api, self.name) if self.current else []
        numbers = [version["version"] for version in versions]
        remaining = [other for other in numbers if other != number]
        if remaining != numbers:
            self._check_old_version(number, remaining)
        self.ctx.add_diff({"versions": numbers}, {"versions": remaining})
        if remaining != numbers and not self.ctx.check_mode:
            self._send(
                lambda: delete_version(self.ctx.api, self.name, number),
                lambda: self._lacks(number),
                is_building=_is_building(versions),
            )

    def _check_unattached(self) -> None:
        """Raise InvalidOption if a service uses the function, unless force is true."""
        if self.ctx.options["force"]:
            return
        attached = self._list_services()
        if attached:
            raise InvalidOption(
                f"The function {self.name!r} is not deleted, since it is attached to {attached}, where queries that"
                f" call it would fail. {_DETACH}, or set force: true."
            )

    def _check_old_version(self, number: int, remaining: list[int]) -> None:
        """Raise InvalidOption for a version that the API does not delete."""
        if not remaining or number > max(remaining):
            raise InvalidOption(
                f"Version {number} of the function {self.name!r} is not deleted, since it is the latest one. Publish"
                " another one before, or set confirm_name in place of version to delete the function."
            )
        services = self._list_services(number)
        if services:
            raise InvalidOption(
                f"Version {number} of the function {self.name!r} is not deleted, since it is attached to {services}."
                " Attach another one with clickhouse.cloud.udf_attachment."
            )

    def _list_services(self, number: int | None = None) -> str:
        """Return the services to which the function, or this version of it, is attached, for a message."""
        attachments = fetch_attachments(self.ctx.api, self.name)
        ids = [
            attachment["serviceId"]
            for attachment in attachments
            if number in (None, attachment.get("version")) or not is_version(attachment.get("version"))
        ]
        return label_services(self.ctx.api, ids) if ids else ""

    def _lacks(self, number: int) -> bool:
        """Return whether the function has no such version any more."""
        return number not in [version["version"] for version in fetch_versions(self.ctx.api, self.name)]

    def _send(self, delete: Callable[[], None], is_gone: Callable[[], bool], *, is_building: bool) -> None:
        """Delete, as soon as no version is being built. After a lost response, it may already be gone.

        is_building is whether a version was being built when the function was read.
        """

        def is_temporary(error: ApiError) -> bool:
            nonlocal is_building
            # A build that has ended since may have been the reason.
            was_building, is_building = is_building, error.status == 409 and self._is_building()
            return error.status == 409 and (was_building or is_building)

        try:
            self.ctx.waiter.retry_while(delete, is_temporary, MAX_CONFLICT_SECONDS)
        except ApiError as error:
            if error.status == 404 and error.from_api and is_gone():
                return
            if error.status != 409:
                raise
            raise error.with_message(error.request, self._advise(is_building=is_building)) from error

    def _is_building(self) -> bool:
        """Return whether a version is being built, as far as that can be read."""
        try:
            return _is_building(fetch_versions(self.ctx.api, self.name))
        except CloudError:
            # The refusal is what the task reports.
            return False

    def _advise(self, *, is_building: bool) -> str:
        """Return the next step after a refusal."""
        if is_building:
            return "Wait until no version is being built, and run the task again"
        try:
            attached = self._list_services()
        except CloudError:
            attached = ""
        if attached:
            return f"No version is being built, but the function is attached to {attached}. {_DETACH}"
        return (
            "No version is being built, and the function is not known to be attached to a service. Look at it with"
            " clickhouse.cloud.udf_info, and run the task again"
        )

    def _is_deleted(self) -> WaitCondition[Resource | None]:
        return WaitCondition(
            description="deleted",
            is_met=lambda function: function is None,
            is_impossible=lambda _function: False,
            describe=lambda _function: f"The function {self.name!r} is still there",
        )


def _is_building(versions: Iterable[Resource]) -> bool:
    return any(version.get("status") == "building" for version in versions)
