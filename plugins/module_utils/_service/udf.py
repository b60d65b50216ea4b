# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""User-defined functions: find and report them, and what all changes of one have in common.

A function is not an element of a collection as in collection.py: its name is its ID, and it is never changed. Instead,
each change publishes a version, which is built for minutes and may fail, from source that the API does not return. So
whether a change is needed does not follow from a comparison of fields only: see udf_publication.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._client.api import Api
from .._client.organization import fetch_organization
from .._client.retry import Retry
from .._client.udfs import (
    fetch_attachments,
    fetch_function,
    fetch_functions,
    fetch_versions,
    require_function_name,
)
from .._errors import ApiError
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.udf import UDF, UDF_ATTACHMENT
from .find import none_if_forbidden

UDF_MODULE = "clickhouse.cloud.udf"


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
    """A function of the organization as it was last seen, None if there is none; the base of its changes."""

    ctx: ModuleContext
    name: str
    current: Resource | None = field(init=False)

    def __post_init__(self) -> None:
        self.current = get_function(self.ctx.api, self.name)
        self._show(self.current)

    @property
    def _version(self) -> int:
        return int(self.current["version"]) if self.current else 0

    @property
    def _status(self) -> str:
        return str((self.current or {}).get("status"))

    def _poll(self) -> Resource | None:
        latest = find_function(self.ctx.api, self.name, retry=Retry.NEVER)
        self._show(latest)
        return latest

    def _show(self, function: Resource | None) -> None:
        """Return the function as a value of the module, even if the next step fails."""
        self.ctx.set_result(udf=None if function is None else UDF.to_result(function))
