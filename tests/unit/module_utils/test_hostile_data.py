# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure functions with any data that JSON can contain."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import re
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError
from ansible_collections.clickhouse.cloud.plugins.module_utils._json import (
    abbreviate,
    parse_timestamp,
    to_camel_case,
    to_json_safe,
    to_snake_case,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema import service as service_schema
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_config import (
    BACKUP_CONFIG,
    check_start_time_and_period,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backups import BACKUP, backup_to_result
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.fields import Schema
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.networks import canonical_network
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.scaling import SCALING
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.service import SERVICE
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import metrics, restore
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.backups import BACKUP_CONFIG_PART
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.host_names import (
    MAX_HOST_NAME_LENGTH,
    RESERVED,
    unique_host_names,
    valid_group_name,
)
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.hosts import endpoint_hosts, host_variables

# Hypothesis keeps its files in the directory for temporary files.
set_hypothesis_home_dir(Path(__file__).resolve().parents[3] / ".cache/hypothesis")

#: The same examples in each run, and none of them saved.
quick = settings(
    derandomize=True, database=None, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck)
)

HOSTILE = [
    "",
    " ",
    'it\'s "quoted"',
    "new\nline",
    "{{ 1 + 1 }}",
    "{% raw %}",
    "\u202eright to left\u200f",
    "\U0001f469\u200d\U0001f4bb",
    "x" * 50,
    "<script>alert(1)</script>",
    "back\\slash",
    "%s %(name)s",
    "nul\0",
    "\ud800",
    "10.0.0.1",
    "mysql",
    "running",
]

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=20),
    st.text(st.characters(categories=["Cs"])),
    # As json decodes it, which combines matching surrogates to one character.
).map(lambda text: str(json.loads(json.dumps(text))))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
numbers = st.integers(1, 8)
addresses = st.sampled_from(
    ["10.0.0.1", "10.0.0.1/32", "10.0.0.0/24", "10.0.0.7/24", "0.0.0.0/0", "2001:DB8::1", "2001:db8::1/128", "::/0"]
)
keys = st.sampled_from(["env", "team", "{{ 1 }}", "größe", "1", ""])


def resources(fields: Schema, *more: str) -> st.SearchStrategy[dict[str, Any]]:
    """Generate resources with any of these fields, of the right or another type, and with unknown fields."""
    lists = st.lists(
        st.one_of(
            anything,
            st.fixed_dictionaries({"source": addresses}, optional={"description": anything}),
            st.fixed_dictionaries({"key": keys}, optional={"value": anything}),
            st.fixed_dictionaries({"protocol": texts}, optional={"host": anything, "port": anything}),
        ),
        max_size=4,
    )
    names = [field.name for field in fields.options()]
    known = {name: st.one_of(anything, lists, numbers.map(lambda n: 12 * n)) for name in [*names, *more]}
    return st.fixed_dictionaries({}, optional=known).flatmap(
        lambda resource: st.dictionaries(texts, anything, max_size=3).map(lambda unknown: {**unknown, **resource})
    )


def option(name: str, kind: str) -> st.SearchStrategy[Any]:
    """Generate values of an option, as AnsibleModule returns them."""
    special: dict[str, st.SearchStrategy[Any]] = {
        "ip_access_list": st.lists(
            st.fixed_dictionaries({"source": addresses, "description": st.one_of(st.none(), texts)}), max_size=4
        ),
        "tags": st.dictionaries(keys, scalars, max_size=4),
        "private_endpoint_ids": st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
        "backup_start_time": st.sampled_from(["00:00", "02:00", "23:00"]),
    }
    kinds = {"str": texts, "bool": st.booleans(), "int": numbers.map(lambda n: 24 * n)}
    return special[name] if name in special else kinds[kind]


