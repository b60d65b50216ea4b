# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""User-defined functions: find, publish a version and wait for its build, and delete."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._client.api import Api
from .._client.organization import fetch_organization
from .._client.retry import Retry
from .._client.udfs import (
    create_function,
    create_upload,
    create_version,
    delete_function,
    delete_version,
    fetch_attachments,
    fetch_function,
    fetch_functions,
    fetch_versions,
    require_function_name,
)
from .._client.uploads import upload_source
from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.fields import to_diff
from .._schema.udf import UDF, UDF_ATTACHMENT, build_version, check_new_version, check_udf, predict_version
from .._texts import join_names
from .collection import SEARCH_DELAYS
from .find import none_if_forbidden
from .power_state import MAX_CONFLICT_SECONDS
from .udf_digest import DigestFile, open_digest_file
from .udf_source import Source, read_source

#: The options without which no function is created.
REQUIRED = ("source", "arguments", "return_type")
UDF_MODULE = "clickhouse.cloud.udf"


@dataclass(frozen=True)
class BuildCondition(WaitCondition["Resource | None"]):
    """The condition that a version is built, which says why that has failed."""

    def describe_failure(self, observed: Resource | None) -> str:
        return self.describe(observed)


def find_function(api: Api, name: str, *, retry: Retry = Retry.ALWAYS) -> Resource | None:
    """Return the latest version of the function; None when the API has no function of this name."""
    try:
        return fetch_function(api, name, retry=retry)
    except ApiError as error:
        if error.status == 404 and error.from_api:
            return None
        raise


def get_function(api: Api, name: str) -> Resource | None:
    """Return the same as find_function(). Raise ApiError when there is no such organization."""
    function = find_function(api, name)
    if function is None:
        # The API does not say whether the function or the organization is unknown.
        fetch_organization(api)
    return function


def describe_version(function: Resource) -> str:
    return f"Version {function['version']} of the function {function['functionName']!r}"


def describe_build_error(version: Resource) -> str:
    """Return a sentence on a build that has failed."""
    reason = version.get("error") or "the API gives no reason"
    return f"The build of version {version['version']} of the function {version['functionName']!r} has failed: {reason}"


def report_functions(ctx: ModuleContext) -> None:
    """Return the function of the name with its versions and attachments, or the latest version of each function.

    The list is empty when there is none, and null if the key may not read it.
    """
    name = ctx.options["function_name"]
    checked = name and require_function_name(name)

    def read() -> list[dict[str, Any]]:
        try:
            return _read_details(ctx.api, checked) if checked else _read_all(ctx.api)
        except ApiError as error:
            if error.is_forbidden:
                raise error.with_message("The API key may not read the functions: the request") from error
            raise

    ctx.set_result(udfs=none_if_forbidden(ctx, read))


def _read_all(api: Api) -> list[dict[str, Any]]:
    return [{**UDF.to_result(function), "versions": None, "attachments": None} for function in fetch_functions(api)]


def _read_details(api: Api, name: str) -> list[dict[str, Any]]:
    function = get_function(api, name)
    if function is None:
        return []
    versions = [UDF.to_result(version) for version in fetch_versions(api, name)]
    attachments = [UDF_ATTACHMENT.to_result(attachment) for attachment in fetch_attachments(api, name)]
    return [{**UDF.to_result(function), "versions": versions, "attachments": attachments}]


