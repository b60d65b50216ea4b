# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may come of a run in which something went wrong."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Result, World, text
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.faults import Kind

#: A word that tells a reader what to do, where a sentence or a part of one begins.
ADVICE = re.compile(
    r"(?:[.:;,] |\b(?:or|and|then) )"
    r"(?:run|check|use|ask|set|raise|give|try|wait|stop|start|leave|name|look|make|say|finish|remove)\b",
    re.IGNORECASE,
)


def check_told(result: Result) -> None:
    """A failure is told in sentences, which say what failed and what to do; it is no defect."""
    if not result.get("failed"):
        return
    message = result["msg"]
    assert "exception" not in result, f"an exception is shown: {message}"
    assert "Traceback" not in message, message
    assert "defect in the collection" not in message, message
    assert re.search(r"(?s)^\S.*\S\.$", message), f"no sentence: {message}"
    assert not re.search(r"  | [,.]|None \(", message), f"it holds gaps: {message}"
    assert ADVICE.search(message), f"it does not say what to do: {message}"


def check_success(result: Result) -> None:
    """Nothing goes wrong."""
    assert not result.get("failed"), f"it fails: {result['msg']}"


def acted(entry: dict[str, Any], kind: Kind) -> bool:
    """Whether the API has done what this entry of the journal asks for, be it that its answer was lost."""
    if entry["status"] is None:
        return kind.acts
    stood_in = not kind.acts and entry["status"] == kind.fault.get("status")
    return 200 <= entry["status"] < 300 and not stood_in


def check_changed(world: World, result: Result, kind: Kind) -> None:
    """A task that has written says so, in the result and, if it fails, in words."""
    asked = [entry for entry in world.emulator.journal() if entry["method"] != "GET"]
    if world.truth != world.before or any(acted(entry, kind) for entry in asked):
        assert result["changed"] is True, "it has written, and says changed: false"
    if not asked:
        assert result["changed"] is False, "it has sent no write, and says changed: true"
    if result.get("failed"):
        assert ("Changes that this task has made" in result["msg"]) is result["changed"], result["msg"]


def check_single(world: World) -> None:
    """No name is that of two services."""
    twice = {name: count for name, count in Counter(one["name"] for one in world.truth.values()).items() if count > 1}
    assert not twice, f"living services by name: {twice}"


def check_secrets(world: World, result: Result, given: str | None) -> None:
    """No secret is printed, but for a generated password in its place."""
    printed = text(result)
    emulator = world.emulator
    pair = base64.b64encode(f"{emulator.api_key}:{emulator.api_secret}".encode()).decode()
    kept = world.password_file.read_text() if world.password_file.exists() else None
    passwords = [one for one in (given, result.get("password"), kept) if one]
    secrets = {
        emulator.api_secret,
        pair,
        *passwords,
        *(one for word in passwords for one in password_hashes(word).values()),
    }
    assert not any(secret in printed for secret in secrets), "a secret is printed"
    assert given is None or given != result.get("password"), "the given password is returned"
