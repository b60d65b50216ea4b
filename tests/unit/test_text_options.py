# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists and dictionaries are not text, although ansible-core would convert them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import Run
from ansible_collections.clickhouse.cloud.tests.unit.test_empty_options import NAME, OPTIONS
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import specification

#: Values with a letter that each message contains and that would be masked as a secret, and their names in messages.
NOT_TEXT = [(["s"], "a list"), ({"s": "s"}, "a dictionary"), ([["s"]], "a list"), ([" "], "a list")]
KINDS = {"str": "text", "path": "a path"}


def text_options(spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {name: rule for name, rule in spec.items() if rule.get("type", "str") in KINDS}


def expected_message(option: str, rule: Mapping[str, Any], value: object, kind: str) -> str:
    shown = "the value" if rule.get("no_log") else repr(value)
    return f"{option} must be {KINDS[rule.get('type', 'str')]}; {shown} is {kind}."


@pytest.mark.parametrize("module", OPTIONS)
@pytest.mark.parametrize(("value", "kind"), NOT_TEXT, ids=ascii)
def test_text_option_of_a_module_rejects_other_types(
    emulator: Emulator, run: Run, module: str, value: object, kind: str
) -> None:
    for option, rule in text_options(specification(module)).items():
        result = run(module, **{**OPTIONS[module], option: value})
        assert result["msg"] == expected_message(option, rule, value, kind)
        assert str(value) not in str(result["invocation"])
    assert emulator.journal() == []


@pytest.mark.parametrize(("value", "kind"), NOT_TEXT, ids=ascii)
def test_text_option_of_a_fleet_entry_rejects_other_types(
    emulator: Emulator, run: Run, value: object, kind: str
) -> None:
    entry = {**NAME, "num_replicas": 5}
    for option, rule in text_options(specification("fleet")["services"]["options"]).items():
        result = run("fleet", services=[entry, {**entry, "name": "second", option: value}])
        name = "" if option == "name" else " ('second')"
        assert result["msg"] == f"services, number 2{name}: {expected_message(option, rule, value, kind)}"
    assert emulator.journal() == []


@pytest.mark.parametrize(("value", "kind"), NOT_TEXT, ids=ascii)
def test_text_option_of_restore_from_rejects_other_types(
    emulator: Emulator, run: Run, value: object, kind: str
) -> None:
    for option, rule in text_options(specification("service")["restore_from"]["options"]).items():
        said = run("service", **NAME, restore_from={**NAME, option: value})["msg"]
        assert said == f"restore_from: {expected_message(option, rule, value, kind)}"
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("ids", "wrong"),
    [
        (["a", ["b"]], "number 2 must be text; ['b'] is a list."),
        ([{"id": "a"}], "number 1 must be text; {'id': 'a'} is a dictionary."),
        (["a", "", "b"], "number 2 is missing."),
        ([" "], "number 1 is missing."),
        (["a", None], "number 2 is missing."),
        ("a,", "number 2 is missing."),
        ("a,\u200b,b", "number 2 is missing."),
    ],
)
def test_items_of_text_lists_must_be_text(
    service: dict[str, Any], emulator: Emulator, run: Run, ids: object, wrong: str
) -> None:
    expected = f"private_endpoint_ids: {wrong}"
    assert run("service", **NAME, private_endpoint_ids=ids)["msg"] == expected
    entry = {**NAME, "private_endpoint_ids": ids}
    assert run("fleet", services=[entry])["msg"] == f"services, number 1 ('analytics'), {expected}"
    assert emulator.journal() == []


@pytest.mark.parametrize(("value", "text"), [(5, "5"), (1.5, "1.5"), (True, "True")])
def test_numbers_are_accepted_as_text(
    service: dict[str, Any], emulator: Emulator, run: Run, value: object, text: str
) -> None:
    emulator.set_service(service["id"], name=text)
    assert [item["name"] for item in run("service_info", name=value)["services"]] == [text]
    assert "msg" not in run("service", name=value, release_channel="fast", check=True)
