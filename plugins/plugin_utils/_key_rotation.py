# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derive from the names and the dates of API keys what the next step of a rotation is.

The keys of a rotation are called NAME-1, NAME-2 and so on. A new one is called NAME-3-new until its secret is stored
where it is used from, and one that was replaced is called NAME-1-old and has an expiry, from which its grace period is
counted. All state is in the names and the dates, so that a rotation can be interrupted at any time.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Callable, NamedTuple

from ..module_utils._json import parse_timestamp
from ..module_utils._schema.api_key import format_expiry

SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86400
#: A run that is still working on a new key has stored its secret by then.
MAX_STORE_SECONDS = 3600
#: A key is replaced this long before it expires, or a quarter of its lifetime before, if that is less.
MAX_MARGIN_DAYS = 7
#: A key cannot be made to expire in the past, nor at once.
MIN_EXPIRY_SECONDS = 60
#: The limit of each period, in days.
MAX_DAYS = 36500
NEW, STORED, OLD = "new", "", "old"


class RotationError(ValueError):
    """The settings or the keys do not allow a plan."""


class Periods(NamedTuple):
    """The settings of a rotation, in seconds."""

    max_age: float
    overlap: float
    grace: float


class RotatedKey(NamedTuple):
    """A key of the rotation. stage is NEW until its secret is stored, STORED then, and OLD once it was replaced."""

    number: int
    stage: str
    fields: Mapping[str, Any]

    @property
    def suffix(self) -> str:
        return str(self.fields.get("key_suffix"))

    @property
    def created_at(self) -> float | None:
        """Return when it was created, in seconds since 1970; None if that is not known."""
        return parse_timestamp(self.fields.get("created_at"))

    @property
    def expiry(self) -> float:
        """Return when it expires, in seconds since 1970; infinity if it does not."""
        expiry = parse_timestamp(self.fields.get("expire_at"))
        return math.inf if expiry is None else expiry

    @property
    def is_usable(self) -> bool:
        """Return whether it is enabled, and has not expired."""
        return bool(self.fields.get("enabled")) and self.expiry > time.time()

    @property
    def is_recent(self) -> bool:
        """Return whether a run may still be working on it. A key without a date may be new."""
        return self.created_at is None or time.time() - self.created_at <= MAX_STORE_SECONDS

    def is_due(self, periods: Periods) -> bool:
        """Return whether it has to be replaced: in time before it expires, since it may rotate itself.

        Raise RotationError if that cannot be known.
        """
        now, created = time.time(), self.created_at
        lifetime = math.inf if created is None else self.expiry - created
        margin = min(MAX_MARGIN_DAYS * SECONDS_PER_DAY, lifetime / 4)
        if not self.is_usable or self.expiry - now <= max(margin, periods.overlap):
            return True
        if created is None:
            raise RotationError(
                f"The API does not say when {self.fields.get('name')} was created, so that its age is not known."
                " Nothing was changed. To replace it anyway, set force."
            )
        return now - created >= periods.max_age

    def to_result(self) -> dict[str, Any]:
        names = ("id", "name", "key_suffix", "assigned_roles", "ip_access_list", "in_use")
        return {name: self.fields.get(name) for name in names}


def list_rotated_keys(keys: Iterable[Mapping[str, Any]], name: str) -> list[RotatedKey]:
    """Return the keys of the rotation of this name, the oldest first; of those with a number, a new one is first."""
    pattern = re.compile(rf"{re.escape(name)}-([1-9][0-9]*)(?:-(new|old)(?:-\w+)?)?")
    found = [(pattern.fullmatch(str(key.get("name"))), key) for key in keys]
    return sorted(
        (RotatedKey(int(match[1]), match[2] or STORED, key) for match, key in found if match),
        key=lambda key: (key.number, key.stage != NEW),
    )


def plan_rotation(
    keys: Iterable[Mapping[str, Any]],
    name: str,
    known: Collection[str] = (),
    own_id: str = "",
    max_age_days: Any = 90,
    overlap_hours: Any = 0,
    grace_days: Any = 7,
    force: bool = False,
) -> dict[str, Any]:
    """Return what is to be done with the keys of a rotation; known are the suffixes of keys whose secret can be read.

    In the result, new is the key to create, or to finish, newest the one whose secret was stored last, and retire and
    delete list keys that were replaced. rivals are the names of keys with which another run may be working now; with
    own_id, only those that take precedence over the key with this ID. Raise RotationError.
    """
    periods = parse_periods(max_age_days, overlap_hours, grace_days)
    rotated = list_rotated_keys(keys, name)
    newest = _find_newest(rotated)
    old = [key for key in rotated if _is_replaced(key, newest)]
    return {
        "new": _plan_new_key(rotated, name, known, lambda: force or _is_due(rotated, newest, periods)),
        "newest": newest and newest.to_result(),
        "rivals": _list_rivals(rotated, newest, known, own_id),
        "finished_suffixes": [key.suffix for key in rotated if key.stage == STORED or key in old],
        "is_used": any(key.fields.get("in_use") for key in rotated),
        **_plan_old_keys(old, name, periods),
    }


def parse_periods(max_age_days: Any, overlap_hours: Any, grace_days: Any) -> Periods:
    """Return the settings of a rotation. Raise RotationError."""
    return Periods(
        parse_period("max_age_days", max_age_days, SECONDS_PER_DAY),
        parse_period("overlap_hours", overlap_hours, SECONDS_PER_HOUR),
        parse_period("grace_days", grace_days, SECONDS_PER_DAY),
    )


