# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw the guide that lists all modules by the tasks that they are for, in reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The names of the modules of each group, whose title is the task, as a regular expression.
GROUPS: Mapping[str, str] = {
    "Services": r"fleet|fleet_info|service|service_(info|state|password|profile_info)|upgrade_window(_info)?",
    "Size and schedule": r"service_scaling|scaling_schedule(_info)?",
    "Backups and snapshots": r"(backup|snapshot)_\w+",
    "Network": r"(private_endpoint|replica_aware_routing)(_\w+)?",
    "SQL and settings": r"(service_query|saved_query|query_api_endpoint|service_settings|udf)(_\w+)?",
    "Metrics, costs and notifications": r"service_metrics_info|(usage|cost|credit|balance|notification|activity)\w*",
    "Organization and access": r"(organization|api_key|role|member|invitation|quota|whoami)(_\w+)?",
}


def find_group(module: str) -> str:
    """Return the title of the group of a module. Raise LookupError unless there is exactly one."""
    titles = [title for title, pattern in GROUPS.items() if re.fullmatch(pattern, module)]
    if len(titles) != 1:
        raise LookupError(f"Add {module} to one group in tests/tools/module_groups.py; it is in {titles or 'none'}.")
    return titles[0]


def draw_groups(descriptions: Mapping[str, str]) -> str:
    """Return a section with a table for each group. The descriptions of the modules are by name."""
    groups: dict[str, list[str]] = {title: [] for title in GROUPS}
    for module in sorted(descriptions):
        groups[find_group(module)].append(module)
    return "\n".join(_draw_group(title, modules, descriptions) for title, modules in groups.items())


def _draw_group(title: str, modules: list[str], descriptions: Mapping[str, str]) -> str:
    rows = "".join(
        f"   * - :ansplugin:`{module} <clickhouse.cloud.{module}#module>`\n     - {descriptions[module]}\n"
        for module in modules
    )
    table = ".. list-table::\n   :header-rows: 1\n   :widths: 30 70\n\n   * - Module\n     - Purpose\n"
    return f"{title}\n{'-' * len(title)}\n\n{table}{rows}"
