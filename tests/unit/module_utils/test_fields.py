# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption, UnexpectedResponse
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.fields import (
    Field,
    Schema,
    SetField,
    to_camel_case,
    to_diff,
    to_snake_case,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.service import (
    SERVICE,
    diff_service,
    predict_service,
    tag_filters,
)

FIELDS = Schema(
    options=[
        Field("title"),
        Field("place", patch_path=None),
        Field("seed", patch_path=None, readable=False),
        Field("key_id", in_create=False),
        Field("low_gb", "int", patch_path="/size", multiple_of=4),
        Field("high_gb", "int", patch_path="/size", multiple_of=4),
        SetField("friends", mode="friends_mode"),
    ],
    read_only=["id", "createdAt"],
    ranges=[("low_gb", "high_gb")],
)
STORED = {"id": "1", "title": "old", "place": "here", "lowGb": 8, "highGb": 16, "friends": ["ann", "bob"]}


def patches(stored: dict[str, Any], **options: Any) -> dict[str, dict[str, Any]]:
    return FIELDS.patch_bodies(FIELDS.diff(stored, FIELDS.desired(options)))


def test_omitted_option_sends_nothing() -> None:
    assert FIELDS.desired({"title": None, "friends": None}) == {}
    assert patches(STORED) == {}


def test_current_values_are_not_sent() -> None:
    assert patches(STORED, title="old", place="here", low_gb=8, high_gb=16, friends=["bob", "ann"]) == {}


def test_differences_are_sent_in_one_body_per_endpoint() -> None:
    assert patches(STORED, title="new", low_gb=12, high_gb=16, friends=["ann", "cay"]) == {
        "": {"title": "new", "friends": {"remove": ["bob"], "add": ["cay"]}},
        "/size": {"lowGb": 12},
    }


def test_numbers_are_compared_as_numbers() -> None:
    assert patches({"lowGb": 8.0}, low_gb=8) == {}


def test_empty_string_equals_missing_field() -> None:
    assert patches({}, title="") == {}


def test_all_create_only_differences_are_reported() -> None:
    fields = Schema([Field("place", patch_path=None), Field("kind", patch_path=None), Field("title")])
    with pytest.raises(InvalidOption) as failure:
        fields.diff({"place": "here"}, {"place": "there", "kind": "big", "title": "new"})
    assert str(failure.value) == (
        "place is 'here', not 'there'; kind is None, not 'big'."
        " This can only be set when the service is created: leave it out."
    )


def test_omitted_create_only_flag_counts_as_false() -> None:
    fields = Schema([Field("sealed", "bool", patch_path=None), Field("open", "bool")])
    assert fields.diff({}, {"sealed": False}) == []
    assert len(fields.diff({}, {"open": False})) == 1
    for has, desired in ((None, True), (True, False)):
        with pytest.raises(InvalidOption, match=f"sealed is {has}, not {desired}"):
            fields.diff({"sealed": has}, {"sealed": desired})


def test_unreadable_field_is_sent_at_creation_and_not_compared() -> None:
    assert FIELDS.create_body(FIELDS.desired({"title": "new", "seed": "s"})) == {"title": "new", "seed": "s"}
    assert patches(STORED, seed="s") == {}


def test_field_not_in_create_is_only_patched() -> None:
    assert FIELDS.create_body(FIELDS.desired({"title": "new", "key_id": "k"})) == {"title": "new"}
    assert patches(STORED, key_id="k") == {"": {"keyId": "k"}}


def test_false_and_zero_are_desired_values() -> None:
    fields = Schema([Field("idle", "bool"), Field("count", "int")])
    assert fields.desired({"idle": False, "count": 0}) == {"idle": False, "count": 0}


def test_wrong_multiple_is_rejected() -> None:
    with pytest.raises(InvalidOption, match="low_gb must be a multiple of 4; 10 is not"):
        FIELDS.desired({"low_gb": 10})


def test_multiple_of_two_is_checked() -> None:
    fields = Schema([Field("pairs", "int", multiple_of=2)])
    assert fields.desired({"pairs": 4}) == {"pairs": 4}
    with pytest.raises(InvalidOption, match="pairs must be a multiple of 2; 3 is not"):
        fields.desired({"pairs": 3})


def test_maximum_length_is_inclusive() -> None:
    fields = Schema([Field("grade", max_length=1), Field("note")])
    assert fields.desired({"grade": "a", "note": "long"}) == {"grade": "a", "note": "long"}
    with pytest.raises(InvalidOption) as failure:
        fields.desired({"grade": "ab"})
    assert str(failure.value) == "grade must have at most 1 characters; 'ab' has 2."


def test_range_with_equal_ends_is_valid() -> None:
    assert FIELDS.desired({"low_gb": 8, "high_gb": 8}) == {"low_gb": 8, "high_gb": 8}


def test_reversed_range_is_rejected() -> None:
    with pytest.raises(InvalidOption, match=r"low_gb \(16\) must not be greater than high_gb \(8\)"):
        FIELDS.desired({"low_gb": 16, "high_gb": 8})


@pytest.mark.parametrize(
    ("mode", "desired", "body", "after"),
    [
        ("set", ["ann", "bob"], None, None),
        ("set", ["bob"], {"remove": ["ann"]}, ["bob"]),
        ("set", [], {"remove": ["ann", "bob"]}, []),
        ("set", ["cay"], {"remove": ["ann", "bob"], "add": ["cay"]}, ["cay"]),
        ("add", ["ann"], None, None),
        ("add", ["ann", "cay"], {"add": ["cay"]}, ["ann", "bob", "cay"]),
        ("add", [], None, None),
        ("remove", ["cay"], None, None),
        ("remove", ["ann", "cay"], {"remove": ["ann"]}, ["bob"]),
        ("remove", [], None, None),
        (None, ["ann"], {"remove": ["bob"]}, ["ann"]),
    ],
)
def test_entries_are_compared_as_a_set_and_sent_as_minimal_changes(
    mode: str | None, desired: list[str], body: dict[str, Any] | None, after: list[str] | None
) -> None:
    found = FIELDS.diff(STORED, FIELDS.desired({"friends": desired, "friends_mode": mode}))
    assert [(item.patch_value, item.before, item.after) for item in found] == (
        [(body, ["ann", "bob"], after)] if body else []
    )


def test_omitted_entries_count_as_empty() -> None:
    assert patches({}, friends=[]) == {}
    assert patches({"friends": None}, friends=["ann"]) == {"": {"friends": {"add": ["ann"]}}}


@pytest.mark.parametrize(("mode", "created"), [("set", ["ann"]), ("add", ["ann"]), ("remove", [])])
def test_entries_to_be_removed_are_not_created(mode: str, created: list[str]) -> None:
    desired = FIELDS.desired({"friends": ["ann"], "friends_mode": mode})
    assert FIELDS.create_body(desired) == ({"friends": created} if created else {})


def test_the_argument_spec_has_each_option_and_the_mode_of_entries() -> None:
    assert FIELDS.argument_spec() == {
        "title": {"type": "str"},
        "place": {"type": "str"},
        "seed": {"type": "str"},
        "key_id": {"type": "str"},
        "low_gb": {"type": "int"},
        "high_gb": {"type": "int"},
        "friends": {"type": "list"},
        "friends_mode": {"type": "str", "choices": ["set", "add", "remove"], "default": "set"},
    }


def test_result_has_option_names_and_unknown_fields() -> None:
    assert FIELDS.to_result({**STORED, "newThing": {"innerValue": [{"deepKey": 1}]}}) == {
        "id": "1",
        "created_at": None,
        "title": "old",
        "place": "here",
        "key_id": None,
        "low_gb": 8,
        "high_gb": 16,
        "friends": ["ann", "bob"],
        "new_thing": {"inner_value": [{"deep_key": 1}]},
    }


def test_declaration_has_the_values_of_the_options() -> None:
    others = {"id", "created_at"}
    expected = {option: value for option, value in FIELDS.to_result(STORED).items() if option not in others}
    assert FIELDS.declaration({**STORED, "newThing": 1}) == expected


def test_read_only_fields_are_in_the_result() -> None:
    fields = Schema([Field("title")], read_only=["currentSize"])
    resource = {"currentSize": [{"memoryGb": 8}], "title": "old"}
    assert fields.to_result(resource) == {"current_size": [{"memory_gb": 8}], "title": "old"}


def test_predicted_new_resource_has_the_desired_values() -> None:
    desired = FIELDS.desired({"title": "new", "place": "here", "seed": "s", "friends": ["ann"], "key_id": ""})
    assert FIELDS.predict_new(desired) == FIELDS.to_result({"title": "new", "place": "here", "friends": ["ann"]})


def test_diff_has_each_option_before_and_after() -> None:
    found = FIELDS.diff(STORED, FIELDS.desired({"title": "new", "low_gb": 12, "place": "here"}))
    assert to_diff(iter(found)) == {"before": {"title": "old", "low_gb": 8}, "after": {"title": "new", "low_gb": 12}}


def test_update_only_fields_are_separate() -> None:
    assert FIELDS.update_only({"title": "new", "key_id": "k"}) == {"key_id": "k"}


def test_prediction_equals_the_later_result() -> None:
    found = FIELDS.diff(STORED, FIELDS.desired({"title": "new", "friends": ["ann", "cay"]}))
    assert FIELDS.predict(STORED, found) == FIELDS.to_result({**STORED, "title": "new", "friends": ["ann", "cay"]})


def test_resource_is_restored_from_the_result() -> None:
    stored = {**STORED, "createdAt": "2026-01-31T08:00:00Z"}
    assert FIELDS.to_resource(FIELDS.to_result(stored)) == stored
    assert FIELDS.to_resource({"title": "new", "created_at": "now"}) == {"title": "new", "createdAt": "now"}


@pytest.mark.parametrize("name", ["ipAccessList", "minTotalMemoryGb", "id", "hasTransparentDataEncryption"])
def test_name_conversion_is_reversible(name: str) -> None:
    assert to_camel_case(to_snake_case(name)) == name


def access(stored: list[dict[str, Any]], option_value: list[dict[str, Any]], mode: str = "set") -> Any:
    desired = SERVICE.desired({"ip_access_list": option_value, "ip_access_mode": mode})
    return SERVICE.patch_bodies(SERVICE.diff({"ipAccessList": stored}, desired)).get("", {}).get("ipAccessList")


@pytest.mark.parametrize(
    ("stored", "desired"),
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("10.0.0.1/24", "10.0.0.0/24"),
        ("2001:DB8::0001", "2001:db8::1/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("10.0.0.1", " 10.0.0.1 "),
    ],
)
def test_equivalent_networks_are_equal(stored: str, desired: str) -> None:
    assert access([{"source": stored, "description": "x"}], [{"source": desired, "description": None}]) is None


def test_entry_is_removed_by_its_stored_source() -> None:
    stored = [{"source": "10.0.0.1", "description": "office"}]
    assert access(stored, [{"source": "10.0.0.1/32"}], "remove") == {"remove": [{"source": "10.0.0.1"}]}


def test_new_description_replaces_the_entry() -> None:
    stored = [{"source": "10.0.0.1", "description": "office"}, {"source": "10.0.0.2"}]
    assert access(stored, [{"source": "10.0.0.1/32", "description": "home"}], "add") == {
        "remove": [{"source": "10.0.0.1"}],
        "add": [{"source": "10.0.0.1/32", "description": "home"}],
    }


def test_existing_values_are_never_rejected() -> None:
    stored = [{"source": "somewhere"}]
    assert access(stored, [{"source": "10.0.0.1"}]) == {
        "remove": [{"source": "somewhere"}],
        "add": [{"source": "10.0.0.1"}],
    }


@pytest.mark.parametrize("source", ["10.0.0", "10.0.0.0/33", "office", "", "10.0.0.1/24/8"])
def test_invalid_network_is_rejected(source: str) -> None:
    with pytest.raises(InvalidOption, match="is neither an IP address nor a network such as"):
        access([], [{"source": source}])


def test_netmask_is_rejected_with_the_prefix_to_use() -> None:
    with pytest.raises(InvalidOption) as failure:
        access([], [{"source": "10.0.0.1/255.0.0.0"}])
    assert str(failure.value) == (
        "ip_access_list: '10.0.0.1/255.0.0.0' has a mask instead of a prefix: write 10.0.0.0/8 to allow that network."
    )


def test_network_is_normalized() -> None:
    assert access([], [{"source": "10.0.0.1/24"}]) == {"add": [{"source": "10.0.0.0/24"}]}


def test_surrounding_space_is_not_sent() -> None:
    assert access([], [{"source": " 10.0.0.1\n"}]) == {"add": [{"source": "10.0.0.1"}]}


def test_more_specific_duplicate_entry_wins() -> None:
    plain, described = {"source": "10.0.0.1/32"}, {"source": "10.0.0.1", "description": "a"}
    assert access([], [plain, described]) == access([], [described, plain]) == {"add": [described]}


@pytest.mark.parametrize("stored", [[], [{"source": "10.0.0.1", "description": "x"}]])
def test_order_of_duplicate_entries_is_ignored(stored: list[dict[str, Any]]) -> None:
    plain, empty = {"source": "10.0.0.1"}, {"source": "10.0.0.1", "description": ""}
    assert access(stored, [plain, empty]) == access(stored, [empty, plain]) == access(stored, [empty])
    for entries in itertools.permutations([plain, empty, {"source": "10.0.0.1", "description": "a"}]):
        with pytest.raises(InvalidOption, match="ip_access_list contains the same entry twice"):
            access(stored, list(entries))


def test_conflicting_descriptions_are_rejected() -> None:
    with pytest.raises(InvalidOption, match="ip_access_list contains the same entry twice"):
        access([], [{"source": "10.0.0.1", "description": "a"}, {"source": "10.0.0.1/32", "description": "b"}])


def tags(stored: list[dict[str, Any]], option_value: dict[str, Any], mode: str = "set") -> Any:
    desired = SERVICE.desired({"tags": option_value, "tags_mode": mode})
    return SERVICE.patch_bodies(SERVICE.diff({"tags": stored}, desired)).get("", {}).get("tags")


def test_tags_are_converted_between_dictionary_and_list() -> None:
    stored = [{"key": "env", "value": "dev"}, {"key": "active"}, {"key": "old", "value": "x"}]
    assert tags(stored, {"env": "dev", "active": None, "old": "x"}) is None
    assert tags(stored, {"env": "prod", "active": "", "n": 1}) == {
        "remove": [{"key": "env", "value": "dev"}, {"key": "old", "value": "x"}],
        "add": [{"key": "env", "value": "prod"}, {"key": "n", "value": "1"}],
    }
    assert SERVICE.to_result({"tags": stored})["tags"] == {"env": "dev", "active": "", "old": "x"}


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (1.5, "1.5"), (0, "0"), ("No", "No")])
def test_tag_value_is_text(value: Any, text: str) -> None:
    assert tags([], {"k": value}) == {"add": [{"key": "k", "value": text}]}


