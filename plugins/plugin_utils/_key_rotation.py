# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derive from the names and the dates of API keys what the next step of a rotation is.

The keys of a rotation are called NAME-1, NAME-2 and so on. A new one is called NAME-3-new until its secret is stored
where it is used from. All state is in the names and the dates, so that a rotation can be interrupted at any time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..module_utils._json import parse_timestamp

SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86400
#: A run that is still working on a new key has stored its secret by then.
MAX_STORE_SECONDS = 3600
#: A key is replaced this long before it expires, or a quarter of its lifetime before, if that is less.
MAX_MARGIN_DAYS = 7


class RotatedKey(NamedTuple):
    """A key of the rotation; is_stored is false for a new one, whose secret need not be stored yet."""

    number: int
    is_stored: bool
    fields: Mapping[str, Any]

    @property
    def created_at(self) -> float:
        """Return when it was created, in seconds since 1970; a key without a date was created a long time ago."""
        return parse_timestamp(self.fields.get("created_at")) or 0.0

    @property
    def is_usable(self) -> bool:
        """Return whether it is enabled, and has not expired."""
        expiry = parse_timestamp(self.fields.get("expire_at"))
        return bool(self.fields.get("enabled")) and (expiry is None or expiry > time.time())

    def age(self) -> float:
        return time.time() - self.created_at

    def is_due(self, max_age_days: float, overlap_hours: float) -> bool:
        """Return whether it has to be replaced: in time before it expires, since it may rotate itself."""
        if not self.is_usable or self.age() >= max_age_days * SECONDS_PER_DAY:
            return True
        expiry = parse_timestamp(self.fields.get("expire_at"))
        if expiry is None:
            return False
        margin = min(MAX_MARGIN_DAYS * SECONDS_PER_DAY, (expiry - self.created_at) / 4)
        return expiry - time.time() <= max(margin, overlap_hours * SECONDS_PER_HOUR)

    def to_result(self) -> dict[str, Any]:
        names = ("id", "name", "key_suffix", "assigned_roles", "ip_access_list", "in_use")
        return {name: self.fields.get(name) for name in names}


def list_rotated_keys(keys: Iterable[Mapping[str, Any]], name: str) -> list[RotatedKey]:
    """Return the keys of the rotation of this name, the oldest first."""
    pattern = re.compile(rf"{re.escape(name)}-([1-9][0-9]*)(-new)?")
    found = [(pattern.fullmatch(str(key.get("name"))), key) for key in keys]
    return sorted(
        (RotatedKey(int(match[1]), match[2] is None, key) for match, key in found if match),
        key=lambda key: (key.number, key.is_stored),
    )


def plan_rotation(
    keys: Iterable[Mapping[str, Any]],
    name: str,
    known: Collection[str] = (),
    max_age_days: float = 90,
    overlap_hours: float = 0,
    grace_days: float = 7,
    force: bool = False,
) -> dict[str, Any]:
    """Return what is to be done with the keys of a rotation; known are the suffixes of keys whose secret can be read.

    In the result, new is the key to create, or to finish, newest the one whose secret was stored last, and disable and
    delete list superseded keys, and disable also those whose secret is lost.
    """
    rotated = list_rotated_keys(keys, name)
    stored = [key for key in rotated if key.is_stored]
    newest = stored[-1] if stored else None
    is_due = force or newest is None or newest.is_due(max_age_days, overlap_hours)
    old = _superseded(rotated, stored)
    superseded = _list_old(old, overlap_hours * SECONDS_PER_HOUR, enabled=True)
    lost = _list_lost(rotated, known)
    return {
        "new": _plan_new_key(rotated, name, known, is_due),
        "newest": newest and newest.to_result(),
        "stored_suffixes": [key.fields.get("key_suffix") for key in stored],
        "disable": [*superseded, *_without(lost, superseded)],
        "delete": _list_old(old, grace_days * SECONDS_PER_DAY, enabled=False),
        "is_used": any(key.fields.get("in_use") for key in rotated),
    }


def _without(keys: Iterable[dict[str, Any]], others: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    return [key for key in keys if key not in others]


def _list_old(old: Iterable[tuple[RotatedKey, float]], seconds: float, *, enabled: bool) -> list[dict[str, Any]]:
    """Return the keys that were superseded at least these seconds ago, of pairs of a key and the seconds since then.

    They are those that are disabled, or those that are enabled, except for a key in use.
    """

    def is_listed(key: RotatedKey) -> bool:
        return bool(key.fields.get("enabled")) == enabled and not (enabled and key.fields.get("in_use"))

    return [key.to_result() for key, age in old if is_listed(key) and age >= seconds]


def _list_lost(rotated: Iterable[RotatedKey], known: Collection[str]) -> list[dict[str, Any]]:
    """Return the enabled new keys whose secret was not stored in time, and is in no file, so that it is lost."""
    new = (key for key in rotated if not key.is_stored and key.fields.get("enabled") and not key.fields.get("in_use"))
    return [
        key.to_result() for key in new if key.fields.get("key_suffix") not in known and key.age() > MAX_STORE_SECONDS
    ]


def _plan_new_key(rotated: list[RotatedKey], name: str, known: Collection[str], is_due: bool) -> dict[str, Any] | None:
    """Return the key to finish, if its secret is known, or else the key to create, if it is time for one."""
    last = rotated[-1] if rotated else None
    if last and not last.is_stored and (last.fields.get("in_use") or last.fields.get("key_suffix") in known):
        return {**last.to_result(), "stored_name": f"{name}-{last.number}", "exists": True}
    if not is_due:
        return None
    stored_name = f"{name}-{last.number + 1 if last else 1}"
    return {"name": f"{stored_name}-new", "stored_name": stored_name, "exists": False, "in_use": False}


def _superseded(rotated: Iterable[RotatedKey], stored: Sequence[RotatedKey]) -> list[tuple[RotatedKey, float]]:
    """Return the keys after which another one was stored, each with the seconds since that."""
    successors = ((key, [other for other in stored if other.number > key.number]) for key in rotated)
    return [(key, later[0].age()) for key, later in successors if later]
