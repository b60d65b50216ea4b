# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: not for use from outside, may change at any time.
"""The fast path: every module of the collection, run where Ansible itself runs.

A module of this collection only talks HTTPS. So a task that is for this machine, or for a host that is a service, needs
no process of its own: the very same code is run here, at a tenth of the cost.

Each module has an action plugin of its name, which only says which module it is. Were one routed to for all of them,
Ansible would load it, and with it requests, anew in each worker: it loads before it forks only what has a task's name.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import threading
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as RunModule
from ansible.utils.display import Display

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._http import HAS_REQUESTS
from ansible_collections.clickhouse.cloud.plugins.module_utils._shared import FRESH, Shared, Sharing

try:
    from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
except ImportError:  # ansible-core before 2.19
    from ansible.parsing.ajson import AnsibleJSONEncoder

    _encoded = functools.partial(json.dumps, cls=AnsibleJSONEncoder, vault_to_text=True)
    _decoded = json.loads
else:
    _encoded = functools.partial(json.dumps, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE))
    _decoded = functools.partial(json.loads, cls=get_module_decoder("legacy", Direction.MODULE_TO_CONTROLLER))

#: The one place to switch it off: a variable, of a host, a play, a task, or of all of them.
SWITCH = "clickhouse_cloud_fast_path"
#: Has every host of the inventory plugin of this collection.
OUR_HOST = "clickhouse_cloud_id"

#: How often a task looks whether its play is still there, in seconds.
GLANCE = 1

#: What the items of a loop share: they run one after the other in one process, in which nothing else runs.
_shared: dict[Connection, Shared] = {}


@contextlib.contextmanager
def _with_the_play() -> Iterator[None]:
    """Let this process not live on when that of the play is killed, as by ansible-runner when a job is cancelled.

    Since ansible-core 2.19 it is in a session of its own, and would wait, and then change more, with nobody knowing.
    """
    play, over = os.getppid(), threading.Event()

    def watch() -> None:
        while not over.wait(GLANCE):
            if os.getppid() != play:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _is_on(switch: object) -> bool:
    """What the variable says. Raises AnsibleError when it is neither true nor false."""
    try:
        return bool(boolean(switch))
    except TypeError:
        raise AnsibleError(f"The variable {SWITCH} must be true or false; {switch!r} is not.") from None


class FastPath(RunModule):
    """Runs a module here if it can, and as any other module if not."""

    #: The module, which is imported with all that it needs before Ansible forks.
    MODULE: ModuleType

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        arguments = self._arguments(task_vars) if self._is_for_here(task_vars) else None
        if arguments is None:
            returned: dict[str, Any] = super().run(tmp, task_vars)
            return returned
        runtime = Sharing(
            _shared,
            # Who looks again until something has changed does not want to see what there was.
            fresh=0 if self._task.until else FRESH,
            tell=None if self._task.no_log else Display().display,
        )
        printed = io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(_with_the_play())
            stack.enter_context(self._as_in_a_process(arguments))
            stack.enter_context(contextlib.redirect_stdout(printed))
            stack.enter_context(contextlib.suppress(SystemExit))
            self.MODULE.main(runtime)
        result = _decoded(printed.getvalue().splitlines()[-1])
        return {key: value for key, value in result.items() if not key.startswith("_ansible_")}

    def _arguments(self, task_vars: dict[str, Any]) -> bytes | None:
        """What the module is told; None where that is not text, which is for a module to refuse."""
        arguments = dict(self._task.args)
        self._update_module_args(self._task.action, arguments, task_vars)
        try:
            return _encoded({"ANSIBLE_MODULE_ARGS": arguments}, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return None

    def _is_for_here(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the task needs no other machine, no other user and no other process than this."""
        if not HAS_REQUESTS or self._task.async_val or self._connection.become:
            return False
        if not _is_on(self._templar.template(task_vars.get(SWITCH, True))):
            return False
        # A service is nothing to log in to.
        return self._connection.transport == "local" or (OUR_HOST in task_vars and not self._task.delegate_to)

    @contextlib.contextmanager
    def _as_in_a_process(self, arguments: bytes) -> Iterator[None]:
        """Have the module find what it would find in a process of its own, and leave nothing of it to the next one."""
        environment, directory = dict(os.environ), os.getcwd()
        wanted: dict[str, Any] = {}
        self._compute_environment_string(wanted)
        told = {"_ANSIBLE_ARGS": arguments, "_ANSIBLE_PROFILE": "legacy"}
        before = {name: getattr(basic, name, None) for name in told}
        try:
            os.environ.update({name: str(value) for name, value in wanted.items()})
            os.chdir(self._loader.get_basedir())
            vars(basic).update(told)
            for heard in (warnings._global_warnings, warnings._global_deprecations):
                heard.clear()
            yield
        finally:
            vars(basic).update(before)
            os.chdir(directory)
            os.environ.clear()
            os.environ.update(environment)
