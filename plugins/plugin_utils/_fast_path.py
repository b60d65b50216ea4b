# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast path, which runs modules of the collection in Ansible's worker process.

A module of this collection only sends HTTPS requests. So a task that is for this machine, or for a host that is a
service, needs no separate process: the same code runs here, at a tenth of the cost.

Each module has an action plugin of the same name, which only names the module. If all of them were routed to one action
plugin, each worker would load it, and requests with it: before it forks, Ansible only loads the plugin that has the
name of the task.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NoReturn

from ansible.errors import AnsibleError
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as RunModule
from ansible.utils.display import Display

from ..module_utils._client.cache import CachedApi, SharedClient
from ..module_utils._client.options import ClientOptions
from ..module_utils._client.session import HAS_REQUESTS
from ..module_utils._module.option_errors import OptionErrors
from ..module_utils._module.options import CONVERTERS
from ..module_utils._module.runner import AnsibleModule, Worker
from ..module_utils._service.planned_services import PlannedServices, PlanningApi, hide_planned_ids
from ..module_utils._texts import is_empty
from ._compat import RESULT_MARKERS, decode_result, encode_arguments
from ._inventory.host_names import HOST_MARKER_VARIABLE
from ._template_safety import mark_unsafe

#: The variable that switches it off, for a host, a play, a task, or all of them.
ENABLE_VARIABLE = "clickhouse_cloud_fast_path"
#: The message for a task that cannot run here, since Ansible would try to log in to the service.
NO_LOGIN_TO_SERVICE = (
    "{host} is a service of ClickHouse Cloud, to which Ansible cannot log in. Its tasks run on the controller, but this"
    " one cannot, since {obstacle}. Change that, or set ansible_connection to local for this host."
)

#: How often a task checks whether its play is still running, in seconds.
PARENT_POLL_SECONDS = 1

#: The clients that the items of a loop share: they run one after the other in one process, in which nothing else runs.
_clients: dict[ClientOptions, SharedClient] = {}
#: The planned services that the tasks of a run in check mode share: this is imported before Ansible forks.
_planned = PlannedServices()


@contextlib.contextmanager
def _exit_with_parent() -> Iterator[None]:
    """End this process when that of the play is killed, as by ansible-runner when a job is cancelled.

    Since ansible-core 2.19 it is in a separate session, and would go on to wait and to make changes unnoticed.
    """
    play, done = os.getppid(), threading.Event()

    def watch() -> None:
        while not done.wait(PARENT_POLL_SECONDS):
            if os.getppid() != play:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


@contextlib.contextmanager
def _set_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Add to the environment, for as long as a module runs."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _change_directory(directory: str) -> Iterator[None]:
    """Enter the directory, and return if possible: a failure to return must not lose the result."""
    try:
        before = os.getcwd()
    except OSError:  # It has been deleted, or is below a directory that this user may not enter.
        before = directory
    os.chdir(directory)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.chdir(before)


@contextlib.contextmanager
def _replace_values(module: ModuleType, **values: Any) -> Iterator[None]:
    """Set these names in the module, and restore their values at the end."""
    before = {name: getattr(module, name, None) for name in values}
    vars(module).update(values)
    try:
        yield
    finally:
        vars(module).update(before)


def _parse_switch(switch: object) -> bool:
    """Return the value of the variable. Raise AnsibleError if it is neither true nor false."""
    try:
        return bool(boolean(switch))
    except TypeError:
        raise AnsibleError(f"The variable {ENABLE_VARIABLE} must be true or false; {switch!r} is not.") from None


