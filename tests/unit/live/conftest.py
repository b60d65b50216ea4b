# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator in the place of a real organization, and a proxy that alters its responses."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.live import __main__ as live

#: Changes the status and the content of a response in place of the API.
Lie = Callable[[int, Any], "tuple[int, Any]"]


class LyingProxy(ThreadingHTTPServer):
    """Passes requests to an emulator, and alters the responses to some of them."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target.removesuffix("/v1")
        self.lies: list[tuple[str, str, Lie]] = []

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def lie(self, request: str, body: str, lie: Lie) -> None:
        """Alter the responses to the requests that match both regular expressions."""
        self.lies.append((request, body, lie))

    def respond(self, method: str, path: str, body: bytes, authorization: str) -> tuple[int, bytes, str]:
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.target}{path}", data=body, headers=headers, timeout=60)
        status, content = answer.status_code, answer.content
        for request, pattern, lie in self.lies:
            if re.search(request, f"{method} {path}") and re.search(pattern, body.decode()):
                status, altered = lie(status, json.loads(content))
                content = json.dumps(altered).encode()
        return status, content, answer.headers["Content-Type"]


class _Handler(BaseHTTPRequestHandler):
    server: LyingProxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        authorization = self.headers.get("Authorization", "")
        status, content, media_type = self.server.respond(self.command, self.path, body, authorization)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def consent(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow a run against the emulator, whose clock only moves while the run waits."""
    monkeypatch.setenv("LIVE", live.CONSENT)


@pytest.fixture
def proxy(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, consent: None) -> Iterator[LyingProxy]:
    """Return a proxy in front of the emulator; the run uses its URL as that of the API."""
    with LyingProxy(emulator.api_url) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("CLICKHOUSE_API_URL", server.api_url)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "records"


@pytest.fixture
def run_live(
    emulator: Emulator, records: Path, capsys: pytest.CaptureFixture[str], pauses: list[float]
) -> Callable[[], tuple[int, str]]:
    """Return a function that runs the program, and returns its exit status and its output."""

    def run() -> tuple[int, str]:
        emulator.hold()
        status = live.main(["--records", str(records)])
        return status, capsys.readouterr().out

    return run