@pytest.mark.parametrize("value", [None, ""])
def test_tag_without_value_is_sent_without_value(value: Any) -> None:
    assert tags([], {"k": value}) == {"add": [{"key": "k"}]}


@pytest.mark.parametrize(("value", "message"), [(["a"], "['a'] is a list"), ({"a": 1}, "{'a': 1} is a dictionary")])
def test_tag_with_several_values_is_rejected(value: Any, message: str) -> None:
    for option, read in (
        ("tags", lambda: tags([], {"k": value})),
        ("tags", lambda: tag_filters({"k": value})),
        ("stop_tags", lambda: tag_filters({"k": value}, "stop_tags")),
    ):
        with pytest.raises(InvalidOption) as failure:
            read()
        assert str(failure.value) == (
            f"{option}: the value of 'k' must be text, a number, true or false, or nothing; {message}."
        )


def test_tag_is_removed_by_its_key() -> None:
    assert tags([{"key": "env", "value": "dev"}], {"env": None}, "remove") == {
        "remove": [{"key": "env", "value": "dev"}]
    }


@pytest.mark.parametrize(
    ("stored", "desired", "options"),
    [
        ({"idleScaling": False, "idleTimeoutMinutes": 5}, {"idle_timeout_minutes": 15}, []),
        ({"idleScaling": False}, {"idle_scaling": False, "idle_timeout_minutes": 15}, []),
        ({"idleScaling": True}, {"idle_scaling": False, "idle_timeout_minutes": 15}, ["idle_scaling"]),
        ({"idleScaling": True, "idleTimeoutMinutes": 5}, {"idle_timeout_minutes": 15}, ["idle_timeout_minutes"]),
        ({"idleScaling": False}, {"idle_scaling": True, "idle_timeout_minutes": 15}, None),
        ({}, {"idle_timeout_minutes": 15}, ["idle_timeout_minutes"]),
    ],
)
def test_idle_timeout_is_ignored_while_idling_is_off(
    stored: dict[str, Any], desired: dict[str, Any], options: list[str] | None
) -> None:
    expected = list(desired) if options is None else options
    assert [change.field.option for change in diff_service(stored, desired)] == expected


