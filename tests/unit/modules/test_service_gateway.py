# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway between the task and the API forwards a creation, and spoils the response."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

NEW = {"name": "analytics", "provider": "aws", "region": "eu-central-1", "ip_access_list": []}
PAGE = b"<html><title>Blocked</title></html>"


class Handler(socketserver.StreamRequestHandler):
    """Forwards one request to the API, and its response back, which is spoiled after a POST."""

    server: Gateway

    def handle(self) -> None:
        head, length = b"", 0
        for line in iter(self.rfile.readline, b"\r\n"):
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            if name.lower() != b"connection":
                head += line
        with socket.create_connection(self.server.api) as api:
            api.sendall(head + b"Connection: close\r\n\r\n" + self.rfile.read(length))
            response = b"".join(iter(lambda: api.recv(1 << 16), b""))
        self.wfile.write(self.server.spoil(response) if head.startswith(b"POST") else response)


class Gateway(socketserver.ThreadingTCPServer):
    """A gateway to the API at this address."""

    daemon_threads = True

    def __init__(self, api: tuple[str, int], spoil: Callable[[bytes], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.api, self.spoil = api, spoil


@pytest.fixture
def gateway(emulator: Emulator) -> Iterator[Callable[[Callable[[bytes], bytes]], str]]:
    """Return a function that starts a gateway with spoiled responses, and returns its URL."""
    started: list[tuple[Gateway, threading.Thread]] = []

    def start(spoil: Callable[[bytes], bytes]) -> str:
        address = urlsplit(emulator.api_url)
        assert address.hostname
        assert address.port
        server = Gateway((address.hostname, address.port), spoil)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        started.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


def replace_response(status: int, content: bytes = PAGE, headers: bytes = b"") -> Callable[[bytes], bytes]:
    """Return a function that replaces a response with this one."""
    length = str(len(content)).encode()
    lines = [b"HTTP/1.1 %d X" % status, b"Content-Length: " + length, *([headers] if headers else [])]
    return lambda _response: b"\r\n".join(lines) + b"\r\n\r\n" + content


def replace(pattern: bytes, by: bytes) -> Callable[[bytes], bytes]:
    return lambda response: re.sub(pattern, by, response)


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _response: b"",
    "cut in its head": lambda response: response[:40],
    "cut in its content": lambda response: response[:-40],
    "two lengths in a header": replace(rb"(?i)(content-length: *\d+)", rb"\1, 7"),
    "two headers of the length": replace(rb"(?i)(content-length: *\d+)", rb"\1\r\nContent-Length: 7"),
    "not compressed": replace(rb"(?i)content-type", b"Content-Encoding: gzip\r\nContent-Type"),
    "a chunk without a length": replace_response(200, b"zz\r\n{}", b"Transfer-Encoding: chunked"),
    "a status line with the words of TLS": lambda _response: b"WRONG_VERSION_NUMBER PROTOCOL_VERSION\r\n\r\n",
    "an alert of TLS": lambda _response: b"\x15\x03\x01\x00\x02\x02\x28",
    "redirected": replace_response(303, b"", b"Location: /v1/organizations"),
    "redirected to what is not text": replace_response(302, b"", b"Location: http://[::x/\xff\xfe"),
    "400 page": replace_response(400),
    "401 page": replace_response(401),
    "403 page": replace_response(403),
    "409 page": replace_response(409),
    "429 page": replace_response(429),
    "429 page with a time": replace_response(429, PAGE, b"Retry-After: 1"),
    "499 empty": replace_response(499, b""),
    "403 JSON of another form": replace_response(403, b'{"message": "Forbidden"}'),
    "400 JSON of another status": replace_response(400, b'{"status": 502, "error": "Bad gateway"}'),
    "429 JSON of another form": replace_response(429, b'{"message": "slow down"}'),
}


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("how", SPOILED)
def test_service_is_adopted_after_any_response(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    tmp_path: Path,
    gateway: Callable[[Callable[[bytes], bytes]], str],
    how: str,
) -> None:
    path = tmp_path / "password"
    options = {**NEW, "password_file": str(path), "wait": False, "api_url": gateway(SPOILED[how])}
    result = run("service", **options)
    assert "failed" not in result, result
    assert result["changed"] is True
    assert sent().count("POST services") == 1
    (service,) = emulator.raw_services()
    assert result["service"]["id"] == service["id"]
    assert service["passwordHash"] == password_hashes(path.read_text())["newPasswordHash"]
    assert run("service", **options)["changed"] is False


@pytest.mark.parametrize(
    "refusal",
    [{"status": 403, "body": PAGE.decode()}, {"status": 403, "body": {"message": "Forbidden"}}, {"status": 307}],
)
def test_change_rejected_by_gateway_may_have_been_applied(
    emulator: Emulator, run: Run, sent: Sent, refusal: dict[str, Any]
) -> None:
    made = emulator.create(name="analytics", provider="aws", region="eu-central-1", ipAccessList=[])["service"]["id"]
    emulator.set_service(made, state="running")
    emulator.fault(path="/password$", method="PATCH", times=9, **refusal)
    sent()
    result = run("service_password", name="analytics", password="correct horse")
    assert (result["failed"], result["changed"]) == (True, True)
    assert sent() == ["GET services", f"PATCH services/{made}/password"]


@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    "refusal", [{"status": 403, "body": PAGE.decode()}, {"status": 429, "body": PAGE.decode()}, {"status": 302}]
)
def test_service_may_appear_after_gateway_error(
    emulator: Emulator, run: Run, sent: Sent, refusal: dict[str, Any]
) -> None:
    emulator.fault(path="/services$", method="POST", times=9, **refusal)
    result = run("service", **NEW)
    assert "A service 'analytics' may still appear: its creation was requested at" in result["msg"]
    assert (result["status"], result["changed"]) == (refusal["status"], True)
    assert sent().count("POST services") == 1


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429])
@pytest.mark.parametrize("body", [PAGE.decode(), {"message": "Forbidden"}])
@pytest.mark.parametrize(
    ("module", "options", "path"),
    [
        ("service_info", {}, "services$"),
        ("service", {"tags": {"a": "b"}}, "services/[^/]*$"),
        ("backup_info", {}, "/backups$"),
        ("backup_config_info", {}, "/backupConfiguration$"),
        ("backup_config", {"backup_period_in_hours": 12}, "/backupConfiguration$"),
        ("private_endpoint_config_info", {}, "/privateEndpointConfig$"),
        ("service_metrics_info", {}, "/prometheus$"),
    ],
)
@pytest.mark.parametrize("speedup", [5000])
@pytest.mark.usefixtures("fast_clock")
def test_gateway_response_is_not_about_the_key(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    module: str,
    options: dict[str, Any],
    path: str,
    status: int,
    body: Any,
) -> None:
    emulator.fault(path=path, status=status, times=99, body=body)
    given = {} if module == "service_info" else {"service_id": service["id"]}
    result = run(module, **given, **options)
    assert result["failed"] is True
    assert "warnings" not in result or "429" in str(result["warnings"])
    assert (
        "Check api_url, and the proxies and gateways in front of it: this is not an error of the API" in result["msg"]
    )
    for word in ("role", "permission", "api_key", "ten requests", "state of the service", "organization_id"):
        assert word not in result["msg"].replace(service["id"], "")


@pytest.mark.usefixtures("fast_clock")
def test_rate_limited_request_is_retried(emulator: Emulator, run: Run, sent: Sent) -> None:
    emulator.fault(path="/services$", method="POST", times=2, status=429)
    assert run("service", **NEW, wait=False)["changed"] is True
    assert sent().count("POST services") == 3
    assert len(emulator.raw_services()) == 1
