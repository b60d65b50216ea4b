# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that manage one of several elements; see ELEMENT_SPEC in module_utils/_module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - With V(present), it is created if there is none of the name, and otherwise the options that differ are changed.
        An option that is not set keeps its current value.
      - With V(absent), it is deleted.
    type: str
    choices: [present, absent]
    default: present
  confirm_name:
    description:
      - Guards the deletion. With O(state=absent), the task fails unless this is the name of what would be deleted.
      - Required for O(state=absent) if it is selected by its ID, which does not show what would be deleted.
    type: str
"""