def task_options(fields: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Generate the options of a task."""
    given = {field.option: option(field.option, field.type) for field in fields.options()}
    modes = {f"{name}_mode": st.sampled_from(["set", "add", "remove"]) for name in ("tags", "private_endpoint")}
    return st.fixed_dictionaries(
        {}, optional={**given, **modes, "ip_access_mode": st.sampled_from(["set", "add", "remove"])}
    )


services = resources(SERVICE, "id", "state", "endpoints", "createdAt", "isPrimary", "currentScaling")
configurations = resources(BACKUP_CONFIG)
backups = resources(
    BACKUP,
    "id",
    "status",
    "startedAt",
    "finishedAt",
    "type",
    "bucket",
    "sizeInBytes",
    "durationInSeconds",
)


def nested(depth: int) -> Any:
    value: Any = "bottom"
    for index in range(depth):
        value = [value] if index % 2 else {"aB": value}
    return value


def is_json(value: Any) -> bool:
    """Return whether strict JSON can contain the value, with only text as keys."""
    return bool(json.loads(json.dumps(value, allow_nan=False)) == value)


def read_or_reject(read: Callable[[], Any]) -> Any:
    """Return the value that is read, or None if a message says why it cannot be. Any other error is a defect."""
    try:
        return read()
    except CloudError as error:
        message = str(error)
    assert message.strip()
    return None


@quick
@given(services)
def test_any_service_has_a_result(service: dict[str, Any]) -> None:
    before = copy.deepcopy(service)
    shown = SERVICE.to_result(service)
    assert shown.keys() >= SERVICE.to_result({}).keys()
    assert is_json(shown)
    assert repr(service) == repr(before)


@quick
@given(backups, st.integers(0, 2**40))
def test_any_backup_has_a_result(backup: dict[str, Any], now: int) -> None:
    shown = backup_to_result(backup, now)
    assert is_json(shown)
    assert shown["age_in_seconds"] is None or shown["age_in_seconds"] >= 0


@quick
@given(anything)
def test_any_timestamp_is_parsed_or_none(value: Any) -> None:
    assert isinstance(parse_timestamp(value), (float, type(None)))


def test_too_deeply_nested_value_is_abbreviated() -> None:
    deep = nested(5000)
    current = dict.fromkeys([*(field.name for field in SERVICE.options()), "id", "state", "unknown", "endpoints"], deep)
    shown = SERVICE.to_result(current)
    assert shown["unknown"] == abbreviate(deep)
    assert is_json(shown)
    assert is_json(host_variables(current))
    assert len(abbreviate(deep)) <= 80


def test_less_deeply_nested_value_is_kept() -> None:
    assert to_json_safe(nested(100)) == nested(100)


def apply_bodies(
    resource: Mapping[str, Any], fields: Schema, bodies: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the list that the API has after these bodies: it removes before it adds, and null is the default."""
    lists = {"ipAccessList": "source", "tags": "key"}
    after = dict(copy.deepcopy(resource))
    for name, value in ((name, value) for body in bodies.values() for name, value in body.items()):
        if name == "endpoints":
            others = [item for item in after.get(name) or [] if item.get("protocol") != "mysql"]
            after[name] = others + [{"protocol": "mysql"} for entry in value if entry["enabled"]]
        elif isinstance(value, dict):
            named = lists.get(name)
            gone = [one[named] if named else one for one in value.get("remove", [])]
            kept = [one for one in after.get(name) or [] if (one[named] if named else one) not in gone]
            after[name] = [*kept, *value.get("add", [])]
        else:
            after[name] = value
    return after


sane = st.fixed_dictionaries(
    {"name": texts},
    optional={
        "ipAccessList": st.lists(
            st.fixed_dictionaries({"source": addresses}, optional={"description": texts}),
            max_size=4,
            unique_by=lambda entry: entry["source"],
        ),
        "tags": st.lists(
            st.fixed_dictionaries({"key": keys}, optional={"value": texts}),
            max_size=4,
            unique_by=lambda tag: tag["key"],
        ),
        "privateEndpointIds": st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True),
        "endpoints": st.lists(st.fixed_dictionaries({"protocol": st.sampled_from(["https", "mysql"])}), max_size=3),
        **{
            field.name: numbers.map(lambda n: 12 * n) if field.type == "int" else st.booleans()
            for field in SCALING.options()
            if field.type != "str"
        },
    },
)
#: The API derives the bounds of scaling from each other.
INDEPENDENT = ("name", "ip_access_list", "tags", "private_endpoint_ids", "mysql_endpoint", "enable_core_dumps")
MODES = ("ip_access_mode", "tags_mode", "private_endpoint_mode")


def only(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in names}


@quick
@given(sane, task_options(SERVICE))
def test_sent_changes_lead_to_the_desired_values(service: dict[str, Any], options: dict[str, Any]) -> None:
    desired = read_or_reject(lambda: SERVICE.desired(only(options, *INDEPENDENT, *MODES))) or {}
    after = apply_bodies(service, SERVICE, service_schema.patch_bodies(service, desired))
    assert service_schema.diff_service(after, desired) == []
    assert service_schema.patch_bodies(after, desired) == {}


@quick
@given(sane, task_options(SERVICE))
def test_prediction_equals_the_later_result(service: dict[str, Any], options: dict[str, Any]) -> None:
    desired = read_or_reject(lambda: SERVICE.desired(only(options, *INDEPENDENT, *MODES))) or {}
    found = service_schema.diff_service(service, desired)
    plan = service_schema.predict_service(service, found)
    after = SERVICE.to_result(apply_bodies(service, SERVICE, service_schema.patch_bodies(service, desired)))
    for change in found:
        assert plan[change.field.option] == after[change.field.option] == change.after
    assert is_json(plan)


