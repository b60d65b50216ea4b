# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret with a line break, as `echo` or a YAML block adds it, is rejected before any request."""

from __future__ import annotations

import importlib
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import CONNECTION_SPEC
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import MODULES as PACKAGE
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES, usual_options

Run = Callable[..., dict[str, Any]]


def secret_options(module: str) -> list[tuple[str, str]]:
    """Return the secret options of a module, by the list that contains them, "" for the module itself."""
    spec = getattr(importlib.import_module(f"{PACKAGE}.{module}"), "ARGUMENT_SPEC", {})
    found = [("", name) for name, rule in {**CONNECTION_SPEC, **spec}.items() if rule.get("no_log")]
    for place, rule in spec.items():
        found += [(place, name) for name, inner in rule.get("options", {}).items() if inner.get("no_log")]
    return found


CASES = [(module, place, name) for module in MODULES for place, name in secret_options(module)]


def test_secret_options() -> None:
    assert {name for _module, _place, name in CASES} == {
        "api_key",
        "api_secret",
        "password",
        "password_hash",
        "double_sha1_hash",
        "secret_access_key",
        "connection_string",
    }
    assert ("fleet", "services", "password_hash") in CASES


@pytest.mark.parametrize(("module", "place", "name"), CASES)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("secret\n", "{name} ends with a line break, as echo and a YAML block (|) add one. Remove it"),
        ("se\x1bcret", "{name} contains a control character, such as a line break or a tab. Remove it."),
    ],
    ids=["line break", "escape"],
)
def test_secret_with_control_character_is_rejected(
    emulator: Emulator, run: Run, module: str, place: str, name: str, value: str, message: str
) -> None:
    options = {place: [{"name": "a"}, {"name": "b", name: value}]} if place else {name: value}
    usual = usual_options(module, name="analytics")
    usual = {option: value for option, value in usual.items() if (module, "", option) not in CASES}
    prefix = f"{place}: of number 2, " if place else ""
    for check in (True, False):
        result = run(module, check=check, **{**usual, **options})
        assert result["msg"].startswith(prefix + message.format(name=name)), result["msg"]
        assert "cret" not in result["msg"].replace(name, "")
        assert emulator.journal() == []


@pytest.mark.parametrize("name", ["CLICKHOUSE_CLOUD_API_KEY", "CLICKHOUSE_CLOUD_API_SECRET", "CLICKHOUSE_ORG_ID"])
def test_environment_variable_is_checked_too(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"{emulator.environment[name]}\n")
    result = run("service_info")
    assert result["failed"] is True
    assert emulator.journal() == []
