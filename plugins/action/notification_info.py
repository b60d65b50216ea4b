# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast path of the module notification_info."""

from __future__ import annotations

from ansible_collections.clickhouse.cloud.plugins.modules import notification_info
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._fast_path import FastPath


class ActionModule(FastPath):
    MODULE = notification_info


main = ActionModule.check_options