FIELD = {field.option: field for field in SERVICE.options()}
LISTS = {"tags": {"a": "b"}, "ip_access_list": [{"source": "10.0.0.1"}], "private_endpoint_ids": ["x"]}


@pytest.mark.parametrize(
    "odd",
    [
        {"tags": [{"value": "x"}], "ipAccessList": [{"description": "x"}, None, 1], "privateEndpointIds": [{}, []]},
        {"tags": {"a": 1}, "ipAccessList": "x", "privateEndpointIds": 3},
        {"tags": None, "ipAccessList": [[]], "privateEndpointIds": None},
    ],
)
def test_malformed_values_are_returned_but_not_compared(odd: dict[str, Any]) -> None:
    assert SERVICE.to_result(odd)["tags"] == {}
    for option, entries in LISTS.items():
        value = odd[FIELD[option].name]
        desired = SERVICE.desired({option: entries})
        if value is None:
            assert len(SERVICE.diff(odd, desired)) == 1
            continue
        with pytest.raises(UnexpectedResponse, match=f"The API returned .* {FIELD[option].name}"):
            SERVICE.diff(odd, desired)


def test_malformed_entry_is_reported() -> None:
    odd = {"description": "x"}
    assert SERVICE.to_result({"ipAccessList": [odd]})["ip_access_list"] == []
    with pytest.raises(UnexpectedResponse, match=r"The API returned a malformed entry in ipAccessList: \{"):
        access([odd], [])


