# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a resource: option and API name, limits, and the one comparison of current and wanted.

An option left out (None) asks for nothing, an empty list or dictionary empties, and only what differs is sent, to the
endpoint that takes it. Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._errors import InvalidOption, UnexpectedResponse
from .._json import abbreviate, is_finite_number, to_camel_case, to_json_safe, to_snake_case

#: In place of a path for Field.patch: no endpoint changes this field of something that exists.
CREATE_ONLY = "none"
#: What the mode of an Entries field may say.
MODES = ("set", "add", "remove")

#: What the API tells of a field, by the type of its answer: in words, and how it is known.
RESPONSE_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("text", lambda response: isinstance(response, str)),
    "int": ("a number", is_finite_number),
    "bool": ("true or false", lambda response: isinstance(response, bool)),
    "list": ("a list", lambda response: isinstance(response, list)),
}


@dataclass(frozen=True)
class Change:
    """One difference: what the option is now, what it shall be, and what PATCH takes to get there."""

    field: Field
    before: Any
    after: Any
    body: Any

    @property
    def is_omitted_false_flag(self) -> bool:
        """Whether nobody asked for it when the resource was created; the API need not tell of what is off then."""
        return self.field.patch == CREATE_ONLY and self.before is None and self.after is False


def to_diff(changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
    """The changes as Task.plan takes them, and as a diff shows them."""
    listed = list(changes)
    return {
        "before": {change.field.option: change.before for change in listed},
        "after": {change.field.option: change.after for change in listed},
    }


@dataclass(frozen=True)
class Field:
    """One option and the field of the API that it stands for.

    patch is the endpoint that changes it, as a path below the resource ("" is the resource itself).
    create and read are false for what POST does not take and what no answer holds. needed_by_post is true for a
    collection that POST requires even when it is empty; other empty collections are not sent. max_length is in
    characters, and 0 means any number.
    """

    option: str
    type: str = "str"
    api: str = ""
    patch: str = ""
    create: bool = True
    read: bool = True
    required_by_post: bool = False
    multiple: int = 1
    max_length: int = 0
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The API's name of this field."""
        return self.api or to_camel_case(self.option)

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        return {self.option: {"type": self.type, **self.spec}}

    def desired(self, options: Mapping[str, Any]) -> Any:
        """What the options ask for; None when they ask for nothing. Raises InvalidOption."""
        value = options.get(self.option)
        if value is not None and self.multiple > 1 and value % self.multiple:
            raise InvalidOption(f"{self.option} must be a multiple of {self.multiple}; {value} is not.")
        if value is not None and 0 < self.max_length < len(value):
            raise InvalidOption(
                f"{self.option} must have at most {self.max_length} characters; {value!r} has {len(value)}."
            )
        return value

    @property
    def answer(self) -> str:
        """The type of what the API tells of this field, a key of ANSWERS."""
        return self.type

    def current(self, resource: Mapping[str, Any]) -> Any:
        """The value of the option that the resource has now."""
        return resource.get(self.name)

    def compared(self, resource: Mapping[str, Any]) -> Any:
        """What current() gives. Raises UnexpectedAnswer when it cannot be compared, since it is of another type."""
        told = resource.get(self.name)
        words, fits = RESPONSE_TYPES[self.answer]
        if told is not None and not fits(told):
            raise UnexpectedResponse(f"The API tells {abbreviate(told)} as {self.name} where {words} was due.")
        return self.current(resource)

    def creation(self, wish: Any) -> Any:
        """What POST takes; None when it need not be sent."""
        return wish

    def change(self, resource: Mapping[str, Any], wish: Any) -> Change | None:
        """The difference between what the resource has and the wish, if there is one."""
        before = self.compared(resource)
        # The API does not tell an empty string from a field that is not there.
        return None if before == wish or (before is None and wish == "") else Change(self, before, wish, wish)


@dataclass(frozen=True)
class DesiredEntries:
    """The entries that an option names, and what is to be done with them: set, add or remove."""

    entries: Mapping[Hashable, Any]
    mode: str


def _identity(value: Any) -> Any:
    return value


def require_str(value: Any) -> str:
    """The value, which must be text. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError
    return value


@dataclass(frozen=True)
class SetField(Field):
    """A collection without order, which PATCH takes as {"remove": [...], "add": [...]}.

    identity tells which entry is the same one, equal whether it also says the same, and reference is what names it in
    "remove". load and dump turn the option into a list of the API's entries, and back.
    """

    type: str = "list"
    mode: str = ""
    identity: Callable[[Any], Hashable] = require_str
    equal: Callable[[Any, Any], bool] = lambda have, want: True
    reference: Callable[[Any], Any] = _identity
    load: Callable[[Any], list[Any]] = list
    dump: Callable[[list[Any]], Any] = list

    @property
    def answer(self) -> str:
        return "list"

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        mode = {"type": "str", "choices": list(MODES), "default": MODES[0]}
        return {**super().argument_spec(), self.mode: mode}

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = options.get(self.option)
        if value is None:
            return None
        entries: dict[Hashable, Any] = {}
        for entry in self.load(value):
            other = entries.get(self.identity(entry), entry)
            if not (self.equal(other, entry) or self.equal(entry, other)):
                raise InvalidOption(f"{self.option} names the same entry twice, and differently: {other} and {entry}.")
            # The one that says more is what is asked for.
            entries[self.identity(entry)] = other if self.equal(other, entry) else entry
        return DesiredEntries(entries, options.get(self.mode) or MODES[0])

    def current(self, resource: Mapping[str, Any]) -> Any:
        return self.dump(self._entries(resource))

    def creation(self, wish: Any) -> Any:
        return [] if wish.mode == "remove" else list(wish.entries.values())

    def compared(self, resource: Mapping[str, Any]) -> Any:
        super().compared(resource)
        for entry in resource.get(self.name) or []:
            if not self._is_entry(entry):
                raise UnexpectedResponse(
                    f"The API tells {abbreviate(entry)} in {self.name}, which cannot be understood."
                )
        return self.current(resource)

    def change(self, resource: Mapping[str, Any], wish: Any) -> Change | None:
        # What cannot be understood is in nobody's way, unless there shall be nothing else.
        (self.compared if wish.mode == "set" else super().compared)(resource)
        have = self._entries(resource)
        known = {self.identity(entry): entry for entry in have}
        add = [] if wish.mode == "remove" else [entry for entry in wish.entries.values() if not self._has(known, entry)]
        unwanted = {
            "set": known.keys() - wish.entries.keys(),
            "add": frozenset[Hashable](),
            "remove": known.keys() & wish.entries.keys(),
        }[wish.mode]
        # What says something else under the same identity is replaced; the API removes before it adds.
        outdated = unwanted | {self.identity(entry) for entry in add}
        drop = [entry for entry in have if self.identity(entry) in outdated]
        if not add and not drop:
            return None
        after = [entry for entry in have if self.identity(entry) not in outdated] + add
        parts = {"remove": [self.reference(entry) for entry in drop], "add": add}
        body = {part: entries for part, entries in parts.items() if entries}
        return Change(self, self.dump(have), self.dump(after), body)

    def _has(self, known: Mapping[Hashable, Any], entry: Any) -> bool:
        key = self.identity(entry)
        return key in known and self.equal(known[key], entry)

    def _entries(self, resource: Mapping[str, Any]) -> list[Any]:
        """The entries that the API has; what has no identity is left out."""
        entries = resource.get(self.name)
        return [entry for entry in entries if self._is_entry(entry)] if isinstance(entries, list) else []

    def _is_entry(self, entry: Any) -> bool:
        try:
            self.identity(entry)
        except (KeyError, TypeError):
            return False
        return True


class Schema:
    """All fields of a resource.

    options are those that a play may set; answers are the API's names of what only the API sets.
    ranges are pairs of options of which the first may not exceed the second.
    """

    def __init__(
        self, options: Iterable[Field], answers: Iterable[str] = (), ranges: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._fields = {field.option: field for field in options}
        self._answers = tuple(answers)
        self.ranges = tuple(ranges)

    def options(self) -> Iterable[Field]:
        """The fields that a play may set."""
        return self._fields.values()

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        return {name: spec for field in self._fields.values() for name, spec in field.argument_spec().items()}

    def wanted(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The wishes among the options, by option. Raises InvalidOption for what can never be right."""
        for low, high in self.ranges:
            if None not in (options.get(low), options.get(high)) and options[low] > options[high]:
                raise InvalidOption(f"{low} ({options[low]}) must not be greater than {high} ({options[high]}).")
        wishes = {option: field.desired(options) for option, field in self._fields.items()}
        return {option: wish for option, wish in wishes.items() if wish is not None}

    def creation(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of POST. What adds nothing, as an empty collection, is left out: it may need a permission."""
        values = [(self._fields[option], self._fields[option].creation(wish)) for option, wish in desired.items()]
        return {
            field.name: value
            for field, value in values
            if field.create and (value not in ([], None) or field.required_by_post)
        }

    def compared(self, resource: Mapping[str, Any], options: Iterable[str]) -> dict[str, Any]:
        """What the resource has of these options. Raises UnexpectedAnswer when one of them is of another type."""
        return {option: self._fields[option].compared(resource) for option in options}

    def changes(self, resource: Mapping[str, Any], desired: Mapping[str, Any]) -> list[Change]:
        """What differs. Raises InvalidOption when nothing can change it, naming each option and both values."""
        found = [
            self._fields[option].change(resource, wish) for option, wish in desired.items() if self._fields[option].read
        ]
        changes = [change for change in found if change is not None and not change.is_omitted_false_flag]
        fixed = [change for change in changes if change.field.patch == CREATE_ONLY]
        if fixed:
            listed = "; ".join(f"{one.field.option} is {one.before!r}, not {one.after!r}" for one in fixed)
            raise InvalidOption(f"{listed}. This can only be set when the service is created: leave it out.")
        return changes

    def patches(self, changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
        """The body for each endpoint that has something to change."""
        bodies: dict[str, dict[str, Any]] = {}
        for change in changes:
            bodies.setdefault(change.field.patch, {})[change.field.name] = change.body
        return bodies

    def predict_new(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """What shown() will give of the resource once it is created."""
        fields = {option: field for option, field in self._fields.items() if option in desired and field.read}
        made = [field.change({}, desired[option]) for option, field in fields.items()]
        return self.predict({}, [change for change in made if change is not None])

    def update_only(self, desired: Mapping[str, Any]) -> dict[str, Any]:
        """The wishes that POST does not take."""
        return {option: wish for option, wish in desired.items() if not self._fields[option].create}

    def predict(self, resource: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
        """What shown() will give once the changes are made."""
        return {**self.to_result(resource), **{change.field.option: change.after for change in changes}}

    def to_result(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """The resource in the words of the options.

        Fields that the API left out are None, fields that this collection does not know are kept.
        """
        known = {*self._answers, *(field.name for field in self._fields.values())}
        result = {
            to_snake_case(name): to_json_safe(value, to_snake_case)
            for name, value in resource.items()
            if name not in known
        }
        # Those that are known come last, so that no other that is spelled a little differently replaces them.
        result.update({to_snake_case(name): to_json_safe(resource.get(name), to_snake_case) for name in self._answers})
        result.update(
            {field.option: to_json_safe(field.current(resource)) for field in self._fields.values() if field.read}
        )
        return result

    def resource(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resource of which shown() shows this."""
        answers = {name: shown[to_snake_case(name)] for name in self._answers if to_snake_case(name) in shown}
        wishes = [(known, known.desired(shown)) for known in self._fields.values()]
        return {**answers, **{known.name: known.creation(wish) for known, wish in wishes if wish is not None}}
