# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import session as client_session
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
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


class Calls:
    """A transport whose pauses are written down, not slept."""

    def __init__(self, of: ClientOptions, check_mode: bool = False) -> None:
        self.pauses: list[float] = []
        self.transport = Transport(of, check_mode=check_mode)

    def call(self, *request: Any, **how: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "sleep", self.pauses.append)
            return self.transport.call(*request, **how)


@pytest.fixture
def calls(emulator: Emulator) -> Calls:
    return Calls(connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret))


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
def test_the_url_may_end_as_the_vendors_tools_have_it(url: str | None, base: str) -> None:
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
def test_a_malformed_url_is_told(url: str) -> None:
    with pytest.raises(InvalidOption, match="api_url must be an http or https URL such as"):
        connection(api_url=url)


def test_credentials_have_no_place_in_the_url() -> None:
    with pytest.raises(InvalidOption, match="api_url must not hold credentials") as failure:
        connection(api_url="https://me:hunter2@api.clickhouse.cloud")
    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize("option", ["api_key", "api_secret"])
@pytest.mark.parametrize("value", ["", None])
def test_a_missing_credential_is_told_with_its_environment_variable(option: str, value: str | None) -> None:
    with pytest.raises(InvalidOption, match=f"{option} is missing: .* CLICKHOUSE_CLOUD_{option.upper()}"):
        connection(**{option: value})


