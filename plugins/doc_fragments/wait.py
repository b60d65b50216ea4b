# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options for waiting; see WAIT_SPEC in module_utils/_module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the service has reached the desired state.
      - With V(false), the task ends as soon as the API has accepted the change. If one step has to wait for another,
        such as a deletion until the service is stopped, V(false) is an error.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum number of seconds that the task waits in total. The creation of a service from a large backup takes
        longest.
    type: float
    default: 5400.0
  wait_interval:
    description:
      - Seconds between two polls of the service. Each poll is one request.
      - The interval is at most a quarter of O(wait_timeout), so that there are always several polls. The last one is
        at the end of O(wait_timeout).
    type: float
    default: 10.0
"""
