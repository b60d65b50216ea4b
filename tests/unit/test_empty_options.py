# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option without a value is one that is not set: the environment counts, or else the default."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._module import CONNECTION, without_empty
from ansible_collections.clickhouse.cloud.tests.emulator.process import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import MODULES as PACKAGE
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run
from ansible_collections.clickhouse.cloud.tests.unit.every_module import check_named

NAME = {"name": "analytics"}
#: For each module, options with which it succeeds.
GIVEN: dict[str, dict[str, Any]] = {
    "backup_config": {**NAME, "backup_period_in_hours": 12},
    "backup_config_info": NAME,
    "backup_info": NAME,
    "fleet": {"services": [{**NAME, "tags": {"a": "b"}}]},
    "organization_info": {},
    "private_endpoint_config_info": NAME,
    "service": {**NAME, "tags": {"a": "b"}},
    "service_info": NAME,
    "service_metrics_info": NAME,
    "service_password": {**NAME, "password": "given"},
    "service_scaling": {**NAME, "num_replicas": 5},
    "service_state": {**NAME, "state": "stopped"},
}
#: Empty, these are refused: a random password would take the place of the one that was meant.
REFUSED = {("service_password", "password_hash")}


def options_of(module: str) -> dict[str, Any]:
    imported = importlib.import_module(f"{PACKAGE}.{module}")
    return {**CONNECTION, **getattr(imported, "ARGUMENT_SPEC", {}), **getattr(imported, "WAIT", {})}


def outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """What is returned, without what differs each time."""
    return {
        key: value for key, value in result.items() if key not in ("invocation", "backups", "metrics", "metrics_text")
    }


@pytest.mark.parametrize("module", GIVEN)
@pytest.mark.parametrize("empty", ["", None], ids=["text", "null"])
def test_each_empty_option_of_each_module_is_one_that_is_not_set(
    service: dict[str, Any], run: Run, sent: Any, module: str, empty: str | None
) -> None:
    given = GIVEN[module]
    expected = outcome(run(module, check=True, **given))
    assert "msg" not in expected
    requests = sent()
    wrong = []
    for option in options_of(module).keys() - given.keys():
        if (module, option) not in REFUSED or empty is None:
            result = outcome(run(module, check=True, **given, **{option: empty}))
            if (result, sent()) != (expected, requests):
                wrong.append((option, result.get("msg")))
    assert not wrong


def test_the_modules_are_all_tried() -> None:
    check_named(GIVEN, "GIVEN in tests/unit/test_empty_options.py")


@pytest.mark.parametrize("empty", ["", None], ids=["text", "null"])
def test_each_empty_option_of_an_entry_of_fleet_is_one_that_is_not_set(
    service: dict[str, Any], run: Run, sent: Any, empty: str | None
) -> None:
    entry = {**NAME, "num_replicas": 5}
    expected = outcome(run("fleet", check=True, services=[entry]))
    requests = sent()
    wrong = []
    for option in options_of("fleet")["services"]["options"].keys() - entry.keys():
        result = outcome(run("fleet", check=True, services=[{**entry, option: empty}]))
        if (result, sent()) != (expected, requests):
            wrong.append((option, result.get("msg")))
    assert not wrong


def test_an_empty_url_goes_where_the_environment_says(service: dict[str, Any], run: Run, sent: Any) -> None:
    assert [one["name"] for one in run("service_info", api_url="")["services"]] == ["analytics"]
    assert sent() == ["GET services"]


def test_an_empty_filter_filters_nothing(service: dict[str, Any], run: Run) -> None:
    for option in ("states", "tags"):
        assert len(run("service_info", **{option: ""})["services"]) == 1


def test_an_empty_list_empties(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    """It is a value, as an empty text is none."""
    assert run("service", name="analytics", ip_access_list="")["changed"] is False
    assert run("service", name="analytics", ip_access_list=[])["changed"] is True
    assert emulator.services()[0]["ipAccessList"] == []


def test_an_empty_state_is_missing(service: dict[str, Any], run: Run) -> None:
    assert "state is missing." in run("service_state", name="analytics", state="")["msg"]


@pytest.fixture
def spec() -> dict[str, Any]:
    inner = {"name": {"type": "str"}, "number": {"type": "int"}}
    return {
        "text": {"type": "str"},
        "free": {"type": "dict"},
        "one": {"type": "dict", "options": inner},
        "many": {"type": "list", "elements": "dict", "options": inner},
    }


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"text": "", "_ansible_verbosity": ""}, {"_ansible_verbosity": ""}),
        ({"text": None, "misspelt": None}, {"misspelt": None}),
        ({"text": " "}, {"text": " "}),
        ({"free": {"tag": ""}}, {"free": {"tag": ""}}),
        ({"free": "", "many": ""}, {}),
        ({"free": {}, "many": []}, {"free": {}, "many": []}),
        ({"one": {"name": "a", "number": ""}}, {"one": {"name": "a"}}),
        ({"many": [{"name": ""}, {"name": "b", "number": None}]}, {"many": [{}, {"name": "b"}]}),
        ({"many": {"name": ""}, "one": "name="}, {"many": {}, "one": "name="}),
    ],
)
def test_what_counts_as_empty(spec: dict[str, Any], options: dict[str, Any], left: dict[str, Any]) -> None:
    assert without_empty(options, spec) == left
