# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long to wait; the options are WAIT in module_utils/_module.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the service has reached the state that was asked for.
      - With V(false) the task ends as soon as the API has accepted the change.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most. Creating a service from a large backup takes longest.
    type: float
    default: 5400.0
  wait_interval:
    description:
      - Seconds between two looks at the service. Each look is one request.
    type: float
    default: 10.0
"""
