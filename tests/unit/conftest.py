# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: the emulator, and modules that run against it over real HTTP."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import select
import socket
import time
from collections.abc import Iterator

# The true time, also where a test makes time pass faster.
from time import monotonic as true_monotonic
from time import sleep as true_sleep
from typing import Any, Callable

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import deadline
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

try:
    from ansible._internal._display_utils import DeferredWarningContext
except ImportError:  # ansible-core before 2.19, where modules tell their warnings in any process
    DeferredWarningContext = None

try:
    from ansible.module_utils._internal._secrets import _secret_masker
    from ansible.module_utils._internal._secrets_object import mask_object
except ImportError:  # ansible-core before 2.22, where modules replace the secrets in what they return
    _secret_masker = None

#: How long a transition of the emulator takes, in seconds; and how often modules look.
STEP = 0.1
INTERVAL = 0.05
#: How long modules wait for what comes within moments, in seconds: only a failure takes as long.
PATIENCE = 100
#: How many true seconds a test waits for what it needs: only a failure takes as long.
LONG = 300
#: How many seconds the emulator holds a request that the test releases, by clear_faults().
HELD = 3600
#: How many seconds pass between two looks of a test.
LOOK_INTERVAL = 0.01
MODULES = "ansible_collections.clickhouse.cloud.plugins.modules"

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def _emulator() -> Iterator[Emulator]:
    with Emulator(STEP) as emulator:
        yield emulator


@pytest.fixture
def emulator(_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Emulator:
    """The emulator, empty, with the environment pointing at it, and with nothing left of other tests."""
    _emulator.reset()
    environment = {
        **_emulator.environment,
        "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state")),
        # The emulator grants as many requests as there are, unless a test says otherwise.
        "CLICKHOUSE_CLOUD_RATE_LIMIT": "0",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return _emulator


@pytest.fixture
def hurry() -> int:
    """How much faster than the true time passes where a test asks for it."""
    return 50


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch, hurry: int) -> None:
    """Pauses are much shorter than they are said to be. The emulator keeps to the true time."""
    sleep, monotonic, skipped = time.sleep, time.monotonic, 0.0

    def nap(seconds: float) -> None:
        nonlocal skipped
        sleep(seconds / hurry)
        skipped += seconds - seconds / hurry

    monkeypatch.setattr(time, "sleep", nap)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + skipped)


