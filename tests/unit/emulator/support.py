# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain HTTP client of the emulator."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from typing import Any

import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

#: The limit for any wait of a test, in seconds. Only a failing test takes this long.
TIMEOUT_SECONDS = 100
#: The duration of a state transition, in seconds of the emulator's clock, which tests advance.
STEP = 600


class Client:
    """Send single requests to the API of an emulator."""

    def __init__(self, emulator: Emulator, key: str | None = None, secret: str | None = None) -> None:
        self.emulator = emulator
        self.organization = f"/organizations/{emulator.organization_id}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (key or emulator.api_key, secret or emulator.api_secret)

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        url = self.emulator.api_url + path
        return self._session.request(method, url, json=body, timeout=TIMEOUT_SECONDS, **more)

    def result(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        response = self.request(method, path, body, **more)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    def error(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Return the status and the error text of a request that fails."""
        response = self.request(method, path, body, **more)
        envelope = response.json()
        assert envelope.keys() == {"requestId", "error", "status"}
        assert envelope["status"] == response.status_code != 200
        return response.status_code, envelope["error"]

    def service(self, service_id: str, part: str = "") -> str:
        return f"{self.organization}/services/{service_id}{part}"

    def create(self, **body: Any) -> dict[str, Any]:
        service: dict[str, Any] = self.emulator.create(**body)["service"]
        return service

    def state(self, service_id: str) -> str:
        return str(self.result("GET", self.service(service_id))["state"])

    def wait(self, service_id: str, state: str) -> None:
        """Advance the clock until the service is in this state."""
        for _transition in range(3):
            if self.state(service_id) == state:
                return
            self.emulator.advance(STEP)
        assert self.state(service_id) == state

    def running(self, **body: Any) -> str:
        """Return the ID of a new, running service."""
        service_id = str(self.create(**body)["id"])
        self.wait(service_id, "running")
        return service_id


def zip_source(files: dict[str, str]) -> bytes:
    """Return a ZIP archive with these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def upload_source(client: Client, program: str = "", content: bytes | None = None) -> str:
    """Upload the source of a function, by default one with this main.py, and return the ID of the upload."""
    response = client.request("POST", f"{client.organization}/udfUploads/url")
    assert response.status_code == 201, response.text
    session = response.json()["result"]
    data = zip_source({"main.py": program}) if content is None else content
    headers = {"Content-Type": "application/zip"}
    stored = requests.put(session["uploadUrl"], data=data, headers=headers, timeout=TIMEOUT_SECONDS)
    assert (stored.status_code, stored.text) == (200, "")
    return str(session["uploadId"])


class Queries:
    """A service with a query endpoint, and a key for it."""

    def __init__(self, client: Client, service_id: str | None = None, role: str = "sql_console_admin") -> None:
        self.client = client
        self.service_id = service_id or client.running()
        body = {"name": "queries", "ipAccessList": [{"source": "127.0.0.1"}]}
        created = client.result("POST", f"{client.organization}/keys", body)
        self.key_id = created["key"]["id"]
        self._credentials = (created["keyId"], created["keySecret"])
        if role:
            self.allow(role)

    def allow(self, role: str) -> None:
        body = {"roles": [role], "openApiKeys": [self.key_id], "allowedOrigins": "*"}
        self.client.result("POST", self.client.service(self.service_id, "/serviceQueryEndpoint"), body)

    def send(self, body: Any, query: dict[str, str] | None = None, **headers: str) -> requests.Response:
        url = f"{self.client.emulator.api_url[: -len('/v1')]}/service/{self.service_id}/run"
        return requests.post(
            url, json=body, params=query, auth=self._credentials, headers=headers, timeout=TIMEOUT_SECONDS
        )

    def run(self, sql: str) -> str:
        response = self.send({"sql": sql})
        assert response.status_code == 200, response.text
        return response.text

    def error(self, sql: str) -> tuple[int, str, str]:
        """Return the status, and the code and the text of the exception."""
        response = self.send({"sql": sql})
        error = response.json()["error"]
        return response.status_code, error["code"], error["details"]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"the condition was not met within {TIMEOUT_SECONDS} seconds"
        time.sleep(0.01)
