# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.proxy import find_proxies
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import open_session, send
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, InvalidOption

API = "https://api.test"
PROXY = "http://proxy.test:3128"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return an environment without a proxy."""
    for name in VARIABLES:
        for variable in (name, name.upper(), name.title()):
            monkeypatch.delenv(variable, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("url", "variables", "proxies"),
    [
        (API, {}, {}),
        (API, {"https_proxy": PROXY}, {"https": PROXY}),
        (API, {"HTTPS_PROXY": PROXY}, {"https": PROXY}),
        (API, {"Https_Proxy": PROXY}, {"https": PROXY}),
        (API, {"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, {"https": PROXY}),
        (API, {"https_proxy": "", "HTTPS_PROXY": PROXY}, {}),
        (API, {"HTTP_PROXY": PROXY}, {}),
        (API, {"ALL_PROXY": PROXY}, {"https": PROXY}),
        (API, {"ALL_PROXY": "http://other:1", "HTTPS_PROXY": PROXY}, {"https": PROXY}),
        (API, {"https_proxy": "proxy.test:3128"}, {"https": PROXY}),
        (API, {"https_proxy": "user:p%40ss@proxy.test"}, {"https": "http://user:p%40ss@proxy.test"}),
        (API, {"https_proxy": "socks5h://proxy.test"}, {"https": "socks5h://proxy.test"}),
        ("http://api.test", {"http_proxy": f"{PROXY}/"}, {"http": f"{PROXY}/"}),
    ],
)
def test_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str], proxies: dict[str, str]
) -> None:
    set_all(monkeypatch, **variables)
    assert find_proxies(url) == proxies


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9",
        "https://127.0.0.1:9",
        "http://localhost:9",
        "http://LOCALHOST",
        "http://[::1]:9",
        "http://127.1.2.3",
    ],
)
def test_local_requests_use_no_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    set_all(monkeypatch, http_proxy=PROXY, HTTPS_PROXY=PROXY, ALL_PROXY=PROXY)
    assert find_proxies(url) == {}


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY", "No_Proxy"])
@pytest.mark.parametrize(
    ("url", "no_proxy", "is_exempt"),
    [
        (API, "*", True),
        (API, "api.test", True),
        (API, "API.Test", True),
        (API, "other.test, api.test", True),
        (API, "other.test api.test", True),
        (API, "test", True),
        (API, ".test", True),
        (API, "*.test", True),
        (API, "pi.test", False),
        (API, "api.test.example", False),
        (API, "api.test:443", True),
        (API, "api.test:8443", False),
        (f"{API}:8443", "api.test:8443", True),
        (API, "", False),
        (API, " , ", False),
        (API, ".", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3", "10.1.2.3:443", True),
        ("https://10.1.2.3", "11.0.0.0/8", False),
        ("https://[2001:db8::7]", "2001:db8::/32", True),
        ("https://[2001:db8::7]", "[2001:db8::7]", True),
        ("https://[2001:db8::7]:1", "[2001:db8::7]:1", True),
        ("https://[2001:db8::7]", "10.0.0.0/8", False),
        (API, "10.0.0.0/8", False),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, is_exempt: bool, variable: str) -> None:
    set_all(monkeypatch, https_proxy=PROXY, **{variable: no_proxy})
    assert find_proxies(url) == ({} if is_exempt else {"https": PROXY})


MALFORMED = [
    "http://user:hunter2@proxy.test:99999",
    "http://user:hunter2@proxy.test:0",
    "http://user:hunter2@proxy.test:x",
    "user:hunter2@proxy.test:x",
    "http://user:hunter2@",
    "http://user:hunter#2@proxy.test:1",
    "http://user:hunter/2@proxy.test:1",
    "http://user:12/hunter2@proxy.test:1",
    "http://user:hunter?2@proxy.test:1",
    "http://user:hunter 2@proxy.test:1",
    "http://user:hunter2@[::1",
    "ftp://user:hunter2@proxy.test",
    "http://::",
]


@pytest.mark.parametrize("proxy", MALFORMED)
def test_invalid_proxy_is_rejected_and_not_shown(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    set_all(monkeypatch, HTTPS_PROXY=proxy)
    with pytest.raises(
        InvalidOption, match="https_proxy, in lower or upper case, must be the URL of a proxy"
    ) as failure:
        send(open_session(to(API)), to(API), "GET", "/v1/organizations")
    assert "hunter" not in str(failure.value)


def to(url: str) -> ClientOptions:
    return ClientOptions(key="key", secret="the-secret", url=url, connect_timeout=60, read_timeout=60)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:hunter2@127.0.0.1:1",
        "http://user:hunter2@proxy.invalid:3128",
        "user:hunter2@127.0.0.1:1",
        "user:hunter@2@127.0.0.1:1",
        "https://user:hunter2@127.0.0.1:1",
        "socks5://user:hunter2@127.0.0.1:1",
        "socks5h://user:hunter2@proxy.invalid:1",
        "http://user:hunter2@-.-:1",
        "http://user:hunter2@" + "a" * 70 + ":1",
        "http://us%0aer:hunter2%0a@127.0.0.1:1",
    ],
)
@pytest.mark.parametrize("url", [API, "http://api.test"])
def test_errors_do_not_show_the_proxy_password(monkeypatch: pytest.MonkeyPatch, proxy: str, url: str) -> None:
    set_all(monkeypatch, ALL_PROXY=proxy)
    with pytest.raises(CloudError) as failure:
        send(open_session(to(url)), to(url), "GET", "/v1/organizations")
    assert "hunter" not in str(failure.value)


class Proxy(http.server.BaseHTTPRequestHandler):
    """Records the requests that it gets, and rejects them."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append((self.requestline, dict(self.headers)))
        self.send_error(407)

    do_CONNECT = do_GET

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    Proxy.seen = []
    with http.server.HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_key_for_local_api_is_not_sent_to_a_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str, host: str) -> None:
    set_all(monkeypatch, HTTP_PROXY="", http_proxy=f"http://{proxy}")
    with pytest.raises(CloudError, match="was not sent"):
        send(open_session(to(f"http://{host}:9")), to(f"http://{host}:9"), "GET", "/v1/organizations")
    assert Proxy.seen == []


