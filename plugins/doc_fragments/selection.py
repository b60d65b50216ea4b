# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that select backups and snapshots; see SELECTION_SPEC in module_utils/_schema/backups.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  newest:
    description:
      - Whether to list only the newest of those that match the other options. The list is empty if none does.
      - If O(status) is not set, only those with the status V(done) match, since others are not complete.
    type: bool
    default: false
  max_age_hours:
    description:
      - List only those that are at most this number of hours old, 0 or more, fractions allowed.
      - The age is the time since one was finished, or since it was started if it is not finished. If the API returns
        neither time, no age matches.
    type: float
  min_age_hours:
    description:
      - List only those that are at least this number of hours old, 0 or more. See O(max_age_hours) for the age.
    type: float
"""
