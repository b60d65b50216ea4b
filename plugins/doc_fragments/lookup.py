# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which service is meant; the options are LOOKUP_SPEC in module_utils/_module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  service_id:
    description:
      - ID of the service, a UUID. It says for certain which service is meant, also where O(name) is set as well.
    type: str
  name:
    description:
      - Name of the service, exactly as it is. More than one service of this name is an error that lists their IDs.
      - A service that is being deleted does not count.
    type: str
"""