@pytest.mark.parametrize("option", ["connect_timeout", "read_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e20])
def test_a_timeout_has_to_be_some_time(option: str, value: float) -> None:
    with pytest.raises(InvalidOption, match=f"{option} must be greater than 0 seconds and at most 1000000"):
        connection(**{option: value})


@pytest.mark.parametrize("option", ["api_key", "api_secret"])
def test_a_credential_has_to_be_text(option: str) -> None:
    with pytest.raises(InvalidOption, match=f"{option} is not text") as failure:
        connection(**{option: "hunter2\udcff"})
    assert "hunter2" not in str(failure.value)


def test_a_ca_path_has_to_exist() -> None:
    with pytest.raises(InvalidOption, match="ca_path names no file or directory: /nowhere"):
        connection(ca_path="/nowhere")


def test_no_repr_shows_a_secret() -> None:
    calls = Calls(connection())
    shown = repr([connection(), calls.transport, vars(calls.transport)])
    assert "the-secret" not in shown


def test_the_result_comes_out_of_the_envelope(calls: Calls, services: str) -> None:
    assert calls.call("GET", services) == []
    assert calls.call("POST", services, BODY)["service"]["name"] == "a"


def test_an_answer_without_a_result_gives_none(calls: Calls, services: str, emulator: Emulator) -> None:
    service = emulator.create(**BODY)["service"]
    emulator.set_service(service["id"], state="stopped")
    assert calls.call("DELETE", f"{services}/{service['id']}") is None


def test_text_is_given_as_it_is(calls: Calls, services: str, emulator: Emulator) -> None:
    service = emulator.create(**BODY)["service"]
    assert "ClickHouse_ServiceInfo" in calls.call("GET", f"{services}/{service['id']}/prometheus")


def test_a_refusal_has_the_status_the_words_and_the_request_id(calls: Calls, services: str) -> None:
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
def test_a_refusal_says_what_to_check(emulator: Emulator, options: dict[str, str], status: int, advice: str) -> None:
    known = {"api_url": emulator.api_url, "api_key": emulator.api_key, "api_secret": emulator.api_secret}
    calls = Calls(connection(**{**known, **options}))
    with pytest.raises(ApiError, match=advice) as failure:
        calls.call("GET", "/organizations/00000000-0000-4000-8000-000000000001/services")
    assert failure.value.status == status


def test_a_read_only_transport_sends_no_write(emulator: Emulator, services: str) -> None:
    known = {"api_url": emulator.api_url, "api_key": emulator.api_key, "api_secret": emulator.api_secret}
    calls = Calls(connection(**known), check_mode=True)
    assert calls.call("GET", services) == []
    for method in ("POST", "PATCH", "DELETE"):
        with pytest.raises(CheckModeViolation, match=f"Refused to send {method}"):
            calls.call(method, services, BODY)
    assert [request["method"] for request in emulator.journal()] == ["GET"]


def test_it_waits_for_as_long_as_the_limit_says(calls: Calls, services: str, emulator: Emulator) -> None:
    emulator.fault(path="/services", times=2, status=429, headers={"X-RateLimit-Reset": "3"})
    calls.call("POST", services, BODY)
    assert [4 <= pause <= 5 for pause in calls.pauses] == [True, True]
    assert [request["status"] for request in emulator.journal()] == [429, 429, 200]


PAGE = {"body": "<html>slow down</html>", "headers": {"Retry-After": "3"}}


@pytest.mark.parametrize("body", [PAGE["body"], {"message": "slow down"}, {"error": "slow down"}])
def test_a_limit_that_is_not_the_apis_word_has_only_what_is_harmless_sent_again(
    calls: Calls, services: str, emulator: Emulator, body: Any
) -> None:
    """A gateway may say so when the API has acted."""
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


def test_what_must_not_be_sent_twice_is_sent_again_only_at_the_apis_word(
    calls: Calls, services: str, emulator: Emulator
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
def test_only_the_apis_own_error_makes_a_refusal_certain(
    calls: Calls, services: str, emulator: Emulator, status: int, body: Any, maybe_done: bool
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
def test_a_read_is_repeated_after_trouble(calls: Calls, services: str, emulator: Emulator, fault: Any) -> None:
    emulator.fault(path="/services", times=3, **fault)
    assert calls.call("GET", services) == []
    assert len(calls.pauses) == 3


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST"])
def test_a_write_is_not_repeated_after_an_error_of_the_api_itself(
    calls: Calls, services: str, emulator: Emulator, method: str
) -> None:
    path = f"{services}/{emulator.create(**BODY)['service']['id']}"
    emulator.clear_journal()
    emulator.fault(path="/services", method=method, times=9, status=500)
    with pytest.raises(ApiError, match="status 500") as failure:
        calls.call(method, path, {"name": "b"})
    assert failure.value.may_have_been_applied
    assert (len(emulator.journal()), calls.pauses) == (1, [])


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("shown_by", ["on_progress", "warn"])
@pytest.mark.parametrize("reset", [{"X-RateLimit-Reset": "9"}, {"X-RateLimit-Reset": "3600"}, {}])
def test_refusals_for_the_limit_are_not_silent(
    emulator: Emulator, services: str, monkeypatch: pytest.MonkeyPatch, shown_by: str, reset: dict[str, str]
) -> None:
    clock = Clock(monkeypatch)
    shown: list[tuple[float, str]] = []
    show: dict[str, Any] = {shown_by: lambda text: shown.append((clock.now - 1000, text))}
    to = connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    emulator.fault(path="/services", times=100, status=429, headers=reset)
    with pytest.raises(ApiError) as failure:
        Transport(to, **show).call("GET", services)
    assert [(at, text.split(",")[0]) for at, text in shown] == [(30, "The API has refused a request for 30 seconds")]
    assert str(failure.value).endswith(f" It refused this request for {clock.now - 1000:.0f} seconds.")
    assert len(emulator.journal()) == 30


def test_a_short_refusal_for_the_limit_is_not_worth_a_line(
    emulator: Emulator, services: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    shown: list[str] = []
    to = connection(api_url=emulator.api_url, api_key=emulator.api_key, api_secret=emulator.api_secret)
    emulator.fault(path="/services", times=2, status=429, headers={"X-RateLimit-Reset": "9"})
    assert Transport(to, on_progress=shown.append).call("GET", services) == []
    assert shown == []


@pytest.mark.parametrize("fault", [{"status": 502}, {"disconnect": "after"}])
def test_a_creation_is_never_repeated_after_trouble(
    calls: Calls, services: str, emulator: Emulator, fault: Any
) -> None:
    emulator.fault(path="/services", method="POST", times=9, **fault)
    with pytest.raises((ApiError, Unreachable)) as failure:
        calls.call("POST", services, BODY)
    assert failure.value.may_have_been_applied
    assert len(emulator.journal()) == 1
    assert calls.transport.write_log == ["created the service 'a'"]


def test_a_write_that_may_have_been_done_counts_even_if_it_is_refused_the_second_time(
    calls: Calls, services: str, emulator: Emulator
) -> None:
    path = f"{services}/{emulator.create(**BODY)['service']['id']}"
    emulator.fault(path=path, method="PATCH", disconnect="after")
    emulator.fault(path=path, method="PATCH", status=400)
    with pytest.raises(ApiError, match="status 400"):
        calls.call("PATCH", path, {"name": "b"})
    assert calls.transport.write_log == [f"changed name of service {path[-36:]}"]


def test_a_write_that_was_refused_does_not_count(calls: Calls, services: str) -> None:
    with pytest.raises(ApiError):
        calls.call("POST", services, {})
    assert calls.transport.write_log == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "the answer is empty"),
        ("<html><body>Bad\n gateway</body></html>", "the answer is a web page and not the API's JSON"),
        (
            " <!DOCTYPE html>\n<html><head><title lang='en'>\n Sign in &amp; go </title></head></html>",
            "the answer is a web page with the title 'Sign in & go' and not the API's JSON",
        ),
        ("<htmlx>", "the answer is not the API's JSON but begins with '<htmlx>'"),
        ('{"result": [', "the answer is not the API's JSON but begins with"),
        ("null", "the answer is not the API's JSON but begins with 'null'"),
        ("[]", "the answer is not the API's JSON but begins with"),
        ("[" * 100_000, "the answer is not the API's JSON but begins with"),
    ],
)
def test_an_answer_that_is_not_the_apis_is_told(
    calls: Calls, services: str, emulator: Emulator, body: str, words: str
) -> None:
    emulator.fault(path="/services", status=200, body=body)
    with pytest.raises(ApiError, match=words):
        calls.call("GET", services)


def test_a_web_page_is_known_by_its_type(calls: Calls, services: str, emulator: Emulator) -> None:
    headers = {"Content-Type": "text/HTML; charset=utf-8"}
    emulator.fault(path="/services", times=9, status=504, body="<h1>Gateway timeout</h1>" * 1000, headers=headers)
    with pytest.raises(ApiError) as failure:
        calls.call("GET", services)
    assert str(failure.value).endswith(
        "failed with HTTP status 504: the answer is a web page and not the API's JSON. Try it again later: the API, or"
        " a gateway before it, is in trouble."
    )


def test_where_it_redirects_to_is_shown_without_secrets(calls: Calls, services: str, emulator: Emulator) -> None:
    target = "https://user:hunter2@sso.test/login?token=hunter2#hunter2"
    emulator.fault(path="/services", status=302, headers={"Location": target})
    with pytest.raises(ApiError, match=r"redirects to https://sso\.test/login, which is not followed"):
        calls.call("GET", services)


def test_a_redirect_is_not_followed(calls: Calls, services: str, emulator: Emulator) -> None:
    emulator.fault(path="/services", status=302, headers={"Location": "http://127.0.0.1:9/steal"})
    with pytest.raises(ApiError, match=r"redirects to http://127\.0\.0\.1:9/steal, which is not followed"):
        calls.call("GET", services)


def test_an_api_that_cannot_be_reached_is_told() -> None:
    calls = Calls(connection(api_url="http://127.0.0.1:9"))
    with pytest.raises(Unreachable) as failure:
        calls.call("POST", "/organizations", {})
    assert str(failure.value) == (
        "The request to send POST /v1/organizations was not sent: http://127.0.0.1:9 cannot be reached"
        " ([Errno 111] Connection refused)."
        " Check api_url and the network, or try it again later."
    )
    assert (failure.value.outcome, failure.value.may_have_been_applied, len(calls.pauses)) == (NOT_SENT, False, 3)
    assert calls.transport.write_log == []


def test_a_broken_connection_is_told(calls: Calls, services: str, emulator: Emulator) -> None:
    emulator.fault(path="/services", times=9, disconnect="before")
    with pytest.raises(
        Unreachable,
        match="got no answer from http://127.0.0.1:.*(Connection reset by peer|Remote end closed connection)",
    ) as failure:
        calls.call("GET", services)
    assert (failure.value.outcome, failure.value.may_have_been_applied) == (NO_RESPONSE, True)


def test_an_answer_that_does_not_come_is_told(emulator: Emulator) -> None:
    known = {"api_url": emulator.api_url, "api_key": emulator.api_key, "api_secret": emulator.api_secret}
    calls = Calls(connection(**known, read_timeout=0.2))
    emulator.fault(path="/organizations", times=9, delay=HOLD_SECONDS)
    with pytest.raises(Unreachable, match=r"got no answer .*complete within read_timeout, 0\.2 seconds") as failure:
        calls.call("POST", "/organizations", {})
    assert failure.value.outcome == NO_RESPONSE


def test_a_call_may_be_made_once(calls: Calls, services: str, emulator: Emulator) -> None:
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
def test_what_can_never_be_sent_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    calls = Calls(connection(**options))
    with pytest.raises(Unreachable, match="was not sent: .* Check api_url, ca_path and the proxy") as failure:
        calls.call("GET", "/organizations")
    assert (failure.value.outcome, calls.pauses) == (NOT_RETRYABLE, [])


def test_tls_to_a_port_without_it_is_told_at_once(emulator: Emulator) -> None:
    calls = Calls(connection(api_url=emulator.api_url.replace("http:", "https:")))
    with pytest.raises(Unreachable, match="was not sent: ") as failure:
        calls.call("GET", "/organizations")
    assert (failure.value.outcome, calls.pauses) == (NOT_RETRYABLE, [])


def test_a_proxy_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match=r"Connection refused, by the proxy that the environment names"):
        Calls(connection(api_url="http://api.test", allow_http=True)).call("GET", "/organizations")


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_session, "HAS_REQUESTS", False)
    with pytest.raises(MissingLibrary, match="The Python library requests is needed by"):
        Transport(connection())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate_limit": -1}, "rate_limit must be a number of requests, or 0"),
        ({"rate_limit_window": 0}, "rate_limit_window must be greater than 0 seconds"),
        ({"rate_limit_window": float("inf")}, "rate_limit_window must be greater than 0 seconds and at most"),
    ],
)
def test_a_limit_that_is_none_is_told(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        connection(**options)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8123", "http://LOCALHOST", "http://127.0.0.1", "http://127.8.9.1:80/v1", "http://[::1]:8123/v1"],
)
def test_the_key_may_stay_on_this_machine_in_the_clear(url: str) -> None:
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
def test_the_key_does_not_leave_this_machine_in_the_clear_unless_that_is_meant(url: str) -> None:
    with pytest.raises(InvalidOption, match="would send the API key in the clear: use https, or set allow_http: true"):
        connection(api_url=url)
    assert connection(api_url=url, allow_http=True).url.startswith("http://")


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers every request with an empty list, and writes down its first line and headers."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append((self.requestline, dict(self.headers)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "14")
        self.end_headers()
        self.wfile.write(b'{"result": []}')

    def log_message(self, *_arguments: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    Recorder.seen = []
    with http.server.HTTPServer(("127.0.0.1", 0), Recorder) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def test_a_request_says_who_asks(server: http.server.HTTPServer) -> None:
    calls = Calls(connection(api_url=f"http://127.0.0.1:{server.server_port}", api_secret="sëcret:密"))
    assert calls.call("GET", "/organizations", query={"filter": ["tag:a=1", "tag:b"]}) == []
    line, headers = Recorder.seen[0]
    assert line == "GET /v1/organizations?filter=tag%3Aa%3D1&filter=tag%3Ab HTTP/1.1"
    assert headers["Authorization"] == "Basic " + base64.b64encode("key:sëcret:密".encode()).decode()
    assert headers["User-Agent"] == USER_AGENT


def test_the_proxy_of_the_environment_is_used(server: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert Calls(connection(api_url="http://api.test", allow_http=True)).call("GET", "/organizations") == []
    assert Recorder.seen[0][0] == "GET http://api.test/v1/organizations HTTP/1.1"


@pytest.fixture
def authority(server: http.server.HTTPServer, tmp_path: Path) -> Path:
    """Let the server speak TLS with a certificate of an authority that nobody knows; give the authority's file."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_a_certificate_that_does_not_verify_ends_it_at_once(server: http.server.HTTPServer, authority: Path) -> None:
    calls = Calls(connection(api_url=f"https://127.0.0.1:{server.server_port}"))
    with pytest.raises(Unreachable, match=r"the certificate of https://127\.0\.0\.1:.* not known here.* as ca_path"):
        calls.call("GET", "/organizations")
    assert calls.pauses == []


def test_the_authority_of_the_certificate_may_be_given(server: http.server.HTTPServer, authority: Path) -> None:
    url = f"https://127.0.0.1:{server.server_port}"
    assert Calls(connection(api_url=url, ca_path=str(authority))).call("GET", "/organizations") == []


def test_verification_may_be_switched_off_whatever_the_environment_says(
    server: http.server.HTTPServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.parent / "another.pem"))
    url = f"https://127.0.0.1:{server.server_port}"
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert Calls(connection(api_url=url, validate_certs=False)).call("GET", "/organizations") == []


@pytest.mark.parametrize(("value", "kind"), [(["s"], "list"), ({"s": "s"}, "dictionary")])
@pytest.mark.parametrize("option", ["api_key", "api_secret", "organization_id"])
def test_a_list_is_not_text(option: str, value: object, kind: str) -> None:
    with pytest.raises(InvalidOption, match=f"^{option} must be text; the value is a {kind}.$"):
        connection(**{option: value})