@dataclass
class Function:
    """A function, and how to change it. In check mode, the changes are predicted."""

    ctx: ModuleContext
    name: str
    desired: Mapping[str, Any]
    source: Source | None
    digest_file: DigestFile | None
    current: Resource | None = field(init=False)

    def __post_init__(self) -> None:
        self.current = get_function(self.ctx.api, self.name)
        self._show(self.current)

    def publish(self) -> None:
        """Publish a version if there is a reason for one, and wait until the latest one is built."""
        changes = UDF.diff(self.current or {}, self.desired)
        before, after = self._compare_further()
        if not (changes or after):
            self.ctx.add_diff({}, {})
            if self._status == "building" and not self.ctx.check_mode:
                self._wait(self.current)
            return
        source = self._require_source()
        number = self._next_version
        diff = to_diff(changes)
        before = {"version": self._version, **diff["before"], **before} if self.current else {}
        self.ctx.add_diff(before, {"version": number, **diff["after"], **after})
        if self.ctx.check_mode:
            self._predict(number)
            return
        self._wait(self._send(source))

    def delete(self) -> None:
        """Delete the function with all versions, and detach it from all services."""
        self._check_confirmation()
        before = {"version": self._version, **UDF.declaration(self.current)} if self.current else {}
        if self.current:
            self._check_unattached()
        self.ctx.add_diff(before, {})
        if self.current and self.ctx.check_mode:
            self._show(None)
        elif self.current:
            # Polls show whether it is gone.
            self._retry_deletion(lambda: delete_function(self.ctx.api, self.name), lambda: True)
            self._show(None)
            self.ctx.waiter.wait_for(self._poll, self._is_deleted(), self.current, immediately=True)

    def delete_version(self, number: int) -> None:
        """Delete one version, which must be neither the latest one nor attached to a service."""
        self._check_confirmation()
        versions = fetch_versions(self.ctx.api, self.name) if self.current else []
        numbers = [version["version"] for version in versions]
        remaining = [other for other in numbers if other != number]
        if remaining != numbers:
            self._check_old_version(number, remaining)
        self.ctx.add_diff({"versions": numbers}, {"versions": remaining})
        if remaining != numbers and not self.ctx.check_mode:
            self._retry_deletion(lambda: delete_version(self.ctx.api, self.name, number), lambda: self._lacks(number))

    # Reasons for a version

    @property
    def _version(self) -> int:
        return int(self.current["version"]) if self.current else 0

    @property
    def _next_version(self) -> int:
        return self._version + 1

    @property
    def _status(self) -> str:
        return str((self.current or {}).get("status"))

    def _compare_further(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what calls for a version beside the configuration, before and after; nothing if nothing does."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        if self.source and self.digest_file:
            recorded = self.digest_file.recorded_digest(self.current)
            if recorded != self.source.digest:
                before["digest"], after["digest"] = recorded, self.source.digest
        if self._status == "error":
            before["status"], after["status"] = "error", "ready"
        if self.ctx.options["force"] or self.current is None:
            after["version"] = self._next_version
        return before, after

    def _require_source(self) -> Source:
        """Return the source. Raise InvalidOption if there is none, or the version cannot be built from it."""
        options = self.ctx.options
        if self.current is None:
            missing = [option for option in REQUIRED if options[option] is None]
            if missing:
                raise InvalidOption(
                    f"There is no function {self.name!r} in the organization. To create it, set"
                    f" {' and '.join(missing)}."
                )
        check_new_version(self.current, self.desired)
        if self.source is None:
            raise InvalidOption(
                f"A new version of the function {self.name!r} needs its source, which the API does not return. Set"
                " source."
            )
        self.source.check(build_version(self.current, self.desired)["runtime"])
        return self.source

    def _predict(self, number: int) -> None:
        status = "ready" if self.ctx.options["wait"] else "building"
        self._show({**predict_version(self.current, self.desired, self.name), "version": number, "status": status})

    # Publishing

    def _send(self, source: Source) -> Resource:
        """Upload the source and create the version. If the upload is gone meanwhile, upload it once more."""
        body = build_version(self.current, self.desired)
        try:
            published = self._send_once(source, body)
        except ApiError as error:
            if error.status != 410 or not error.from_api:
                raise self._advise(error) from error
            try:
                published = self._send_once(source, body)
            except ApiError as again:
                raise self._advise(again) from again
        self._show(published)
        return published

    def _send_once(self, source: Source, body: Mapping[str, Any]) -> Resource:
        api = self.ctx.api
        upload = create_upload(api)
        upload_source(api, upload["uploadUrl"], self.name, source.content)
        body = {"uploadId": upload["uploadId"], **body}
        try:
            return create_version(api, self.name, body) if self.current else create_function(api, self.name, body)
        except CloudError as error:
            return self._find_published(error, body)

    def _find_published(self, error: CloudError, body: Mapping[str, Any]) -> Resource:
        """Return the version that exists although the response was lost; raise the error if there is none."""
        if not error.may_have_been_applied:
            raise error
        for delay in SEARCH_DELAYS:
            time.sleep(delay)
            try:
                found = find_function(self.ctx.api, self.name)
            except CloudError:
                continue
            if found and found["version"] == self._next_version:
                if all(found.get(name) == value for name, value in body.items() if name in found):
                    return found
                break
        error.append(
            f"Whether version {self._next_version} of the function {self.name!r} was created is not known. Run the"
            " task again: it creates a version only if one is needed, and never a second function."
        )
        raise error

    def _advise(self, error: ApiError) -> ApiError:
        """Return the error with the next step, if it is not the usual one."""
        advice = {
            409: f"Another task has published the function {self.name!r} at the same time: run the task again",
            410: "Run the task again: it uploads the source once more",
        }.get(error.status)
        return error.with_message(error.request, advice) if advice and error.from_api else error

    # Waiting

    def _wait(self, published: Resource | None) -> None:
        """Wait until the version is built, and keep its digest, unless the build fails."""
        latest = [published]

        def poll() -> Resource | None:
            latest[0] = self._poll()
            return latest[0]

        number = published["version"] if published else 0
        try:
            latest[0] = self.ctx.waiter.wait_for(poll, self._is_built(number), published)
        finally:
            if not (latest[0] and latest[0].get("status") == "error"):
                self._keep_digest(published)

    def _keep_digest(self, published: Resource | None) -> None:
        is_new = published is not None and published["version"] != self._version
        if self.digest_file and self.source and published and is_new:
            self.digest_file.write(published, self.source.digest)

    def _poll(self) -> Resource | None:
        latest = find_function(self.ctx.api, self.name, retry=Retry.NEVER)
        self._show(latest)
        return latest

    def _show(self, function: Resource | None) -> None:
        self.ctx.set_result(udf=None if function is None else UDF.to_result(function))

    def _is_built(self, number: int) -> BuildCondition:
        def describe(function: Resource | None) -> str:
            if function is None:
                return f"The function {self.name!r} is not seen"
            if function["version"] > number:
                return (
                    f"{describe_version(function)} was published by another task before version {number} was built."
                    " Run the task again"
                )
            if function.get("status") == "error":
                next_step = f"Fix the source, and run the task again: it publishes version {number + 1}"
                return f"{describe_build_error(function).rstrip('.')}. {next_step}."
            return f"{describe_version(function)} is {function.get('status')}"

        return BuildCondition(
            description="ready",
            is_met=lambda function: function is not None and _is(function, number, "ready"),
            is_impossible=lambda function: (
                function is not None and (_is(function, number, "error") or function["version"] > number)
            ),
            describe=describe,
        )

    def _is_deleted(self) -> WaitCondition[Resource | None]:
        return WaitCondition(
            description="deleted",
            is_met=lambda function: function is None,
            is_impossible=lambda _function: False,
            describe=lambda _function: f"The function {self.name!r} is still there",
        )

    # Deleting

    def _check_confirmation(self) -> None:
        confirmed = self.ctx.options["confirm_name"]
        if confirmed not in (None, self.name):
            raise InvalidOption(
                f"Nothing is deleted, since confirm_name is {confirmed!r}, and function_name is {self.name!r}. Set both"
                " to the same name."
            )

    def _check_unattached(self) -> None:
        """Raise InvalidOption if a service uses the function, unless force is true."""
        if self.ctx.options["force"]:
            return
        attached = [attachment["serviceId"] for attachment in fetch_attachments(self.ctx.api, self.name)]
        if attached:
            raise InvalidOption(
                f"The function {self.name!r} is not deleted, since it is attached to the services"
                f" {join_names(attached)}, where queries that call it would fail. Detach it with"
                " clickhouse.cloud.udf_attachment, or set force: true."
            )

    def _check_old_version(self, number: int, remaining: list[int]) -> None:
        """Raise InvalidOption for a version that the API does not delete."""
        if not remaining or number > max(remaining):
            raise InvalidOption(
                f"Version {number} of the function {self.name!r} is not deleted, since it is the latest one. Publish"
                " another one before, or leave version out to delete the function."
            )
        attachments = fetch_attachments(self.ctx.api, self.name)
        services = [item["serviceId"] for item in attachments if item.get("version") == number]
        if services:
            raise InvalidOption(
                f"Version {number} of the function {self.name!r} is not deleted, since it is attached to the services"
                f" {join_names(services)}. Attach another one with clickhouse.cloud.udf_attachment."
            )

    def _lacks(self, number: int) -> bool:
        """Return whether the function has no such version any more."""
        return number not in [version["version"] for version in fetch_versions(self.ctx.api, self.name)]

    def _retry_deletion(self, send: Callable[[], None], is_gone: Callable[[], bool]) -> None:
        """Delete, as soon as no version is being built. After a lost response, it may already be gone."""
        try:
            self.ctx.waiter.retry_while(send, lambda error: error.status == 409, MAX_CONFLICT_SECONDS)
        except ApiError as error:
            if error.status == 404 and error.from_api and is_gone():
                return
            if error.status == 409:
                advice = "Wait until no version is being built, and run the task again"
                raise error.with_message(error.request, advice) from error
            raise


def _is(function: Resource, number: int, status: str) -> bool:
    return bool(function["version"] == number and function.get("status") == status)


def open_function(ctx: ModuleContext) -> Function:
    """Return the function that the options name, to be changed. Raise InvalidOption before the first request."""
    options = ctx.options
    name = require_function_name(options["function_name"])
    if options["state"] == "absent":
        # The other options are ignored: the source and the digest file may be gone already.
        return Function(ctx, name, {}, None, None)
    if options["version"] is not None:
        raise InvalidOption(
            "version is only for state: absent. Each change publishes a new version. To use an older one, attach it"
            " with clickhouse.cloud.udf_attachment."
        )
    desired = UDF.desired(options)
    check_udf(desired)
    digest_file = open_digest_file(options["digest_file"], name)
    ignored = digest_file.path if digest_file else None
    source = read_source(options["source"], ignored) if options["source"] else None
    return Function(ctx, name, desired, source, digest_file)
