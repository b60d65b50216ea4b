# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of each module matches its argument specification, including suboptions."""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import (
    CONNECTION_SPEC,
    LOOKUP_SPEC,
    WAIT_SPEC,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.fields import MODES
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.confirmation import SERVICE_CONFIRMATION_SPEC
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.parts import PARTS
from ansible_collections.clickhouse.cloud.tests.tools import part_options
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES

COLLECTION = "ansible_collections.clickhouse.cloud.plugins"
#: The attributes of an option in both the specification and the documentation, with their defaults.
ATTRIBUTES: dict[str, Any] = {
    "type": "str",
    "default": None,
    "required": False,
    "choices": None,
    "elements": None,
    "aliases": [],
}
#: Words in the names of options that contain a secret, or that seem to.
SECRET_WORDS = ("password", "secret", "key", "token", "hash")


@dataclass
class Captured(Exception):
    """The arguments that a module passes to run()."""

    specs: tuple[Mapping[str, Any], ...]
    keywords: dict[str, Any]


def capture(*arguments: Any, **keywords: Any) -> None:
    raise Captured(arguments[2:], keywords)


@functools.cache
def captured(name: str) -> Captured:
    module = importlib.import_module(f"{COLLECTION}.modules.{name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "run", capture)
        with pytest.raises(Captured) as caught:
            module.main()
    return caught.value


def specification(name: str) -> dict[str, Any]:
    parts = (CONNECTION_SPEC, *captured(name).specs)
    return {option: rule for part in parts for option, rule in part.items()}


@functools.cache
def read_documentation() -> dict[str, Any]:
    names = [f"clickhouse.cloud.{name}" for name in MODULES]
    command = [sys.executable, "-m", "ansible.cli.doc", "--type", "module", "--json", *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    return {name.rpartition(".")[2]: found for name, found in json.loads(ended.stdout).items()}


@functools.cache
def documentation() -> dict[str, Any]:
    return {name: found["doc"]["options"] for name, found in read_documentation().items()}


def described(options: Mapping[str, Any], nested: str) -> dict[str, Any]:
    """Return the attributes of each option; nested is the key of the options in an option."""
    return {
        name: {
            **{attribute: rule.get(attribute, usual) for attribute, usual in ATTRIBUTES.items()},
            "options": described(rule.get(nested) or {}, nested),
        }
        for name, rule in options.items()
    }


def all_options(options: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, rule in options.items():
        yield f"{path}{name}", rule
        yield from all_options(rule.get("options", {}), f"{path}{name}.")


@pytest.mark.parametrize("name", MODULES)
def test_documentation_matches_the_specification(name: str) -> None:
    expected = described(specification(name), "options")
    found = described(documentation()[name], "suboptions")
    assert found == json.loads(json.dumps(expected))


@pytest.mark.parametrize("name", MODULES)
def test_no_log_is_set_explicitly(name: str) -> None:
    """An option whose name has such a word has to say so either way: Ansible would warn, or show it."""
    for path, rule in all_options(specification(name)):
        words = path.rpartition(".")[2].split("_")
        if any(word in SECRET_WORDS for word in words):
            assert isinstance(rule.get("no_log"), bool), f"{name}: say whether {path} is a secret, with no_log"


@pytest.mark.parametrize("name", MODULES)
def test_mutually_exclusive_options_exist(name: str) -> None:
    options = specification(name)
    keywords = captured(name).keywords
    groups = [*keywords.get("mutually_exclusive", ()), *keywords.get("required_one_of", ())]
    assert all(option in options for group in groups for option in group)
    for _path, rule in all_options(options):
        for group in (*rule.get("mutually_exclusive", ()), *rule.get("required_one_of", ())):
            assert all(option in rule["options"] for option in group)
    # What is empty or false excludes nothing, so an option with another default cannot be in such a group.
    assert all(options[option].get("default") in (None, False) for group in groups for option in group)


@pytest.mark.parametrize("name", MODULES)
def test_modes_are_named_and_ordered_alike(name: str) -> None:
    """The name of an option that says how another one is applied ends in "_mode", and the default is "set"."""
    for path, rule in all_options(specification(name)):
        choices = rule.get("choices", ())
        if not {"set", "add"} <= {*choices}:
            continue
        option = path.rpartition(".")[2]
        assert option.endswith("_mode"), f"{name}: {path}"
        assert list(choices) == [mode for mode in MODES if mode in choices], f"{name}: {path}"
        # The documentation of settings_mode says why its default is another one.
        assert rule["default"] == ("add" if option == "settings_mode" else "set"), f"{name}: {path}"


@pytest.mark.parametrize("name", MODULES)
def test_ids_and_names_are_returned_without_a_prefix(name: str) -> None:
    """An element that the options X_id and X_name select is returned with id and name."""
    options = documentation()[name].keys()
    prefixes = [option.removesuffix("_id") for option in options if option.endswith("_id")]
    own = {f"{prefix}_{key}" for prefix in prefixes if f"{prefix}_name" in options for key in ("id", "name")}
    for value in read_documentation()[name]["return"].values():
        wrong = own.intersection(value.get("contains", ()))
        assert not wrong, f"{name}: return id and name instead of {wrong}"


def test_fleet_entries_accept_the_options_of_a_service() -> None:
    entry = specification("fleet")["services"]["options"]
    single = specification("service")
    shared = {option: rule for option, rule in single.items() if option not in {**CONNECTION_SPEC, **WAIT_SPEC}}
    # A fleet always checks the quota, before it creates anything.
    assert entry.keys() == shared.keys() - {"check_quota"}
    assert set(entry["state"]["choices"]) == {*specification("service")["state"]["choices"], "started", "stopped"}
    different = {option for option in entry if entry[option] != shared[option]}
    assert different == {"state"}


@pytest.mark.parametrize("option", PARTS)
def test_part_of_a_service_has_the_options_of_its_module(option: str) -> None:
    """Their specification and documentation are the same in the modules service and fleet, but for references."""
    module = part_options.module_of(option)
    outer = {**CONNECTION_SPEC, **LOOKUP_SPEC, **WAIT_SPEC, **SERVICE_CONFIRMATION_SPEC}
    own = {name: rule for name, rule in specification(module).items() if name not in outer}
    expected = {name: documentation()[module][name] for name in own}
    places = {
        "": (specification("service"), documentation()["service"]),
        "services[].": (
            specification("fleet")["services"]["options"],
            documentation()["fleet"]["services"]["suboptions"],
        ),
    }
    for prefix, (rules, documented) in places.items():
        assert rules[option] == {"type": "dict", "options": own}
        text = json.dumps(documented[option]["suboptions"]).replace(f"O({prefix}{option}.", "O(")
        assert with_lists(json.loads(text.replace(f"O({prefix}", "O("))) == with_lists(expected)


def with_lists(options: Any) -> Any:
    """Return the documentation of options with each description as a list."""
    if not isinstance(options, dict):
        return options
    return {
        name: [value] if name == "description" and isinstance(value, str) else with_lists(value)
        for name, value in options.items()
    }


def test_plugins_and_modules_document_the_same_connection_options() -> None:
    names = ["clickhouse.cloud.services"]
    command = [sys.executable, "-m", "ansible.cli.doc", "--type", "inventory", "--json", *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    options = json.loads(ended.stdout)[names[0]]["doc"]["options"]
    expected = described(CONNECTION_SPEC, "options")
    assert described({name: options[name] for name in expected}, "suboptions") == expected