@pytest.mark.parametrize(("mode", "number"), [("add", 1), ("remove", 0)])
def test_malformed_entry_is_ignored_unless_mode_is_set(mode: str, number: int) -> None:
    desired = SERVICE.desired({"ip_access_list": [{"source": "10.0.0.1"}], "ip_access_mode": mode})
    assert len(SERVICE.diff({"ipAccessList": [None, {"description": "x"}]}, desired)) == number


@pytest.mark.parametrize(
    ("resource", "desired", "message"),
    [
        ({"name": 7}, {"name": "x"}, "The API returned 7 for name; expected a string."),
        ({"region": ["x"]}, {"region": "x"}, "The API returned ['x'] for region; expected a string."),
        ({"idleScaling": "no"}, {"idle_scaling": True}, "The API returned 'no' for idleScaling; expected a boolean"),
        ({"numReplicas": "3"}, {"num_replicas": 3}, "The API returned '3' for numReplicas; expected a number."),
        ({"numReplicas": True}, {"num_replicas": 1}, "The API returned True for numReplicas; expected a number."),
        ({"numReplicas": float("nan")}, {"num_replicas": 1}, "The API returned nan for numReplicas; expected a number"),
        ({"endpoints": "mysql"}, {"mysql_endpoint": True}, "The API returned 'mysql' for endpoints; expected a list."),
        ({"tags": {"a": "b"}}, {"tags": {}}, "The API returned {'a': 'b'} for tags; expected a list."),
    ],
)
def test_value_of_another_type_is_not_compared(resource: dict[str, Any], desired: dict[str, Any], message: str) -> None:
    with pytest.raises(UnexpectedResponse, match=re.escape(message)):
        diff_service(resource, SERVICE.desired(desired))
    assert diff_service(resource, {}) == []


def test_missing_total_memory_is_computed() -> None:
    horizontal = {"minReplicaMemoryGb": 16, "maxReplicaMemoryGb": 16, "minTotalMemoryGb": None}
    desired = {"min_total_memory_gb": 48, "max_total_memory_gb": 48}
    assert diff_service(horizontal, desired) == []
    assert [item.before for item in diff_service(horizontal, {"min_total_memory_gb": 24})] == [48]


@pytest.mark.parametrize("desired", [{"min_replica_memory_gb": 16}, {"min_total_memory_gb": 48}])
def test_predicted_total_and_replica_memory_agree(desired: dict[str, Any]) -> None:
    service = {"minTotalMemoryGb": 24, "maxTotalMemoryGb": 96, "minReplicaMemoryGb": 8, "maxReplicaMemoryGb": 32}
    shown = predict_service(service, diff_service(service, desired))
    assert (shown["min_total_memory_gb"], shown["min_replica_memory_gb"]) == (48, 16)
    assert (shown["max_total_memory_gb"], shown["max_replica_memory_gb"]) == (96, 32)
