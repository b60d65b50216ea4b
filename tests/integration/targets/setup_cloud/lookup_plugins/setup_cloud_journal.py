# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up the request log of an emulator by the URL of its control endpoints."""

from __future__ import annotations

from typing import Any

# Ansible has imported it already, for the modules of the collection, unlike what ansible.builtin.url needs: in each
# worker, that takes four times as long as the rest of a task.
import requests
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[Any]:
        entries: list[Any] = requests.get(f"{terms[0]}/journal", timeout=60).json()
        return entries
