# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Modules: the only utility that knows AnsibleModule, and the only place that ends the process."""

from __future__ import annotations

import contextlib
import functools
import select
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Callable, Protocol

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleFallbackNotFound, env_fallback
from ansible.module_utils.common import validation
from ansible.module_utils.common.validation import check_mutually_exclusive, check_required_one_of

from .._client.api import Api
from .._client.options import DEFAULT_URL, ClientOptions, encode_utf8
from .._client.transport import Transport
from .._errors import CloudError, InvalidOption, PartialFailure
from .._json import abbreviate, is_empty, printable
from .context import ModuleContext
from .option_errors import OptionErrors

Spec = Mapping[str, Mapping[str, Any]]
Pairs = Sequence[Sequence[str]]
#: Says of the rule and the value of an option whether it is wanted.
IsWanted = Callable[[Mapping[str, Any], Any], bool]


def nonempty_env(name: str) -> str:
    """Return the value of the environment variable, unless it is set to nothing, or to white space only."""
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

#: Documented by the fragment clickhouse.cloud.lookup.
LOOKUP_SPEC: Spec = {"service_id": {"type": "str"}, "name": {"type": "str"}}


def _convert_to_text(value: Any) -> Any:
    """Return the value as text. Raise TypeError for a list or dictionary, which ansible-core would make text of."""
    if isinstance(value, (list, dict)):
        raise TypeError
    return validation.check_type_str(value)


#: How the values of options are converted: as ansible-core does it, except that no text is made of a list.
CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "bool": validation.check_type_bool,
    "dict": validation.check_type_dict,
    "float": validation.check_type_float,
    "int": validation.check_type_int,
    "list": validation.check_type_list,
    "path": lambda value: validation.check_type_path(_convert_to_text(value)),
    "str": _convert_to_text,
}


class Runtime(Protocol):
    """What modules run in."""

    #: Shows a line to whoever watches the play; None where nobody can.
    on_progress: Callable[[str], None] | None

    #: Opens the part of a task that may be interrupted from outside, by a KeyboardInterrupt.
    interruptible: Callable[[], AbstractContextManager[None]]

    def view(self, connection: ClientOptions, warn: Callable[[str], None]) -> Callable[..., Api]:
        """Return a function that opens the API for all or part of a task; its arguments are as in Transport."""


def is_abandoned() -> bool:
    """Return whether the result of this process can no longer be read, as after the timeout of a task."""
    poll = select.poll()
    # A pipe without another end is reported without being asked for.
    poll.register(1, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _descriptor, events in poll.poll(0))


class Process:
    """The runtime of a module in a process of its own, which ends with it."""

    on_progress: Callable[[str], None] | None = None
    interruptible = staticmethod(nullcontext)

    def view(self, connection: ClientOptions, warn: Callable[[str], None]) -> Callable[..., Api]:
        def _view(*, read_only: bool, writes: list[str]) -> Api:
            transport = Transport(connection, read_only=read_only, writes=writes, is_abandoned=is_abandoned, warn=warn)
            return Api(transport, connection.organization)

        return _view


class AnsibleModule(basic.AnsibleModule):
    """An AnsibleModule that takes an option without a value as not set: the environment or the default counts.

    empty holds the options that were given as text in which nothing can be seen, with that text. It says of options
    that are refused where they are, and what is allowed there.
    """

    params: dict[str, Any]
    option_errors = OptionErrors(CONVERTERS)
    #: What the task says, while params holds what is left of it after the conversions that have failed.
    _arguments: Mapping[str, Any] = {}
    _lacks_text = False

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        if self._lacks_text:
            self.fail_json("")

    def _load_params(self) -> None:
        super()._load_params()
        self.blank_options = dict(_empty_texts(self.params, self.argument_spec))
        given = without_empty(self.params, self.argument_spec)
        self._arguments = {name: value for name, value in given.items() if not name.startswith("_ansible_")}
        # ansible-core would make text of them, and mask each part of one that is a secret in the message.
        self.params = _select(given, self.argument_spec, lambda rule, value: not _is_not_text(rule, value))
        self._lacks_text = self.params != given

    def fail_json(self, msg: str, **result: Any) -> None:
        if self.has_option_errors:
            msg = self.explain_options() or msg
        super().fail_json(msg, **result)

    @property
    def has_option_errors(self) -> bool:
        """Return whether an option has been refused."""
        # There is no result yet when ansible-core fails before it has looked at the options.
        messages = getattr(getattr(self, "validation_result", None), "error_messages", None)
        return bool(messages) or self._lacks_text

    def explain_options(self) -> str:
        """Return a sentence on the first option that is wrong, "" if none is found to be."""
        return self.option_errors.explain(self.argument_spec, {**self.params, **self._arguments})