class TaskTimeout:
    """The keyword timeout of a task, which interrupts a module as Ctrl-C does, so that it still returns a result.

    Ansible itself would discard the result, and with it a password that is shown only once.
    """

    def __init__(self, seconds: int | None) -> None:
        self._seconds = seconds
        self._has_expired = False
        self._may_interrupt = False
        #: Whether the module was interrupted.
        self.has_interrupted = False

    @contextlib.contextmanager
    def handle_alarm(self) -> Iterator[None]:
        """Receive the alarm that Ansible has set, and cancel it at the end."""
        if not self._seconds:
            yield
            return
        handler = signal.signal(signal.SIGALRM, lambda number, frame: self._expire())
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, handler)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let the timeout interrupt the code in this context. Anywhere else, it would lose the result."""
        self._may_interrupt = True
        try:
            if self._has_expired:
                self._interrupt()
            yield
        finally:
            self._may_interrupt = False

    def explain_timeout(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result of the module, which says so if the timeout has interrupted it."""
        if not self.has_interrupted:
            return result
        message = f"The task has reached its timeout of {self._seconds} seconds. {result.get('msg', '')}"
        return {**result, "failed": True, "msg": message, "timedout": {"period": self._seconds}}

    def _expire(self) -> None:
        self._has_expired = True
        if self._may_interrupt:
            self._interrupt()

    def _interrupt(self) -> NoReturn:
        self.has_interrupted = True
        raise KeyboardInterrupt


def _show_progress(message: str) -> None:
    """Show a line where warnings go, since standard output may have to be JSON."""
    Display().display(message, stderr=True)


def _parse_result(printed: str) -> dict[str, Any]:
    """Return the result that a module has printed, even if Ansible cannot decode a part of it."""
    line = next(line for line in reversed(printed.split("\n")) if line.startswith("{"))
    try:
        result: dict[str, Any] = decode_result(line)
    except Exception as error:  # The decoders of different versions of ansible-core raise different errors.
        Display().warning(f"Ansible cannot decode the result of the module, so it is read as plain JSON: {error}")
        result = json.loads(line)
    return {key: value for key, value in result.items() if not key.startswith("_ansible_")}


class OptionsAreValid(Exception):
    """All options of the task are valid."""


def _is_template(value: object) -> bool:
    """Return whether the value is a template, whose result is not known yet."""
    return isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#"))


class OptionsCheck(AnsibleModule):
    """A module that ends once it has checked the options, except templates: it raises OptionsAreValid."""

    option_errors = OptionErrors(CONVERTERS, _is_template)

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, no_log=True)
        raise OptionsAreValid

    def fail_json(self, msg: str, **result: Any) -> None:
        if self.has_option_errors and not self.explain_options():
            raise OptionsAreValid
        super().fail_json(msg, **result)


