# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that are returned in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .request_context import RequestContext
from .responses import ApiResponse, ok_response
from .validation import number, validation_error

Fields = dict[str, Any]


@dataclass(frozen=True)
class Paging:
    """How a list is paged. Its name distinguishes the cursors of one list from those of another."""

    name: str
    default: int
    maximum: int
    # Whether a limit above the maximum is refused. Otherwise, the maximum takes its place.
    refuses_more: bool = False
    # Whether a page has the number of elements in all pages.
    has_total: bool = True


def page_response(ctx: RequestContext, resources: list[Fields], paging: Paging, id_field: str = "id") -> ApiResponse:
    """Return the page that the query parameters `limit` and `cursor` select."""
    limit = _parse_limit(ctx, paging)
    by_id = {str(resource[id_field]): resource for resource in resources}
    scope = (paging.name, *ctx.ids.values())
    cursors = ctx.store.cursors
    existing = [identifier for identifier in _start(ctx, scope, list(by_id)) if identifier in by_id]
    size = min(limit, cursors.page_size or limit)
    page, rest = existing[:size], existing[size:]
    more: Fields = {"limit": limit}
    if paging.has_total:
        more["totalCount"] = len(by_id)
    more["nextCursor"] = cursors.add(scope, rest) if rest else None
    return ok_response([by_id[identifier] for identifier in page], more=more)


def _start(ctx: RequestContext, scope: tuple[str, ...], all_ids: list[str]) -> list[str]:
    """Return the IDs from the cursor of the request on; without a cursor, all."""
    values = ctx.query.get("cursor")
    if not values:
        return all_ids
    remaining = ctx.store.cursors.get(scope, values[-1])
    if remaining is None:
        raise validation_error("query.cursor", "The value is not a cursor of this list", values[-1])
    return list(remaining)


def _parse_limit(ctx: RequestContext, paging: Paging) -> int:
    limit = integer_parameter(ctx, "limit", paging.default, 1, paging.maximum if paging.refuses_more else None)
    return min(limit, paging.maximum)


def integer_parameter(ctx: RequestContext, name: str, default: int, minimum: int, maximum: int | None = None) -> int:
    """Return the value of a query parameter. Raise ApiError if it is not an integer in this range."""
    values = ctx.query.get(name)
    if not values:
        return default
    text = values[-1]
    # More digits than any list needs would exceed the limit of int().
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise validation_error(f"query.{name}", "The value must be an integer", text)
    number(minimum, maximum)(f"query.{name}", int(text))
    return int(text)
