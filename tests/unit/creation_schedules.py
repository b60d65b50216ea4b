# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs of a creation, request by request, in every order and with every fault: what a schedule is, and how it runs.

A schedule is a dictionary: at the decision of this number, take this alternative; everywhere else, take the first one,
with which nothing goes wrong. Decisions are counted from 0. They are: which run sends its next request, if both could,
and what becomes of the request.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.progress import Progress
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.retry import Retry
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    NO_RESPONSE,
    ApiError,
    CloudError,
    Unreachable,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.context import ModuleContext
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.waiter import Waiter
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.plugins.modules.service import ARGUMENT_SPEC, run_module

Schedule = Mapping[int, int]

ORGANIZATION = "0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
PASSWORD = "correct horse"
EPOCH = 1_800_000_000.0
#: A lag that tasks wait for, and one beyond that.
LAG, LONG_LAG = 100, 240
#: The duration of a deletion, in seconds.
DELETION = 20

#: How the password of the service becomes known.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "returned": {},
    "file": {"password_file": "{directory}/password"},
    "given": {"password": PASSWORD},
    "always": {"password": PASSWORD, "update_password": "always"},
    "always file": {"password_file": "{directory}/password", "update_password": "always"},
    "login": {"password": PASSWORD, "update_password": "on_login_failure"},
}
#: The options of the second run, if they differ from those of the first one.
SECOND: Mapping[str, Mapping[str, Any]] = {"": {}, "absent": {"state": "absent", "force": True}}

#: The possible outcomes of a request, by its method. The first one is a success.
OUTCOMES = {
    "GET": ("ok", "killed before", "no response", "deleted from outside"),
    "POST": (
        "ok",
        f"ok, lag {LAG}",
        f"ok, lag {LONG_LAG}",
        "no effect, no response",
        "no response",
        f"no response, lag {LAG}",
        f"no response, lag {LONG_LAG}",
        f"no response, late {LAG}",
        "killed before",
        "killed after",
        f"killed after, lag {LAG}",
        f"killed after, late {LAG}",
    ),
    "PATCH": ("ok", "no effect, no response", "no response", "killed before", "killed after", "deleted from outside"),
    "DELETE": ("ok", "no effect, no response", "no response", "killed before", "killed after", "deleted from outside"),
}