def parse_period(option: str, value: Any, unit: int) -> float:
    """Return a period in seconds, from a number or a text with one. Raise RotationError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    limit = MAX_DAYS * SECONDS_PER_DAY // unit
    if not 0 <= number <= limit:
        raise RotationError(f"{option} must be a number from 0 to {limit}; {value!r} is not.")
    return number * unit


def _find_newest(rotated: list[RotatedKey]) -> RotatedKey | None:
    """Return the key whose secret was stored last."""
    return next((key for key in reversed(rotated) if key.stage == STORED), None)


def _is_replaced(key: RotatedKey, newest: RotatedKey | None) -> bool:
    """Return whether the secret of a later key, or of another one with this number, was stored in its place."""
    if key.stage == OLD:
        return True
    return newest is not None and key is not newest and key.number <= newest.number


def _is_due(rotated: Iterable[RotatedKey], newest: RotatedKey | None, periods: Periods) -> bool:
    """Return whether it is time for another key: also if that of a new one is lost, since it may be in the store."""
    lost = (key for key in rotated if key.stage == NEW and not key.is_recent and not _is_replaced(key, newest))
    return newest is None or any(True for _key in lost) or newest.is_due(periods)


def _plan_new_key(
    rotated: list[RotatedKey], name: str, known: Collection[str], is_due: Callable[[], bool]
) -> dict[str, Any] | None:
    """Return the key to finish, if its secret is known, or else the key to create, if it is time for one."""
    last = rotated[-1] if rotated else None
    if last and last.stage == NEW and (last.fields.get("in_use") or last.suffix in known):
        return {**last.to_result(), "stored_name": f"{name}-{last.number}", "exists": True}
    if not is_due():
        return None
    stored_name = f"{name}-{last.number + 1 if last else 1}"
    return {"name": f"{stored_name}-new", "stored_name": stored_name, "exists": False, "in_use": False}


def _list_rivals(
    rotated: list[RotatedKey], newest: RotatedKey | None, known: Collection[str], own_id: str
) -> list[str]:
    """Return the names of the keys with which another run may be working now; see plan_rotation().

    Of two runs that create a key at the same time, at least one finds the key of the other: it is the later one, unless
    their clocks differ. A run whose key is not recent does not know what has happened since then, and finds any other.
    """
    own = next((key for key in rotated if key.fields.get("id") == own_id), None)
    others = [key for key in rotated if key is not own]
    rivals = _list_unfinished(others, newest, known)
    if own is not None:
        rivals = [*_list_stored_since(own, others), *(key for key in rivals if not _precedes(own, key))]
    return [str(key.fields.get("name")) for key in rivals]


def _list_unfinished(others: list[RotatedKey], newest: RotatedKey | None, known: Collection[str]) -> list[RotatedKey]:
    """Return the keys whose secret another run may be about to store."""
    new = [key for key in others if key.stage == NEW and key.is_usable and key.is_recent]
    return [key for key in new if not (key.fields.get("in_use") or key.suffix in known or _is_replaced(key, newest))]


def _list_stored_since(own: RotatedKey, others: list[RotatedKey]) -> list[RotatedKey]:
    """Return the keys whose secret other runs have stored since this run has created its key."""
    return [key for key in others if key.stage == STORED and key.number >= own.number]


def _precedes(key: RotatedKey, other: RotatedKey) -> bool:
    """Return whether the key is recent, and was certainly created before the other one."""
    return key.is_recent and (key.created_at or math.inf) < (other.created_at or 0)


def _plan_old_keys(old: list[RotatedKey], name: str, periods: Periods) -> dict[str, Any]:
    """Return the part of the plan about keys that were replaced; still_usable are those that still work."""
    return {
        "retire": [_plan_retirement(key, name, periods) for key in old if _is_to_retire(key, periods)],
        "delete": [key.to_result() for key in old if _is_to_delete(key, periods)],
        "still_usable": [
            {"name": key.fields.get("name"), "expire_at": key.fields.get("expire_at")} for key in old if key.is_usable
        ],
    }


def _is_to_retire(key: RotatedKey, periods: Periods) -> bool:
    """Return whether the key was not retired yet, or was given a longer life since then. One in use is left alone."""
    limit = time.time() + max(periods.overlap, periods.grace) + MIN_EXPIRY_SECONDS
    return not key.fields.get("in_use") and (key.stage != OLD or key.expiry > limit)


def _plan_retirement(key: RotatedKey, name: str, periods: Periods) -> dict[str, Any]:
    """Return the name and the expiry of the key from now on. One that was enabled again stays so for a grace period."""
    plan: dict[str, Any] = {**key.to_result(), "retired_name": key.fields.get("name")}
    rest = periods.grace
    if key.stage != OLD:
        # Several new keys may have one number, after runs at the same time.
        more = f"-{key.suffix}" if key.stage == NEW else ""
        plan["retired_name"], rest = f"{name}-{key.number}-old{more}", periods.overlap
        if not rest:
            plan["enabled"] = False
    expiry = time.time() + max(rest, MIN_EXPIRY_SECONDS)
    if key.expiry > expiry:
        plan["expire_at"] = format_expiry(expiry)
    return plan


def _is_to_delete(key: RotatedKey, periods: Periods) -> bool:
    """Return whether the key is retired and cannot be used, and the grace period since its expiry is over."""
    is_over = time.time() >= key.expiry - MIN_EXPIRY_SECONDS + periods.grace
    return key.stage == OLD and not key.is_usable and is_over
