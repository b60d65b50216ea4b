# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long to wait; the options are WAIT_SPEC in module_utils/_module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the service has reached the state that was asked for.
      - With V(false) the task ends as soon as the API has accepted the change. Where one step has to wait for another,
        as a deletion for the service to be stopped, V(false) is refused.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that the task waits at most, in all. Creating a service from a large backup takes longest.
    type: float
    default: 5400.0
  wait_interval:
    description:
      - Seconds between two looks at the service. Each look is one request.
      - At most a quarter of O(wait_timeout) is used, so that there are always several looks. The last one comes when
        O(wait_timeout) is over.
    type: float
    default: 10.0
"""
