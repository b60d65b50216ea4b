# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that never finish a response, and certificates that cannot be verified."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import itertools
import os
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.deadline import TimedResponse
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.network_errors import (
    count_as_not_sent,
    describe_unreachable,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import open_session, send
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    NO_RESPONSE,
    NOT_RETRYABLE,
    NOT_SENT,
    CloudError,
    Unreachable,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import login

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
#: The pieces that a server sends endlessly, each after a short pause.
ENDLESS = {
    "a byte of the status line": (b"", itertools.repeat(b"H")),
    "a byte of a header": (HEAD + b"X-Slow: ", itertools.repeat(b"x")),
    "a byte of the content": (HEAD + b"\r\n", itertools.repeat(b" ")),
    "a chunk of the content": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        itertools.repeat(b"1\r\n \r\n"),
    ),
    "100 Continue": (b"", itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "102 Processing, all at once": (b"", itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)),
    "nothing": (b"", iter(())),
}


class EndlessServer:
    """A server that answers each connection with a prefix, and then endlessly with pieces."""

    def __init__(self, beginning: bytes, pieces: Iterable[bytes]) -> None:
        self._answer = itertools.chain([beginning], pieces)
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> EndlessServer:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        peer = self._socket.accept()[0]
        with peer, contextlib.suppress(OSError):
            for piece in self._answer:
                peer.sendall(piece)
                if self._over.wait(0.05):
                    return
            self._over.wait()


def connection(url: str, **options: Any) -> ClientOptions:
    timeouts = {"connect_timeout": 0.5, "read_timeout": 0.5}
    return ClientOptions(key="key", secret="the-secret", url=url, **{**timeouts, **options})


def get(to: ClientOptions) -> Any:
    return send(open_session(to), to, "GET", "/v1/organizations", "GET /v1/organizations")


@pytest.mark.parametrize("what", ENDLESS)
def test_endless_response_times_out(what: str) -> None:
    with EndlessServer(*ENDLESS[what]) as server, pytest.raises(Unreachable) as failure:
        get(connection(f"http://127.0.0.1:{server.port}"))
    assert failure.value.outcome == NO_RESPONSE
    assert str(failure.value) == (
        f"GET /v1/organizations got no response from http://127.0.0.1:{server.port} (none that was complete within"
        " read_timeout, 0.5 seconds). Try it again later."
    )


@pytest.mark.parametrize("what", ["a byte of the status line", "a byte of a header"])
def test_endless_proxy_response_times_out(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with EndlessServer(*ENDLESS[what]) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{server.port}")
        with pytest.raises(Unreachable) as failure:
            get(connection("https://api.test"))
    assert "hunter2" not in str(failure.value)


def test_endless_handshake_times_out() -> None:
    # The header of a TLS record that never follows.
    record = (b"\x16\x03\x03\x3f\x00\x02\x00\x3e\x00", itertools.repeat(b"\x00"))
    with EndlessServer(*record) as server, pytest.raises(Unreachable) as failure:
        get(connection(f"https://127.0.0.1:{server.port}", read_timeout=30))
    assert failure.value.outcome == NOT_SENT
    assert str(failure.value) == (
        f"GET /v1/organizations was not sent: https://127.0.0.1:{server.port} cannot be reached (no connection was"
        " ready within connect_timeout, 0.5 seconds). Check api_url and the network, or try again later."
    )


def test_endless_login_times_out() -> None:
    with (
        EndlessServer(*ENDLESS["100 Continue"]) as server,
        pytest.raises(CloudError, match="The password could not be checked"),
    ):
        login.can_log_in(connection(f"http://127.0.0.1:{server.port}"))


class EmptyListHandler(http.server.BaseHTTPRequestHandler):
    """Answers every request with an empty list, and keeps the connection open."""

    protocol_version = "HTTP/1.1"
    peers: list[tuple[str, int]]

    def do_GET(self) -> None:
        self.peers.append(self.client_address)
        self.send_response(200)
        self.send_header("Content-Length", "14")
        self.end_headers()
        self.wfile.write(b'{"result": []}')

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


@contextlib.contextmanager
def tls_server(certificate: trustme.LeafCert) -> Iterator[str]:
    """Return the URL of a server that has this certificate."""
    EmptyListHandler.peers = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyListHandler) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_path(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


LONG_AGO, LATELY = datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1)
FAR_OFF = datetime.datetime(2900, 1, 1)
CERTIFICATES = [
    (
        ["127.0.0.1"],
        {"not_before": LONG_AGO, "not_after": LATELY},
        "has expired",
        "Ask the operator of that server to renew it, and check the clock of this machine.",
    ),
    (
        ["127.0.0.1"],
        {"not_before": FAR_OFF, "not_after": datetime.datetime(2901, 1, 1)},
        "is not valid yet",
        "Check the clock of this machine.",
    ),
]


