# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a service is backed up, and for how long its backups are kept."""

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


def _start_time(path: str, value: Any) -> None:
    if not isinstance(value, str) or not _FULL_HOUR.fullmatch(value):
        raise bad_request("customBackupStartTime must be a valid time (HH:00)")


CONFIGURATION: Table = {
    "backupPeriodInHours": nullable(number(1)),
    "backupRetentionPeriodInHours": nullable(number(24, 1080, 24)),
    "backupStartTime": nullable(_start_time),
}


def configure(current: dict[str, Any], body: dict[str, Any], tier: str) -> dict[str, Any]:
    """The configuration after a PATCH: null puts a field back to its default, an absent one is kept."""
    if tier == "BASIC":
        raise forbidden("Cannot use customized backup schedule in BASIC pricing package")
    check_fields(CONFIGURATION, body)
    after = dict(current)
    for name in CONFIGURATION:
        if name in body:
            after[name] = DEFAULTS[name] if body[name] is None else body[name]
    if after["backupStartTime"] is not None and after["backupPeriodInHours"] not in (24, 48):
        raise bad_request("customBackupPeriod must be 24 or 48 hours when customBackupStartTime is set")
    return after


def configuration_view(configuration: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in configuration.items() if value is not None}