def closed() -> threading.Lock:
    """Return a lock that one thread acquires when another one has released it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


class Killed(BaseException):
    """Ends a run, as a signal does: nothing handles it."""


class Violation(AssertionError):
    """An invariant is violated."""


class FakeApi:
    """The services of an organization, and when they become visible."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.services: dict[str, dict[str, Any]] = {}
        self._visible: dict[str, float] = {}
        self._pending: list[tuple[float, Mapping[str, Any]]] = []
        self._ends: dict[str, float] = {}
        self._count = 0
        self.create({"name": "other"}, 0)

    def create(self, body: Mapping[str, Any], lag: float) -> dict[str, Any]:
        self._count += 1
        service_id, password = str(uuid.UUID(int=self._count, version=4)), f"password {self._count}"
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now()))
        self.services[service_id] = {
            **{"ipAccessList": [], **body},
            **{"id": service_id, "state": "running", "isPrimary": True, "createdAt": created},
            **{"deletionProtection": False, "tags": [], "dataWarehouseId": service_id},
            "hash": password_hashes(password)["newPasswordHash"],
        }
        self._visible[service_id] = self._now() + lag
        if len(self.named("analytics")) > 1:
            raise Violation("There are two services of one name.")
        return {"service": self._to_response(service_id), "password": password}

    def create_late(self, body: Mapping[str, Any], delay: float) -> None:
        self._pending.append((self._now() + delay, body))

    def ensure_password_known(self) -> None:
        """Apply the requests that were to take effect by now."""
        due = [entry for entry in self._pending if entry[0] <= self._now()]
        self._pending = [entry for entry in self._pending if entry not in due]
        for _moment, body in due:
            self.create(body, 0)
        for service_id in [one for one, end in self._ends.items() if end <= self._now()]:
            self.services.pop(service_id, None)

    def accepts(self, service: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
        """Return whether the service has the password in the options."""
        has = self.services.get(service["id"], {}).get("hash")
        return bool(has == password_hashes(options["password"])["newPasswordHash"])

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the services of this name that are not being deleted."""
        named = [service for service in self.services.values() if service["name"] == name]
        return [service for service in named if service["id"] not in self._ends]

    def delete_visible(self, name: str) -> None:
        for service in [item for item in self.services.values() if item["name"] == name]:
            if self._visible[service["id"]] <= self._now():
                del self.services[service["id"]]

    def answer(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        visible = [service for service in self.services if self._visible[service] <= self._now()]
        service_id, _slash, part = path.partition("/services")[2].strip("/").partition("/")
        if not service_id:
            return [self._to_response(item) for item in visible]
        if service_id not in visible:
            raise ApiError("The request", 404, f"NOT_FOUND: service {service_id} not found")
        if method != "GET" and self.services[service_id]["name"] != "analytics":
            raise Violation("Another service is changed.")
        if method == "DELETE":
            self.services[service_id]["state"] = "terminating"
            self._ends.setdefault(service_id, self._now() + DELETION)
        if part == "state":
            self.services[service_id]["state"] = "stopped"
        if part == "password":
            self.services[service_id]["hash"] = (body or {})["newPasswordHash"]
            return {}
        return self._to_response(service_id)

    def _to_response(self, service_id: str) -> dict[str, Any]:
        return {name: value for name, value in self.services[service_id].items() if name != "hash"}


class Run:
    """A run of the module in a thread; only one run continues at a time."""

    def __init__(self, world: World, name: str, options: Mapping[str, Any], faults: bool = True) -> None:
        self.name = name
        self.wake = world.now
        self.at_request = True
        self.is_over = False
        self.was_killed = False
        self.failure: BaseException | None = None
        self._world = world
        self._faults = faults
        self.go = closed()
        self.task = ModuleContext(options=options, api=Api(self, ORGANIZATION), new_api=Api)
        self.task.waiter = Waiter(5400, 10, options["wait"], jitter=lambda: 0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # What Api needs of a transport.
    url = "https://api.example.com"
    progress = Progress()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        retry: Retry = Retry.ALWAYS,
        before_send: Callable[[], None] | None = None,
    ) -> Any:
        self.pause(self._world.now, at_request=True)
        if before_send:
            before_send()
        outcome, *effects = self._outcome(method).split(", ")
        options = dict(effect.rpartition(" ")[::2] for effect in effects)
        if outcome == "killed before":
            raise Killed
        if outcome == "deleted from outside":
            self._world.api.delete_visible("analytics")
        response = self._act(method, path, body, options) if outcome != "no effect" else None
        if outcome == "killed after":
            raise Killed
        if outcome in ("no response", "no effect"):
            raise Unreachable("The request got no response.", NO_RESPONSE)
        return response

    def _outcome(self, method: str) -> str:
        return self._world.choose(f"{self.name}: {method}", OUTCOMES[method]) if self._faults else "ok"

    def _act(self, method: str, path: str, body: Mapping[str, Any] | None, options: Mapping[str, str]) -> Any:
        api = self._world.api
        if method != "POST":
            return api.answer(method, path, body)
        if "late" in options:
            return api.create_late(body or {}, float(options["late"]))
        return api.create(body or {}, float(options.get("lag", 0)))

    def pause(self, wake: float, *, at_request: bool = False) -> None:
        """Let the other runs continue until this time, and until this run is chosen."""
        self.wake, self.at_request = wake, at_request
        if all(run.is_over for run in self._world.runs if run is not self):
            # It would be chosen anyway.
            self._world.now = max(self._world.now, wake)
            self._world.api.ensure_password_known()
            return
        self._world.back.release()
        self.go.acquire()

    def _run(self) -> None:
        self._world.local.run = self
        self.go.acquire()
        try:
            run_module(self.task)
        except Killed:
            self.was_killed = True
        except BaseException as error:  # Not lost with this thread: the test raises it.
            self.failure = error
        self.is_over = True
        self._world.back.release()


class World:
    """The API, the clock, and the runs of one schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.now = 0.0
        self.back = closed()
        self.local = threading.local()
        self.api = FakeApi(lambda: EPOCH + self.now)
        self.runs: Sequence[Run] = []
        self.decisions: list[tuple[str, tuple[str, ...], int]] = []
        self._schedule = schedule

    def choose(self, what: str, alternatives: tuple[str, ...]) -> str:
        chosen = self._schedule.get(len(self.decisions), 0)
        self.decisions.append((what, alternatives, chosen))
        return alternatives[chosen]

    def sleep(self, seconds: float) -> None:
        self.local.run.pause(self.now + seconds)

    def run_all(self, *runs: Run) -> None:
        """Let the runs continue, one at a time, until all have ended."""
        self.runs = runs
        current = runs[0]
        while True:
            waiting = [run for run in runs if not run.is_over]
            if not waiting:
                return
            ready = [run for run in waiting if run.wake <= self.now]
            if not ready:
                self.now = min(run.wake for run in waiting)
                self.api.ensure_password_known()
                continue
            awake = [run for run in ready if not run.at_request]
            if not awake and len(ready) > 1:
                order = sorted(ready, key=lambda run: run is not current)
                name = self.choose("next", tuple(run.name for run in order))
                current = next(run for run in ready if run.name == name)
            else:
                current = (awake or ready)[0]
            current.go.release()
            self.back.acquire()
            for run in runs:
                if run.failure and not isinstance(run.failure, CloudError):
                    raise run.failure

    def steps(self) -> Iterator[str]:
        """Return the decisions that were not the first alternative."""
        for number, (what, alternatives, chosen) in enumerate(self.decisions):
            if chosen:
                yield f"{number}: {what}: {alternatives[chosen]}"


def options_of(directory: Path, kind: str, wait: bool, second: str = "") -> dict[str, Any]:
    """Return the options of a task that saves the password in this way."""
    defaults = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    waiting = {"wait": wait, "wait_interval": 10.0, "wait_timeout": 5400.0}
    options = {**defaults, **waiting, **NEW, **OPTIONS[kind], **SECOND[second]}
    if options["password_file"]:
        options["password_file"] = options["password_file"].format(directory=directory)
    return options


def check_invariants(world: World, runs: list[Run], directory: Path, kind: str) -> None:
    """Raise Violation unless there is one service, and its password is known."""
    if runs[-1].failure:
        raise Violation(f"The last run fails: {runs[-1].failure}")
    services = world.api.named("analytics")
    if len(services) != 1:
        raise Violation(f"There are {len(services)} services.")
    file = directory / "password"
    # Without a file, a killed task loses its result: that is documented, and not checked here.
    results = [run.task.result for run in runs]
    known = (
        [str(result["password"]) for result in results if "password" in result] if kind == "returned" else [PASSWORD]
    )
    if OPTIONS[kind].get("password_file"):
        known = [file.read_text()] if file.exists() else []
    if services[0]["hash"] not in [password_hashes(password)["newPasswordHash"] for password in known]:
        raise Violation("Nobody knows the password of the service.")
    if list(directory.glob("*/*/record-*")) or list(directory.glob(".*.creation")):
        raise Violation("A record of the creation is left.")


def clear(directory: Path) -> None:
    """Remove all files of the previous schedule."""
    for pattern in ("*/*/*", ".*.creation", ".password.*", "password"):
        for path in directory.glob(pattern):
            path.unlink()


def play(world: World, directory: Path, kind: str, wait: bool) -> None:
    """Play the schedule: two runs side by side, and then one in which nothing goes wrong.

    kind says how the password becomes known, and behind a comma what the second run does.
    """
    clear(directory)
    kind, _comma, second = kind.partition(", ")
    runs = [Run(world, name, options_of(directory, kind, wait, what)) for name, what in (("A", ""), ("B", second))]
    world.run_all(*runs)
    runs.append(Run(world, "last", options_of(directory, kind, wait=True), faults=False))
    world.run_all(runs[-1])
    check_invariants(world, runs, directory, kind)
