# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures to run modules against the emulator over real HTTP."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Real time, even in a test that speeds up the clock.
from time import monotonic as real_monotonic
from time import sleep as real_sleep
from typing import Any, Callable

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import deadline
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.client_files import import_client

try:
    from ansible._internal._display_utils import DeferredWarningContext
except ImportError:  # ansible-core before 2.19, where modules report their warnings in any process
    DeferredWarningContext = None

try:
    from ansible.module_utils._internal._secrets import _secret_masker
    from ansible.module_utils._internal._secrets_object import mask_object
except ImportError:  # ansible-core before 2.22, where modules mask the secrets in their results
    _secret_masker = None

#: How much of what takes long is to run: "make test-all" sets it to more than 1, and then nothing is left out.
BATCHES = int(os.environ.get("BATCHES", "1"))
#: The duration of a state transition in the emulator, and the polling interval of modules, in seconds.
STEP = 0.1
WAIT_INTERVAL = 0.05
#: The number of elements on a page of a list.
PAGE_SIZE = 2
#: The timeout of modules that wait for a transition, in seconds. Only a failing test takes this long.
WAIT_TIMEOUT = 100
#: The limit for any wait in a test, in seconds of real time. Only a failing test takes this long.
MAX_TEST_SECONDS = 300
#: How long the emulator holds a request that the test releases with clear_faults(), in seconds.
HOLD_SECONDS = 3600
#: The polling interval of tests, in seconds.
POLL_INTERVAL = 0.01
MODULES = "ansible_collections.clickhouse.cloud.plugins.modules"

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session", autouse=True)
def all_operations() -> None:
    """Import all files with endpoints, so that no test depends on which ones others have imported."""
    import_client()


@pytest.fixture(scope="session")
def _emulator() -> Iterator[Emulator]:
    # With short pages, a client that reads only the first one misses elements.
    with Emulator(STEP, "--page-size", str(PAGE_SIZE), "--contract") as emulator:
        yield emulator


def new_directory(parent: Path) -> str:
    """Return a new directory. tmp_path_factory.mktemp() would read the names of all that are there."""
    parent.mkdir(exist_ok=True)
    return tempfile.mkdtemp(dir=parent)


@pytest.fixture
def emulator(_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Iterator[Emulator]:
    """Return the emulator after a reset, with the environment variables of the test pointing to it.

    The test fails if a request that was accepted, or a response, is not one that the contract allows.
    """
    _emulator.reset()
    environment = {
        **_emulator.environment,
        "XDG_STATE_HOME": new_directory(tmp_path_factory.getbasetemp() / "state"),
        # The emulator has no rate limit unless a test sets one.
        "CLICKHOUSE_CLOUD_RATE_LIMIT": "0",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield _emulator
    assert _emulator.violations() == []


@pytest.fixture
def speedup() -> int:
    """Return the factor by which `fast_clock` speeds up time."""
    return 50


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch, speedup: int) -> None:
    """Shorten each sleep by the factor `speedup`. The emulator keeps to real time."""
    sleep, monotonic, skipped = time.sleep, time.monotonic, 0.0

    def short_sleep(seconds: float) -> None:
        nonlocal skipped
        sleep(seconds / speedup)
        skipped += seconds - seconds / speedup

    monkeypatch.setattr(time, "sleep", short_sleep)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + skipped)


