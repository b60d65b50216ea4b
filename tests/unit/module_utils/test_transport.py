# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import http.server
import re
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import progress as client_progress
from ansible_collections.clickhouse.cloud.plugins.module_utils._client import session as client_session
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.progress import Progress
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.retry import Retry
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import USER_AGENT
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    NO_RESPONSE,
    NOT_RETRYABLE,
    NOT_SENT,
    ApiError,
    CheckModeViolation,
    InvalidOption,
    MissingLibrary,
    Unreachable,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS

OPTIONS = {
    "api_key": "key",
    "api_secret": "the-secret",
    "organization_id": "",
    "api_url": "https://api.clickhouse.cloud",
    "connect_timeout": 60.0,
    "read_timeout": 60.0,
    "validate_certs": True,
    "ca_path": None,
    "allow_http": False,
    "rate_limit": 0,
    "rate_limit_window": 10.0,
}


def connection(**options: Any) -> ClientOptions:
    return ClientOptions.from_options({**OPTIONS, **options}.__getitem__)


class RecordingTransport:
    """A transport that records its pauses instead of sleeping."""

    def __init__(self, of: ClientOptions, check_mode: bool = False) -> None:
        self.pauses: list[float] = []
        self.transport = Transport(of, check_mode=check_mode)

    def call(self, *request: Any, **how: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "sleep", self.pauses.append)
            return self.transport.call(*request, **how)


@pytest.fixture
def calls(emulator: Emulator) -> RecordingTransport:
    return RecordingTransport(
        connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    )


@pytest.fixture
def services(emulator: Emulator) -> str:
    return f"/organizations/{emulator.organization_id}/services"


BODY = {"name": "a", "provider": "aws", "region": "eu-central-1", "ipAccessList": []}


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.clickhouse.cloud", "https://api.clickhouse.cloud"),
        ("https://api.clickhouse.cloud/", "https://api.clickhouse.cloud"),
        ("https://api.clickhouse.cloud/v1", "https://api.clickhouse.cloud"),
        ("https://api.clickhouse.cloud/v1/", "https://api.clickhouse.cloud"),
        ("http://127.0.0.1:8123/v1", "http://127.0.0.1:8123"),
        ("https://gateway.example/clickhouse/v1", "https://gateway.example/clickhouse"),
        (" https://api.clickhouse.cloud ", "https://api.clickhouse.cloud"),
        ("HTTPS://API.ClickHouse.cloud:443/v1", "https://api.clickhouse.cloud"),
        ("https://api.clickhouse.cloud:0443", "https://api.clickhouse.cloud"),
        ("https://api.clickhouse.cloud:", "https://api.clickhouse.cloud"),
        ("https://api.clickhouse.cloud:80", "https://api.clickhouse.cloud:80"),
        ("https://gateway.example/ClickHouse/v1", "https://gateway.example/ClickHouse"),
        ("http://LocalHost:80/v1", "http://localhost"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://[::1]:8123", "http://[::1]:8123"),
        ("", "https://api.clickhouse.cloud"),
        (None, "https://api.clickhouse.cloud"),
    ],
)
def test_url_may_end_in_v1(url: str | None, base: str) -> None:
    assert connection(api_url=url).url == base


@pytest.mark.parametrize(
    "url",
    [
        "api.clickhouse.cloud",
        "ftp://api.clickhouse.cloud",
        "https://",
        "https://host:port",
        "https://h/v1?x=1",
        "http://[::1",
    ],
)
def test_malformed_url_is_reported(url: str) -> None:
    with pytest.raises(InvalidOption, match="api_url must be an http or https URL such as"):
        connection(api_url=url)


def test_credentials_in_the_url_are_rejected() -> None:
    with pytest.raises(InvalidOption, match="api_url must not contain credentials") as failure:
        connection(api_url="https://me:hunter2@api.clickhouse.cloud")
    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize("option", ["api_key", "api_secret"])
@pytest.mark.parametrize("value", ["", None])
def test_missing_credential_names_the_environment_variable(option: str, value: str | None) -> None:
    with pytest.raises(InvalidOption, match=f"{option} is missing: .* CLICKHOUSE_CLOUD_{option.upper()}"):
        connection(**{option: value})


