# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Stand-ins for parts of ansible-core that older versions lack."""

from __future__ import annotations

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:  # ansible-core before 2.22 masks only the values of options with no_log.
    register_secret = str

__all__ = ["register_secret"]
