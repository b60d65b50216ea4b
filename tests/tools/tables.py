# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Update what is generated from the modules and the contract: "make tables".

These are the tables in the guides to authentication, modules and operations, the documentation of the parts of a
service in the modules service and fleet, and that of fields that two modules return.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.clickhouse.cloud.tests.contract import coverage
from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.tools import module_groups, part_options, return_values
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import SCENARIO_FILES, load_requests

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/docsite/rst/guide_authentication.rst"
SCENARIOS = ROOT / "tests/unit/scenarios"
#: The lines around the table of permissions in the guide.
HEADER = "   * - Module\n     - Permissions\n"
END = "\nGenerated passwords\n"
MODULES_GUIDE = ROOT / "docs/docsite/rst/guide_modules.rst"
#: The title of the first group of modules, which follow the introduction of the guide.
FIRST_GROUP = next(iter(module_groups.GROUPS))
#: The section after the groups of modules, which is written by hand.
PLUGINS = "\nPlugins\n-------\n"
OPERATIONS = ROOT / "docs/docsite/rst/guide_operations.rst"
#: The lines before the table of operations, which is at the end of its guide.
OPERATIONS_HEADER = "   * - Operation\n     - Module\n     - Permissions\n"
#: The Query API is another server, which the specification does not describe.
QUERY_API_ROW = (
    "   * - the Query API: ``POST https://queries.clickhouse.cloud/service/{serviceId}/run``\n"
    "     - :ansplugin:`service_query <clickhouse.cloud.service_query#module>`\n"
    "     - a query endpoint that admits the API key\n"
)


SHORT_DESCRIPTION = re.compile(r"^short_description: (.+)$", re.MULTILINE)


def read_constant(path: Path, name: str) -> Any:
    """Return the literal value of a constant in a Python file, without running it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and name in [getattr(target, "id", None) for target in node.targets]:
            return ast.literal_eval(node.value)
    raise SystemExit(f"{path.relative_to(ROOT)}: {name} is missing.")


def replace_groups(guide: str) -> str:
    """Return the guide with all modules, by the tasks that they are for."""
    descriptions: dict[str, str] = {}
    for path in (ROOT / "plugins/modules").glob("*.py"):
        (descriptions[path.stem],) = SHORT_DESCRIPTION.findall(path.read_text())
    start, end = guide.index(f"\n{FIRST_GROUP}\n-") + 1, guide.index(PLUGINS)
    return guide[:start] + module_groups.draw_groups(descriptions) + guide[end:]


def draw_row(module: str, permissions: Mapping[str, str]) -> str:
    """Return the row of a module in the table of permissions."""
    named = [f"``{name}`` ({purpose})" if purpose else f"``{name}``" for name, purpose in permissions.items()]
    lines = textwrap.wrap(", ".join(named), 120, break_on_hyphens=False, break_long_words=False)
    return f"   * - ``{module}``\n     - " + "\n       ".join(lines) + "\n"


def replace_permissions(guide: str) -> str:
    """Return the guide with the permissions in the scenarios of each module."""
    start, end = guide.index(HEADER) + len(HEADER), guide.index(END)
    rows = [draw_row(path.stem, read_constant(path, "PERMISSIONS")) for path in sorted(SCENARIOS.glob("*.py"))]
    return guide[:start] + "".join(rows) + guide[end:]


def replace_operations(guide: str) -> str:
    """Return the guide with all operations of the contract, and its date."""
    contract = load()
    modules = coverage.find_modules(contract, {name: load_requests(name) for name in SCENARIO_FILES})
    rows = coverage.draw_table(contract, modules)
    text = guide[: guide.index(OPERATIONS_HEADER)] + OPERATIONS_HEADER + rows + QUERY_API_ROW
    return re.sub(r"(?<=specification of )\S+", contract.date, text)


def draw_all() -> dict[Path, str]:
    """Return the files with their tables up to date."""
    with_parts = {
        part_options.module_file(module): part_options.replace_parts(module) for module in part_options.PLACES
    }
    return {
        GUIDE: replace_permissions(GUIDE.read_text()),
        MODULES_GUIDE: replace_groups(MODULES_GUIDE.read_text()),
        OPERATIONS: replace_operations(OPERATIONS.read_text()),
        **with_parts,
        **return_values.copy_fields(with_parts),
    }


if __name__ == "__main__":
    for path, text in draw_all().items():
        path.write_text(text)