@quick
@given(sane, task_options(SERVICE), st.randoms(use_true_random=False))
def test_order_and_notation_of_lists_are_ignored(
    service: dict[str, Any], options: dict[str, Any], chance: random.Random
) -> None:
    mixed, spelled = copy.deepcopy(service), dict(options)
    for name in ("ipAccessList", "tags", "privateEndpointIds", "endpoints"):
        chance.shuffle(mixed.get(name, []))
    for name in ("ip_access_list", "private_endpoint_ids"):
        if name in spelled:
            spelled[name] = chance.sample(spelled[name], len(spelled[name]))
    if "ip_access_list" in spelled:
        spelled["ip_access_list"] = [
            {**item, "source": f" {canonical_network(item['source']).upper()} "} for item in spelled["ip_access_list"]
        ]
    desired = read_or_reject(lambda: SERVICE.desired(only(options, *INDEPENDENT, *MODES)))
    again = read_or_reject(lambda: SERVICE.desired(only(spelled, *INDEPENDENT, *MODES)))
    assert (desired is None) == (again is None)
    found, found_again = (
        service_schema.diff_service(service, desired or {}),
        service_schema.diff_service(mixed, again or {}),
    )
    assert {change.field.option for change in found} == {change.field.option for change in found_again}
    for change, other in zip(found, found_again):
        assert removed_entries(change.patch_value) == removed_entries(other.patch_value)


def removed_entries(body: Any) -> Any:
    """Return what a body removes, in any order; the whole body if it is not a list."""
    return sorted(json.dumps(item) for item in body.get("remove", [])) if isinstance(body, dict) else body


@quick
@given(services, task_options(SERVICE))
def test_any_service_is_compared_or_rejected_with_a_message(service: dict[str, Any], options: dict[str, Any]) -> None:
    desired = read_or_reject(lambda: SERVICE.desired(options))
    if desired is None:
        return
    assert isinstance(service_schema.drop_moot_idle_timeout(service, desired), dict)
    assert is_json(service_schema.predict_new_service(service_schema.drop_moot_idle_timeout({}, desired)))
    assert is_json(SERVICE.create_body(desired))
    bodies = read_or_reject(lambda: service_schema.patch_bodies(service, desired))
    found = read_or_reject(lambda: service_schema.diff_service(service, desired))
    assert (bodies is None) == (found is None)
    if found is not None:
        assert is_json(service_schema.predict_service(service, found))
        assert is_json(bodies)
        assert is_json([[item.before, item.after] for item in found])


@quick
@given(services)
def test_malformed_list_is_never_emptied(service: dict[str, Any]) -> None:
    for name, nothing in (("ipAccessList", []), ("privateEndpointIds", []), ("tags", {})):
        if not isinstance(service.get(name), (list, type(None))):
            with pytest.raises(CloudError, match=f"for {name}; expected a list"):
                service_schema.patch_bodies(service, SERVICE.desired({to_snake_case(name): nothing}))


@quick
@given(services)
def test_inherited_values_are_valid_options(source: dict[str, Any]) -> None:
    has = read_or_reject(lambda: SERVICE.checked_current(source, restore.INHERITED_OPTIONS))
    if has is not None:
        read_or_reject(lambda: SERVICE.desired(has))
        assert is_json(to_json_safe(has))


@quick
@given(
    configurations, task_options(BACKUP_CONFIG), st.lists(st.sampled_from([*BACKUP_CONFIG.to_result({})]), max_size=3)
)
def test_any_backup_configuration_is_compared_or_rejected_with_a_message(
    configuration: dict[str, Any], options: dict[str, Any], reset: list[str]
) -> None:
    desired = read_or_reject(lambda: BACKUP_CONFIG.desired({**options, "reset": reset}))
    if desired is None:
        return
    read_or_reject(lambda: check_start_time_and_period(configuration, desired))
    found = read_or_reject(lambda: BACKUP_CONFIG.diff(configuration, desired))
    if found is not None:
        after = apply_bodies(configuration, BACKUP_CONFIG, BACKUP_CONFIG.patch_bodies(found))
        assert BACKUP_CONFIG.diff(after, desired) == []
        assert is_json(BACKUP_CONFIG.predict(configuration, found))
    with contextlib.suppress(CloudError):
        assert isinstance(BACKUP_CONFIG_PART.is_as_desired(configuration, desired), bool)


