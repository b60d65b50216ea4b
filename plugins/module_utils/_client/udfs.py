# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of user-defined functions, their versions, and their attachments to services."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption
from .._json import Resource
from .api import Api, is_version, require_uuid, unexpected_response
from .features import FEATURES, describe_beta
from .operations import ORGANIZATION_PATH, Request, declare_operations
from .retry import Retry

_FUNCTIONS = f"{ORGANIZATION_PATH}/udfs"
_FUNCTION = f"{_FUNCTIONS}/{{}}"
_VIEW, _MANAGE = "organization:view", "organization:manage"

declare_operations(
    f"{ORGANIZATION_PATH}/udfUploads/url", "a URL for the source of a function", POST=("create", _MANAGE)
)
declare_operations(_FUNCTIONS, "the functions", GET=("list", _VIEW))
declare_operations(_FUNCTIONS, "the function {function}", POST=("create", _MANAGE))
declare_operations(_FUNCTION, "the function {function}", GET=("read", _VIEW), DELETE=("delete", _MANAGE))
declare_operations(f"{_FUNCTION}/versions", "the versions of the function {function}", GET=("list", _VIEW))
declare_operations(f"{_FUNCTION}/versions", "a version of the function {function}", POST=("create", _MANAGE))
declare_operations(
    f"{_FUNCTION}/versions/{{}}", "version {element} of the function {function}", DELETE=("delete", _MANAGE)
)
declare_operations(f"{_FUNCTION}/attachments", "the attachments of the function {function}", GET=("list", _VIEW))
declare_operations(
    f"{_FUNCTION}/attachments/{{}}",
    "the attachment of the function {function} to service {element}",
    GET=("read", _VIEW),
)
declare_operations(
    f"{_FUNCTION}/attachments/{{}}", "the function {function} to service {element}", PUT=("attach", _MANAGE)
)
declare_operations(
    f"{_FUNCTION}/attachments/{{}}", "the function {function} from service {element}", DELETE=("detach", _MANAGE)
)
_BETA = f"{describe_beta('user-defined functions')}. Network access (sandbox_type: netenable) is turned on separately"
FEATURES.update({"udfUploads": _BETA, "udfs": _BETA})

#: The limit of the API for names, in characters.
MAX_FUNCTION_NAME_LENGTH = 64
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def require_function_name(name: str) -> str:
    """Return the name. Raise InvalidOption for one that no function can have, which must not become part of a path."""
    if not (_NAME.fullmatch(name) and len(name) <= MAX_FUNCTION_NAME_LENGTH):
        raise InvalidOption(
            "function_name must begin with a letter, consist of letters, digits and underscores, and have at most"
            f" {MAX_FUNCTION_NAME_LENGTH} characters; {name!r} does not."
        )
    return name


def _functions_path(api: Api, rest: str = "") -> str:
    return f"/organizations/{api.organization}/udfs{rest}"


def fetch_functions(api: Api) -> list[Resource]:
    """Return the latest version of each function, from all pages (GET udfs)."""
    return api.request_list(_functions_path(api), key="functionName")


def fetch_function(api: Api, name: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the latest version of the function (GET udf). Without one, the status is 404."""
    path = _functions_path(api, f"/{name}")
    return _request_version(api, "GET", path, None, name, retry)


def create_upload(api: Api) -> Resource:
    """Return an ID and a URL for the source of one version (POST udfUploads/url). A second one does no harm."""
    path = f"/organizations/{api.organization}/udfUploads/url"
    upload = api.request_object("POST", path, retry=Retry.LIKE_PUT)
    if not all(isinstance(upload.get(key), str) and upload[key] for key in ("uploadId", "uploadUrl")):
        # The URL is secret.
        shown = {"uploadId": upload.get("uploadId")}
        raise unexpected_response(Request("POST", path), shown, "an uploadId with an uploadUrl was expected")
    return upload


def create_function(api: Api, name: str, body: Mapping[str, Any]) -> Resource:
    """Create the function with its first version (POST udfs). It is not sent again if it may have been applied."""
    return _request_version(api, "POST", _functions_path(api), {"functionName": name, **body}, name, Retry.ALWAYS)


def create_version(api: Api, name: str, body: Mapping[str, Any]) -> Resource:
    """Create a version of the function (POST versions). It is not sent again if it may have been applied."""
    return _request_version(api, "POST", _functions_path(api, f"/{name}/versions"), body, name, Retry.ALWAYS)


def delete_function(api: Api, name: str) -> None:
    """Delete all versions of the function, and detach it from all services (DELETE udf)."""
    api.call("DELETE", _functions_path(api, f"/{name}"))


def fetch_versions(api: Api, name: str) -> list[Resource]:
    """Return all versions of the function, from all pages, the latest one last (GET versions)."""
    versions = api.request_list(_functions_path(api, f"/{name}/versions"), key="version")
    return sorted(versions, key=lambda version: int(version["version"]))


def delete_version(api: Api, name: str, version: int) -> None:
    """Delete the version of the function (DELETE version)."""
    api.call("DELETE", _functions_path(api, f"/{name}/versions/{version}"))


def fetch_attachments(api: Api, name: str) -> list[Resource]:
    """Return the attachments of the function, from all pages (GET attachments)."""
    return api.request_list(_functions_path(api, f"/{name}/attachments"), key="serviceId")


def fetch_attachment(api: Api, name: str, service_id: str, *, retry: Retry = Retry.ALWAYS) -> Resource:
    """Return the attachment (GET attachment). Without one, the status is 404."""
    return _request_attachment(api, "GET", name, service_id, None, retry)


def attach_function(api: Api, name: str, service_id: str, version: int) -> Resource:
    """Attach the version to the service, in place of another one, and return the attachment (PUT attachment)."""
    return _request_attachment(api, "PUT", name, service_id, {"version": version}, Retry.ALWAYS)


def detach_function(api: Api, name: str, service_id: str) -> None:
    """Detach the function from the service (DELETE attachment)."""
    api.call("DELETE", _attachment_path(api, name, service_id))


def _attachment_path(api: Api, name: str, service_id: str) -> str:
    return _functions_path(api, f"/{name}/attachments/{require_uuid('service_id', service_id)}")


def _request_attachment(
    api: Api, method: str, name: str, service_id: str, body: Mapping[str, Any] | None, retry: Retry
) -> Resource:
    path = _attachment_path(api, name, service_id)
    attachment = api.request_object(method, path, body, retry=retry, expected_id=service_id, key="serviceId")
    return _require_version(Request(method, path, body), attachment)


def _request_version(
    api: Api, method: str, path: str, body: Mapping[str, Any] | None, name: str, retry: Retry
) -> Resource:
    function = api.request_object(method, path, body, retry=retry, expected_id=name, key="functionName")
    return _require_version(Request(method, path, body), function)


def _require_version(request: Request, resource: Resource) -> Resource:
    """Return the resource. Raise UnexpectedResponse unless it has the number of a version."""
    if not is_version(resource.get("version")):
        shown = {"version": resource.get("version")}
        raise unexpected_response(request, shown, "the number of a version was expected")
    return resource
