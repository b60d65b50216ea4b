# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Receive what is done in a ClickHouse Cloud organization
description:
  - Looks at the audit log of an organization again and again, and tells of each activity once, such as that a password
    was changed, a list of IP addresses was opened, a key was created or a login has failed.
  - Activities that come into the log late are told too, if they are not later than O(overlap).
  - An event has C(type), the type of the activity, and C(activity), with what the API tells of it, for example
    C(id), C(created_at), C(actor_type), C(actor_details), C(actor_ip_address), C(organization_id) and C(service_id).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  api_key:
    description:
      - ID of an API key of the organization.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_KEY) is used. One of the two is required.
    type: str
  api_secret:
    description:
      - Secret of the API key.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_SECRET) is used. One of the two is required.
    type: str
  organization_id:
    description:
      - ID of the organization, a UUID.
      - If not set, the environment variable E(CLICKHOUSE_ORG_ID) is used, or else the API is asked once.
    type: str
  api_url:
    description:
      - URL of the API, with or without C(/v1) at its end.
      - If not set, the environment variable E(CLICKHOUSE_API_URL) is used.
    type: str
    default: https://api.clickhouse.cloud
  allow_http:
    description: Whether O(api_url) may begin with C(http:) where it does not name this machine.
    type: bool
    default: false
  validate_certs:
    description: Whether to verify the TLS certificate of the API.
    type: bool
    default: true
  ca_path:
    description: A file with certificates of authorities in PEM format to verify the API's certificate with.
    type: str
  timeout:
    description: Seconds in which the whole response to one request has to arrive.
    type: float
    default: 60
  interval:
    description: Seconds between two looks.
    type: float
    default: 30
  overlap:
    description: Seconds before the newest activity that are looked at again, for what comes into the log late.
    type: float
    default: 300
  since:
    description:
      - The first moment to tell of, ISO 8601, for example V(2026-01-31T08:00:00Z).
      - If not set, what was done before the source began is not told.
    type: str
  types:
    description: Only activities of these types, for example V(service_update_password). If not set, all.
    type: list
    elements: str
notes:
  - The texts of an event consist of letters, digits and V(._:/@+-,). Each other character, such as a space, is an
    underscore, so that none of them is a template or a condition to a playbook. A service named V(My Service) is
    V(My_Service) here; its ID leads to the rest.
  - It stays within a few requests for each look, of the ten in ten seconds that the API grants a key. If the API
    refuses one as one too many, it waits as long as the API says. While the API cannot be reached it waits, up to five
    minutes at a time, and then goes on where it was. A key that is not known, or may not do this, ends it.
requirements:
  - aiohttp, which ansible-rulebook brings
"""

EXAMPLES = r"""
- name: Somebody has let the whole world in, or changed a password
  hosts: all
  sources:
    - clickhouse.cloud.activities:
        interval: 30
        types:
          - service_update_ip_access_list
          - service_update_password
  rules:
    - name: Tell who it was
      condition: event.type is defined
      action:
        debug:
          msg: "{{ event.type }} of service {{ event.activity.service_id }} by {{ event.activity.actor_details }}"
"""

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
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

import aiohttp

log = logging.getLogger(__name__)

DEFAULT_URL = "https://api.clickhouse.cloud"
#: The options that the environment may set.
ENVIRONMENT = {
    "api_key": "CLICKHOUSE_CLOUD_API_KEY",
    "api_secret": "CLICKHOUSE_CLOUD_API_SECRET",
    "organization_id": "CLICKHOUSE_ORG_ID",
    "api_url": "CLICKHOUSE_API_URL",
}
#: Characters that are not seen although they count as letters, marks or symbols.
FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)
#: No answer is larger than so many bytes.
LARGEST = 40 << 20
#: Seconds that are waited at the most before the API is asked again.
LONGEST_PAUSE = 300.0
#: What asking again does not mend.
HOPELESS = {
    400: "Check the options of the source.",
    401: "Check api_key and api_secret.",
    403: "Use an API key whose role allows this.",
    404: "Check organization_id and api_url.",
}


class SourceError(Exception):
    """What ends the source, as a sentence."""


class Passing(Exception):
    """What may be over in a while, and after how many seconds, if the API says so."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


