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
from dataclasses import dataclass, field
from typing import Any, Callable

from ansible.module_utils import basic

from .._client.cache import CachedApi, SharedClient
from .._client.options import ClientOptions
from .._client.progress import Progress
from .._errors import CloudError, PartialFailure
from .._texts import printable
from .context import ModuleContext
from .option_errors import OptionErrors
from .options import (
    CONNECTION_SPEC,
    CONVERTERS,
    Pairs,
    Spec,
    check_option_groups,
    check_texts,
    find_blank_options,
    is_not_dictionary,
    is_not_text,
    select_options,
    without_empty,
)

NO_CERTIFICATE_VALIDATION = (
    "TLS certificate validation is disabled (validate_certs=false): the server at api_url is not authenticated."
)


def is_abandoned() -> bool:
    """Return whether the result of this process can no longer be read, as after the timeout of a task."""
    poll = select.poll()
    # poll() reports a pipe without a reader even if no event is requested.
    poll.register(1, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _descriptor, events in poll.poll(0))


class AnsibleModule(basic.AnsibleModule):
    """An AnsibleModule that treats a blank option as not set, and explains rejected options.

    blank_options holds the strings that were blank, by the names of the options.
    """

    params: dict[str, Any]
    option_errors = OptionErrors(CONVERTERS)
    #: The options of the task; params holds what remains after conversions that have failed.
    _arguments: Mapping[str, Any] = {}
    _lacks_options = False

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        if self._lacks_options:
            self.fail_json("")

    def _load_params(self) -> None:
        super()._load_params()
        self.blank_options = dict(find_blank_options(self.params, self.argument_spec))
        arguments = without_empty(self.params, self.argument_spec)
        self._arguments = {name: value for name, value in arguments.items() if not name.startswith("_ansible_")}
        # ansible-core would convert them to strings, and mask each part of a secret in its message. It fails without a
        # message if it looks for suboptions in a number.
        self.params = select_options(
            arguments,
            self.argument_spec,
            lambda rule, value: not (is_not_text(rule, value) or is_not_dictionary(rule, value)),
        )
        self._lacks_options = self.params != arguments

    def fail_json(self, msg: str, **result: Any) -> None:
        if self.has_option_errors:
            msg = self.explain_options() or msg
        super().fail_json(msg, **result)

    @property
    def has_option_errors(self) -> bool:
        """Return whether an option has been rejected."""
        # There is no result yet if ansible-core fails before it has checked the options.
        messages = getattr(getattr(self, "validation_result", None), "error_messages", None)
        return bool(messages) or self._lacks_options

    def explain_options(self) -> str:
        """Return a sentence about the first invalid option, "" if there is none."""
        return self.option_errors.explain(self.argument_spec, {**self.params, **self._arguments})


@dataclass(frozen=True)
class Worker:
    """The process that runs a module; by default, a separate process that ends with it.

    clients holds the clients of earlier tasks. on_progress shows a line while the task runs, if that is possible.
    interruptible opens the part of a task in which a KeyboardInterrupt may be raised from outside. api_class returns
    the API for a task from the arguments of CachedApi. is_abandoned is as in Transport, and module_class checks the
    options.
    """

    clients: dict[ClientOptions, SharedClient] = field(default_factory=dict)
    on_progress: Callable[[str], None] | None = None
    interruptible: Callable[[], AbstractContextManager[None]] = nullcontext
    api_class: Callable[..., CachedApi] = CachedApi
    is_abandoned: Callable[[], bool] = is_abandoned
    module_class: type[AnsibleModule] = AnsibleModule

    def client(self, options: ClientOptions, warn: Callable[[str], None], progress: Progress) -> SharedClient:
        """Return the client that tasks with these options share."""
        if options not in self.clients:
            self.clients[options] = SharedClient(options, warn, progress, self.is_abandoned)
        return self.clients[options]


def run(
    worker: Worker | None,
    run_module: Callable[[ModuleContext], None],
    *specs: Spec,
    required_one_of: Pairs = (),
    mutually_exclusive: Pairs = (),
) -> None:
    """Run a module: check its options, call run_module with its context, and exit with the result.

    specs are its options beside CONNECTION_SPEC. Without a worker, it runs in a separate process.
    """
    worker = worker or Worker()
    argument_spec = {option: rule for spec in (CONNECTION_SPEC, *specs) for option, rule in spec.items()}
    module = worker.module_class(argument_spec=argument_spec, supports_check_mode=True)
    result: dict[str, Any] = {"changed": False}
    write_log: list[str] = []
    with capture_failure(result, write_log), worker.interruptible():
        check_option_groups(module.params, required_one_of, mutually_exclusive)
        check_texts(module.params, argument_spec)
        ctx = _create_context(module, worker, result, write_log)
        run_module(ctx)
        ctx.share_plan()
    _exit(module, result)


def _create_context(
    module: AnsibleModule,
    worker: Worker,
    result: dict[str, Any],
    write_log: list[str],
) -> ModuleContext:
    """Return the context of a task. The module adds to result, and the transport adds each write to write_log."""
    client_options = ClientOptions.from_options(module.params.get)
    if not client_options.validate_certs:
        module.warn(NO_CERTIFICATE_VALIDATION)
    warn = functools.cache(functools.partial(show_printable, module.warn))
    progress = Progress(functools.partial(show_printable, worker.on_progress) if worker.on_progress else None)
    client = worker.client(client_options, warn, progress)
    new_api = functools.partial(client.api, api_class=worker.api_class, progress=progress)
    return ModuleContext(
        options=module.params,
        api=new_api(check_mode=module.check_mode, write_log=write_log),
        new_api=new_api,
        check_mode=module.check_mode,
        warn=warn,
        deprecate=functools.partial(module.deprecate, version="3.0.0", collection_name="clickhouse.cloud"),
        progress=progress,
        blank_options=module.blank_options,
        result=result,
    )


def show_printable(show: Callable[[str], object], text: str) -> None:
    """Show the text with names and reasons from the API made printable."""
    show(printable(text))


def _exit(module: AnsibleModule, result: dict[str, Any]) -> None:
    if not module._diff:
        result.pop("diff", None)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


@contextlib.contextmanager
def capture_failure(result: dict[str, Any], write_log: Sequence[str]) -> Iterator[None]:
    """Set failed and msg in the result if the block fails: the reason, and the changes that it had made by then."""
    try:
        yield
    except PartialFailure as error:
        # The results of the parts list the changes.
        result.update(failed=True, msg=printable(str(error)))
    except CloudError as error:
        result.update(error.details(), **_describe_failure(str(error), write_log))
    except KeyboardInterrupt:
        state = (result.get("service") or {}).get("state")
        problem = f"Interrupted. The last known state of the service is {state}." if state else "Interrupted."
        result.update(_describe_failure(problem, write_log))
    except RecursionError:
        result.update(_describe_failure("The API returned a value that is nested too deeply.", write_log))
    except Exception as error:  # Not even a defect may discard a result that may hold the only copy of a password.
        defect = f"A defect in the collection clickhouse.cloud, please report it: {type(error).__name__}: {error}."
        result.update(_describe_failure(defect, write_log), exception=traceback.format_exc())


def _describe_failure(sentence: str, write_log: Sequence[str]) -> dict[str, Any]:
    """Return the values of a failed task; msg is the sentence with a list of the changes that the task has made."""
    # A request that was retried is one change.
    writes = ", ".join(dict.fromkeys(write_log))
    changes = f" Changes that this task has made, or may have made: {writes}." if write_log else ""
    return {"failed": True, "changed": bool(write_log), "msg": printable(sentence + changes)}
