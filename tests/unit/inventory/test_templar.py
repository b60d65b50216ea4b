# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of expressions that are kept for the next host are those that it would get by itself."""

from __future__ import annotations

import datetime
import re
import uuid
from typing import Any, Callable

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.clickhouse.cloud.plugins.inventory.services import InventoryModule
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.expressions import evaluating
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.templar import Memo
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._template_safety import trust_as_template

#: Given with -e. One is a template, and one is spelled like what a service has.
EXTRA = {
    "stage": "{{ clickhouse_cloud_tags.env }}",
    "clickhouse_cloud_region": "elsewhere",
    "since": datetime.date(2026, 1, 1),
}

TEXTS = st.one_of(
    st.sampled_from(["prod", "1", "True"]),
    st.sampled_from(["", "prod", "1", "True", "None", "a,b", "{{ 1 }}", "{'a': 1}", "[1]", "größe", "x y", "-1"]),
)
KEYS = st.sampled_from(["env", "team", "a.b", "items", "copy", "1", "{{ x }}", ""])
NUMBERS = st.sampled_from([None, 1, True, 1.0, "1", 3, False, 0])
SERVICES = st.lists(
    st.builds(
        lambda state, tags, replicas: {
            "state": state,
            "region": "eu-central-1",
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
            "numReplicas": replicas,
            "endpoints": [{"protocol": "https", "host": f"{state}.example.com", "port": 8443}],
        },
        st.sampled_from(["running", "idle", "stopped", "odd {{ state }}"]),
        st.dictionaries(KEYS, TEXTS, max_size=3),
        NUMBERS,
    ),
    min_size=3,
    max_size=6,
)

#: Those of which hosts have the same or nearly the same come up more often.
NAMES = st.one_of(
    st.sampled_from(["num_replicas", "state", "tags", "running"]).map("clickhouse_cloud_{}".format),
    st.sampled_from(["num_replicas", "id", "name", "endpoints", "https_port", "region"]).map(
        "clickhouse_cloud_{}".format
    ),
    st.sampled_from(
        ["first", "stage", "since", "missing", "inventory_hostname", "group_names", "vars", "omit", "range", "true"]
    ),
)
PATHS = st.one_of(
    NAMES,
    st.sampled_from(["env", "team", "no"]).map("clickhouse_cloud_tags.{}".format),
    # A method, if there is no such tag, or even if there is one.
    st.sampled_from(["items", "copy"]).map("(clickhouse_cloud_tags.{} is string)".format),
    KEYS.filter(lambda key: not hasattr(dict, key)).map(lambda key: f"clickhouse_cloud_tags[{key!r}]"),
    st.sampled_from(["clickhouse_cloud_endpoints[0].host", "clickhouse_cloud_endpoints.0.port", "first.second"]),
)
BROKEN = [
    "",
    " ",
    "(",
    "1 +",
    "a b",
    "{{ first }}",
    "}} x {{",
    "first | no_filter",
    "{% if first %}",
    "first is no_test",
]
LEAVES = st.one_of(PATHS, PATHS, PATHS, st.sampled_from(["'text'", "7", "none", "[]", "{}", *BROKEN]))


def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = [
        "{} | default('none')",
        "{} | string",
        "{} | string",
        "{} | length",
        "{} | upper",
        "{} | list",
        "({}) is defined",
        "{} | map('upper') | list",
        "{} | selectattr('protocol', 'equalto', 'https') | map(attribute='host') | join(',')",
        "{} | ansible.builtin.to_json",
        "{} | dict2items",
        "({}).values() | list",
        "{}.startswith('p')",
        "not {}",
        "{} in ('running', 'idle')",
        "{} | map('extract', clickhouse_cloud_tags) | list",
    ]
    two = [
        "({}) == ({})",
        "({}) ~ '-' ~ ({})",
        "({}) or ({})",
        "[{}, {}]",
        "{{'a': {}, 'b': {}}}",
        "{} if {} else 'no'",
    ]
    return st.one_of(
        st.builds(str.format, st.sampled_from(one), inner), st.builds(str.format, st.sampled_from(two), inner, inner)
    )