@pytest.fixture
def pauses(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that are made: time passes only by them. In the emulator, the true time comes on top."""
    made: list[float] = []
    start = time.monotonic()

    def pause(seconds: float) -> None:
        made.append(seconds)
        emulator.advance(seconds)

    monkeypatch.setattr(time, "sleep", pause)
    monkeypatch.setattr(time, "monotonic", lambda: start + sum(made))
    return made


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait in true time until the condition is met, however slow the machine is."""
    end = true_monotonic() + LONG
    while not condition():
        assert true_monotonic() < end, f"this did not happen within {LONG} seconds"
        true_sleep(LOOK_INTERVAL)


def is_held(emulator: Emulator, client: str) -> bool:
    """Return whether the emulator holds the last request of this client, which it has not answered then."""
    statuses = [entry["status"] for entry in emulator.journal() if entry["client"] == client]
    return statuses[-1:] == [None]


@contextlib.contextmanager
def impatience(emulator: Emulator) -> Iterator[None]:
    """Have a request time out as soon as the emulator holds it, and no other one, however slow the machine is."""

    class ImpatientReader(deadline._TimedReader):
        def readinto(self, buffer: Any) -> int | None:
            client = "{}:{}".format(*self._sock.getsockname())
            # select() takes no descriptor above 1023.
            poll = select.poll()
            poll.register(self._sock, select.POLLIN)
            while not poll.poll(LOOK_INTERVAL * 1000):
                if is_held(emulator, client):
                    raise socket.timeout("timed out")
            return super().readinto(buffer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "_TimedReader", ImpatientReader)
        yield


@pytest.fixture
def impatient(emulator: Emulator) -> Iterator[None]:
    """See impatience()."""
    with impatience(emulator):
        yield


@contextlib.contextmanager
def _arguments(arguments: dict[str, Any]) -> Iterator[None]:
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:
        # ansible-core before 2.19
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
            yield
    else:
        with patch_module_args(arguments):
            yield


def heard(task: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of a task as Ansible would register it, with the warnings that go around it."""
    with contextlib.ExitStack() as stack:
        told = stack.enter_context(DeferredWarningContext(variables={})) if DeferredWarningContext else None
        result = task()
    if told and told.get_warnings():
        result["warnings"] = [warning.event.msg for warning in told.get_warnings()]
    if told and told.get_deprecation_warnings():
        result["deprecations"] = [{"msg": one.event.msg} for one in told.get_deprecation_warnings()]
    registered: dict[str, Any] = json.loads(json.dumps(result))
    return registered


def forget_secrets() -> None:
    """Let Ansible know no secret, as at the start of a play."""
    if _secret_masker:
        fresh = {"_matcher": type(_secret_masker._matcher)(), "_secrets": set(), "_forms": set(), "_json_forms": {}}
        assert fresh.keys() <= vars(_secret_masker).keys()
        vars(_secret_masker).update(fresh)


def shown(result: dict[str, Any]) -> str:
    """Return what Ansible would show of the result of the last run.

    Since ansible-core 2.22 a result holds the true values. The module tells Ansible what is secret, and Ansible masks
    it in all that it shows; but a task that makes use of the result gets the true values.
    """
    return json.dumps(mask_object(result) if _secret_masker else result)


def run_module(module: str, check: bool, options: dict[str, Any]) -> dict[str, Any]:
    """Run a module as a process of its own would."""
    forget_secrets()
    main = importlib.import_module(f"{MODULES}.{module}").main
    arguments = {"_ansible_check_mode": check, "_ansible_diff": True, **options}
    if "inject_invocation" in PASS_VARS:  # ansible-core 2.21 and newer leave it out unless asked
        arguments["_ansible_inject_invocation"] = True
    # A process is otherwise the end of one module, and of what it had to say.
    for told in (warnings._global_warnings, warnings._global_deprecations):
        told.clear()

    def printed() -> dict[str, Any]:
        output = io.StringIO()
        with _arguments(arguments), contextlib.redirect_stdout(output), pytest.raises(SystemExit):
            main()
        result: dict[str, Any] = json.loads(output.getvalue())
        # Ansible takes it away. It is in this process that the module has registered them.
        result.pop("_ansible_new_secrets", None)
        return result

    return heard(printed)


def waits(module: str) -> bool:
    """Whether a module takes the options of WAIT."""
    return hasattr(importlib.import_module(f"{MODULES}.{module}"), "WAIT")


def patient(module: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options, with as little patience as the emulator needs, unless a test says something of it."""
    if {"wait_interval", "wait"}.isdisjoint(options) and waits(module):
        return {**options, "wait_interval": INTERVAL, "wait_timeout": PATIENCE}
    return options


@pytest.fixture
def run() -> Run:
    """Run a module as Ansible would, and give what it returns."""

    def _run(module: str, check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(module, check, patient(module, options))

    return _run


@pytest.fixture
def sent(emulator: Emulator) -> Callable[[], list[str]]:
    """The requests since the last call, each as "METHOD what" with what relative to the organization."""

    def _sent() -> list[str]:
        root = f"/v1/organizations/{emulator.organization_id}/"
        requests = [f"{one['method']} {one['path'].replace(root, '')}" for one in emulator.journal()]
        emulator.clear_journal()
        return requests

    return _sent


@pytest.fixture
def service(emulator: Emulator) -> dict[str, Any]:
    """A service that runs, as the API showed it when it was new."""
    created: dict[str, Any] = emulator.create(
        name="analytics",
        provider="aws",
        region="eu-central-1",
        ipAccessList=[{"source": "203.0.113.0/24", "description": "office"}],
    )["service"]
    emulator.set_service(created["id"], state="running")
    emulator.clear_journal()
    return created


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how large the fault matrix was."""
    reports = [report for told in terminalreporter.stats.values() for report in told if hasattr(report, "nodeid")]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    cells = sum(value for report in calls for name, value in report.user_properties if name == "cells")
    if cells:
        terminalreporter.write_line(f"Fault matrix: {cells} cells.")
