# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules there are, and whether the places that have to name all of them do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins/modules").glob("*.py"))


def check_named(found: Iterable[str], place: str) -> None:
    """The place names each module, and nothing else; the AssertionError says what to do there."""
    named = set(found)
    missing, unknown = sorted(set(MODULES) - named), sorted(named - set(MODULES))
    assert not missing, f"add {', '.join(missing)} to {place}"
    assert not unknown, f"there is no module {' or '.join(unknown)}, which is in {place}"
