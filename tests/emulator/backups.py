# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup configuration of a service: period, retention and start time."""

from __future__ import annotations

import re
from typing import Any

from .responses import bad_request, forbidden
from .validation import Table, check_fields, nullable, number

DEFAULTS: dict[str, Any] = {
    "backupPeriodInHours": 24,
    "backupRetentionPeriodInHours": 24,
    "backupStartTime": None,
}
_FULL_HOUR = re.compile(r"(?:\d|[01]\d|2[0-3]):00")


def _check_start_time(path: str, value: Any) -> None:
    if not isinstance(value, str) or not _FULL_HOUR.fullmatch(value):
        raise bad_request("customBackupStartTime must be a valid time (HH:00)")


CONFIGURATION: Table = {
    "backupPeriodInHours": nullable(number(1)),
    "backupRetentionPeriodInHours": nullable(number(24, 1080, 24)),
    "backupStartTime": nullable(_check_start_time),
}


def patch_configuration(current: dict[str, Any], body: dict[str, Any], tier: str) -> dict[str, Any]:
    """Return the configuration after a PATCH. Null resets a field to its default."""
    if tier == "BASIC":
        raise forbidden("Cannot use customized backup schedule in BASIC pricing package")
    check_fields(CONFIGURATION, body)
    patched = dict(current)
    for name in CONFIGURATION:
        if name in body:
            patched[name] = DEFAULTS[name] if body[name] is None else body[name]
    if patched["backupStartTime"] is not None and patched["backupPeriodInHours"] not in (24, 48):
        raise bad_request("customBackupPeriod must be 24 or 48 hours when customBackupStartTime is set")
    return patched


def configuration_to_resource(configuration: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in configuration.items() if value is not None}
