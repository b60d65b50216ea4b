# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator in a separate process and control it from a test."""

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
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool
from urllib3.util import make_headers

REPOSITORY = Path(__file__).resolve().parents[2]
#: Timeouts in seconds, long enough for a slow machine.
START_SECONDS = 120
STOP_SECONDS = 30
REQUEST_SECONDS = 120


class EmulatorError(Exception):
    """The emulator did not start, or rejected a request."""


class Emulator:
    """An emulator that runs inside a ``with`` block.

    Further command line flags are passed unchanged: ``Emulator(0.1, "--rate-limit", "10/10")``.
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
        # Most requests of a test look behind the API. requests, which comes with urllib3, takes twice as long.
        self._pool: HTTPConnectionPool | None = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        # A pipe that is not read could fill up and block the process.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - stop() closes it
        self._process = subprocess.Popen(
            self._arguments,
            cwd=REPOSITORY,
            # End of file on stdin ends the emulator, even if this process does not get to stop it: ansible-test runs
            # each test in a fork that exits without tearing down its fixtures.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        line = self._read_first_line(self._process)
        try:
            connection = json.loads(line)
        except ValueError:
            errors = self.read_errors()
            self.stop()
            raise EmulatorError(f"The emulator did not start within {START_SECONDS} s. {line}{errors}") from None
        self.api_url = connection["api_url"]
        self.organization_id = connection["organization_id"]
        self.api_key = connection["api_key"]
        self.api_secret = connection["api_secret"]
        address = urlsplit(self.api_url)
        self._pool = HTTPConnectionPool(str(address.hostname), address.port, timeout=REQUEST_SECONDS, retries=False)

    def stop(self) -> None:
        """Terminate the process that start() has started."""
        if self._pool is not None:
            self._pool.close()
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

    @property
    def process_id(self) -> int:
        """Return the ID of the process of the emulator."""
        assert self._process is not None
        return self._process.pid

    @staticmethod
    def _read_first_line(process: subprocess.Popen[str]) -> str:
        """Return the first line that the process prints, or "" on a timeout."""
        lines: queue.Queue[str] = queue.Queue()
        stdout = process.stdout
        if stdout is None:
            return ""
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            return lines.get(timeout=START_SECONDS)
        except queue.Empty:
            return ""

    def read_errors(self) -> str:
        """Return what the emulator has written to standard error."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables that make clients use the emulator."""
        return {
            "CLICKHOUSE_API_URL": self.api_url,
            "CLICKHOUSE_ORG_ID": self.organization_id,
            "CLICKHOUSE_CLOUD_API_KEY": self.api_key,
            "CLICKHOUSE_CLOUD_API_SECRET": self.api_secret,
        }

    # Control endpoints

    def journal(self) -> list[dict[str, Any]]:
        """Return the requests to the API so far, oldest first."""
        journal: list[dict[str, Any]] = self._request_control("GET", "journal")
        return journal

    def clear_journal(self) -> None:
        self._request_control("DELETE", "journal")

    def violations(self) -> list[str]:
        """Return what the contract does not allow, if the emulator runs with ``--contract``."""
        violations: list[str] = self._request_control("GET", "violations")
        return violations

    def reset(self) -> None:
        """Delete all services, log entries, faults and further organizations, and reset the clock to the real time."""
        self._request_control("POST", "reset")

    def advance(self, seconds: float) -> str:
        """Advance the clock for transitions, dates and backups by a number of seconds; return the new date."""
        return str(self._request_control("POST", "clock", {"advance": seconds})["now"])

    def hold(self) -> None:
        """Stop the emulator's clock until the next reset. Only ``advance()`` moves it until then."""
        self._request_control("POST", "clock", {"held": True})

    def fault(self, **fields: Any) -> None:
        """Make the next matching requests fail: ``fault(path="services$", status=500, times=2)``."""
        self._request_control("POST", "faults", fields)

    def clear_faults(self) -> None:
        self._request_control("DELETE", "faults")

    def limit_pages(self, size: int) -> None:
        """Make the pages of all lists at most this long, whatever the client asks for, until the next reset."""
        self._request_control("POST", "pages", {"size": size})

    def set_balances(self, *balances: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the credit balances of the organization; return them with all fields."""
        replaced: list[dict[str, Any]] = self._request_control("POST", "balances", {"balances": balances})
        return replaced

    def set_notifications(self, *notifications: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the notifications of the organization; return them with all fields."""
        body = {"notifications": notifications}
        replaced: list[dict[str, Any]] = self._request_control("POST", "notifications", body)
        return replaced

    def set_quotas(self, **limits: int) -> None:
        """Set the limits of quotas of the organization, by their codes with underscores. Others have their defaults."""
        self._request_control("POST", "quotas", {code.replace("_", "-"): limit for code, limit in limits.items()})

    def set_functions(self, *functions: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the user-defined functions of the organization, which have been built; return them as functions()."""
        replaced: list[dict[str, Any]] = self._request_control("POST", "functions", {"functions": functions})
        return replaced

    def functions(self) -> list[dict[str, Any]]:
        """Return the functions with their versions, the hashes of their source, and the services that have them."""
        functions: list[dict[str, Any]] = self._request_control("GET", "functions")
        return functions

    def set_invitations(self, *invitations: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the invitations to the organization; return them with all fields."""
        body = {"invitations": invitations}
        replaced: list[dict[str, Any]] = self._request_control("POST", "invitations", body)
        return replaced

    def set_usage_cost(self, *records: dict[str, Any]) -> list[dict[str, Any]]:
        """Replace the usage cost records of the organization; return them with all fields."""
        cost: list[dict[str, Any]] = self._request_control("POST", "usage", {"records": records})
        return cost

    def set_service(self, service_id: str, **fields: Any) -> dict[str, Any]:
        """Set fields of a service by their API names, including ``state``; return the service as the API does."""
        service: dict[str, Any] = self._request_control("POST", f"services/{service_id}", fields)
        return service

    def open_https(self, service_id: str, certificate: str) -> dict[str, Any]:
        """Open the HTTPS endpoint of a service, with the certificate and the key in a file; return it as in the API."""
        endpoint: dict[str, Any] = self._request_control(
            "POST", f"services/{service_id}/https", {"certificate": certificate}
        )
        return endpoint

    def raw_service(self, service_id: str) -> dict[str, Any]:
        """Return a service with its subresources and the fields that the API hides, such as ``passwordHash``."""
        service: dict[str, Any] = self._request_control("GET", f"services/{service_id}")
        return service

    def raw_services(self) -> list[dict[str, Any]]:
        """Return all services of all organizations, as raw_service() does."""
        services: list[dict[str, Any]] = self._request_control("GET", "services")
        return services

    def add_organization(self, **fields: Any) -> dict[str, Any]:
        """Add an organization, or another key to the one that has this ``id``."""
        added: dict[str, Any] = self._request_control("POST", "organizations", fields)
        return added

    def _request_control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        status, content = self._send(method, f"/_emulator/{path}", body)
        result = json.loads(content)
        if status != 200:
            raise EmulatorError(result["error"])
        return result

    # API endpoints; these requests are in the journal

    def services(self) -> list[dict[str, Any]]:
        services: list[dict[str, Any]] = self.request("GET", "services")
        return services

    def create(self, **body: Any) -> dict[str, Any]:
        """Create a service; return ``{"service": ..., "password": ...}``."""
        body = {"name": "test", "provider": "aws", "region": "us-east-1", "ipAccessList": [], **body}
        created: dict[str, Any] = self.request("POST", "services", body)
        return created

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request to the API, with a path in the organization, such as ``services``; return any result.

        An empty path is that of the organization itself.
        """
        status, content = self._send(method, f"/v1/organizations/{self.organization_id}/{path}".rstrip("/"), body)
        if status != 200:
            raise EmulatorError(content.decode())
        return json.loads(content).get("result")

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
        """Return the status and the body of the response."""
        if self._pool is None:
            raise EmulatorError("The emulator has not been started.")
        headers = make_headers(basic_auth=f"{self.api_key}:{self.api_secret}")
        if body is not None:
            headers["content-type"] = "application/json"
        content = None if body is None else json.dumps(body).encode()
        response = self._pool.urlopen(method, path, content, headers)
        return response.status, response.data
