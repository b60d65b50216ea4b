# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses and errors in the envelope of the API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses
from typing import Any

# The text of errors without a known or necessary description.
CODES: dict[int, str] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    424: "FAILED_DEPENDENCY",
    429: "TOO_MANY_REQUESTS",
    500: "Internal error",
}


@dataclass
class ApiResponse:
    """An HTTP response before it is sent."""

    status: int = 200
    content: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """An error that becomes the response."""

    def __init__(
        self,
        status: int,
        text_response: str | None = None,
        headers: dict[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """`more` are fields of the response beside the usual ones."""
        self.status = status
        self.more = dict(more or {})
        self.text = CODES.get(status, responses.get(status, "Error")) if text_response is None else text_response
        self.headers = headers or {}
        super().__init__(self.text)


def bad_request(text_response: str) -> ApiError:
    return ApiError(400, f"BAD_REQUEST: {text_response}")


def conflict(text_response: str) -> ApiError:
    return ApiError(409, f"CONFLICT: {text_response}")


def forbidden(text_response: str) -> ApiError:
    return ApiError(403, f"FORBIDDEN: {text_response}")


def not_found(text_response: str = "") -> ApiError:
    return ApiError(404, f"NOT_FOUND: {text_response}" if text_response else "NOT_FOUND")


def normalize_numbers(value: Any) -> Any:
    """Return the value with 16.0 as 16, as clients decode these numbers into integers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: normalize_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [normalize_numbers(item) for item in value]
    return value


def to_json(value: Any) -> bytes:
    return json.dumps(normalize_numbers(value), separators=(",", ":")).encode()


def ok_response(result: Any, status: int = 200, more: Mapping[str, Any] | None = None) -> ApiResponse:
    """Return a response in the envelope of the API; `more` are fields of the envelope beside the result."""
    envelope = {"result": result, **(more or {}), "requestId": str(uuid.uuid4()), "status": status}
    return ApiResponse(status, to_json(envelope))


def empty_response() -> ApiResponse:
    """Return the response to a DELETE, which has no result."""
    return ApiResponse(content=to_json({"requestId": str(uuid.uuid4()), "status": 200}))


def text_response(content: str) -> ApiResponse:
    return ApiResponse(content=content.encode(), media_type="text/plain")


def error_response(error: ApiError) -> ApiResponse:
    body: dict[str, Any] = {"requestId": str(uuid.uuid4()), "error": error.text, **error.more, "status": error.status}
    if error.status == 429:
        body = {"error": error.text}
    return ApiResponse(error.status, to_json(body), headers=dict(error.headers))