class FastPath(RunModule):
    """Runs a module in the worker process if possible, and as Ansible runs any other module if not."""

    #: The module, which is imported with all that it needs before Ansible forks.
    MODULE: ModuleType

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        if not (self._task.check_mode or self.MODULE.__name__.endswith("_info")):
            _planned.clear()
        service_host = self._service_host(task_vars)
        obstacle = self._find_obstacle(task_vars, is_service=service_host is not None)
        arguments = None if obstacle else self._encoded_args(task_vars)
        if arguments is not None:
            return self._run_in_worker(arguments)
        if service_host is not None:
            why = obstacle or "one of its options is not text in UTF-8"
            raise AnsibleError(NO_LOGIN_TO_SERVICE.format(host=service_host, obstacle=why))
        returned: dict[str, Any] = super().run(tmp, task_vars)
        return returned

    def _run_in_worker(self, arguments: bytes) -> dict[str, Any]:
        """Run the module in this process, and return its result."""
        _planned.discard()
        timeout = TaskTimeout(self._task.timeout)
        if self._task.until:
            # Each attempt needs a new list.
            for client in _clients.values():
                client.services.discard()
        worker = Worker(
            _clients,
            on_progress=None if self._task.no_log else _show_progress,
            interruptible=timeout.interruptible,
            api_class=functools.partial(PlanningApi, _planned) if self._task.check_mode else CachedApi,
            # Standard output is that of Ansible, which ends the task itself.
            is_abandoned=lambda: False,
        )
        printed = io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(timeout.handle_alarm())
            stack.enter_context(_exit_with_parent())
            stack.enter_context(self._module_environment(arguments))
            stack.enter_context(contextlib.redirect_stdout(printed))
            stack.enter_context(contextlib.suppress(SystemExit))
            self.MODULE.main(worker)
        result = timeout.explain_timeout(_parse_result(printed.getvalue()))
        if self._task.check_mode:
            result = self._save_plan(result)
        return {**mark_unsafe(result), **RESULT_MARKERS}

    @staticmethod
    def _save_plan(result: dict[str, Any]) -> dict[str, Any]:
        """Show the planned services to later tasks, unless this one has failed; return the result without their IDs."""
        if not result.get("failed"):
            _planned.save()
        visible: dict[str, Any] = hide_planned_ids(result)
        return visible

    @classmethod
    def check_options(cls) -> None:
        """Check the options of a task and nothing else; ansible-lint calls this, as it calls the main() of modules."""
        with contextlib.suppress(OptionsAreValid):
            cls.MODULE.main(Worker(module_class=OptionsCheck))

    def _encoded_args(self, task_vars: dict[str, Any]) -> bytes | None:
        """Return the arguments of the module as JSON; None if they are not valid UTF-8, which the module rejects."""
        arguments = self._with_planned_name(dict(self._task.args))
        self._update_module_args(self._task.action, arguments, task_vars)
        if sys.platform == "darwin":
            # This turns off logging to the system log, which may crash a fork on macOS.
            arguments["_ansible_no_log"] = True
        try:
            return encode_arguments({"ANSIBLE_MODULE_ARGS": arguments}, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return None

    def _with_planned_name(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments with the name of the one planned service in place of an empty ID.

        In check mode, the result of a task that creates a service has no ID, which another task may use.
        """
        has_empty_id = "service_id" in arguments and is_empty(arguments["service_id"])
        name = (
            _planned.only_name() if self._task.check_mode and has_empty_id and is_empty(arguments.get("name")) else None
        )
        return arguments if name is None else {**arguments, "name": name}

    def _service_host(self, task_vars: Mapping[str, Any]) -> str | None:
        """Return the host of the inventory plugin that the task is for, and that Ansible would try to log in to.

        None if it is for another host.
        """
        host, host_vars = task_vars.get("inventory_hostname"), task_vars
        if self._task.delegate_to:
            host = self._task.delegate_to
            host_vars = task_vars.get("ansible_delegated_vars", {}).get(host, {})
        is_service = (
            host is not None and host_vars.get(HOST_MARKER_VARIABLE) == host and self._connection.transport != "local"
        )
        return str(host) if is_service else None

    def _find_obstacle(self, task_vars: Mapping[str, Any], is_service: bool) -> str | None:
        """Return why the task needs another machine, user or process; None if it does not.

        A service has no other user.
        """
        obstacles = {
            "the Python that runs Ansible lacks the package requests": not HAS_REQUESTS,
            "it has the keyword async": bool(self._task.async_val),
            "it has the keyword become": bool(self._connection.become) and not is_service,
            "it is for another machine": not is_service and self._connection.transport != "local",
            f"the variable {ENABLE_VARIABLE} is false": not _parse_switch(
                self._templar.template(task_vars.get(ENABLE_VARIABLE, True))
            ),
        }
        return next((obstacle for obstacle, is_there in obstacles.items() if is_there), None)

    @contextlib.contextmanager
    def _module_environment(self, arguments: bytes) -> Iterator[None]:
        """Set up what the module would find in a separate process, and restore it for the next task."""
        variables: dict[str, Any] = {}
        self._compute_environment_string(variables)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_set_environment({name: str(value) for name, value in variables.items()}))
            stack.enter_context(_change_directory(self._loader.get_basedir()))
            stack.enter_context(_replace_values(basic, _ANSIBLE_ARGS=arguments, _ANSIBLE_PROFILE="legacy"))
            for messages in (warnings._global_warnings, warnings._global_deprecations):
                messages.clear()
            yield
