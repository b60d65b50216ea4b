# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that modules share, and the checks of all options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleFallbackNotFound, env_fallback
from ansible.module_utils.common import validation

from .._client.options import DEFAULT_URL, encode_utf8
from .._errors import InvalidOption
from .._json import abbreviate
from .._texts import is_empty

Spec = Mapping[str, Mapping[str, Any]]
Pairs = Sequence[Sequence[str]]
#: A predicate for the rule and the value of an option.
OptionPredicate = Callable[[Mapping[str, Any], Any], bool]


def nonempty_env(name: str) -> str:
    """Return the value of the environment variable. Raise AnsibleFallbackNotFound if it is unset or blank."""
    value: str = env_fallback(name)
    if is_empty(value):
        raise AnsibleFallbackNotFound
    return value


#: Documented by the fragment clickhouse.cloud.connection.
CONNECTION_SPEC: Spec = {
    "api_key": {"type": "str", "no_log": True, "fallback": (nonempty_env, ["CLICKHOUSE_CLOUD_API_KEY"])},
    "api_secret": {"type": "str", "no_log": True, "fallback": (nonempty_env, ["CLICKHOUSE_CLOUD_API_SECRET"])},
    "organization_id": {"type": "str", "fallback": (nonempty_env, ["CLICKHOUSE_ORG_ID"])},
    "api_url": {"type": "str", "default": DEFAULT_URL, "fallback": (nonempty_env, ["CLICKHOUSE_API_URL"])},
    "connect_timeout": {"type": "float", "default": 10.0},
    "read_timeout": {"type": "float", "default": 60.0},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "allow_http": {"type": "bool", "default": False},
    "rate_limit": {"type": "int", "default": 10, "fallback": (nonempty_env, ["CLICKHOUSE_CLOUD_RATE_LIMIT"])},
    "rate_limit_window": {
        "type": "float",
        "default": 10.0,
        "fallback": (nonempty_env, ["CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW"]),
    },
}

#: The options whose texts check_texts() leaves out: URLs, and SQL, which may contain line breaks.
CHECKED_ELSEWHERE = ("api_url", "query_api_url", "sql", "parameters")

#: Documented by the fragment clickhouse.cloud.lookup.
LOOKUP_SPEC: Spec = {"service_id": {"type": "str"}, "name": {"type": "str"}}

#: Documented by the fragment clickhouse.cloud.element.
ELEMENT_SPEC: Spec = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "confirm_name": {"type": "str"},
}

#: Documented by the fragment clickhouse.cloud.wait.
WAIT_SPEC: Spec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 5400.0},
    "wait_interval": {"type": "float", "default": 10.0},
}


def _convert_to_text(value: Any) -> Any:
    """Return the value as a string. Raise TypeError for a list or a dictionary, which ansible-core would convert."""
    if isinstance(value, (list, dict)):
        raise TypeError
    return validation.check_type_str(value)


#: The functions that convert the values of options: those of ansible-core, but no list becomes a string.
CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "bool": validation.check_type_bool,
    "dict": validation.check_type_dict,
    "float": validation.check_type_float,
    "int": validation.check_type_int,
    "list": validation.check_type_list,
    "path": lambda value: validation.check_type_path(_convert_to_text(value)),
    "str": _convert_to_text,
}


def find_blank_options(options: Mapping[str, Any], spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield the names and values of blank strings; names in a list as services[2].password, counted from 1."""
    for name, rule in spec.items():
        value = options.get(name)
        if isinstance(value, str) and is_empty(value):
            yield name, value
        for number, entry in enumerate(value if "options" in rule and isinstance(value, list) else [], 1):
            if isinstance(entry, Mapping):
                inner = find_blank_options(entry, rule["options"])
                yield from ((f"{name}[{number}].{option}", text) for option, text in inner)


def without_empty(options: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the options and suboptions without those that are null or blank strings, as defined by is_empty().

    An empty list or dictionary is a value, and so is a blank string in a dictionary whose keys spec does not name.
    """
    return select_options(options, spec, lambda _rule, value: not is_empty(value))


def is_not_text(rule: Mapping[str, Any], value: Any) -> bool:
    """Return whether a list or a dictionary is in the place of a string, or a blank in that of an item of a list."""
    if rule.get("type") == "list" and rule["elements"] == "str":
        items = value.split(",") if isinstance(value, str) else value
        return isinstance(items, list) and any(is_empty(item) or isinstance(item, (list, dict)) for item in items)
    return rule.get("type", "str") in ("str", "path") and isinstance(value, (list, dict))


def is_not_dictionary(rule: Mapping[str, Any], value: Any) -> bool:
    """Return whether a number or a list is in the place of a dictionary with suboptions."""
    return rule.get("type") == "dict" and "options" in rule and not isinstance(value, (dict, str, type(None)))


def select_options(options: Mapping[str, Any], spec: Spec, predicate: OptionPredicate) -> dict[str, Any]:
    """Return the options for which predicate returns true, and those that spec does not name."""
    rules = {alias: rule for name, rule in spec.items() for alias in (name, *rule.get("aliases", ()))}
    selected = {name: value for name, value in options.items() if name not in rules or predicate(rules[name], value)}
    for name in selected.keys() & rules.keys():
        if "options" in rules[name]:
            selected[name] = _select_suboptions(selected[name], rules[name]["options"], predicate)
    return selected


def _select_suboptions(value: Any, spec: Spec, predicate: OptionPredicate) -> Any:
    if isinstance(value, dict):
        return select_options(value, spec, predicate)
    if isinstance(value, list):
        return [_select_suboptions(item, spec, predicate) for item in value]
    # AnsibleModule converts or rejects it.
    return value


def check_texts(options: Mapping[str, Any], spec: Spec) -> None:
    """Raise InvalidOption for a string at any depth of the options that contains a control character."""
    for label, text in _texts(options, spec):
        encode_utf8(label, text)


def _texts(options: Mapping[str, Any], spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield the label that messages use and the value of each string in the options."""
    for name, rule in spec.items():
        # Paths and the others are checked where they are used.
        if rule.get("type") != "path" and name not in CHECKED_ELSEWHERE:
            yield from _texts_of_value(name, rule, options[name])


def _texts_of_value(label: str, rule: Mapping[str, Any], value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield label, value
    elif isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from _texts_of_value(f"{label}: of number {number}", rule, entry)
    elif isinstance(value, Mapping):
        inner = _texts(value, rule["options"]) if "options" in rule else _texts_of_pairs(value)
        yield from ((f"{label}, {name}", text) for name, text in inner)


def _texts_of_pairs(pairs: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys and values that are strings, such as those of tags."""
    for key, value in pairs.items():
        yield from (
            (f"{label} {abbreviate(key)}", text)
            for label, text in (("the key", key), ("the value of", value))
            if isinstance(text, str)
        )


def check_option_groups(options: Mapping[str, Any], required_one_of: Pairs, mutually_exclusive: Pairs) -> None:
    """Raise InvalidOption if none of a group of options is set, or several of one whose members exclude each other.

    AnsibleModule itself would count false as set.
    """
    names = [name for name, value in options.items() if value is not None and value is not False]
    try:
        validation.check_required_one_of(required_one_of, names)
        validation.check_mutually_exclusive(mutually_exclusive, names)
    except TypeError as error:
        raise InvalidOption(f"{error}.") from error
