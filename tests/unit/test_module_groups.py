# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to the modules: each is in the group of its task. test_permissions.py checks that it is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.clickhouse.cloud.tests.tools.module_groups import GROUPS, draw_groups, find_group
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES

GUIDE = Path(__file__).resolve().parents[2] / "docs/docsite/rst/guide_modules.rst"


def test_guide_lists_each_module_once() -> None:
    listed = re.findall(r"^   \* - :ansplugin:`(\w+) <clickhouse\.cloud\.\1#module>", GUIDE.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(MODULES)


def test_no_group_is_empty() -> None:
    assert {find_group(module) for module in MODULES} == {*GROUPS}


@pytest.mark.parametrize("module", ["region", "services", "backup", "service_label"])
def test_module_of_no_group_is_reported(module: str) -> None:
    message = f"Add {module} to one group in tests/tools/module_groups.py; it is in none."
    with pytest.raises(LookupError, match=re.escape(message)):
        draw_groups({module: "A new module"})
