# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the emulator that knows no more than HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

#: How long a test waits for what has to come: only a failure takes as long.
PATIENCE_SECONDS = 100
#: How long a transition takes, in seconds of the emulator's clock, which a test puts forward.
STEP = 600


class Client:
    """The API of an emulator, request by request."""

    def __init__(self, emulator: Emulator, key: str | None = None, secret: str | None = None) -> None:
        self.emulator = emulator
        self.organization = f"/organizations/{emulator.organization_id}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (key or emulator.api_key, secret or emulator.api_secret)

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        url = self.emulator.api_url + path
        return self._session.request(method, url, json=body, timeout=PATIENCE_SECONDS, **more)

    def result(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        response = self.request(method, path, body, **more)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    def error(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """The status and the text of a request that is refused."""
        response = self.request(method, path, body, **more)
        answer = response.json()
        assert answer.keys() == {"requestId", "error", "status"}
        assert answer["status"] == response.status_code != 200
        return response.status_code, answer["error"]

    def service(self, service_id: str, part: str = "") -> str:
        return f"{self.organization}/services/{service_id}{part}"

    def create(self, **body: Any) -> dict[str, Any]:
        service: dict[str, Any] = self.emulator.create(**body)["service"]
        return service

    def state(self, service_id: str) -> str:
        return str(self.result("GET", self.service(service_id))["state"])

    def wait(self, service_id: str, state: str) -> None:
        """Let time pass until the service is in this state."""
        for _transition in range(3):
            if self.state(service_id) == state:
                return
            self.emulator.advance(STEP)
        assert self.state(service_id) == state

    def running(self, **body: Any) -> str:
        """The id of a new service that runs."""
        service_id = str(self.create(**body)["id"])
        self.wait(service_id, "running")
        return service_id


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.01)
