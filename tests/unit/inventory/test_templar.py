# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templar of the inventory has the results of the one of Ansible, and evaluates less."""

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
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._compat import (
    ensure_evaluate_expression,
    trust_as_template,
)
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.templar import MemoizingTemplar

#: Variables set with -e. One is a template, and one has the name of a variable of services.
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

#: Names whose values are the same or similar for several hosts occur more often.
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
    # A method, whether or not there is such a tag.
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
    """Return the value as read from a file of the user, whose templates are rendered."""
    if isinstance(value, dict):
        return {name: trusted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) else value


def build_inventory(
    options: dict[str, Any], services: list[dict[str, Any]], wrap: Callable[..., Any]
) -> dict[str, Any] | str:
    """Return the inventory of the services, or the error of the plugin. wrap returns the templar to use."""
    plugin = InventoryModule()
    plugin.get_option = trusted(options).__getitem__
    plugin._vars = trusted(EXTRA)
    plugin.templar = wrap(ensure_evaluate_expression(Templar(loader=DataLoader())), extra_vars=plugin._vars)
    plugin.inventory = InventoryData()
    try:
        plugin._populate(
            [
                {"id": str(uuid.UUID(int=number)), "name": f"s{number}", **service}
                for number, service in enumerate(services)
            ]
        )
    except AnsibleError as error:
        return str(error)
    hosts, groups = plugin.inventory.hosts.values(), plugin.inventory.groups.values()
    return {
        "variables": {host.name: host.get_vars() for host in hosts},
        "hosts": {group.name: [host.name for host in group.hosts] for group in groups},
        "children": {group.name: [child.name for child in group.child_groups] for group in groups},
    }


@given(options=CONSTRUCTED, services=SERVICES)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_inventory_is_the_same_without_a_cache(options: dict[str, Any], services: list[dict[str, Any]]) -> None:
    expected = build_inventory(options, services, lambda templar, extra_vars: templar)
    assert printed(build_inventory(options, services, MemoizingTemplar)) == printed(expected)


def printed(value: object) -> str:
    """Return the representation of the value, without the addresses of functions in memory."""
    return re.sub(r" at 0x\w+", "", repr(value))


class CountingTemplar:
    """Records the expressions that it evaluates."""

    def __init__(self) -> None:
        self.available_variables: dict[str, Any] = {}
        self.evaluated: list[str] = []

    def evaluate_expression(self, expression: str) -> list[str]:
        self.evaluated.append(expression)
        return []

    template = evaluate_conditional = evaluate_expression


#: The variables of two hosts.
HOSTS = [
    {"name": name, "tags": {"env": "x-y", "items": "z"}, "size": 3, "extra": 1, "text": "{{ name }}", "list": ["a"]}
    for name in ("a", "b")
]


@pytest.mark.parametrize(
    ("expression", "evaluations"),
    [
        # Paths are resolved without Ansible.
        ("tags", 0),
        ("tags.env", 0),
        ("tags['env']", 0),
        ("list", 0),
        # Operators are evaluated once for the same values.
        ("'local'", 1),
        ("7", 1),
        ("tags.env == 'x-y'", 1),
        ("tags.env in ('x', 'y') and not size > 3", 1),
        ("'yes' if size + 1 < -size else tags.env ~ '-' ~ size", 1),
        ("[tags.env, {'size': size}]", 1),
        ("name ~ tags.env", 2),
        # Filters, tests, methods and functions are evaluated for each host.
        ("tags.env | upper", 2),
        ("tags.env is defined", 2),
        ("tags.env.split('-')[0]", 2),
        ("list[0]", 2),
        ("tags.items", 2),
        ("now()", 2),
        ("lookup('pipe', 'date')", 2),
        # Expressions whose values are not all scalars and known are evaluated for each host.
        ("tags.missing", 2),
        ("missing", 2),
        ("tags == {}", 2),
        ("'a' in list", 2),
        ("vars", 2),
        ("vars['name']", 2),
        ("hostvars.a == 'b'", 2),
        ("extra", 2),
        ("extra + 1", 2),
        ("text", 2),
        ("tags..env", 2),
    ],
)
def test_expression_is_evaluated_only_where_needed(expression: str, evaluations: int) -> None:
    templar = CountingTemplar()
    memoizing = MemoizingTemplar(templar, extra_vars=["extra"])
    for variables in HOSTS:
        memoizing.available_variables = variables
        memoizing.evaluate_expression(expression)
    assert templar.evaluated == [expression] * evaluations


@pytest.mark.parametrize(
    ("template", "evaluations"),
    [
        ("all_{{ size }}", 1),
        ("{% if size > 1 %} True {% else %} False {% endif %}", 1),
        ("{{ now() }}", 2),
        ("#jinja2: variable_start_string:'[['\n[[ now() ]]", 2),
        (None, 2),
    ],
)
def test_template_is_rendered_only_where_needed(template: str | None, evaluations: int) -> None:
    templar = CountingTemplar()
    memoizing = MemoizingTemplar(templar)
    for variables in HOSTS:
        memoizing.available_variables = variables
        memoizing.template(template)
    assert templar.evaluated == [template] * evaluations


def test_conditional_is_evaluated_once_for_the_same_values() -> None:
    templar = CountingTemplar()
    memoizing = MemoizingTemplar(templar)
    for size in (1, 2, 1):
        memoizing.available_variables = {"size": size}
        memoizing.evaluate_conditional("size == 1")
    assert len(templar.evaluated) == 2


def test_expression_that_is_not_text_is_left_to_ansible() -> None:
    templar = CountingTemplar()
    MemoizingTemplar(templar).evaluate_expression(None)
    assert templar.evaluated == [None]


def test_other_attributes_are_those_of_the_templar() -> None:
    templar = CountingTemplar()
    assert MemoizingTemplar(templar).evaluated is templar.evaluated


@pytest.mark.parametrize(
    "value", [datetime.date(2026, 1, 1), (1,), "{{ size }}", ["{{ size }}"], {"{{ size }}": 1}, "#jinja2: x"]
)
def test_value_that_ansible_may_convert_is_left_to_ansible(value: object) -> None:
    templar = CountingTemplar()
    memoizing = MemoizingTemplar(templar)
    memoizing.available_variables = {"value": value}
    memoizing.evaluate_expression("value")
    assert templar.evaluated == ["value"]


def test_equal_values_of_different_types_have_different_results() -> None:
    templar = CountingTemplar()
    memoizing = MemoizingTemplar(templar)
    different = [1, True, 1.0, "1", 0.0, -0.0, None, "None"]
    for value in [*different, *different]:
        memoizing.available_variables = {"value": value}
        memoizing.evaluate_expression("value ~ ''")
    assert len(templar.evaluated) == len(different)
