# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Publish versions of a user-defined function, and wait until they are built."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._client.udfs import create_function, create_upload, create_version, require_function_name
from .._client.uploads import upload_source
from .._errors import ApiError, CloudError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._module.waiter import WaitCondition
from .._schema.fields import to_diff
from .._schema.udf import UDF, build_version, check_new_version, check_udf, predict_version
from .collection import SEARCH_DELAYS
from .udf import Function, describe_build_error, describe_version, find_function
from .udf_digest import DigestFile, open_digest_file
from .udf_source import Source, read_source

#: The options without which no function is created.
REQUIRED = ("source", "arguments", "return_type")


def open_publication(ctx: ModuleContext) -> Publication:
    """Return the function that the options name, to publish it. Raise InvalidOption before the first request."""
    options = ctx.options
    name = require_function_name(options["function_name"])
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
    return Publication(ctx, name, desired, source, digest_file)


@dataclass(frozen=True)
class BuildCondition(WaitCondition["Resource | None"]):
    """The condition that a version is built, which says why that has failed."""

    def describe_failure(self, observed: Resource | None) -> str:
        return self.describe(observed)


@dataclass
class Publication(Function):
    """A function of which a version is published if there is a reason for one. In check mode, it is predicted."""

    desired: Mapping[str, Any]
    source: Source | None
    digest_file: DigestFile | None

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

    # Reasons for a version

    @property
    def _next_version(self) -> int:
        return self._version + 1

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
                    f"The organization has no function {self.name!r}. To create it, set {' and '.join(missing)}."
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
            self.ctx.await_effect(delay)
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
                self._keep_digest(published, latest[0])

    def _keep_digest(self, published: Resource | None, latest: Resource | None) -> None:
        """Keep the digest of the version that was published; latest is what was last seen of the function."""
        if not (self.digest_file and self.source and published) or published["version"] == self._version:
            return
        if latest is published:
            # The next run reads the version, which may show its creation time in another form than the response.
            with contextlib.suppress(CloudError):
                latest = find_function(self.ctx.api, self.name)
        is_same = latest is not None and latest["version"] == published["version"]
        self.digest_file.write(latest if latest and is_same else published, self.source.digest)

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


def _is(function: Resource, number: int, status: str) -> bool:
    return bool(function["version"] == number and function.get("status") == status)