@pytest.mark.parametrize(("names", "dates", "fault", "advice"), CERTIFICATES)
def test_invalid_certificate_is_explained(
    authority: trustme.CA, ca_path: str, names: list[str], dates: dict[str, Any], fault: str, advice: str
) -> None:
    with tls_server(authority.issue_cert(*names, **dates)) as url, pytest.raises(Unreachable) as failure:
        get(connection(url, ca_path=ca_path, connect_timeout=30))
    assert failure.value.outcome == NOT_RETRYABLE
    assert str(failure.value).startswith(f"GET /v1/organizations was not sent: the certificate of {url} {fault} (")
    assert str(failure.value).endswith(f"). {advice}")


@pytest.mark.parametrize(("host", "name"), [("localhost", "api.test"), ("127.0.0.1", "192.0.2.1")])
def test_certificate_for_another_host_is_explained(authority: trustme.CA, ca_path: str, host: str, name: str) -> None:
    with tls_server(authority.issue_cert(name)) as url, pytest.raises(Unreachable) as failure:
        get(connection(url.replace("127.0.0.1", host), ca_path=ca_path, connect_timeout=30))
    assert "belongs to another " in str(failure.value)
    assert "in api_url" in str(failure.value)


def test_certificate_of_unknown_authority_is_explained(authority: trustme.CA) -> None:
    with tls_server(authority.issue_cert("127.0.0.1")) as url, pytest.raises(Unreachable) as failure:
        get(connection(url, connect_timeout=30))
    assert "comes from an authority that is not known here (" in str(failure.value)
    assert "Give the certificate of that authority as ca_path" in str(failure.value)


def test_login_error_names_the_login_options(authority: trustme.CA) -> None:
    with tls_server(authority.issue_cert("127.0.0.1")) as url, pytest.raises(CloudError) as failure:
        login.can_log_in(connection(url, connect_timeout=30))
    assert "Give the certificate of that authority as login_ca_path" in str(failure.value)


