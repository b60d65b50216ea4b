# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshots of a service, and their configuration."""

from __future__ import annotations

from typing import Any, ClassVar

from .paging import Paging, page_response
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, not_found, ok_response
from .service import SNAPSHOT_CONFIGURATION, Service
from .service_singleton import Singleton, check_not_empty
from .state import check_id
from .validation import Table, boolean, number

Fields = dict[str, Any]

FEATURE = "snapshots"
# The interval between snapshots and the time that they are kept, in minutes.
_CADENCES = ((30, 1440), (60, 2880))
_PAGING = Paging("snapshots", 250, 250)


class SnapshotConfiguration(Singleton):
    path = SNAPSHOT_CONFIGURATION
    methods = ("GET", "PATCH")
    table: ClassVar[Table] = {"enabled": boolean, "gap": number(1), "timeFrame": number(1)}
    initial: ClassVar[Fields] = {"enabled": False}

    def get(self, ctx: RequestContext) -> ApiResponse:
        ctx.require_feature(FEATURE)
        return super().get(ctx)

    def check(self, ctx: RequestContext, service: Service, body: Fields) -> None:
        check_not_empty(self.table, body)
        # Every organization can disable them.
        if {name: value for name, value in body.items() if name in self.table} != {"enabled": False}:
            ctx.require_feature(FEATURE)
        if not service.is_primary:
            raise bad_request("Snapshots are configured on the primary service of the data warehouse")
        after = {**(self.fields_of(service) or {}), **body}
        cadence = (after.get("gap"), after.get("timeFrame"))
        if (after["enabled"] or cadence != (None, None)) and cadence not in _CADENCES:
            pairs = ", ".join(str(pair) for pair in _CADENCES)
            raise bad_request(f"gap and timeFrame must be one of the pairs {pairs}")

    def write(self, ctx: RequestContext, service: Service, current: Fields) -> ApiResponse:
        response = super().write(ctx, service, current)
        if ctx.body.get("enabled") and not current["enabled"]:
            service.snapshots.restart(ctx.clock.now())
        return response


def list_snapshots(ctx: RequestContext) -> ApiResponse:
    ctx.require_feature(FEATURE)
    return page_response(ctx, ctx.service.snapshots.list_backups(ctx.clock.now()), _PAGING)


def get_snapshot(ctx: RequestContext) -> ApiResponse:
    ctx.require_feature(FEATURE)
    service, snapshot_id = ctx.service, ctx.ids["snapshotId"]
    check_id("snapshot", snapshot_id)
    snapshots = service.snapshots.list_backups(ctx.clock.now())
    snapshot = next((one for one in snapshots if one["id"] == snapshot_id.lower()), None)
    if snapshot is None:
        raise not_found(snapshot_id)
    return ok_response(snapshot)
