# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that list what happened in a period; see PERIOD_SPEC in module_utils/_schema/period.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  from_date:
    description:
      - Return only what happened since this day, such as V(2026-10-01), or this time, such as V(2026-10-01T08:00:00Z).
      - A day begins at midnight in UTC, and a time without an offset is in UTC.
    type: str
  to_date:
    description: Return only what happened until the end of this day, or until this time.
    type: str
  hours:
    description:
      - Return only what happened in this number of hours before now.
      - Mutually exclusive with O(from_date) and O(to_date).
    type: float
"""
