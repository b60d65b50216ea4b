# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All files of the client. Importing a file adds its operations and features to tables that the files share."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

DIRECTORY = Path(__file__).resolve().parents[2] / "plugins/module_utils/_client"
CLIENT = "ansible_collections.clickhouse.cloud.plugins.module_utils._client"


def import_client() -> list[ModuleType]:
    """Import all files of the client, and return them."""
    return [importlib.import_module(f"{CLIENT}.{path.stem}") for path in sorted(DIRECTORY.glob("[!_]*.py"))]