def option(args: dict[str, Any], name: str, default: Any) -> Any:
    """The value of an option, of the type of its default; what is empty counts as not set. Raises SourceError."""
    values: list[Any] = [args.get(name), os.environ.get(ENVIRONMENT.get(name, ""))]
    value = next((value for value in values if not is_empty(value)), default)
    if isinstance(default, str) and isinstance(value, (list, dict)):
        raise SourceError(f"{name} must be text; the value is a {'list' if isinstance(value, list) else 'dictionary'}.")
    if isinstance(default, bool):
        if str(value).lower() not in ("true", "false"):
            raise SourceError(f"{name} must be true or false; {value!r} is neither.")
        return str(value).lower() == "true"
    if isinstance(default, float):
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 <= number < float("inf"):
            raise SourceError(f"{name} must be a number, 0 or more; {value!r} is not.")
        return number
    return str(value)


def is_empty(value: object) -> bool:
    """Return whether this is null, or text of nothing but white space and invisible characters."""
    return value is None or (isinstance(value, str) and all(char.isspace() or is_invisible(char) for char in value))


def is_invisible(char: str) -> bool:
    """Return whether the character cannot be seen."""
    return unicodedata.category(char) == "Cf" or bool(FILLERS.match(char))


def snake(name: str) -> str:
    """createdAt -> created_at"""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


#: Besides letters and digits, all that a trusted string consists of. With these alone, text cannot open a template or a
#: comment, call anything, quote anything, or put an operator that is a word between two names.
HARMLESS = "._:/@+-,"
_WITHOUT_HARMLESS = str.maketrans("", "", HARMLESS)


def may_be_trusted(text: str) -> bool:
    """Return whether the text is no more than a bare name, whatever evaluates it.

    It may be empty. A combining mark is not a letter.
    """
    rest = text.translate(_WITHOUT_HARMLESS)
    return (rest.isascii() and rest.isalnum()) or all(char.isalpha() or char.isdecimal() for char in rest)


def escape_templates(value: Any) -> Any:
    """Return the value for an event, in which no string can be code.

    An event becomes variables of playbooks, which trust them, and nothing in an event can be marked as unsafe. So each
    character that may not be trusted becomes an underscore.
    """
    if isinstance(value, str):
        return value if may_be_trusted(value) else "".join(char if may_be_trusted(char) else "_" for char in value)
    if isinstance(value, list):
        return [escape_templates(item) for item in value]
    if isinstance(value, dict):
        return {escape_templates(name): escape_templates(item) for name, item in value.items()}
    return value


def moment(text: object) -> datetime | None:
    """The moment that the API tells as text; None if it tells none."""
    try:
        told = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=timezone.utc)


