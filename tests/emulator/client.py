# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a process of a test, and the test's hand on it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
#: Only a failure takes as long, also on a slow machine.
START_SECONDS = 120
STOP_SECONDS = 30
REQUEST_SECONDS = 120


class EmulatorError(Exception):
    """The emulator did not start, or did not like what it was asked for."""


class Emulator:
    """A running emulator, for as long as the ``with`` block lasts.

    Further flags of the program are given as they are on the command line: ``Emulator(0.1, "--rate-limit", "10/10")``.
    """

    api_url: str
    organization_id: str
    api_key: str
    api_secret: str

    def __init__(self, step: float = 0.05, *flags: str) -> None:
        self._arguments = [
            sys.executable,
            "-m",
            "tests.emulator",
            "--port",
            "0",
            "--step",
            str(step),
            "--until-eof",
            *flags,
        ]
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None
        self._session = requests.Session()
        # Proxies and .netrc of the machine are not for an address on the machine itself.
        self._session.trust_env = False

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        # A file takes what a pipe that nobody reads would block on.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - stop() closes it
        self._process = subprocess.Popen(
            self._arguments,
            cwd=REPOSITORY,
            # It ends with this process, whatever becomes of it: ansible-test runs each test in a fork that ends without
            # the end of its fixtures.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        line = self._first_line(self._process)
        try:
            told = json.loads(line)
        except ValueError:
            said = self._said()
            self.stop()
            raise EmulatorError(f"The emulator did not start within {START_SECONDS} s. {line}{said}") from None
        self.api_url = told["api_url"]
        self.organization_id = told["organization_id"]
        self.api_key = told["api_key"]
        self.api_secret = told["api_secret"]
        self._session.auth = (self.api_key, self.api_secret)

    def stop(self) -> None:
        """End the process that was started here, and no other."""
        self._session.close()
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        if self._errors is not None:
            self._errors.close()

    @staticmethod
    def _first_line(process: subprocess.Popen[str]) -> str:
        """The ready line, or what came instead of it in time."""
        lines: queue.Queue[str] = queue.Queue()
        stdout = process.stdout
        if stdout is None:
            return ""
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            return lines.get(timeout=START_SECONDS)
        except queue.Empty:
            return ""

    def _said(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read()

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which clients find the emulator."""
        return {
            "CLICKHOUSE_API_URL": self.api_url,
            "CLICKHOUSE_ORG_ID": self.organization_id,
            "CLICKHOUSE_CLOUD_API_KEY": self.api_key,
            "CLICKHOUSE_CLOUD_API_SECRET": self.api_secret,
        }

    # Behind the API

    def journal(self) -> list[dict[str, Any]]:
        """The requests of the API so far, oldest first."""
        journal: list[dict[str, Any]] = self._control("GET", "journal")
        return journal

    def clear_journal(self) -> None:
        self._control("DELETE", "journal")

    def reset(self) -> None:
        """Back to the start: no services, journal, faults and further organizations, and the true time."""
        self._control("POST", "reset")

    def advance(self, seconds: float) -> str:
        """Let so many seconds pass at once, for transitions, dates and backups; give the date it is then."""
        return str(self._control("POST", "clock", {"advance": seconds})["now"])

    def hold(self) -> None:
        """Stop the emulator's time, which then only passes by ``advance()``, until it is reset."""
        self._control("POST", "clock", {"held": True})

    def fault(self, **fields: Any) -> None:
        """Let the next matching requests go wrong: ``fault(path="services$", status=500, times=2)``."""
        self._control("POST", "faults", fields)

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def set_service(self, service_id: str, **fields: Any) -> dict[str, Any]:
        """Set fields of a service by their API names, the state too, and see it as the API shows it."""
        service: dict[str, Any] = self._control("POST", f"services/{service_id}", fields)
        return service

    def raw_service(self, service_id: str) -> dict[str, Any]:
        """A service with what the API keeps to itself, and all that hangs on it, such as ``passwordHash``."""
        service: dict[str, Any] = self._control("GET", f"services/{service_id}")
        return service

    def raw_services(self) -> list[dict[str, Any]]:
        """All services so, of all organizations."""
        services: list[dict[str, Any]] = self._control("GET", "services")
        return services

    def add_organization(self, **fields: Any) -> dict[str, Any]:
        """Add an organization, or a further key if its ``id`` is known already."""
        added: dict[str, Any] = self._control("POST", "organizations", fields)
        return added

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.api_url[: -len('/v1')]}/_emulator/{path}"
        response = self._session.request(method, url, json=body, timeout=REQUEST_SECONDS)
        if response.status_code != 200:
            raise EmulatorError(response.json()["error"])
        return response.json()

    # Through the API; the journal has these requests

    def services(self) -> list[dict[str, Any]]:
        services: list[dict[str, Any]] = self._api("GET")
        return services

    def create(self, **body: Any) -> dict[str, Any]:
        """Create a service and give ``{"service": ..., "password": ...}``."""
        wanted = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": [], **body}
        created: dict[str, Any] = self._api("POST", wanted)
        return created

    def _api(self, method: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.api_url}/organizations/{self.organization_id}/services"
        response = self._session.request(method, url, json=body, timeout=REQUEST_SECONDS)
        if response.status_code != 200:
            raise EmulatorError(response.text)
        return response.json()["result"]
