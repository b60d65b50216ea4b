# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a resource: option and API name, limits, and the comparison of current and desired values.

An omitted option (None) is ignored, an empty list or dictionary removes all entries, and only differences are sent, to
the endpoint that accepts them. All functions are pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Callable

from .._errors import InvalidOption, UnexpectedResponse
from .._json import abbreviate, is_finite_number, to_camel_case, to_json_safe, to_snake_case

#: The values of the mode of a SetField.
MODES = ("set", "add", "remove")

#: The types that the API returns fields in: a description, and a predicate.
RESPONSE_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a string", lambda value: isinstance(value, str)),
    "int": ("a number", is_finite_number),
    "bool": ("a boolean", lambda value: isinstance(value, bool)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "dict": ("an object", lambda value: isinstance(value, dict)),
}


@dataclass(frozen=True)
class Change:
    """A difference: the current and the desired value of an option, and the value that PATCH takes."""

    field: Field
    before: Any
    after: Any
    patch_value: Any

    @property
    def is_omitted_false_flag(self) -> bool:
        """Return whether this is a create-only flag that is to be false: the API omits those that are."""
        return self.field.patch_path is None and self.before is None and self.after is False


def to_diff(changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
    """Return the changes as the diff of a task, with the keys before and after."""
    change_list = list(changes)
    return {
        "before": {change.field.option: to_json_safe(change.before) for change in change_list},
        "after": {change.field.option: to_json_safe(change.after) for change in change_list},
    }


@dataclass(frozen=True)
class Field:
    """An option and the API field that it maps to.

    result is the name of the return value if it is not that of the option, as with an option query_id, which is the id
    of the query. patch_path is the endpoint that changes it, as a path below the resource: "" is the resource itself,
    None means that it can only be set at creation. in_create and readable are false for a field that POST does not
    accept, or that no response contains. required_by_post is true for a collection that POST requires even if it is
    empty; other empty collections are not sent. max_length is in characters; 0 means unlimited.
    """

    option: str
    type: str = "str"
    api: str = ""
    result: str = ""
    patch_path: str | None = ""
    in_create: bool = True
    readable: bool = True
    required_by_post: bool = False
    minimum: int | None = None
    multiple_of: int = 1
    max_length: int = 0
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the field in the API."""
        return self.api or to_camel_case(self.option)

    @property
    def result_name(self) -> str:
        """Return the name of the return value."""
        return self.result or self.option

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        return {self.option: {"type": self.type, **self.spec}}

    def desired(self, options: Mapping[str, Any]) -> Any:
        """Return the desired value; None if the option is not set. Raise InvalidOption."""
        value = options.get(self.option)
        if value is not None and self.minimum is not None and value < self.minimum:
            raise InvalidOption(f"{self.option} must be at least {self.minimum}; {value} is not.")
        if value is not None and self.multiple_of > 1 and value % self.multiple_of:
            raise InvalidOption(f"{self.option} must be a multiple of {self.multiple_of}; {value} is not.")
        if value is not None and 0 < self.max_length < len(value):
            raise InvalidOption(
                f"{self.option} must have at most {self.max_length} characters; {abbreviate(value)} has {len(value)}."
            )
        return value

    @property
    def response_type(self) -> str:
        """Return the type of the field in responses, a key of RESPONSE_TYPES."""
        return self.type

    def current(self, resource: Mapping[str, Any]) -> Any:
        """Return the value that the option has in the resource."""
        return resource.get(self.name)

    def declaration(self, resource: Mapping[str, Any]) -> Any:
        """Return the current value as a task would declare it, for the diff."""
        return self.current(resource)

    def checked_current(self, resource: Mapping[str, Any]) -> Any:
        """Return the same as current(). Raise UnexpectedResponse for a value of another type than the field's."""
        value = resource.get(self.name)
        description, has_type = RESPONSE_TYPES[self.response_type]
        if value is not None and not has_type(value):
            raise UnexpectedResponse(f"The API returned {abbreviate(value)} for {self.name}; expected {description}.")
        return self.current(resource)

    def to_create(self, desired: Any) -> Any:
        """Return the value for POST; None if it does not have to be sent."""
        return desired

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        """Return the difference between the resource and the desired value, None if there is none."""
        before = self.checked_current(resource)
        # The API omits a field that is an empty string.
        is_same = before == desired or (before is None and desired == "")
        return None if is_same else Change(self, before, desired, desired)


@dataclass(frozen=True)
class DesiredEntries:
    """The entries that an option names, by their identity, and how to apply them: one of MODES."""

    entries: Mapping[Hashable, Any]
    mode: str


def _unchanged(value: Any) -> Any:
    return value


def require_str(value: Any) -> str:
    """Return the value, which must be a string. Raise TypeError."""
    if not isinstance(value, str):
        raise TypeError
    return value


@dataclass(frozen=True)
class SetField(Field):
    """An unordered collection, which PATCH takes as {"remove": [...], "add": [...]}.

    identity returns the key of an entry, equal whether two entries with the same key have the same content, and
    reference the object that names an entry in "remove". load converts the option to a list of API entries, dump
    converts it back.
    """

    type: str = "list"
    mode: str = ""
    identity: Callable[[Any], Hashable] = require_str
    equal: Callable[[Any, Any], bool] = lambda current, desired: True
    reference: Callable[[Any], Any] = _unchanged
    load: Callable[[Any], list[Any]] = list
    dump: Callable[[list[Any]], Any] = list

    @property
    def response_type(self) -> str:
        return "list"

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        mode = {"type": "str", "choices": list(MODES), "default": MODES[0]}
        return {**super().argument_spec(), self.mode: mode}

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = options.get(self.option)
        if value is None:
            return None
        groups: dict[Hashable, list[Any]] = {}
        for entry in self.load(value):
            group = groups.setdefault(self.identity(entry), [])
            for other in group:
                if not (self.equal(other, entry) or self.equal(entry, other)):
                    raise InvalidOption(
                        f"{self.option} contains the same entry twice, with different content: {other} and {entry}."
                    )
            group.append(entry)
        # Of equal entries, the most specific one is used, whatever their order.
        entries = {identity: max(group, key=len) for identity, group in groups.items()}
        return DesiredEntries(entries, options.get(self.mode) or MODES[0])

    def current(self, resource: Mapping[str, Any]) -> Any:
        return self.dump(self._entries(resource))

    def to_create(self, desired: Any) -> Any:
        return [] if desired.mode == "remove" else list(desired.entries.values())

    def checked_current(self, resource: Mapping[str, Any]) -> Any:
        super().checked_current(resource)
        for entry in resource.get(self.name) or []:
            if not self._is_entry(entry):
                raise UnexpectedResponse(f"The API returned a malformed entry in {self.name}: {abbreviate(entry)}.")
        return self.current(resource)

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        # Malformed entries are ignored unless the list is to be replaced.
        check = self.checked_current if desired.mode == "set" else super().checked_current
        check(resource)
        entries = self._entries(resource)
        current = dict(zip(map(self.identity, entries), entries))
        to_add = self._entries_to_add(current, desired)
        # An entry with the same identity and other content is replaced; the API removes before it adds.
        outdated = self._identities_to_remove(current, desired) | set(map(self.identity, to_add))
        to_remove = [entry for entry in entries if self.identity(entry) in outdated]
        if not to_add and not to_remove:
            return None
        after = [entry for entry in entries if self.identity(entry) not in outdated] + to_add
        operations = {"remove": list(map(self.reference, to_remove)), "add": to_add}
        patch_value = {operation: changed for operation, changed in operations.items() if changed}
        return Change(self, self.current(resource), self.dump(after), patch_value)

    def _entries_to_add(self, current: Mapping[Hashable, Any], desired: DesiredEntries) -> list[Any]:
        """Return the desired entries that are missing, or have other content."""
        if desired.mode == "remove":
            return []
        return [
            entry
            for identity, entry in desired.entries.items()
            if identity not in current or not self.equal(current[identity], entry)
        ]

    @staticmethod
    def _identities_to_remove(current: Mapping[Hashable, Any], desired: DesiredEntries) -> set[Hashable]:
        """Return the identities of the current entries that the mode removes."""
        to_remove: Mapping[str, set[Hashable]] = {
            "set": current.keys() - desired.entries.keys(),
            "add": set(),
            "remove": current.keys() & desired.entries.keys(),
        }
        return to_remove[desired.mode]

    def _entries(self, resource: Mapping[str, Any]) -> list[Any]:
        """Return the entries of the resource without malformed ones."""
        entries = resource.get(self.name)
        return [entry for entry in entries if self._is_entry(entry)] if isinstance(entries, list) else []

    def _is_entry(self, entry: Any) -> bool:
        try:
            self.identity(entry)
        except (KeyError, TypeError):
            return False
        return True


def _reject_create_only(changes: Iterable[Change]) -> None:
    """Raise InvalidOption if there are changes, all of which are of fields that only creation sets."""
    differences = "; ".join(f"{change.field.option} is {change.before!r}, not {change.after!r}" for change in changes)
    if differences:
        raise InvalidOption(f"{differences}. This can only be set when the service is created: leave it out.")


class Schema:
    """The fields of a resource.

    options are those that a task may set; read_only holds the API names of those that only the API sets. ranges are
    pairs of options of which the first must not exceed the second. initial is what the API adds to a new resource.
    """

    def __init__(
        self,
        options: Iterable[Field],
        read_only: Iterable[str] = (),
        ranges: Iterable[tuple[str, str]] = (),
        initial: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._fields = {field.option: field for field in options}
        self._read_only = tuple(read_only)
        self.ranges = tuple(ranges)
        self._initial = initial

    def options(self) -> Iterable[Field]:
        """Return the fields that a task may set."""
        return self._fields.values()

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        return {name: spec for field in self._fields.values() for name, spec in field.argument_spec().items()}

    def desired(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the desired values by option. Raise InvalidOption for a value that is never valid."""
        for low, high in self.ranges:
            if None not in (options.get(low), options.get(high)) and options[low] > options[high]:
                raise InvalidOption(f"{low} ({options[low]}) must not be greater than {high} ({options[high]}).")
        values = {option: field.desired(options) for option, field in self._fields.items()}
        return {option: value for option, value in values.items() if value is not None}

    def create_body(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of POST, without empty collections: sending one may need a permission."""
        values = [(self._fields[option], self._fields[option].to_create(value)) for option, value in desired.items()]
        return {
            field.name: value
            for field, value in values
            if field.in_create and (value not in ([], None) or field.required_by_post)
        }

    def checked_current(self, resource: Mapping[str, Any], options: Iterable[str]) -> dict[str, Any]:
        """Return the current values of these options. Raise UnexpectedResponse for a value of another type."""
        return {option: self._fields[option].checked_current(resource) for option in options}

    def declaration(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the current values as a task would declare them, for the diff."""
        readable = (field for field in self._fields.values() if field.readable)
        return {field.option: to_json_safe(field.declaration(resource)) for field in readable}

    def diff(self, resource: Mapping[str, Any], desired: Mapping[str, Any]) -> list[Change]:
        """Return the differences. Raise InvalidOption for those that no endpoint changes, with both values of each."""
        readable = (option for option in desired if self._fields[option].readable)
        compared = [self._fields[option].diff(resource, desired[option]) for option in readable]
        changes = [change for change in compared if change and not change.is_omitted_false_flag]
        _reject_create_only(change for change in changes if change.field.patch_path is None)
        return changes

    def unreadable_change(self, option: str, desired: Any) -> Change:
        """Return the change of an option that no response contains, without its values in the diff."""
        return Change(self._fields[option], "the current one", "the given one", desired)

    def patch_bodies(self, changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
        """Return the body for each endpoint that has something to change, by its path below the resource."""
        bodies: dict[str, dict[str, Any]] = {}
        for change in changes:
            bodies.setdefault(change.field.patch_path or "", {})[change.field.name] = change.patch_value
        return bodies

    def predict_new(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result for a resource that is created with these values."""
        fields = {option: field for option, field in self._fields.items() if option in desired and field.readable}
        changes = [field.diff({}, desired[option]) for option, field in fields.items()]
        return self.predict({}, [change for change in changes if change is not None])

    def create_only(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """Return the desired values that no endpoint changes."""
        return {option: value for option, value in desired.items() if self._fields[option].patch_path is None}

    def update_only(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """Return the desired values that POST does not accept."""
        return {option: value for option, value in desired.items() if not self._fields[option].in_create}

    def predict(self, resource: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
        """Return the result for the resource, which is empty for a new one, once the changes are made."""
        after = {change.field.result_name: to_json_safe(change.after) for change in changes if change.field.readable}
        return {**self.to_result(resource or self._initial), **after}

    def unknown_fields(self, resource: Mapping[str, Any]) -> list[str]:
        """Return the API names of the fields of the resource that the collection does not know."""
        known = {*self._read_only, *(field.name for field in self._fields.values())}
        return [name for name in resource if name not in known]

    def to_result(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the resource as modules do, with the names of return values.

        Fields that the API left out are None; fields that the collection does not know are kept.
        """
        unknown = self.unknown_fields(resource)
        result = {to_snake_case(name): to_json_safe(resource[name], to_snake_case) for name in unknown}
        # The known ones come last, so that no unknown one with a similar name replaces them.
        result.update(
            {to_snake_case(name): to_json_safe(resource.get(name), to_snake_case) for name in self._read_only}
        )
        result.update(
            {
                field.result_name: to_json_safe(field.current(resource))
                for field in self._fields.values()
                if field.readable
            }
        )
        return result

    def to_resource(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resource for which to_result() returns this result."""
        read_only = {name: result[to_snake_case(name)] for name in self._read_only if to_snake_case(name) in result}
        values = [(field, field.desired(result)) for field in self._fields.values()]
        return {**read_only, **{field.name: field.to_create(value) for field, value in values if value is not None}}
