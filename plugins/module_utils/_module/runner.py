# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Run modules: the only file that uses AnsibleModule, and the only place that ends the process."""

from __future__ import annotations

import contextlib
import functools
import select
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Callable, Protocol

from ansible.module_utils import basic

from .._client.api import Api
from .._client.options import ClientOptions
from .._client.transport import Transport
from .._errors import CloudError, PartialFailure
from .._json import printable
from .context import ModuleContext
from .option_errors import OptionErrors
from .options import (
    CONNECTION_SPEC,
    CONVERTERS,
    Pairs,
    Spec,
    check_option_groups,
    check_texts,
    drop_blank_options,
    explicitly_set,
    find_blank_options,
    is_not_text,
    select_options,
    without_empty,
)

NO_CERTIFICATE_VALIDATION = (
    "TLS certificate validation is disabled (validate_certs=false): the server at api_url is not authenticated."
)


class Runtime(Protocol):
    """The process that modules run in."""

    #: Shows a line while the task runs; None if that is not possible.
    on_progress: Callable[[str], None] | None

    #: Opens the part of a task in which a KeyboardInterrupt may be raised from outside.
    interruptible: Callable[[], AbstractContextManager[None]]

    def view(self, connection: ClientOptions, warn: Callable[[str], None]) -> Callable[..., Api]:
        """Return a function that opens the API for all or part of a task; its arguments are as in Transport."""


def is_abandoned() -> bool:
    """Return whether the result of this process can no longer be read, as after the timeout of a task."""
    poll = select.poll()
    # poll() reports a pipe without a reader even if no event is requested.
    poll.register(1, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _descriptor, events in poll.poll(0))


class Process:
    """The runtime of a module in a separate process, which ends with it."""

    on_progress: Callable[[str], None] | None = None
    interruptible = staticmethod(nullcontext)

    def view(self, connection: ClientOptions, warn: Callable[[str], None]) -> Callable[..., Api]:
        def _view(*, read_only: bool, writes: list[str]) -> Api:
            transport = Transport(connection, read_only=read_only, writes=writes, is_abandoned=is_abandoned, warn=warn)
            return Api(transport, connection.organization)

        return _view


class AnsibleModule(basic.AnsibleModule):
    """An AnsibleModule that treats a blank option as not set, and explains rejected options.

    blank_options holds the strings that were blank, by the names of the options.
    """

    params: dict[str, Any]
    option_errors = OptionErrors(CONVERTERS)
    #: The options of the task; params holds what remains after conversions that have failed.
    _arguments: Mapping[str, Any] = {}
    _lacks_text = False

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        if self._lacks_text:
            self.fail_json("")

    def _load_params(self) -> None:
        super()._load_params()
        self.blank_options = dict(find_blank_options(self.params, self.argument_spec))
        given = without_empty(self.params, self.argument_spec)
        self._arguments = {name: value for name, value in given.items() if not name.startswith("_ansible_")}
        # ansible-core would convert them to strings, and mask each part of a secret in its message.
        self.params = select_options(given, self.argument_spec, lambda rule, value: not is_not_text(rule, value))
        self._lacks_text = self.params != given

    def fail_json(self, msg: str, **result: Any) -> None:
        if self.has_option_errors:
            msg = self.explain_options() or msg
        super().fail_json(msg, **result)

    @property
    def has_option_errors(self) -> bool:
        """Return whether an option has been rejected."""
        # There is no result yet when ansible-core fails before it has looked at the options.
        messages = getattr(getattr(self, "validation_result", None), "error_messages", None)
        return bool(messages) or self._lacks_text

    def explain_options(self) -> str:
        """Return a sentence on the first option that is wrong, "" if none is found to be."""
        return self.option_errors.explain(self.argument_spec, {**self.params, **self._arguments})


def run(
    runtime: Runtime | None,
    run_module: Callable[[Any], None],
    *specs: Spec,
    kind: type[ModuleContext] = ModuleContext,
    required_one_of: Pairs = (),
    mutually_exclusive: Pairs = (),
) -> None:
    """Run a module: check its options, call run_module with a context of this kind, and exit with the result.

    specs are its options beside CONNECTION_SPEC. Without a runtime, it runs in a separate process.
    """
    runs_in = runtime or Process()
    argument_spec = {option: spec for part in (CONNECTION_SPEC, *specs) for option, spec in part.items()}
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True)
    options = drop_blank_options(module.params)
    result: dict[str, Any] = {"changed": False}
    writes: list[str] = []
    with capture_failure(result, writes), runs_in.interruptible():
        check_option_groups(explicitly_set(options, argument_spec), required_one_of, mutually_exclusive)
        check_texts(options, argument_spec)
        run_module(_create_context(kind, module, runs_in, options, result, writes))
    _exit(module, result)


def _create_context(
    kind: type[ModuleContext],
    module: AnsibleModule,
    runtime: Runtime | Process,
    options: Mapping[str, Any],
    result: dict[str, Any],
    writes: list[str],
) -> ModuleContext:
    """Return the context of a task. The module adds to result, and the transport adds each write request to writes."""
    client_options = ClientOptions.of(options.get)
    if not client_options.validate_certs:
        module.warn(NO_CERTIFICATE_VALIDATION)
    warn = functools.cache(functools.partial(show_printable, module.warn))
    view = runtime.view(client_options, warn)
    return kind(
        options=options,
        api=view(read_only=module.check_mode, writes=writes),
        view=view,
        check_mode=module.check_mode,
        warn=warn,
        deprecate=functools.partial(module.deprecate, version="3.0.0", collection_name="clickhouse.cloud"),
        on_progress=functools.partial(show_printable, runtime.on_progress) if runtime.on_progress else None,
        blank_options=module.blank_options,
        result=result,
    )


def show_printable(show: Callable[[str], object], text: str) -> None:
    """Show the text with names and reasons from the API made printable."""
    show(printable(text))


def _exit(module: AnsibleModule, result: dict[str, Any]) -> None:
    if not module._diff:
        result.pop("diff", None)
    if "msg" in result:
        module.fail_json(**result)
    module.exit_json(**result)


@contextlib.contextmanager
def capture_failure(result: dict[str, Any], writes: Sequence[str]) -> Iterator[None]:
    """Add msg to the result if the block fails: the reason, and the changes that it had made by then."""
    try:
        yield
    except PartialFailure as error:
        # The results of the parts list the changes.
        result.update(msg=printable(str(error)))
    except CloudError as error:
        result.update(error.last_seen)
        result.update(error.details(), changed=bool(writes), msg=failure_message(str(error), writes))
    except KeyboardInterrupt:
        seen = (result.get("service") or {}).get("state")
        problem = f"Interrupted. The service was {seen} when last seen." if seen else "Interrupted."
        result.update(changed=bool(writes), msg=failure_message(problem, writes))
    except RecursionError:
        problem = "The API returned a value that is nested too deeply."
        result.update(changed=bool(writes), msg=failure_message(problem, writes))
    except Exception as error:  # Not even a defect may discard a result that may hold the only copy of a password.
        defect = f"A defect in the collection clickhouse.cloud, please report it: {type(error).__name__}: {error}."
        result.update(exception=traceback.format_exc(), changed=bool(writes), msg=failure_message(defect, writes))


def failure_message(sentence: str, writes: Sequence[str]) -> str:
    """Return the sentence with a list of the changes that the task has made."""
    # A request that was sent again is one change.
    listed = ", ".join(dict.fromkeys(writes))
    changes = f" Changes that this task has made, or may have made: {listed}." if writes else ""
    return printable(sentence + changes)