@pytest.fixture
def pauses(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list of all sleeps, in seconds. Only they advance the time, except that of the emulator."""
    recorded: list[float] = []
    start = time.monotonic()

    def record_sleep(seconds: float) -> None:
        recorded.append(seconds)
        emulator.advance(seconds)

    monkeypatch.setattr(time, "sleep", record_sleep)
    monkeypatch.setattr(time, "monotonic", lambda: start + sum(recorded))
    return recorded


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait in real time until the condition is met."""
    deadline = real_monotonic() + MAX_TEST_SECONDS
    while not condition():
        assert real_monotonic() < deadline, f"the condition was not met within {MAX_TEST_SECONDS} seconds"
        real_sleep(POLL_INTERVAL)


def is_held(emulator: Emulator, client: str) -> bool:
    """Return whether the last request of this client is still unanswered."""
    statuses = [entry["status"] for entry in emulator.journal() if entry["client"] == client]
    return statuses[-1:] == [None]


@contextlib.contextmanager
def instant_timeouts_for(emulator: Emulator) -> Iterator[None]:
    """Make a request time out as soon as the emulator holds it, and never because the machine is slow."""

    class HeldRequestReader(deadline._TimedReader):
        def readinto(self, buffer: Any) -> int | None:
            client = "{}:{}".format(*self._sock.getsockname())
            # select() does not support descriptors above 1023.
            poll = select.poll()
            poll.register(self._sock, select.POLLIN)
            while not poll.poll(POLL_INTERVAL * 1000):
                if is_held(emulator, client):
                    raise socket.timeout("timed out")
            return super().readinto(buffer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "_TimedReader", HeldRequestReader)
        yield


@pytest.fixture
def instant_timeouts(emulator: Emulator) -> Iterator[None]:
    """Apply instant_timeouts_for() to the emulator of the test."""
    with instant_timeouts_for(emulator):
        yield


@contextlib.contextmanager
def _module_arguments(arguments: dict[str, Any]) -> Iterator[None]:
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


def collect_result(task: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the result of a task as Ansible would register it, including deferred warnings."""
    with contextlib.ExitStack() as stack:
        deferred = stack.enter_context(DeferredWarningContext(variables={})) if DeferredWarningContext else None
        result = task()
    if deferred and deferred.get_warnings():
        result["warnings"] = [warning.event.msg for warning in deferred.get_warnings()]
    if deferred and deferred.get_deprecation_warnings():
        result["deprecations"] = [{"msg": warning.event.msg} for warning in deferred.get_deprecation_warnings()]
    registered: dict[str, Any] = json.loads(json.dumps(result))
    return registered


def clear_known_secrets() -> None:
    """Clear the secrets that Ansible masks, as at the start of a play."""
    if _secret_masker:
        initial = {"_matcher": type(_secret_masker._matcher)(), "_secrets": set(), "_forms": set(), "_json_forms": {}}
        assert initial.keys() <= vars(_secret_masker).keys()
        vars(_secret_masker).update(initial)


def display_text(result: dict[str, Any]) -> str:
    """Return the result of the last run as Ansible would display it.

    Since ansible-core 2.22 a result has the unmasked values. The module registers its secrets with Ansible, which masks
    them in everything that it displays. Tasks that use the result get the unmasked values.
    """
    return json.dumps(mask_object(result) if _secret_masker else result)


def run_module(module: str, check: bool, options: dict[str, Any]) -> dict[str, Any]:
    """Run a module as a separate process would."""
    clear_known_secrets()
    main = importlib.import_module(f"{MODULES}.{module}").main
    arguments = {"_ansible_check_mode": check, "_ansible_diff": True, **options}
    if "inject_invocation" in PASS_VARS:  # ansible-core 2.21 and newer leave it out unless asked
        arguments["_ansible_inject_invocation"] = True
    # A separate process would start without any warnings.
    for messages in (warnings._global_warnings, warnings._global_deprecations):
        messages.clear()

    def run_main() -> dict[str, Any]:
        output = io.StringIO()
        with _module_arguments(arguments), contextlib.redirect_stdout(output), pytest.raises(SystemExit):
            main()
        result: dict[str, Any] = json.loads(output.getvalue())
        # Ansible removes this key. The module has already registered its secrets in this process.
        result.pop("_ansible_new_secrets", None)
        return result

    return collect_result(run_main)


def has_wait_options(module: str) -> bool:
    """Return whether a module has the options that control waiting."""
    return hasattr(importlib.import_module(f"{MODULES}.{module}"), "WAIT_SPEC")


def with_short_waits(module: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the short polling interval of the emulator, unless the test sets one."""
    if {"wait_interval", "wait"}.isdisjoint(options) and has_wait_options(module):
        return {**options, "wait_interval": WAIT_INTERVAL, "wait_timeout": WAIT_TIMEOUT}
    return options


@pytest.fixture
def run() -> Run:
    """Return a function that runs a module as Ansible would and returns its result."""

    def _run(module: str, check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(module, check, with_short_waits(module, options))

    return _run


@pytest.fixture
def sent(emulator: Emulator) -> Callable[[], list[str]]:
    """Return a function that returns the requests since its last call, each as "METHOD path-in-organization"."""

    def _sent() -> list[str]:
        root = f"/v1/organizations/{emulator.organization_id}/"
        requests = [f"{entry['method']} {entry['path'].replace(root, '')}" for entry in emulator.journal()]
        emulator.clear_journal()
        return requests

    return _sent


@pytest.fixture
def service(emulator: Emulator) -> dict[str, Any]:
    """Return a running service, as in the response to its creation."""
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
    """Report the number of cases in the fault matrix."""
    reports = [report for group in terminalreporter.stats.values() for report in group if hasattr(report, "nodeid")]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    cases = sum(value for report in calls for name, value in report.user_properties if name == "cases")
    if cases:
        terminalreporter.write_line(f"Fault matrix: {cases} cases.")
