# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Explain options that ansible-core has refused: in one sentence that says where, and what is allowed.

ansible-core says neither which entry of a list is wrong, nor what a dictionary in it has to look like, nor which name
was probably meant.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._json import abbreviate
from .._texts import is_empty, nearest
from .options import Spec

#: For each type, what converts a value to it, or raises TypeError or ValueError.
Converters = Mapping[str, Callable[[Any], Any]]

TYPE_DESCRIPTIONS = {
    "bool": "true or false",
    "dict": "a dictionary",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "a path",
    "str": "text",
}

#: Longer values are not repeated in the example of what is allowed.
MAX_EXAMPLE_LENGTH = 60
#: Return values that no option has: together, they are those of a service.
_SERVICE_RESULT = frozenset({"id", "endpoints", "clickhouse_version"})
_SERVICE_RESULT_ADVICE = (
    "this is a service as service_info returns it, with values that are not options. To declare existing services, use"
    " the result of clickhouse.cloud.fleet_info, or the playbook clickhouse.cloud.export."
)
#: How messages call the type of a value.
_TYPES = {bool: "true or false", dict: "a dictionary", float: "a number", int: "a number", list: "a list", str: "text"}


@dataclass(frozen=True)
class OptionErrors:
    """Finds what is wrong with the options of a specification.

    is_unknown says of a value that it cannot be checked yet, as a template cannot.
    """

    converters: Converters
    is_unknown: Callable[[Any], bool] = lambda value: False

    def explain(self, spec: Spec, options: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
        """Return a sentence about the first invalid option, "" if there is none.

        path leads to the options, where they are a part of others.
        """
        names = {alias: name for name, rule in spec.items() for alias in (name, *rule.get("aliases", ()))}
        unknown = [name for name in options if name not in names]
        if unknown:
            return _explain_unknown(path, unknown, names)
        values = {names[alias]: value for alias, value in options.items() if value is not None}
        return _first(self._explain_value(path, name, rule, values.get(name)) for name, rule in spec.items())

    def _explain_value(self, path: tuple[str, ...], name: str, rule: Mapping[str, Any], value: Any) -> str:
        """Return what is wrong with the value of one option, or with one entry of a list, "" if nothing is."""
        kind, inner = rule.get("type", "str"), (*path, name)
        if is_empty(value):
            return _sentence(path, f"{name} is missing.") if rule.get("required") else ""
        if self.is_unknown(value):
            return ""
        try:
            converted = self.converters[kind](value)
        except (TypeError, ValueError):
            problem = f"{name} must be {_describe_kind(kind, rule, value)}; {_describe_value(rule, value)}."
            return _sentence(path, problem + _describe_origin(rule, value))
        if kind == "list":
            entry_rule = {**rule, "type": rule["elements"], "required": True}
            entries = enumerate(converted, 1)
            return _first(self._explain_value(inner, _label(at, entry), entry_rule, entry) for at, entry in entries)
        if "options" in rule:
            return self.explain(rule["options"], converted, inner) or _missing_group(inner, rule, converted)
        if converted not in rule.get("choices", (converted,)):
            return _sentence(path, _describe_choices(name, rule["choices"], converted))
        return ""


def _first(sentences: Iterable[str]) -> str:
    return next(filter(None, sentences), "")


def _sentence(path: tuple[str, ...], text: str) -> str:
    return f"{', '.join(path)}: {text}" if path else text


def _label(number: int, entry: object) -> str:
    """Return what messages call an entry of a list."""
    name = entry.get("name") if isinstance(entry, dict) else None
    return f"number {number} ({name!r})" if isinstance(name, str) else f"number {number}"


def _explain_unknown(path: tuple[str, ...], unknown: Sequence[str], names: Collection[str]) -> str:
    if _SERVICE_RESULT.issubset(unknown):
        return _sentence(path, _SERVICE_RESULT_ADVICE)
    return " ".join(_sentence(path, _describe_unknown_option(name, names)) for name in unknown)


def _describe_unknown_option(name: str, names: Collection[str]) -> str:
    near = nearest(name, names)
    advice = f"Did you mean {near}?" if near else f"The options are {', '.join(sorted(names))}."
    return f"{name} is not an option. {advice}"


def _describe_kind(kind: str, rule: Mapping[str, Any], value: Any) -> str:
    """Return the kind of value that is allowed, with an example if it is a dictionary."""
    if kind != "dict":
        return TYPE_DESCRIPTIONS[kind]
    options: Spec = rule.get("options", {})
    if not options:
        return "a dictionary such as {env: production}"
    # What identifies an entry is required, or its name.
    key = next((name for name, suboption in options.items() if suboption.get("required")), "name")
    is_shown = isinstance(value, str) and len(value) <= MAX_EXAMPLE_LENGTH and not _may_hold_secret(rule)
    return f"a dictionary such as {{{key}: {value if is_shown else '...'}}}"


def _describe_value(rule: Mapping[str, Any], value: Any) -> str:
    """Return the value, unless it is a secret, and its type."""
    kind = _TYPES.get(type(value), type(value).__name__)
    return f"the value is {kind}" if _may_hold_secret(rule) else f"{abbreviate(value)} is {kind}"


def _may_hold_secret(rule: Mapping[str, Any]) -> bool:
    """Return whether the option is a secret, or one of its suboptions is."""
    return bool(rule.get("no_log")) or any(map(_may_hold_secret, rule.get("options", {}).values()))


def _describe_origin(rule: Mapping[str, Any], value: Any) -> str:
    """Return a sentence on the environment variable that has set a value, "" if the task has."""
    _strategy, variables = rule.get("fallback", (None, ()))
    origins = [variable for variable in variables if os.environ.get(variable) == value]
    return f" It is from the environment variable {origins[0]}." if origins else ""


def _describe_choices(name: str, choices: Collection[Any], value: Any) -> str:
    # Some are numbers.
    texts = list(map(str, choices))
    near = nearest(str(value), texts)
    return f"{name} must be {' or '.join(texts)}; {abbreviate(value)} is not.{f' Did you mean {near}?' if near else ''}"


def _missing_group(path: tuple[str, ...], rule: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return a sentence on options of which one is required, if none of them is set."""
    missing = (group for group in rule.get("required_one_of", ()) if all(options.get(name) is None for name in group))
    return next((_sentence(path, f"one of {' and '.join(group)} is required.") for group in missing), "")
