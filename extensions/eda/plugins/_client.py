# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API client of the event sources, and how they read their options.

ansible-rulebook runs an event source by its path, outside of any package. So each source loads this file by its path,
and nothing here is imported from the rest of the collection. The file is not in event_source, since Galaxy lists every
file there as an event source.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import logging
import os
import random
import re
import ssl
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Callable
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies_environment

import aiohttp

log = logging.getLogger(__name__)

Event = dict[str, Any]

DEFAULT_URL = "https://api.clickhouse.cloud"
DEFAULT_PORTS = {"http": 80, "https": 443}
#: The options that the environment may set.
ENVIRONMENT = {
    "api_key": "CLICKHOUSE_CLOUD_API_KEY",
    "api_secret": "CLICKHOUSE_CLOUD_API_SECRET",
    "organization_id": "CLICKHOUSE_ORG_ID",
    "api_url": "CLICKHOUSE_API_URL",
}
#: Characters that are invisible although they count as letters, marks or symbols.
FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)
#: Maximum size of a response.
MAX_RESPONSE_MIB = 40
MAX_RESPONSE_BYTES = MAX_RESPONSE_MIB << 20
#: Pages of a list after which it counts as endless.
MAX_PAGES = 1000
#: Maximum number of seconds between two attempts.
MAX_BACK_OFF = 300.0
#: What to do about each HTTP status that a further attempt would return as well.
PERMANENT_ERRORS = {
    400: "Check the options of the source.",
    401: "Check api_key and api_secret.",
    403: "Use an API key whose role allows this.",
    404: "Check organization_id and api_url.",
}


class SourceError(Exception):
    """An error that ends the source, described in a sentence."""


class TransientError(Exception):
    """An error that may disappear, and the number of seconds until then, if the API has returned one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def get_option(args: dict[str, Any], name: str, default: Any) -> Any:
    """Return the value of an option, converted to the type of its default.

    An option that is not set, or is empty, has the value of its environment variable or else its default. Raise
    SourceError for a value of another type.
    """
    candidates: list[Any] = [args.get(name), os.environ.get(ENVIRONMENT.get(name, ""))]
    value = next((candidate for candidate in candidates if not is_empty(candidate)), default)
    return _CONVERTERS[type(default)](name, value)


def _to_text(name: str, value: object) -> str:
    if isinstance(value, (list, dict)):
        raise SourceError(f"{name} must be text; the value is a {'list' if isinstance(value, list) else 'dictionary'}.")
    return str(value)


def _to_bool(name: str, value: object) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise SourceError(f"{name} must be true or false; {value!r} is neither.")
    return str(value).lower() == "true"


def _to_number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise SourceError(f"{name} must be a number, 0 or more; {value!r} is not.")
    return number


_CONVERTERS: Mapping[type, Callable[[str, Any], Any]] = {str: _to_text, bool: _to_bool, float: _to_number}


def is_empty(value: object) -> bool:
    """Return whether the value is null, or text of nothing but white space and invisible characters."""
    return value is None or (isinstance(value, str) and all(char.isspace() or is_invisible(char) for char in value))


def is_invisible(char: str) -> bool:
    """Return whether the character is invisible."""
    return unicodedata.category(char) == "Cf" or bool(FILLERS.match(char))


def to_snake_keys(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the resource with createdAt as created_at, and so on."""
    return {to_snake_case(name): value for name, value in resource.items()}