EXPRESSIONS = st.recursive(LEAVES, deeper, max_leaves=4)
KEYED = st.fixed_dictionaries(
    {"key": st.one_of(PATHS, EXPRESSIONS.map("({}) | string".format)), "prefix": st.sampled_from(["", "p"])},
    optional={
        "parent_group": st.sampled_from(["all_{{ clickhouse_cloud_state }}", "{{ missing }}", "parent"]),
        "default_value": st.just("none"),
        "separator": st.just("__"),
    },
)
CONSTRUCTED = st.fixed_dictionaries(
    {
        "compose": st.dictionaries(
            st.sampled_from(["first", "second", "third", "fourth", "clickhouse_cloud_state"]), EXPRESSIONS, min_size=3
        ),
        "groups": st.dictionaries(st.sampled_from(["one", "two", "three"]), EXPRESSIONS, min_size=1),
        "keyed_groups": st.lists(KEYED, min_size=1, max_size=4),
        "hosts": st.sampled_from(["service", "endpoint"]),
        # Seldom, since one that fails leaves nothing to compare.
        "filters": st.one_of(*[st.just([])] * 3, EXPRESSIONS.map(lambda text: [f"({text}) is not mapping"])),
        "hostnames": st.lists(EXPRESSIONS, max_size=2),
        "strict": st.sampled_from([False, False, False, False, True]),
        "use_extra_vars": st.booleans(),
        "leading_separator": st.booleans(),
    }
)


def trusted(value: Any) -> Any:
    """The value as it comes from a file of the user, whose templates are rendered."""
    if isinstance(value, dict):
        return {name: trusted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) else value


def inventory(
    options: dict[str, Any], listed: list[dict[str, Any]], remember: Callable[..., Any]
) -> dict[str, Any] | str:
    """What the plugin makes of services that are listed so, or why it makes nothing of them."""
    plugin = InventoryModule()
    plugin.get_option = trusted(options).__getitem__
    plugin._vars = trusted(EXTRA)
    plugin.templar = remember(evaluating(Templar(loader=DataLoader())), fixed=plugin._vars)
    plugin.inventory = InventoryData()
    try:
        plugin.add(
            [{"id": str(uuid.UUID(int=number)), "name": f"s{number}", **one} for number, one in enumerate(listed)]
        )
    except AnsibleError as error:
        return str(error)
    hosts, groups = plugin.inventory.hosts.values(), plugin.inventory.groups.values()
    return {
        "variables": {host.name: host.get_vars() for host in hosts},
        "hosts": {group.name: [host.name for host in group.hosts] for group in groups},
        "children": {group.name: [child.name for child in group.child_groups] for group in groups},
    }


@given(options=CONSTRUCTED, listed=SERVICES)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_inventory_is_the_same_as_without_a_memory(options: dict[str, Any], listed: list[dict[str, Any]]) -> None:
    without = inventory(options, listed, lambda templar, fixed: templar)
    assert shown(inventory(options, listed, Memo)) == shown(without)


def shown(found: object) -> str:
    """All that can be told from one another, but for the places of functions in memory."""
    return re.sub(r" at 0x\w+", "", repr(found))


class Counting:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.available_variables: dict[str, Any] = {}
        self.asked: list[str] = []

    def evaluate_expression(self, expression: str) -> list[str]:
        self.asked.append(expression)
        return []


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("tags", 0),
        ("tags.env", 0),
        ("tags['env']", 0),
        ("tags.no", 1),
        # Which is a method.
        ("tags.items", 1),
        ("tags.env | upper", 1),
        ("tags | dict2items | map(attribute='key') | list", 1),
        ("tags.env.split('-')[0]", 1),
        ("name ~ tags.env", 2),
        # What is not the same each time, or whose like nobody knows.
        ("tags | random", 2),
        ("tags | my.own.filter", 2),
        ("tags.pop('env')", 2),
        ("tags | map('random') | list", 2),
        ("tags | map(name) | list", 2),
        ("now()", 2),
        ("lookup('pipe', 'date')", 2),
        ("vars['name']", 2),
        ("tags is file", 2),
        ("given", 2),
        ("text", 2),
        ("tags..env", 2),
    ],
)
def test_an_expression_is_asked_for_once_for_the_same_values(expression: str, asked: int) -> None:
    templar = Counting()
    memo = Memo(templar, fixed=["given"])
    for name in ("a", "b"):
        memo.available_variables = {
            "name": name,
            "tags": {"env": "x-y", "items": "z"},
            "given": 1,
            "text": "{{ name }}",
        }
        memo.evaluate_expression(expression)
    assert templar.asked == [expression] * asked


def test_what_it_does_not_remember_is_that_of_the_templar() -> None:
    templar = Counting()
    assert Memo(templar).asked is templar.asked


def test_what_cannot_be_compared_is_asked_for_again() -> None:
    templar = Counting()
    memo = Memo(templar)
    memo.available_variables = {"since": datetime.date(2026, 1, 1)}
    for _host in range(2):
        memo.evaluate_expression("since | string")
    assert len(templar.asked) == 2


def test_what_only_looks_alike_is_asked_for_again() -> None:
    templar = Counting()
    memo = Memo(templar)
    alike = [1, True, 1.0, "1", [1], [True], (1,), {"a": 1}, {"a": True}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, None]
    for value in [*alike, *alike]:
        memo.available_variables = {"value": value}
        memo.evaluate_expression("value | string")
    assert len(templar.asked) == len(alike)
