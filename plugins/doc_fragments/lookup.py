# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that identify a service; see LOOKUP_SPEC in module_utils/_module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service_id:
    description:
      - ID of the service, a UUID, which is always unambiguous. If O(name) is set as well, only the ID is used.
    type: str
  name:
    description:
      - Name of the service, which must match exactly. If more than one service has this name, the task fails and lists
        their IDs. A service that is being deleted does not count.
    type: str
"""