@pytest.mark.parametrize(
    ("variable", "ca_option"), [("REQUESTS_CA_BUNDLE", ""), ("CURL_CA_BUNDLE", ""), ("REQUESTS_CA_BUNDLE", "given")]
)
def test_environment_names_ca_certificates(
    authority: trustme.CA, ca_path: str, variable: str, ca_option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option takes precedence."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, "/nowhere" if ca_option else ca_path)
    with tls_server(authority.issue_cert("127.0.0.1")) as url:
        to = connection(url, ca_path=ca_path if ca_option else "", connect_timeout=30, read_timeout=30)
        assert get(to).json() == {"result": []}


def test_connection_is_reused(authority: trustme.CA, ca_path: str) -> None:
    """It is also reused after the deadline of the previous response."""
    with tls_server(authority.issue_cert("127.0.0.1")) as url:
        to = connection(url, ca_path=ca_path, connect_timeout=30, read_timeout=30)
        session = open_session(to)
        for _turn in range(3):
            assert send(session, to, "GET", "/").json() == {"result": []}
    assert len(EmptyListHandler.peers) == 3
    assert len(set(EmptyListHandler.peers)) == 1


@contextlib.contextmanager
def raw_tls_server(certificate: trustme.LeafCert, response: bytes, *, breaks_tls: bool) -> Iterator[str]:
    """Return the URL of a server that reads one request, and answers over TLS, or with bytes that are not TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with context.wrap_socket(listening.accept()[0], server_side=True) as peer:
                peer.recv(1 << 16)
                if breaks_tls:
                    os.write(peer.fileno(), response)
                else:
                    peer.sendall(response)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("breaks_tls", [True, False])
def test_tls_error_in_a_response_is_not_a_failed_handshake(
    authority: trustme.CA, ca_path: str, breaks_tls: bool
) -> None:
    """The message may come from TLS, which fails, or from the server."""
    response = b"HTTP/1.1 RECORD_LAYER_FAILURE PROTOCOL_VERSION HTTP_REQUEST\r\n\r\n"
    certificate = authority.issue_cert("127.0.0.1")
    with raw_tls_server(certificate, response, breaks_tls=breaks_tls) as url, pytest.raises(Unreachable) as failure:
        get(connection(url, ca_path=ca_path, connect_timeout=30, read_timeout=30))
    assert failure.value.outcome == NO_RESPONSE
    assert str(failure.value).startswith(f"GET /v1/organizations got no response from {url} (")


def test_file_without_certificates_is_reported(authority: trustme.CA, tmp_path: Path) -> None:
    path = tmp_path / "authority.pem"
    path.write_text("nothing")
    with tls_server(authority.issue_cert("127.0.0.1")) as url, pytest.raises(Unreachable) as failure:
        get(connection(url, ca_path=str(path), connect_timeout=30))
    assert failure.value.outcome == NOT_RETRYABLE
    assert f"{url}: ca_path holds no certificate that can be used (" in str(failure.value)


@pytest.mark.parametrize("odd", ["127.0.0.1:1", "no.proxy.invalid:1"])
def test_request_rejected_by_proxy_was_not_sent(monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{odd}")
    with pytest.raises(Unreachable) as failure:
        get(connection("https://api.test"))
    assert failure.value.outcome == NOT_SENT
    assert "by the proxy that the environment names). Check api_url" in str(failure.value)


class CertificateError(ValueError):
    """An error that an old urllib3 raises itself, without a code."""


def unsent(error: Exception) -> Exception:
    """Return the error as it is if it was raised before anything was sent."""
    with contextlib.suppress(type(error)), count_as_not_sent():
        raise error
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CertificateError("hostname 'a' doesn't match 'b'"), "belongs to another host name"),
        (ssl.SSLCertVerificationError("something else"), "does not verify"),
        (ssl.SSLError("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] x"), "no TLS connection can be agreed on"),
        (ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "does not speak TLS on this port"),
        (ssl.SSLError("[SSL] PEM lib (_ssl.c:1)"), "ca_path holds no certificate that can be used"),
    ],
)
def test_tls_error_is_explained(error: Exception, message: str) -> None:
    failure = describe_unreachable(
        "GET /x", connection("https://api.test"), requests.exceptions.SSLError(unsent(error))
    )
    assert message in str(failure)
    assert failure.outcome == NOT_RETRYABLE


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (18, "is self-signed (x). Give it as ca_path, if it is the right one."),
        (23, "is revoked (x). Ask the operator of that server to replace it."),
        (62, "belongs to another host name (x). Check the host name in api_url, and the proxy."),
    ],
)
def test_certificate_error_codes_are_explained(code: int, message: str) -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code = code
    failure = describe_unreachable("GET /x", connection("https://api.test"), unsent(error))
    assert str(failure) == f"GET /x was not sent: the certificate of https://api.test {message}"


def test_certificate_error_of_a_proxy_names_the_proxy() -> None:
    error = requests.exceptions.ProxyError(unsent(ssl.SSLCertVerificationError("expired")))
    message = str(describe_unreachable("GET /x", connection("https://api.test"), error))
    assert "the certificate of the proxy that the environment names does not verify (" in message


def test_socket_without_timeout_has_no_time_left() -> None:
    """If its options were changed, it must not block endlessly."""
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(socket.timeout):
        TimedResponse(ours).begin()


def test_response_has_the_descriptor_of_its_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert TimedResponse(ours).fileno() == ours.fileno()
