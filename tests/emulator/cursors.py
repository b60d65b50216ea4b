# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cursors of lists that have been returned in part."""

from __future__ import annotations

import secrets
from collections.abc import Iterable


class Cursors:
    """The IDs that are still to be returned, by cursor.

    An element that has been deleted since the first page is missing from the next ones. The others appear once.
    """

    def __init__(self) -> None:
        #: The size of the largest page, whatever a client asks for; None does not limit it further.
        self.page_size: int | None = None
        self._remaining: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def reset(self, page_size: int | None) -> None:
        self.page_size = page_size
        self._remaining.clear()

    def add(self, scope: tuple[str, ...], remaining: Iterable[str]) -> str:
        """Return a new cursor for the rest of a list. The scope identifies the list."""
        cursor = secrets.token_urlsafe(18)
        self._remaining[cursor] = (scope, tuple(remaining))
        return cursor

    def get(self, scope: tuple[str, ...], cursor: str) -> tuple[str, ...] | None:
        """Return the IDs that this cursor stands for, or None if it is not a cursor of this list."""
        known_scope, remaining = self._remaining.get(cursor, ((), ()))
        return remaining if known_scope == scope else None
