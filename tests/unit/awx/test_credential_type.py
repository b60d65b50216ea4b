# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX accepts the credential type, which sets the variables that modules and inventory read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from jinja2 import StrictUndefined

from ansible_collections.clickhouse.cloud.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import CONNECTION_SPEC
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.awx.credential_type import (
    FIELDS,
    ROOT,
    TYPE,
    VAULT_TYPE,
    injected,
    saved,
)

#: The keys that AWX allows in each of these.
OF_TYPE = {"name", "description", "kind", "inputs", "injectors"}
OF_FIELD = {"id", "label", "type", "secret", "multiline", "format", "choices", "help_text", "ask_at_runtime", "default"}
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@pytest.mark.parametrize("kind", [TYPE, VAULT_TYPE], ids=lambda kind: kind["name"])
def test_awx_accepts_the_credential_type(kind: dict[str, Any]) -> None:
    fields = {field["id"]: field for field in kind["inputs"]["fields"]}
    assert kind.keys() == OF_TYPE
    assert kind["kind"] == "cloud"
    assert kind["inputs"].keys() == {"fields", "required"}
    assert len(fields) == len(kind["inputs"]["fields"])
    assert set(kind["inputs"]["required"]) <= fields.keys()
    for name, field in fields.items():
        assert NAME.fullmatch(name)
        assert name != "tower"
        assert {"id", "label", "type"} <= field.keys() <= OF_FIELD
    assert kind["injectors"].keys() == {"env"}
    for name, template in kind["injectors"]["env"].items():
        assert NAME.fullmatch(name)
        assert not name.startswith("ANSIBLE_")
        assert template.isascii()
    assert set(saved(kind).values()) == {"EXAMPLE"}


def test_rotation_reads_the_variables_of_the_credential_for_hashicorp_vault() -> None:
    variables = (ROOT / "roles/rotate_api_key/vars/main.yml").read_text()
    read = set(re.findall(r"lookup\('ansible.builtin.env', '(VAULT_\w+)'\)", variables))
    assert injected({"url": "u", "token": "t"}, StrictUndefined, VAULT_TYPE).keys() == read


def test_credential_type_does_not_depend_on_defaults() -> None:
    """AWX uses defaults only in the form: in a credential created through the API, a boolean would be false."""
    assert all(field["type"] == "string" for field in FIELDS.values())
    assert not any("default" in field or "format" in field for field in FIELDS.values())


def test_fields_are_unchanged() -> None:
    """AWX rejects changes to the fields of a type that a credential uses."""
    assert list(FIELDS) == ["api_key", "api_secret", "organization_id", "api_url"]
    assert [name for name, field in FIELDS.items() if field.get("secret")] == ["api_secret"]
    assert TYPE["inputs"]["required"] == ["api_key", "api_secret"]


def test_modules_inventory_and_credential_use_the_same_variables() -> None:
    plugin = yaml.safe_load(ModuleDocFragment.PLUGIN)["options"]
    of_inventory = {name: [item["name"] for item in plugin[name]["env"]] for name in FIELDS}
    of_modules = {name: list(CONNECTION_SPEC[name]["fallback"][1]) for name in FIELDS}
    # Each variable contains the value of the field with that name.
    values = {name: f"value of {name}" for name in FIELDS}
    of_credential = {
        field: [name for name, value in injected(values).items() if value == values[field]] for field in FIELDS
    }
    assert of_credential == of_modules == of_inventory
    assert sum(map(len, of_credential.values())) == len(TYPE["injectors"]["env"])


@pytest.mark.parametrize("values", [{}, {"organization_id": "", "api_url": ""}], ids=["left out", "empty"])
def test_omitted_field_is_an_empty_variable(values: dict[str, str]) -> None:
    given = {"api_key": "key", "api_secret": "secret"}
    assert injected({**given, **values}, StrictUndefined) == {
        "CLICKHOUSE_CLOUD_API_KEY": "key",
        "CLICKHOUSE_CLOUD_API_SECRET": "secret",
        "CLICKHOUSE_ORG_ID": "",
        "CLICKHOUSE_API_URL": "",
    }


@pytest.fixture
def minimal_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return the environment of a job whose credential has a key, and no other value but this URL."""

    def _barely(api_url: str) -> None:
        values = {"api_key": emulator.api_key, "api_secret": emulator.api_secret, "api_url": api_url}
        for name, value in injected(values).items():
            monkeypatch.setenv(name, value)

    return _barely


def list_inventory(directory: Path) -> subprocess.CompletedProcess[str]:
    """Return the inventory of the organization, as a sync in AWX requests it, from a process that does not pause."""
    source = directory / "all.clickhouse_cloud.yml"
    source.write_text(json.dumps({"plugin": "clickhouse.cloud.services"}))
    environment = {**os.environ, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
    program = "import time; time.sleep = lambda seconds: None; from ansible.cli.inventory import main; main()"
    command = [sys.executable, "-c", program, "--list", "--export", "-i", str(source)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)


def test_empty_organization_is_requested(
    minimal_environment: Callable[[str], None],
    emulator: Emulator,
    service: dict[str, Any],
    run: Callable[..., dict[str, Any]],
    sent: Callable[[], list[str]],
    tmp_path: Path,
) -> None:
    minimal_environment(emulator.api_url)
    found = run("service_info")
    assert [item["name"] for item in found["services"]] == ["analytics"]
    assert sent() == ["GET /v1/organizations", "GET services"]
    assert list(json.loads(list_inventory(tmp_path).stdout)["_meta"]["hostvars"]) == ["analytics"]
    assert sent() == ["GET /v1/organizations", "GET services"]


def test_empty_url_is_that_of_the_api(
    minimal_environment: Callable[[str], None],
    emulator: Emulator,
    run: Callable[..., dict[str, Any]],
    fast_clock: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # A proxy that rejects everything, so that no request leaves this machine.
    monkeypatch.setenv("HTTPS_PROXY", emulator.api_url.removesuffix("/v1"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    minimal_environment("")
    refused = run("service_info")
    assert refused["failed"] is True
    assert "was not sent: https://api.clickhouse.cloud cannot be reached (Tunnel connection failed" in refused["msg"]
    ended = list_inventory(tmp_path)
    assert ended.returncode != 0
    assert "https://api.clickhouse.cloud" in ended.stderr
    assert emulator.journal() == []
