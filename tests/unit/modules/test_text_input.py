# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text with control characters, such as the line break that a YAML block adds, is rejected before any request."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]

ENDS = "ends with a line break, as echo and a YAML block (|) add one."
CONTAINS = "contains a control character, such as a line break or a tab. Remove it."
NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
NAMED = {"name": "analytics"}
#: The module, its options, and the beginning of the message.
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("service", {**NEW, "name": "analytics\n"}, f"name {ENDS}"),
    ("service", {**NEW, "name": "analytics\r\n"}, f"name {ENDS}"),
    ("service", {**NEW, "name": "ana\tlytics"}, f"name {CONTAINS}"),
    ("service", {**NEW, "name": "ana\x1b[31mlytics"}, f"name {CONTAINS}"),
    ("service", {**NEW, "name": "ana\u2028lytics"}, f"name {CONTAINS}"),
    ("service", {"service_id": "x\n"}, f"service_id {ENDS}"),
    ("service", {**NAMED, "organization_id": "x\n"}, f"organization_id {ENDS}"),
    ("service", {**NAMED, "tags": {"env\n": "test"}}, f"tags, the key 'env\\n' {ENDS}"),
    ("service", {**NAMED, "tags": {"env": "test\n", "count": 1, 2: None}}, f"tags, the value of 'env' {ENDS}"),
    (
        "service",
        {**NAMED, "ip_access_list": [{"source": "192.0.2.1"}, {"source": "192.0.2.2", "description": "of\x07fice"}]},
        f"ip_access_list: of number 2, description {CONTAINS}",
    ),
    ("service", {**NEW, "name": "new", "restore_from": {"name": "x\n"}}, f"restore_from, name {ENDS}"),
    ("service", {**NAMED, "state": "absent", "confirm_name": "analytics\n"}, f"confirm_name {ENDS}"),
    ("service", {**NAMED, "private_endpoint_ids": ["a", "b\n"]}, f"private_endpoint_ids: of number 2 {ENDS}"),
    ("fleet", {"services": [{"name": "a"}, {**NEW, "name": "b\n"}]}, f"services: of number 2, name {ENDS}"),
    (
        "fleet",
        {"services": [{**NAMED, "restore_from": {"name": "x\n"}}]},
        f"services: of number 1, restore_from, name {ENDS}",
    ),
    (
        "fleet",
        {"services": [NAMED], "prune": True, "prune_filter": {"a": "b\n"}},
        f"prune_filter, the value of 'a' {ENDS}",
    ),
    ("service_info", {"name": "analytics\n"}, f"name {ENDS}"),
    ("service_info", {"states": ["idle\n"]}, "states: number 1 must be provisioning or "),
    ("backup_info", {**NAMED, "backup_id": "x\n"}, f"backup_id {ENDS}"),
]


@pytest.mark.parametrize(("module", "options", "sentence"), CASES)
def test_text_with_control_character_is_rejected(
    emulator: Emulator, service: dict[str, Any], run: Run, module: str, options: dict[str, Any], sentence: str
) -> None:
    sent = len(emulator.journal())
    for check in (True, False):
        result = run(module, check=check, **options)
        assert result["failed"] is True
        assert result["msg"].startswith(sentence), result["msg"]
    assert len(emulator.journal()) == sent


def test_text_of_any_script_is_accepted(emulator: Emulator, service: dict[str, Any], run: Run) -> None:
    entries = [{"source": "192.0.2.1/32", "description": "Büro, Київ, 👩\u200d💻"}]
    result = run("service", name="analytics", ip_access_list=entries)
    assert result["service"]["ip_access_list"] == entries