class Api:
    """What the API tells, asked with patience: it may be away for a while, and does not end the source by that."""

    def __init__(self, args: dict[str, Any]) -> None:
        key, secret = option(args, "api_key", ""), option(args, "api_secret", "")
        for name, value in (("api_key", key), ("api_secret", secret)):
            if not value:
                raise SourceError(f"{name} is missing: set it, or the environment variable {ENVIRONMENT[name]}.")
        self._organization = option(args, "organization_id", "")
        for name, value in (("api_key", key), ("api_secret", secret), ("organization_id", self._organization)):
            if not value.isprintable():
                raise SourceError(f"{name} contains a control character, such as the line break that echo adds.")
        self._url = _base_url(option(args, "api_url", DEFAULT_URL), option(args, "allow_http", False))
        self._ssl = _verified_by(option(args, "validate_certs", True), option(args, "ca_path", ""))
        credentials = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        self._proxy = _proxy(self._url)
        self._timeout = aiohttp.ClientTimeout(total=_timeout(args))
        self._failures = 0
        #: The date by the clock of the API.
        self.now = datetime.now(timezone.utc)

    async def __aenter__(self) -> Api:
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._session.close()

    async def organization(self) -> str:
        """The id of the organization. A key belongs to one."""
        while not self._organization:
            try:
                found = await self.get("/organizations")
            except Passing as trouble:
                await self.rest(trouble)
                continue
            if len(found) != 1:
                raise SourceError(f"The API key belongs to {len(found)} organizations: set organization_id.")
            self._organization = found[0]["id"]
        return str(self._organization)

    async def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """What is in the answer to a GET of this path: objects with an id, or one object.

        Raises Passing, and SourceError for what asking again does not mend.
        """
        try:
            status, headers, content = await self._ask(f"{self._url}/v1{path}", query)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise Passing(f"GET /v1{path} got no answer: {type(error).__name__}") from error
        said = f"GET /v1{path} failed with HTTP status {status}"
        if status in HOPELESS:
            raise SourceError(f"{said}. {HOPELESS[status]}")
        if status != 200:
            raise Passing(said, _seconds(headers.get("X-RateLimit-Reset") or headers.get("Retry-After")))
        self.now = _date(headers.get("Date")) or datetime.now(timezone.utc)
        try:
            result = escape_templates(json.loads(content)["result"])
        except (ValueError, KeyError, TypeError, RecursionError):
            result = None
        listed = isinstance(result, list) and all(isinstance(one, dict) and one.get("id") for one in result)
        if not (listed or isinstance(result, dict)):
            raise Passing(f"GET /v1{path} was answered with something else than it documents")
        self._failures = 0
        return result

    async def _ask(self, url: str, query: dict[str, str] | None) -> tuple[int, Any, bytes]:
        # Not to another host, which would be told the key.
        async with self._session.get(
            url, params=query, ssl=self._ssl, proxy=self._proxy, allow_redirects=False
        ) as answer:
            content = await answer.content.read(LARGEST + 1)
            while len(content) <= LARGEST and not answer.content.at_eof():
                content += await answer.content.read(LARGEST + 1 - len(content))
            if len(content) > LARGEST:
                raise Passing(f"GET {urlsplit(url).path} was answered with more than {LARGEST >> 20} MiB")
            return answer.status, answer.headers, content

    async def rest(self, trouble: Passing) -> None:
        """Wait before the API is asked again, longer each time."""
        self._failures += 1
        pause = min(2.0 ** min(self._failures, 20), LONGEST_PAUSE)
        if trouble.pause is not None:
            # One second more, since the API tells it rounded.
            pause = min(trouble.pause + 1, LONGEST_PAUSE)
        log.warning("%s. It is asked again in about %d seconds.", trouble, pause)
        await asyncio.sleep(pause * (1 + random.random() / 4))


def _timeout(args: dict[str, Any]) -> float:
    seconds: float = option(args, "timeout", 60.0)
    if not seconds:
        raise SourceError("timeout must be greater than 0 seconds: a response may never end.")
    return seconds