def test_proxy_gets_its_credentials_but_not_the_key(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    set_all(monkeypatch, HTTPS_PROXY=f"http://user:hunter2@{proxy}")
    with pytest.raises(CloudError, match="407 Proxy Authentication Required, by the proxy") as failure:
        send(open_session(to(API)), to(API), "GET", "/v1/organizations")
    line, headers = Proxy.seen[0]
    assert line.startswith("CONNECT api.test:443 ")
    assert headers["Proxy-Authorization"] == "Basic " + base64.b64encode(b"user:hunter2").decode()
    assert "Authorization" not in headers
    assert "hunter2" not in str(failure.value)


def test_system_proxy_settings_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading them may crash a forked process on macOS."""

    def fail_if_called(*_arguments: object) -> Any:
        raise AssertionError

    for name in ("getproxies", "proxy_bypass"):
        monkeypatch.setattr(urllib.request, name, fail_if_called)
        monkeypatch.setattr(f"requests.utils.{name}", fail_if_called)
    with pytest.raises(CloudError, match="cannot be reached"):
        send(open_session(to("http://127.0.0.1:9")), to("http://127.0.0.1:9"), "GET", "/v1/organizations")


@pytest.mark.parametrize(
    "url",
    [
        "user:hunter2@host",
        "https://user:hunter2@host",
        "https://user:hunter#2@host",
        "https://user:hunter/2@host",
        "https://u:hunter2@h:x",
        "ftp://u:hunter2@h",
        "https://u:hunter2@[h",
        "https://u:hunter2%40host",
        "https://u:hunter2",
        "https://host?token=hunter2",
        "https://host#hunter2",
        "hunter2",
        "http://api.test/hunter2",
    ],
)
def test_messages_do_not_show_credentials_in_api_url(url: str) -> None:
    options: dict[str, Any] = {
        "api_key": "key",
        "api_secret": "secret",
        "api_url": url,
        "rate_limit": 0,
        "allow_http": False,
    }
    with pytest.raises(InvalidOption, match="api_url") as failure:
        ClientOptions.from_options(options.get)
    assert "hunter" not in json.dumps(str(failure.value))
