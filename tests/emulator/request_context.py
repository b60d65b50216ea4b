# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authenticated request, as the handlers get it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .organization import Key, Organization
from .responses import ApiError, bad_request
from .service import Service
from .state import Store, check_id
from .validation import validation_error


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is not valid JSON")


def _parse_finite_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits} is too big")
    return number


def parse_json(content: bytes) -> Any:
    """Return the value of a JSON text. Raise ValueError if it is invalid."""
    try:
        return json.loads(content.decode(), parse_constant=_reject_constant, parse_float=_parse_finite_float)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


@dataclass
class RequestContext:
    store: Store
    key: Key
    organization: Organization
    ids: dict[str, str] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
    content: bytes = b""
    # The IP address and the user agent of the client.
    address: str = ""
    user_agent: str = ""
    # The host and port of the emulator, as the client wrote them.
    host: str = ""

    @property
    def clock(self) -> Clock:
        return self.store.clock

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON object of the request; an empty one if there is no body."""
        if not self.content.strip():
            return {}
        try:
            value = parse_json(self.content)
        except ValueError:
            raise bad_request("request body: Invalid JSON") from None
        if not isinstance(value, dict):
            raise validation_error("body", "The value must be an object", value)
        return value

    @property
    def service(self) -> Service:
        service_id = self.ids["serviceId"]
        check_id("service", service_id)
        return self.store.get_service(service_id, self.organization.id)

    def require_feature(self, name: str) -> None:
        """Raise ApiError with status 403 unless the feature is enabled for the organization."""
        if not self.organization.has_feature(name, self.clock.now()):
            raise ApiError(403)

    def required_parameter(self, name: str) -> str:
        """Return the value of a required query parameter."""
        values = self.query.get(name)
        if not values:
            raise validation_error(f"query.{name}", "The value is required")
        return values[-1]
