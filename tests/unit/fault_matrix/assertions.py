# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assertions about a run in which a request has failed."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment, Result, displayed_text
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.faults import FaultKind

#: A verb that advises the user, at the start of a sentence or a clause.
ADVICE = re.compile(
    r"(?:[.:;,] |\b(?:or|and|then) )"
    r"(?:run|check|use|ask|set|raise|give|try|wait|stop|start|leave|name|look|make|say|finish|remove)\b",
    re.IGNORECASE,
)


def assert_clear_failure(result: Result) -> None:
    """Assert that a failure has a complete message with advice, and is not reported as a defect."""
    if not result.get("failed"):
        return
    message = result["msg"]
    assert "exception" not in result, f"the result has an exception: {message}"
    assert "Traceback" not in message, message
    assert "defect in the collection" not in message, message
    assert re.search(r"(?s)^\S.*\S\.$", message), f"the message is not a sentence: {message}"
    assert not re.search(r"  | [,.]|None \(", message), f"the message has empty parts: {message}"
    assert ADVICE.search(message), f"the message has no advice: {message}"


def assert_success(result: Result) -> None:
    """Assert that the run has not failed."""
    assert not result.get("failed"), f"the run has failed: {result['msg']}"


def is_read_only(entry: dict[str, Any]) -> bool:
    """Return whether a journal entry is that of a statement that can only read."""
    return entry["path"].endswith("/run") and "readonly" in entry["query"]


def took_effect(entry: dict[str, Any], kind: FaultKind) -> bool:
    """Return whether the request of a journal entry took effect, even if its response was lost."""
    if entry["status"] is None:
        return kind.acts
    is_fault = not kind.acts and entry["status"] == kind.fault.get("status")
    return 200 <= entry["status"] < 300 and not is_fault


def assert_changed_is_correct(env: Environment, result: Result, kind: FaultKind) -> None:
    """Assert that the result, and the message of a failure, report changes exactly if there are any."""
    writes = [entry for entry in env.journal if entry["method"] != "GET" and not is_read_only(entry)]
    if env.services != env.services_before or any(took_effect(entry, kind) for entry in writes):
        assert result["changed"] is True, "the module has made changes, but returned changed: false"
    if not writes:
        assert result["changed"] is False, "the module has sent no write request, but returned changed: true"
    if result.get("failed"):
        assert ("Changes that this task has made" in result["msg"]) is result["changed"], result["msg"]


def assert_unique_names(env: Environment) -> None:
    """Assert that no two services have the same name."""
    counts = Counter(service["name"] for service in env.services.values())
    duplicates = {name: count for name, count in counts.items() if count > 1}
    assert not duplicates, f"number of services by duplicate name: {duplicates}"


def assert_no_secret_displayed(env: Environment, result: Result, given_password: str | None) -> None:
    """Assert that no secret is displayed, except a generated password in its return value."""
    displayed = displayed_text(result)
    emulator = env.emulator
    pair = base64.b64encode(f"{emulator.api_key}:{emulator.api_secret}".encode()).decode()
    stored = env.password_file.read_text() if env.password_file.exists() else None
    credentials = json.loads(env.secret_file.read_text()) if env.secret_file.exists() else {}
    passwords = [password for password in (given_password, result.get("password"), stored) if password]
    secrets = {
        emulator.api_secret,
        pair,
        *(credentials[name] for name in credentials.keys() & {"api_key", "api_secret"}),
        *passwords,
        *(digest for password in passwords for digest in password_hashes(password).values()),
    }
    assert not any(secret in displayed for secret in secrets), "a secret is displayed"
    assert given_password is None or given_password != result.get("password"), "the given password is returned"