@quick
@given(st.one_of(texts, addresses, st.ip_addresses().map(str), st.text("0123456789abcdef.:/%", max_size=24)))
def test_canonical_network_is_stable(source: str) -> None:
    once = canonical_network(source)
    assert canonical_network(once) == once
    assert canonical_network(f" {once}\n").strip() == once.strip()


@quick
@given(texts)
def test_converted_names_are_valid(name: str) -> None:
    assert to_snake_case(to_snake_case(name)) == to_snake_case(name)
    assert isinstance(to_camel_case(name), str)


@quick
@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=4))
def test_name_conversion_is_reversible(parts: list[str]) -> None:
    name = "_".join(parts)
    assert to_snake_case(to_camel_case(name)) == name


value = r"[-+]?([0-9]{1,3}|NaN|[+-]?Inf)( [0-9]{1,4})?"
line = st.from_regex(rf"[a-z_]{{1,6}}(\{{[a-z]=\"[^\"\n]{{0,5}}\"\}})? {value}", fullmatch=True)
comment = st.from_regex(r"# (TYPE|HELP) [a-z_]{1,6} (counter|gauge|summary|x)", fullmatch=True)


@quick
@given(st.lists(st.one_of(line, comment, texts), max_size=8).map("\n".join))
def test_any_metrics_are_parsed_or_rejected_with_a_message(text: str) -> None:
    found = read_or_reject(lambda: metrics.parse_metrics(text))
    assert found is None or is_json(found)


ids = st.uuids(version=4).map(str)
#: Few letters, so that some names are equal, or look like names with an ID appended.
LURE = "11111111-1111-4111-8111-11111111111"
wanted_names = st.one_of(
    texts,
    st.sampled_from([*RESERVED, "db", "db_11111111", f"db_{LURE}0", f"db_{LURE}1", f"db_{LURE}1_", "db_"]),
    st.sampled_from([*"!&~@-*?[", "x" * 300, " db", "db ", "x:80", "../../x", "a,b", "\u200bdb", "db\u2028"]),
)
hosts = st.lists(
    st.tuples(wanted_names, st.one_of(ids, st.sampled_from([f"{LURE}{tail}" for tail in (*string.digits, "1_https")]))),
    max_size=12,
    unique_by=lambda host: host[1],
)
#: Not a pattern, a port, a template, a path or invisible.
UNSEEN = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
SAFE = re.compile(rf"(?![!&~@\-\s])[^:{{}}\[\],*?/{UNSEEN}]+(?<!\s)")


@quick
@given(hosts, st.sets(wanted_names), st.randoms(use_true_random=False))
def test_every_host_gets_a_safe_unique_name(
    listed: list[tuple[str, str]], taken: set[str], chance: random.Random
) -> None:
    names = unique_host_names([name for name, _id in listed], [service_id for _name, service_id in listed], taken)
    assert len(set(names)) == len(listed)
    assert not {*taken, *RESERVED} & {*names}
    for name in names:
        assert SAFE.fullmatch(name)
        assert len(name) <= MAX_HOST_NAME_LENGTH
        assert name.encode().decode() == name
    mixed = chance.sample(listed, len(listed))
    again = unique_host_names([name for name, _id in mixed], [service_id for _name, service_id in mixed], taken)
    assert dict(zip(listed, names)) == dict(zip(mixed, again))


@quick
@given(services)
def test_any_service_has_valid_host_variables(service: dict[str, Any]) -> None:
    variables = host_variables(service)
    assert is_json(variables)
    assert all(re.fullmatch(r"clickhouse_cloud_[A-Za-z0-9_]*", name) for name in variables)
    assert variables.keys() >= host_variables({}).keys()
    assert variables["clickhouse_cloud_running"] is (service.get("state") == "running")
    assert variables["clickhouse_cloud_id"] == SERVICE.to_result(service)["id"]


@quick
@given(services)
def test_any_endpoints_are_valid_hosts(service: dict[str, Any]) -> None:
    hosts = endpoint_hosts([{**service, "id": LURE}])
    endpoints = SERVICE.to_result(service)["endpoints"]
    assert len(hosts) <= (len(endpoints) if isinstance(endpoints, list) else 0)
    for identity, variables in hosts.items():
        assert re.fullmatch(rf"{LURE}_\w{{1,50}}", identity, re.ASCII)
        assert is_json(variables)
        assert variables["clickhouse_cloud_endpoint_id"] == identity
        assert variables["clickhouse_cloud_id"] == LURE


@quick
@given(st.text("ab_", max_size=600))
def test_any_group_has_a_valid_name(name: str) -> None:
    made = valid_group_name(name)
    assert 0 < len(made) <= MAX_HOST_NAME_LENGTH
    assert made == name or len(name) > MAX_HOST_NAME_LENGTH or name == ""