def to_snake_case(name: str) -> str:
    """Return created_at for createdAt."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


#: All that a trusted string may consist of besides letters and digits. With these alone, text cannot open a template or
#: a comment, call a function, quote anything, or put an operator that is a word between two names.
HARMLESS = "._:/@+-,"
_WITHOUT_HARMLESS = str.maketrans("", "", HARMLESS)


def may_be_trusted(text: str) -> bool:
    """Return whether the text is only a bare name, however it is evaluated.

    It may be empty. A combining mark is not a letter.
    """
    rest = text.translate(_WITHOUT_HARMLESS)
    return (rest.isascii() and rest.isalnum()) or all(char.isalpha() or char.isdecimal() for char in rest)


def escape_templates(value: Any) -> Any:
    """Return the value for an event, in which no string can be code.

    An event becomes variables of playbooks, which trust them, and no part of an event can be marked as unsafe. So each
    character that cannot be trusted becomes an underscore.
    """
    if isinstance(value, str):
        return value if may_be_trusted(value) else "".join(char if may_be_trusted(char) else "_" for char in value)
    if isinstance(value, list):
        return [escape_templates(item) for item in value]
    if isinstance(value, dict):
        return {escape_templates(name): escape_templates(item) for name, item in value.items()}
    return value


def parse_timestamp(text: object) -> datetime | None:
    """Return the time of an ISO 8601 timestamp, which is in UTC unless it has an offset, or None if it is not one."""
    try:
        return _with_time_zone(datetime.fromisoformat(str(text).replace("Z", "+00:00")))
    except ValueError:
        return None


def _parse_http_date(text: str | None) -> datetime | None:
    try:
        return _with_time_zone(parsedate_to_datetime(text or ""))
    except (TypeError, ValueError):
        return None


def _with_time_zone(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


async def sleep_with_jitter(seconds: float, jitter: float = 0.1) -> None:
    """Sleep for the given number of seconds, plus a random part of them, so that sources do not poll in step."""
    await asyncio.sleep(seconds * (1 + random.random() * jitter))


class Client:
    """A client of the API that reads, and waits while the API is unavailable."""

    def __init__(self, args: dict[str, Any]) -> None:
        key, secret = _require_credential(args, "api_key"), _require_credential(args, "api_secret")
        self._organization_id = _get_printable(args, "organization_id")
        self._url = normalize_base_url(get_option(args, "api_url", DEFAULT_URL), get_option(args, "allow_http", False))
        self._ssl = _ssl_setting(get_option(args, "validate_certs", True), get_option(args, "ca_path", ""))
        credentials = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        self._proxy = find_proxy(self._url)
        self._timeout = aiohttp.ClientTimeout(total=_get_timeout(args))
        self._failures = 0
        #: The time by the clock of the API.
        self.now = datetime.now(timezone.utc)

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._session.close()

    async def get_organization_id(self) -> str:
        """Return the ID of the organization. Ask the API if it is not set. Raise SourceError."""
        if not self._organization_id:
            organizations = await self.get_with_retries("/organizations")
            if len(organizations) != 1:
                raise SourceError(f"The API key belongs to {len(organizations)} organizations: set organization_id.")
            self._organization_id = organizations[0]["id"]
        return self._organization_id

    async def get_with_retries(self, path: str, query: dict[str, str] | None = None) -> Any:
        """Return the list at this path, as soon as the API returns it. Raise SourceError."""
        while True:
            try:
                return await self.get(path, query)
            except TransientError as error:
                await self._back_off(error)

    async def get(self, path: str, query: dict[str, str] | None = None, response_type: type = list) -> Any:
        """Return the result of a GET of this path: a list of objects with an id, with all its pages, or one object.

        Raise TransientError, and SourceError for an error that remains however often the request is sent.
        """
        result, cursor = await self._get_page(path, query, response_type)
        cursors: set[str] = set()
        while cursor:
            if cursor in cursors or len(cursors) >= MAX_PAGES:
                raise TransientError(f"The list that GET /v1{path} returns has no last page")
            cursors.add(cursor)
            page, cursor = await self._get_page(path, {**(query or {}), "cursor": cursor}, response_type)
            result += page
        return result

    async def _get_page(self, path: str, query: dict[str, str] | None, response_type: type) -> tuple[Any, str]:
        """Return the result of a GET, and the cursor of the next page, which is empty for the last one."""
        request = f"GET /v1{path}"
        try:
            status, headers, content = await self._send(f"{self._url}/v1{path}", query)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise TransientError(f"{request} got no response: {type(error).__name__}") from error
        _check_status(request, status, headers)
        if len(content) > MAX_RESPONSE_BYTES:
            raise TransientError(f"The response to {request} is larger than {MAX_RESPONSE_MIB} MiB")
        self.now = _parse_http_date(headers.get("Date")) or datetime.now(timezone.utc)
        result, cursor = _parse_page(content, response_type)
        if result is None:
            raise TransientError(f"The response to {request} is not what the API documents")
        self._failures = 0
        return result, cursor

    async def _send(self, url: str, query: dict[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        """Return the status, the headers and the content, of which no more is read than shows that it is too large."""
        # A redirect is not followed, since another host would receive the API key.
        async with self._session.get(
            url, params=query, ssl=self._ssl, proxy=self._proxy, allow_redirects=False
        ) as response:
            content = b""
            while len(content) <= MAX_RESPONSE_BYTES and not response.content.at_eof():
                content += await response.content.read(MAX_RESPONSE_BYTES + 1 - len(content))
            return response.status, response.headers, content

    async def _back_off(self, error: TransientError) -> None:
        """Wait before the next attempt, longer after each failure, or as long as the API requests."""
        self._failures += 1
        seconds = min(2.0 ** min(self._failures, 20), MAX_BACK_OFF)
        if error.retry_after is not None:
            # One more second, since the API returns a rounded number.
            seconds = min(error.retry_after + 1, MAX_BACK_OFF)
        log.warning("%s. The next attempt follows in about %d seconds.", error, seconds)
        await sleep_with_jitter(seconds, 0.25)


def _require_credential(args: dict[str, Any], name: str) -> str:
    value = _get_printable(args, name)
    if not value:
        raise SourceError(f"{name} is missing: set it, or the environment variable {ENVIRONMENT[name]}.")
    return value


def _get_printable(args: dict[str, Any], name: str) -> str:
    value: str = get_option(args, name, "")
    if not value.isprintable():
        raise SourceError(f"{name} contains a control character, such as the line break that echo adds.")
    return value


def _get_timeout(args: dict[str, Any]) -> float:
    seconds: float = get_option(args, "timeout", 60.0)
    if not seconds:
        raise SourceError("timeout must be greater than 0 seconds: a response may never end.")
    return seconds


def _check_status(request: str, status: int, headers: Mapping[str, str]) -> None:
    message = f"{request} failed with HTTP status {status}"
    if status in PERMANENT_ERRORS:
        raise SourceError(f"{message}. {PERMANENT_ERRORS[status]}")
    if status != 200:
        raise TransientError(message, _parse_seconds(headers.get("X-RateLimit-Reset") or headers.get("Retry-After")))


def _parse_seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < MAX_BACK_OFF else None


def _parse_page(content: bytes, response_type: type) -> tuple[Any, str]:
    """Return the result in a response, and the cursor of the next page.

    The result is None if it is of another type, or contains an item without an ID.
    """
    try:
        envelope = json.loads(content)
        result, cursor = escape_templates(envelope["result"]), envelope.get("nextCursor") or ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, ""
    items = result if isinstance(result, list) else []
    is_valid = isinstance(result, response_type) and isinstance(cursor, str) and all(_has_id(item) for item in items)
    return (result, cursor) if is_valid else (None, "")


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and bool(item["id"])


def normalize_base_url(url: str, allow_http: bool) -> str:
    """Return the URL without /v1. Raise SourceError, without the URL, which may contain a password."""
    parts = _split_http_url(url.strip())
    if parts is None or "@" in url or parts.query or parts.fragment:
        raise SourceError(f"api_url must be a URL such as {DEFAULT_URL}, with or without /v1, and without credentials.")
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname or ""):
        raise SourceError("api_url would send the API key in the clear: use https, or set allow_http: true.")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path[:-3] if path.endswith('/v1') else path}"


def _split_http_url(url: str) -> SplitResult | None:
    """Return the parts of an HTTP URL, or None if it is not one."""
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in DEFAULT_PORTS and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def find_proxy(url: str) -> str | None:
    """Return the proxy that the environment sets for this URL, or None. Requests to this machine never use one.

    aiohttp could look for it as well, and would then also read a .netrc. Raise SourceError.
    """
    parts, proxies = urlsplit(url), getproxies_environment()
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    scheme = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    if scheme is None or _is_loopback(host) or _is_exempt(host, port, proxies.get("no", "")):
        return None
    return _check_proxy(scheme, proxies[scheme])


def _check_proxy(scheme: str, proxy: str) -> str:
    """Return the proxy as a URL. Raise SourceError, without the proxy, which may contain a password."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    parts = _split_http_url(url)
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment or re.search(r"\s", url):
        raise SourceError(
            f"The environment variable {scheme}_proxy, in lower or upper case, must be the URL of an HTTP proxy such as"
            " http://proxy.example:3128, with special characters of a password percent-encoded."
        )
    return url


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY lists the host, a parent domain, or a network that contains it."""
    return any(_matches(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        # The host or the entry is a name, or the entry has a port.
        name, _colon, entry_port = entry.rpartition(":") if re.search(r"[^:]:\d+$", entry) else (entry, "", "")
    domain = name.strip("[]").lstrip("*").lstrip(".")
    return entry == "*" or (entry_port in ("", str(port)) and bool(domain) and f".{host}".endswith(f".{domain}"))


def _ssl_setting(validate_certs: bool, ca_path: str) -> Any:
    """Return the value of aiohttp's parameter ssl. Raise SourceError."""
    if not validate_certs:
        log.warning(
            "TLS certificate validation is disabled (validate_certs=false): the server at api_url is not authenticated."
        )
        return False
    if not ca_path:
        return True
    try:
        return ssl.create_default_context(cafile=ca_path)
    except OSError as error:
        raise SourceError(f"ca_path {ca_path!r} cannot be read as certificates: {error.strerror}.") from error