def _empty_texts(options: Mapping[str, Any], spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield the options that are an empty text, and the text; those in a list as services[2].password, from 1."""
    for name, rule in spec.items():
        value = options.get(name)
        if isinstance(value, str) and is_empty(value):
            yield name, value
        for number, entry in enumerate(value if "options" in rule and isinstance(value, list) else [], 1):
            if isinstance(entry, Mapping):
                inner = _empty_texts(entry, rule["options"])
                yield from ((f"{name}[{number}].{option}", text) for option, text in inner)


def without_empty(options: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the options without those that are null or an empty text, as is_empty() has it; suboptions, too.

    An empty list or dictionary is a value, and so is an empty text where spec does not name the keys.
    """
    return _select(options, spec, lambda _rule, value: not is_empty(value))


def _is_not_text(rule: Mapping[str, Any], value: Any) -> bool:
    """Return whether there is a list or dictionary in the place of text, or nothing in that of an item of a list."""
    if rule.get("type") == "list" and rule["elements"] == "str":
        items = value.split(",") if isinstance(value, str) else value
        return isinstance(items, list) and any(is_empty(item) or isinstance(item, (list, dict)) for item in items)
    return rule.get("type", "str") in ("str", "path") and isinstance(value, (list, dict))


def _select(options: Mapping[str, Any], spec: Spec, is_wanted: IsWanted) -> dict[str, Any]:
    """Return the options that are wanted, by their rules and values, and those that spec does not name."""
    rules = {alias: rule for name, rule in spec.items() for alias in (name, *rule.get("aliases", ()))}
    selected = {name: value for name, value in options.items() if name not in rules or is_wanted(rules[name], value)}
    for name in selected.keys() & rules.keys():
        if "options" in rules[name]:
            selected[name] = _select_suboptions(selected[name], rules[name]["options"], is_wanted)
    return selected


def _select_suboptions(value: Any, spec: Spec, is_wanted: IsWanted) -> Any:
    if isinstance(value, dict):
        return _select(value, spec, is_wanted)
    if isinstance(value, list):
        return [_select_suboptions(item, spec, is_wanted) for item in value]
    # For AnsibleModule to convert, or to refuse.
    return value


def run(
    runtime: Runtime | None,
    run_module: Callable[[Any], None],
    *specs: Spec,
    kind: type[ModuleContext] = ModuleContext,
    required_one_of: Pairs = (),
    mutually_exclusive: Pairs = (),
) -> None:
    """Run a story, which is given a task of this kind, as a module: specs are its options beside CONNECTION.

    Without a runtime it is in a process of its own.
    """
    runs_in = runtime or Process()
    argument_spec = {option: spec for part in (CONNECTION_SPEC, *specs) for option, spec in part.items()}
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True)
    options = drop_blank_options(module.params)
    result: dict[str, Any] = {"changed": False}
    writes: list[str] = []
    warn = functools.cache(functools.partial(show_printable, module.warn))
    with capture_failure(result, writes), runs_in.interruptible():
        check_option_groups(explicitly_set(options, argument_spec), required_one_of, mutually_exclusive)
        check_texts(options, argument_spec)
        connection = ClientOptions.of(options.get)
        if not connection.validate_certs:
            module.warn("validate_certs is false: whoever answers at api_url is taken for the API.")
        view = runs_in.view(connection, warn)
        ctx = kind(
            options=options,
            api=view(read_only=module.check_mode, writes=writes),
            view=view,
            check_mode=module.check_mode,
            warn=warn,
            deprecate=functools.partial(module.deprecate, version="3.0.0", collection_name="clickhouse.cloud"),
            on_progress=functools.partial(show_printable, runs_in.on_progress) if runs_in.on_progress else None,
            blank_options=module.blank_options,
            result=result,
        )
        run_module(ctx)
    _exit(module, result)


