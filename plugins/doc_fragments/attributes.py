# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes of the modules, documented in the same words for each of them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the
      controller.
    support: full
    details:
      - A task for the controller, or for a host of the inventory plugin P(clickhouse.cloud.services#inventory), runs on
        the controller in the process of Ansible itself, with the same result. With C(async), with C(become), for any
        other host, or if the variable C(clickhouse_cloud_fast_path) is false, it runs like any other module.
  action_group:
    description: Use C(group/clickhouse.cloud.all) in C(module_defaults) to set defaults for this module.
    support: full
    details: Only set options that all modules have, which are those of the connection.
    membership:
      - clickhouse.cloud.all
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: Requests that could change anything are not sent in check mode.
  idempotent:
    description:
      - When run twice in a row outside C(check_mode), with the same arguments, the second invocation indicates no
        change.
    support: full
"""

    CHANGES = r"""
options: {}
attributes:
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
    details: Secrets are never part of the diff.
"""

    INFO = r"""
options: {}
attributes:
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
    details: This module does not change anything.
"""