def _base_url(url: str, allow_http: bool) -> str:
    """Return the URL without /v1. Raise SourceError, without the URL, which may hold a password."""
    try:
        parts = urlsplit(str(url).strip())
        is_valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        is_valid = False
    if not is_valid or "@" in str(url) or parts.query or parts.fragment:
        raise SourceError(f"api_url must be a URL such as {DEFAULT_URL}, with or without /v1, and without credentials.")
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname or ""):
        raise SourceError("api_url would send the API key in the clear: use https, or set allow_http: true.")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path[:-3] if path.endswith('/v1') else path}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names, if it does and the URL is not one of this machine.

    aiohttp would look for it too, and then for a .netrc. Raise SourceError, without the proxy, for one that is no URL.
    """
    parts, proxies = urlsplit(url), getproxies_environment()
    host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
    name = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    if name is None or _is_loopback(host) or _is_exempt(host, port, proxies.get("no", "")):
        return None
    proxy = proxies[name] if "://" in proxies[name] else f"http://{proxies[name]}"
    try:
        named = urlsplit(proxy)
        is_valid = named.scheme in ("http", "https") and named.hostname and (named.port is None or named.port > 0)
    except ValueError:
        is_valid = False
    if not is_valid or named.path.strip("/") or named.query or named.fragment or re.search(r"\s", proxy):
        raise SourceError(
            f"The environment variable {name}_proxy, in lower or upper case, must be the URL of an HTTP proxy such as"
            " http://proxy.example:3128, with special characters of a password percent-encoded."
        )
    return proxy


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY names the host: itself, a domain above it, or a network that it is in."""
    return any(_names(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def _names(entry: str, host: str, port: int) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        # One of them is a name, or has a port.
        name, _colon, of_port = entry.rpartition(":") if re.search(r"[^:]:\d+$", entry) else (entry, "", "")
    domain = name.strip("[]").lstrip("*").lstrip(".")
    return entry == "*" or (of_port in ("", str(port)) and bool(domain) and f".{host}".endswith(f".{domain}"))


def _verified_by(validate_certs: bool, ca_path: str) -> Any:
    """What aiohttp takes as ssl."""
    if not validate_certs:
        log.warning("validate_certs is false: whoever answers at api_url is taken for the API.")
        return False
    if not ca_path:
        return True
    try:
        return ssl.create_default_context(cafile=ca_path)
    except OSError as error:
        raise SourceError(f"ca_path {ca_path!r} cannot be read as certificates: {error.strerror}.") from error


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < LONGEST_PAUSE else None


def _date(text: str | None) -> datetime | None:
    try:
        told = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=timezone.utc)


class Journal:
    """Which activities have been told, and from when on the log is to be read again."""

    def __init__(self, since: datetime | None, overlap: float) -> None:
        self._since = since
        self._overlap = timedelta(seconds=overlap)
        self._newest = since
        self._told: dict[str, datetime] = {}

    def first_day(self, now: datetime) -> str:
        """Return the day from which on the log is to be read; the API need not take the time of the day."""
        newest = self._newest or now
        return (newest - self._overlap).astimezone(timezone.utc).strftime("%Y-%m-%d")

    def news(self, activities: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
        """The activities that are to be told, the oldest first."""
        begins = self._newest is None
        at = {str(one["id"]): moment(one.get("createdAt")) or now for one in activities}
        # The API tells the newest first, and the time of an activity only in whole seconds.
        found = [one for one in reversed(activities) if str(one["id"]) not in self._told]
        self._newest = max([self._newest or now - self._overlap, *at.values()])
        self._told.update(at)
        # What lies before the day that is read next need not be remembered; one more day is, whatever its time zone.
        oldest = (self._newest - self._overlap).replace(hour=0, minute=0, second=0) - timedelta(days=1)
        self._told = {key: told_at for key, told_at in self._told.items() if told_at >= oldest}
        if begins:
            return []
        wanted = [one for one in found if self._since is None or at[str(one["id"])] >= self._since]
        return sorted(wanted, key=lambda one: at[str(one["id"])])


def _journal(args: dict[str, Any]) -> Journal:
    since = option(args, "since", "")
    if since and not moment(since):
        raise SourceError(f"since must be a moment such as 2026-01-31T08:00:00Z; {since!r} is none.")
    return Journal(moment(since) if since else None, option(args, "overlap", 300.0))


def _types(args: dict[str, Any]) -> list[Any]:
    types = args.get("types") or []
    types = [types] if isinstance(types, str) else types
    if not isinstance(types, list):
        raise SourceError(f"types must be a list of types of activities; {types!r} is not.")
    return [one for one in types if not is_empty(one)]


async def main(queue: asyncio.Queue[dict[str, Any]], args: dict[str, Any]) -> None:
    """Put an event for each activity into the queue, for ever. Raises SourceError."""
    journal, interval, types = _journal(args), option(args, "interval", 30.0), _types(args)
    async with Api(args) as api:
        path = f"/organizations/{await api.organization()}/activities"
        while True:
            try:
                activities = await api.get(path, {"from_date": journal.first_day(api.now)})
            except Passing as trouble:
                await api.rest(trouble)
                continue
            for one in journal.news(activities, api.now) if isinstance(activities, list) else []:
                if not types or one.get("type") in types:
                    activity = {snake(name): value for name, value in one.items()}
                    await queue.put({"type": one.get("type"), "activity": activity})
            await asyncio.sleep(interval * (1 + random.random() / 10))