def show_printable(show: Callable[[str], object], text: str) -> None:
    """Show the text, in which names and reasons come from the API."""
    show(printable(text))


def _exit(module: AnsibleModule, result: dict[str, Any]) -> None:
    if not module._diff:
        result.pop("diff", None)
    if "msg" in result:
        module.fail_json(**result)
    module.exit_json(**result)


def drop_blank_options(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options, without what is empty: what a survey was not answered asks for nothing."""
    return {name: None if is_empty(value) else value for name, value in params.items()}


def explicitly_set(options: Mapping[str, Any], spec: Spec) -> set[str]:
    """The names of the options that are set, and not to their defaults."""
    return {name for name, rule in spec.items() if options[name] not in (None, rule.get("default"))}


def check_texts(options: Mapping[str, Any], spec: Spec) -> None:
    """Raise InvalidOption for a text that contains a control character, however deep it is in the options."""
    for label, text in _texts(options, spec):
        encode_utf8(label, text)


def _texts(options: Mapping[str, Any], spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield each text in the options, after what messages call it."""
    for name, rule in spec.items():
        # Paths and the URL are checked where they are used.
        if rule.get("type") != "path" and name != "api_url":
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
    """Yield the keys and values that are texts, as those of tags."""
    for key, value in pairs.items():
        yield from (
            (f"{what} {abbreviate(key)}", text)
            for what, text in (("the key", key), ("the value of", value))
            if isinstance(text, str)
        )


def check_option_groups(given: Collection[str], required_one_of: Pairs, mutually_exclusive: Pairs) -> None:
    """What AnsibleModule would check, had it known that an empty option asks for nothing. Raises InvalidOption."""
    try:
        check_required_one_of(required_one_of, given)
        check_mutually_exclusive(mutually_exclusive, given)
    except TypeError as error:
        raise InvalidOption(f"{error}.") from error


@contextlib.contextmanager
def capture_failure(result: dict[str, Any], writes: Sequence[str]) -> Iterator[None]:
    """Add to the result, as msg, why what is done in here has failed, if it has, and what it had written by then."""
    try:
        yield
    except PartialFailure as error:
        # What was done is told with each of the parts.
        result.update(msg=printable(str(error)))
    except CloudError as error:
        result.update(error.last_seen)
        result.update(error.details(), changed=bool(writes), msg=failure_message(str(error), writes))
    except KeyboardInterrupt:
        seen = (result.get("service") or {}).get("state")
        words = f"Interrupted. The service was {seen} when last seen." if seen else "Interrupted."
        result.update(changed=bool(writes), msg=failure_message(words, writes))
    except Exception as error:  # A defect of ours: told, and not to take the only password with it.
        defect = f"A defect in the collection clickhouse.cloud, please report it: {type(error).__name__}: {error}."
        result.update(exception=traceback.format_exc(), changed=bool(writes), msg=failure_message(defect, writes))


def failure_message(sentence: str, writes: Sequence[str]) -> str:
    """The sentence, and what has been done by then: nobody should have to guess."""
    # One that was tried again is one change.
    listed = ", ".join(dict.fromkeys(writes))
    changes = f" Changes that this task has made, or may have made: {listed}." if writes else ""
    return printable(sentence + changes)