@pytest.mark.parametrize("option", ["connect_timeout", "read_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e20])
def test_invalid_timeout_is_rejected(option: str, value: float) -> None:
    with pytest.raises(InvalidOption, match=f"{option} must be greater than 0 seconds and at most 1000000"):
        connection(**{option: value})


@pytest.mark.parametrize("option", ["api_key", "api_secret"])
def test_credential_that_cannot_be_encoded_is_rejected(option: str) -> None:
    with pytest.raises(InvalidOption, match=f"{option} is not text") as failure:
        connection(**{option: "hunter2\udcff"})
    assert "hunter2" not in str(failure.value)


def test_missing_ca_path_is_rejected() -> None:
    with pytest.raises(InvalidOption, match="ca_path names no file or directory: /nowhere"):
        connection(ca_path="/nowhere")


def test_repr_has_no_secret() -> None:
    calls = RecordingTransport(connection())
    shown = repr([connection(), calls.transport, vars(calls.transport)])
    assert "the-secret" not in shown


def test_result_is_unwrapped(calls: RecordingTransport, services: str) -> None:
    assert calls.call("GET", services) == []
    assert calls.call("POST", services, BODY)["service"]["name"] == "a"


def test_response_without_result_is_none(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    service = emulator.create(**BODY)["service"]
    emulator.set_service(service["id"], state="stopped")
    assert calls.call("DELETE", f"{services}/{service['id']}") is None


def test_text_response_is_unchanged(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    service = emulator.create(**BODY)["service"]
    assert "ClickHouse_ServiceInfo" in calls.call("GET", f"{services}/{service['id']}/prometheus")


def test_error_has_status_message_and_request_id(calls: RecordingTransport, services: str) -> None:
    with pytest.raises(ApiError) as failure:
        calls.call("POST", services, {**BODY, "region": "moon"})
    error = failure.value
    assert (error.status, error.may_have_been_applied) == (400, False)
    assert error.error.startswith("BAD_REQUEST: request body.region: ")
    assert error.details()["request_id"] == error.request_id
    assert f"The request to create the service 'a' failed with HTTP status 400: {error.error}" in str(error)
    assert error.details()["request"] == f"POST /v1{services}"
    assert str(error).endswith(f"The API's request id is {error.request_id}.")


@pytest.mark.parametrize(
    ("options", "status", "advice"),
    [({"api_secret": "wrong"}, 401, "Check api_key and api_secret"), ({}, 404, "Check organization_id and api_url")],
)
def test_error_has_advice(emulator: Emulator, options: dict[str, str], status: int, advice: str) -> None:
    known = {"api_url": emulator.api_url, "api_key": emulator.api_key, "api_secret": emulator.api_secret}
    calls = RecordingTransport(connection(**{**known, **options}))
    with pytest.raises(ApiError, match=advice) as failure:
        calls.call("GET", "/organizations/00000000-0000-4000-8000-000000000001/services")
    assert failure.value.status == status


def test_read_only_transport_sends_no_write(emulator: Emulator, services: str) -> None:
    known = {"api_url": emulator.api_url, "api_key": emulator.api_key, "api_secret": emulator.api_secret}
    calls = RecordingTransport(connection(**known), check_mode=True)
    assert calls.call("GET", services) == []
    for method in ("POST", "PATCH", "DELETE"):
        with pytest.raises(CheckModeViolation, match=f"Refused to send {method}"):
            calls.call(method, services, BODY)
    assert [request["method"] for request in emulator.journal()] == ["GET"]


def test_rate_limited_request_waits_as_the_api_says(
    calls: RecordingTransport, services: str, emulator: Emulator
) -> None:
    emulator.fault(path="/services", times=2, status=429, headers={"X-RateLimit-Reset": "3"})
    calls.call("POST", services, BODY)
    assert [4 <= pause <= 5 for pause in calls.pauses] == [True, True]
    assert [request["status"] for request in emulator.journal()] == [429, 429, 200]


PAGE = {"body": "<html>slow down</html>", "headers": {"Retry-After": "3"}}


@pytest.mark.parametrize("body", [PAGE["body"], {"message": "slow down"}, {"error": "slow down"}])
def test_rate_limit_of_a_gateway_is_retried_only_if_safe(
    calls: RecordingTransport, services: str, emulator: Emulator, body: Any
) -> None:
    """A gateway may send it after the API has applied the request."""
    path = f"{services}/{emulator.create(**BODY)['service']['id']}"
    emulator.clear_journal()
    for method, target in (("GET", services), ("PATCH", path), ("POST", services)):
        emulator.fault(path=target, method=method, times=2, status=429, headers=PAGE["headers"], body=body)
    calls.call("GET", services)
    calls.call("PATCH", path, {"name": "b"})
    assert [4 <= pause <= 5 for pause in calls.pauses] == [True] * 4
    with pytest.raises(ApiError, match="status 429") as failure:
        calls.call("POST", services, BODY)
    assert failure.value.may_have_been_applied
    assert [request["method"] for request in emulator.journal()] == ["GET"] * 3 + ["PATCH"] * 3 + ["POST"]
    assert calls.transport.write_log[1:] == ["created the service 'a'"]


def test_unsafe_request_is_retried_only_for_rate_limit_of_the_api(
    calls: RecordingTransport, services: str, emulator: Emulator
) -> None:
    path = f"{services}/{emulator.create(**BODY)['service']['id']}"
    emulator.clear_journal()
    emulator.fault(path=path, method="PATCH", status=429)
    calls.call("PATCH", path, {"name": "b"}, retry=Retry.IF_SAFE)
    emulator.fault(path=path, method="PATCH", status=429, **PAGE)
    with pytest.raises(ApiError, match="status 429"):
        calls.call("PATCH", path, {"name": "b"}, retry=Retry.IF_SAFE)
    assert [request["status"] for request in emulator.journal()] == [429, 200, 429]


@pytest.mark.parametrize(
    ("status", "body", "maybe_done"),
    [
        (403, {"status": 403, "error": "FORBIDDEN", "requestId": "x"}, False),
        (403, {"status": 403, "error": "FORBIDDEN"}, False),
        (403, {"error": "FORBIDDEN", "requestId": "x"}, False),
        (403, {"status": 403, "requestId": "x"}, False),
        (403, {"status": 403, "error": {"code": 7}, "more": 1}, False),
        (403, {"error": "FORBIDDEN"}, True),
        (403, {"error": "TOO_MANY_REQUESTS"}, True),
        (403, {"status": 403, "message": "FORBIDDEN"}, True),
        (403, {"status": 502, "error": "FORBIDDEN"}, True),
        (403, {}, True),
        (403, ["FORBIDDEN"], True),
        (403, "FORBIDDEN", True),
        (403, "", True),
        (302, {"status": 302, "error": "FOUND", "requestId": "x"}, True),
        (408, {"status": 408, "error": "TIMEOUT", "requestId": "x"}, True),
        (500, {"status": 500, "error": "Internal error", "requestId": "x"}, True),
    ],
)
def test_only_an_error_of_the_api_is_a_certain_rejection(
    calls: RecordingTransport, services: str, emulator: Emulator, status: int, body: Any, maybe_done: bool
) -> None:
    emulator.fault(path="/services", method="POST", status=status, body=body)
    with pytest.raises(ApiError) as failure:
        calls.call("POST", services, BODY)
    assert failure.value.may_have_been_applied is maybe_done
    assert failure.value.with_message("The request").may_have_been_applied is maybe_done
    assert calls.transport.write_log == (["created the service 'a'"] if maybe_done else [])
    assert len(emulator.journal()) == 1


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 502}, {"status": 503}, {"status": 504}, {"disconnect": "before"}]
)
def test_read_is_retried_after_failures(
    calls: RecordingTransport, services: str, emulator: Emulator, fault: Any
) -> None:
    emulator.fault(path="/services", times=3, **fault)
    assert calls.call("GET", services) == []
    assert len(calls.pauses) == 3


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST"])
def test_write_is_not_retried_after_error_of_the_api(
    calls: RecordingTransport, services: str, emulator: Emulator, method: str
) -> None:
    path = f"{services}/{emulator.create(**BODY)['service']['id']}"
    emulator.clear_journal()
    emulator.fault(path="/services", method=method, times=9, status=500)
    with pytest.raises(ApiError, match="status 500") as failure:
        calls.call(method, path, {"name": "b"})
    assert failure.value.may_have_been_applied
    assert (len(emulator.journal()), calls.pauses) == (1, [])


class Clock:
    """A clock that only sleeping advances."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("reset", [{"X-RateLimit-Reset": "9"}, {"X-RateLimit-Reset": "3600"}, {}])
def test_long_rate_limit_wait_is_reported(
    emulator: Emulator, services: str, monkeypatch: pytest.MonkeyPatch, reset: dict[str, str]
) -> None:
    clock = Clock(monkeypatch)
    shown: list[tuple[float, str]] = []
    to = connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    emulator.fault(path="/services", times=100, status=429, headers=reset)
    with pytest.raises(ApiError) as failure:
        Transport(to, warn=lambda text: shown.append((clock.now - 1000, text))).call("GET", services)
    assert [(at, text.split(",")[0]) for at, text in shown] == [(30, "The API has refused a request for 30 seconds")]
    assert str(failure.value).endswith(f" It refused this request for {clock.now - 1000:.0f} seconds.")
    assert len(emulator.journal()) == 30


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "the API refuses it for the rate limit (HTTP status 429)"), (503, "it failed (503)")]
)
def test_task_that_shows_its_progress_explains_each_attempt(
    emulator: Emulator, services: str, monkeypatch: pytest.MonkeyPatch, status: int, reason: str
) -> None:
    clock = Clock(monkeypatch)
    shown: list[tuple[float, str]] = []
    to = connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    progress = Progress(lambda line: shown.append((round(clock.now - 1000), line)))
    clock.now += 8
    emulator.fault(path="/services", times=3, status=status, headers={})
    warnings: list[str] = []
    transport = Transport(to, warn=warnings.append, progress=progress)
    assert transport.call("GET", services) == []
    assert warnings == []
    ((at, line),) = shown
    assert at == 10
    assert re.fullmatch(
        rf"Waiting to send GET /v1/organizations/.*/services again, since {re.escape(reason)},"
        r" for \d+ more seconds before the next attempt",
        line,
    )


def test_slow_request_is_explained(emulator: Emulator, services: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_progress, "SILENCE", 0.0)
    monkeypatch.setattr(client_progress, "SLOW_REQUEST", 0.01)
    shown: list[str] = []
    to = connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    emulator.fault(path="/services", delay=0.5)
    assert Transport(to, progress=Progress(shown.append)).call("GET", services) == []
    assert shown == [f"Waiting for the response to GET /v1{services}, for up to {to.read_timeout:g} seconds"]


def test_short_rate_limit_wait_is_not_reported(
    emulator: Emulator, services: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    shown: list[str] = []
    to = connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    emulator.fault(path="/services", times=2, status=429, headers={"X-RateLimit-Reset": "9"})
    assert Transport(to, warn=shown.append).call("GET", services) == []
    assert shown == []


@pytest.mark.parametrize("fault", [{"status": 502}, {"disconnect": "after"}])
def test_creation_is_never_retried_after_failures(
    calls: RecordingTransport, services: str, emulator: Emulator, fault: Any
) -> None:
    emulator.fault(path="/services", method="POST", times=9, **fault)
    with pytest.raises((ApiError, Unreachable)) as failure:
        calls.call("POST", services, BODY)
    assert failure.value.may_have_been_applied
    assert len(emulator.journal()) == 1
    assert calls.transport.write_log == ["created the service 'a'"]


def test_possibly_applied_write_counts_if_the_retry_is_rejected(
    calls: RecordingTransport, services: str, emulator: Emulator
) -> None:
    path = f"{services}/{emulator.create(**BODY)['service']['id']}"
    emulator.fault(path=path, method="PATCH", disconnect="after")
    emulator.fault(path=path, method="PATCH", status=400)
    with pytest.raises(ApiError, match="status 400"):
        calls.call("PATCH", path, {"name": "b"})
    assert calls.transport.write_log == [f"changed name of service {path[-36:]}"]


def test_rejected_write_does_not_count(calls: RecordingTransport, services: str) -> None:
    with pytest.raises(ApiError):
        calls.call("POST", services, {})
    assert calls.transport.write_log == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the response is empty"),
        ("<html><body>Bad\n gateway</body></html>", "the response is a web page and not the API's JSON"),
        (
            " <!DOCTYPE html>\n<html><head><title lang='en'>\n Sign in &amp; go </title></head></html>",
            "the response is a web page with the title 'Sign in & go' and not the API's JSON",
        ),
        ("<htmlx>", "the response is not the API's JSON but begins with '<htmlx>'"),
        ('{"result": [', "the response is not the API's JSON but begins with"),
        ("null", "the response is not the API's JSON but begins with 'null'"),
        ("[]", "the response is not the API's JSON but begins with"),
        ("[" * 100_000, "the response is not the API's JSON but begins with"),
    ],
)
def test_response_of_another_server_is_reported(
    calls: RecordingTransport, services: str, emulator: Emulator, body: str, message: str
) -> None:
    emulator.fault(path="/services", status=200, body=body, headers={"Content-Type": "application/json"})
    with pytest.raises(ApiError, match=message):
        calls.call("GET", services)


def test_web_page_is_recognized_by_content_type(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    headers = {"Content-Type": "text/HTML; charset=utf-8"}
    emulator.fault(path="/services", times=9, status=504, body="<h1>Gateway timeout</h1>" * 1000, headers=headers)
    with pytest.raises(ApiError) as failure:
        calls.call("GET", services)
    assert str(failure.value).endswith(
        "failed with HTTP status 504: the response is a web page and not the API's JSON. Try again later: the API, or a"
        " gateway in front of it, has failed."
    )


def test_redirect_target_is_shown_without_secrets(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    target = "https://user:hunter2@sso.test/login?token=hunter2#hunter2"
    emulator.fault(path="/services", status=302, headers={"Location": target})
    with pytest.raises(ApiError, match=r"redirects to https://sso\.test/login, which is not followed"):
        calls.call("GET", services)


def test_redirect_is_not_followed(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    emulator.fault(path="/services", status=302, headers={"Location": "http://127.0.0.1:9/steal"})
    with pytest.raises(ApiError, match=r"redirects to http://127\.0\.0\.1:9/steal, which is not followed"):
        calls.call("GET", services)


def test_unreachable_api_is_reported() -> None:
    calls = RecordingTransport(connection(api_url="http://127.0.0.1:9"))
    with pytest.raises(Unreachable) as failure:
        calls.call("POST", "/organizations", {})
    assert str(failure.value) == (
        "The request to send POST /v1/organizations was not sent: http://127.0.0.1:9 cannot be reached"
        " ([Errno 111] Connection refused)."
        " Check api_url and the network, or try again later."
    )
    assert (failure.value.outcome, failure.value.may_have_been_applied, len(calls.pauses)) == (NOT_SENT, False, 3)
    assert calls.transport.write_log == []


def test_broken_connection_is_reported(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    emulator.fault(path="/services", times=9, disconnect="before")
    with pytest.raises(
        Unreachable,
        match="got no response from http://127.0.0.1:.*(Connection reset by peer|Remote end closed connection)",
    ) as failure:
        calls.call("GET", services)
    assert (failure.value.outcome, failure.value.may_have_been_applied) == (NO_RESPONSE, True)


def test_response_timeout_is_reported(emulator: Emulator) -> None:
    known = {"api_url": emulator.api_url, "api_key": emulator.api_key, "api_secret": emulator.api_secret}
    calls = RecordingTransport(connection(**known, read_timeout=0.2))
    emulator.fault(path="/organizations", times=9, delay=HOLD_SECONDS)
    with pytest.raises(Unreachable, match=r"got no response .*complete within read_timeout, 0\.2 seconds") as failure:
        calls.call("POST", "/organizations", {})
    assert failure.value.outcome == NO_RESPONSE


def test_call_without_retries(calls: RecordingTransport, services: str, emulator: Emulator) -> None:
    emulator.fault(path="/services", times=9, status=503)
    with pytest.raises(ApiError):
        calls.transport.call("GET", services, retry=Retry.NEVER)
    assert len(emulator.journal()) == 1


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ({"api_url": "https://exa mple.test"}, {}),
        ({"api_url": "https://.example"}, {}),
        ({"api_url": "https://" + "a" * 70 + ".example"}, {}),
        ({"api_url": "https://api.test"}, {"REQUESTS_CA_BUNDLE": "/nowhere.pem"}),
    ],
)
def test_unsendable_request_fails_immediately(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    calls = RecordingTransport(connection(**options))
    with pytest.raises(Unreachable, match="was not sent: .* Check api_url, ca_path and the proxy") as failure:
        calls.call("GET", "/organizations")
    assert (failure.value.outcome, calls.pauses) == (NOT_RETRYABLE, [])


def test_missing_tls_fails_immediately(emulator: Emulator) -> None:
    calls = RecordingTransport(connection(api_url=emulator.api_url.replace("http:", "https:")))
    with pytest.raises(Unreachable, match="was not sent: ") as failure:
        calls.call("GET", "/organizations")
    assert (failure.value.outcome, calls.pauses) == (NOT_RETRYABLE, [])


def test_unreachable_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"Connection refused, by the proxy that the environment names"):
        RecordingTransport(connection(api_url="http://api.test", allow_http=True)).call("GET", "/organizations")


def test_missing_library_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_session, "HAS_REQUESTS", False)
    with pytest.raises(MissingLibrary, match="The Python library requests is missing in"):
        Transport(connection())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate_limit": -1}, "rate_limit must be a number of requests, or 0"),
        ({"rate_limit_window": 0}, "rate_limit_window must be greater than 0 seconds"),
        ({"rate_limit_window": float("inf")}, "rate_limit_window must be greater than 0 seconds and at most"),
    ],
)
def test_invalid_rate_limit_is_rejected(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        connection(**options)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8123", "http://LOCALHOST", "http://127.0.0.1", "http://127.8.9.1:80/v1", "http://[::1]:8123/v1"],
)
def test_http_is_allowed_for_local_api(url: str) -> None:
    assert connection(api_url=url).url.startswith("http://")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.clickhouse.cloud",
        "HTTP://api.clickhouse.cloud/v1",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[::]",
        "http://2130706433",
    ],
)
def test_http_for_remote_api_requires_allow_http(url: str) -> None:
    with pytest.raises(InvalidOption, match="would send the API key in the clear: use https, or set allow_http: true"):
        connection(api_url=url)
    assert connection(api_url=url, allow_http=True).url.startswith("http://")


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers every request with an empty list, and records its first line and headers."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append((self.requestline, dict(self.headers)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "14")
        self.end_headers()
        self.wfile.write(b'{"result": []}')

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    Recorder.seen = []
    with http.server.HTTPServer(("127.0.0.1", 0), Recorder) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def test_request_has_user_agent(server: http.server.HTTPServer) -> None:
    calls = RecordingTransport(connection(api_url=f"http://127.0.0.1:{server.server_port}", api_secret="sëcret:密"))
    assert calls.call("GET", "/organizations", query={"filter": ["tag:a=1", "tag:b"]}) == []
    line, headers = Recorder.seen[0]
    assert line == "GET /v1/organizations?filter=tag%3Aa%3D1&filter=tag%3Ab HTTP/1.1"
    assert headers["Authorization"] == "Basic " + base64.b64encode("key:sëcret:密".encode()).decode()
    assert headers["User-Agent"] == USER_AGENT


def test_proxy_of_the_environment_is_used(server: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert (
        RecordingTransport(connection(api_url="http://api.test", allow_http=True)).call("GET", "/organizations") == []
    )
    assert Recorder.seen[0][0] == "GET http://api.test/v1/organizations HTTP/1.1"


@pytest.fixture
def authority(server: http.server.HTTPServer, tmp_path: Path) -> Path:
    """Make the server use TLS with a certificate of an unknown authority; return the file of the authority."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_invalid_certificate_fails_immediately(server: http.server.HTTPServer, authority: Path) -> None:
    calls = RecordingTransport(connection(api_url=f"https://127.0.0.1:{server.server_port}"))
    with pytest.raises(Unreachable, match=r"the certificate of https://127\.0\.0\.1:.* not known here.* as ca_path"):
        calls.call("GET", "/organizations")
    assert calls.pauses == []


def test_ca_path_verifies_the_certificate(server: http.server.HTTPServer, authority: Path) -> None:
    url = f"https://127.0.0.1:{server.server_port}"
    assert RecordingTransport(connection(api_url=url, ca_path=str(authority))).call("GET", "/organizations") == []


def test_validate_certs_false_overrides_the_environment(
    server: http.server.HTTPServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.parent / "another.pem"))
    url = f"https://127.0.0.1:{server.server_port}"
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert RecordingTransport(connection(api_url=url, validate_certs=False)).call("GET", "/organizations") == []


@pytest.mark.parametrize(("value", "kind"), [(["s"], "list"), ({"s": "s"}, "dictionary")])
@pytest.mark.parametrize("option", ["api_key", "api_secret", "organization_id"])
def test_list_is_not_text(option: str, value: object, kind: str) -> None:
    with pytest.raises(InvalidOption, match=f"^{option} must be text; the value is a {kind}.$"):
        connection(**{option: value})
