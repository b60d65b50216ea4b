# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An empty option counts as not set: the environment variable or the default is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import CONNECTION_SPEC, without_empty
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import BATCHES, Run
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES, usual_options
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import specification

NAME = {"name": "analytics"}
#: For each module, options with which it succeeds.
OPTIONS: dict[str, dict[str, Any]] = {
    **{module: usual_options(module, name="analytics") for module in MODULES},
    "fleet": {"services": [{**NAME, "tags": {"a": "b"}}]},
    "service": {**NAME, "tags": {"a": "b"}},
    # Without a key, there is none to create: that would need a file for the secret.
    "api_key": {"name": "reports", "state": "absent"},
    # Without a function, there is nothing to attach.
    "udf_attachment": {**NAME, "function_name": "echo", "state": "absent"},
}
#: All empty values: null, and text without visible characters.
EMPTY = ["", None, "  ", "\t\n", "\u00a0\u3000", "\u200b\ufeff\u2060", "\u3164\ufe0f\U000e0001"]
#: These are rejected if they contain white space, since another value was intended.
SECRETS = ("password", "password_hash", "double_sha1_hash")
BLANK_SECRET = "consists of white space or invisible characters. Set the intended value, or leave it out."


def outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result without the values that differ each time."""
    return {
        key: value for key, value in result.items() if key not in ("invocation", "backups", "metrics", "metrics_text")
    }


def is_rejected(option: str, empty: str | None) -> bool:
    return bool(empty) and option in SECRETS


def own_options(module: str) -> set[str]:
    """Return the options of a module without those of the connection."""
    return specification(module).keys() - CONNECTION_SPEC.keys()


def chosen(turn: int) -> list[str | None]:
    """Return all empty values, or without BATCHES, one of those that are not quite empty, by turns.

    The code that recognizes them is the same for all modules, and other tests in this file try all of them.
    """
    return EMPTY if BATCHES > 1 else [*EMPTY[:2], EMPTY[2 + turn % len(EMPTY[2:])]]


@pytest.mark.parametrize(
    ("module", "empty"),
    [(module, empty) for number, module in enumerate(OPTIONS) for empty in chosen(number)],
    ids=ascii,
)
def test_empty_option_of_a_module_counts_as_unset(
    service: dict[str, Any], run: Run, sent: Any, module: str, empty: str | None
) -> None:
    given = OPTIONS[module]
    expected = outcome(run(module, check=True, **given))
    assert "msg" not in expected
    requests = sent()
    wrong = []
    # The options of the connection are the same everywhere.
    tested = specification(module).keys() if module in ("service", "service_info") else own_options(module)
    for option in tested - given.keys():
        result = outcome(run(module, check=True, **given, **{option: empty}))
        if is_rejected(option, empty):
            assert (result["msg"], sent()) == (f"{option} {BLANK_SECRET}", [])
        elif (result, sent()) != (expected, requests):
            wrong.append((option, result.get("msg")))
    assert not wrong


@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_option_of_a_fleet_entry_counts_as_unset(
    service: dict[str, Any], run: Run, sent: Any, empty: str | None
) -> None:
    entry = {**NAME, "num_replicas": 5}
    expected = outcome(run("fleet", check=True, services=[entry]))
    requests = sent()
    wrong = []
    for option in specification("fleet")["services"]["options"].keys() - entry.keys():
        result = outcome(run("fleet", check=True, services=[{**entry, option: empty}]))
        if is_rejected(option, empty):
            assert (result["msg"], sent()) == (f"services: of number 1, {option} {BLANK_SECRET}", [])
        elif (result, sent()) != (expected, requests):
            wrong.append((option, result.get("msg")))
    assert not wrong


def test_empty_url_uses_the_environment(service: dict[str, Any], run: Run, sent: Any) -> None:
    assert [item["name"] for item in run("service_info", api_url="")["services"]] == ["analytics"]
    assert sent() == ["GET services"]


def test_empty_filter_matches_everything(service: dict[str, Any], run: Run) -> None:
    for option in ("states", "state", "tags"):
        for empty in ("", "  "):
            assert len(run("service_info", **{option: empty})["services"]) == 1


def test_empty_list_is_a_value(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """Unlike empty text."""
    assert run("service", name="analytics", ip_access_list="")["changed"] is False
    assert run("service", name="analytics", ip_access_list=[])["changed"] is True
    assert emulator.services()[0]["ipAccessList"] == []


@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_state_is_missing(service: dict[str, Any], run: Run, empty: str | None) -> None:
    assert "state is missing." in run("service_state", name="analytics", state=empty)["msg"]


@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_name_creates_or_deletes_no_service(emulator: Emulator, run: Run, empty: str | None) -> None:
    place = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    for options in (place, {"state": "absent", "confirm_name": empty}):
        for name in ({"name": empty}, {"name": empty, "service_id": empty}):
            required = "one of the following is required: name, service_id."
            assert run("service", **name, **options)["msg"] == required
            said = run("fleet", services=[{**name, **options}])["msg"]
            assert said == f"services: of number 1, {required}"
    assert emulator.journal() == []


@pytest.mark.parametrize("empty", EMPTY[2:], ids=ascii)
@pytest.mark.parametrize("name", ["api_key", "api_secret"])
def test_empty_credential_is_missing_and_never_sent(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch, name: str, empty: str
) -> None:
    variable = f"CLICKHOUSE_CLOUD_{name.upper()}"
    # The environment variable is used if it is not empty.
    assert "msg" not in run("organization_info", **{name: empty})
    requests = emulator.journal()
    for written in ("", empty):
        monkeypatch.setenv(variable, written)
        said = run("organization_info", **{name: empty})["msg"]
        assert said == f"{name} is missing: set the option {name} or the environment variable {variable}."
    assert emulator.journal() == requests


@pytest.mark.parametrize("empty", EMPTY[2:], ids=ascii)
def test_empty_environment_variable_counts_as_unset(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Any, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    given = {"api_key": emulator.api_key, "api_secret": emulator.api_secret, "api_url": emulator.api_url}
    for rule in CONNECTION_SPEC.values():
        for variable in rule["fallback"][1] if "fallback" in rule else ():
            monkeypatch.setenv(variable, empty)
    assert [item["name"] for item in run("service_info", **given)["services"]] == ["analytics"]
    assert sent() == ["GET /v1/organizations", "GET services"]


@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_empty_option_of_restore_from_counts_as_unset(
    service: dict[str, Any], run: Run, sent: Any, empty: str | None
) -> None:
    given = {"name": "copy", "ip_access_list": []}
    expected = outcome(run("service", check=True, **given, restore_from=NAME))
    requests = sent()
    for option in specification("service")["restore_from"]["options"].keys() - NAME.keys():
        result = outcome(run("service", check=True, **given, restore_from={**NAME, option: empty}))
        assert (result, sent()) == (expected, requests), option


@pytest.mark.parametrize("module", ["service", "service_password"])
@pytest.mark.parametrize("other", ["password", "password_hash"])
def test_empty_password_with_password_hash_counts_as_unset(
    service: dict[str, Any], emulator: Emulator, run: Run, module: str, other: str
) -> None:
    digest = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
    given = {"password": "", "password_hash": "", other: "given" if other == "password" else digest}
    result = run(module, **NAME, **given, double_sha1_hash="", update_password="always")
    assert result["changed"] is True
    assert ["newPasswordHash" in request["body"] for request in emulator.journal() if request["method"] == "PATCH"] == [
        True
    ]
    both = run(module, **NAME, password="", password_hash="", update_password="always")
    assert both["msg"] == "password or password_hash is empty. Leave both out to have a password generated."


@pytest.fixture
def spec() -> dict[str, Any]:
    inner = {"name": {"type": "str"}, "number": {"type": "int"}}
    return {
        "text": {"type": "str", "aliases": ["alias"]},
        "free": {"type": "dict"},
        "one": {"type": "dict", "options": inner},
        "many": {"type": "list", "elements": "dict", "options": inner},
    }


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"text": "", "_ansible_verbosity": ""}, {"_ansible_verbosity": ""}),
        ({"text": None, "misspelt": None}, {"misspelt": None}),
        ({"text": " ", "free": {"tag": " "}}, {"free": {"tag": " "}}),
        ({"alias": ""}, {}),
        ({"text": "\0", "one": {"name": "\udcff"}}, {"text": "\0", "one": {"name": "\udcff"}}),
        ({"free": {"tag": ""}}, {"free": {"tag": ""}}),
        ({"free": "", "many": ""}, {}),
        ({"free": {}, "many": []}, {"free": {}, "many": []}),
        ({"one": {"name": "a", "number": ""}}, {"one": {"name": "a"}}),
        ({"many": [{"name": ""}, {"name": "b", "number": None}]}, {"many": [{}, {"name": "b"}]}),
        ({"many": {"name": ""}, "one": "name="}, {"many": {}, "one": "name="}),
    ],
)
def test_is_empty(spec: dict[str, Any], options: dict[str, Any], left: dict[str, Any]) -> None:
    assert without_empty(options, spec) == left
