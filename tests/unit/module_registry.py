# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of all modules, to check that a test table lists each of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins/modules").glob("*.py"))


def assert_lists_every_module(names: Iterable[str], place: str) -> None:
    """Assert that the names are those of all modules; the AssertionError says what to change at `place`."""
    listed = set(names)
    missing, unknown = sorted(set(MODULES) - listed), sorted(listed - set(MODULES))
    assert not missing, f"add {', '.join(missing)} to {place}"
    assert not unknown, f"there is no module {' or '.join(unknown)}, which is in {place}"
