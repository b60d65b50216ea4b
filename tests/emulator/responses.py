# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API wraps its answers and its errors in."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from http.client import responses
from typing import Any

# Errors whose text is not known, or needs none, are the bare code.
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
class Answer:
    """An HTTP answer before it is sent."""

    status: int = 200
    content: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, text: str | None = None, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.text = CODES.get(status, responses.get(status, "Error")) if text is None else text
        self.headers = headers or {}
        super().__init__(self.text)


def bad_request(text: str) -> ApiError:
    return ApiError(400, f"BAD_REQUEST: {text}")


def conflict(text: str) -> ApiError:
    return ApiError(409, f"CONFLICT: {text}")


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"FORBIDDEN: {text}")


def not_found(text: str = "") -> ApiError:
    return ApiError(404, f"NOT_FOUND: {text}" if text else "NOT_FOUND")


def whole(value: Any) -> Any:
    """The value with 16.0 as 16: clients decode these numbers into integers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


def to_json(value: Any) -> bytes:
    return json.dumps(whole(value), separators=(",", ":")).encode()


def success(result: Any) -> Answer:
    return Answer(content=to_json({"result": result, "requestId": str(uuid.uuid4()), "status": 200}))


def done() -> Answer:
    """The answer to a DELETE, which carries no result."""
    return Answer(content=to_json({"requestId": str(uuid.uuid4()), "status": 200}))


def text(content: str) -> Answer:
    return Answer(content=content.encode(), media_type="text/plain")


def failure(error: ApiError) -> Answer:
    body: dict[str, Any] = {"requestId": str(uuid.uuid4()), "error": error.text, "status": error.status}
    if error.status == 429:
        body = {"error": error.text}
    return Answer(error.status, to_json(body), headers=dict(error.headers))
