# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Receive what becomes of ClickHouse Cloud services and their backups
description:
  - Looks at the services of an organization again and again, and tells what has changed. The first look tells nothing,
    unless O(initial) is set.
  - An event has C(type) and C(service), with what the API tells of the service, in the names that
    M(clickhouse.cloud.service_info) has too.
  - C(state_changed) has C(previous) and C(current), two states. So has C(version_changed), two versions of ClickHouse.
  - C(appeared) is a service that was not there before, C(gone) one that two looks in a row have missed, and C(found)
    one that was there at the first look.
  - C(backup_failed) has C(backup), with what the API tells of it.
  - C(backup_overdue) is told once when the newest backup that is done is older than the service's configuration asks
    for, and O(grace_hours) more, and again when that happens anew. It has C(age_hours), the age of that backup or else
    of the service, and C(period_hours). Only services that are running or idle make backups.
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
    description: Seconds between two looks, each of which costs one request.
    type: float
    default: 30
  initial:
    description: Whether the first look tells of each service, with the type C(found).
    type: bool
    default: false
  backups:
    description: Whether to look at backups too, with two requests for each primary service.
    type: bool
    default: true
  backup_interval:
    description:
      - Seconds between two looks at the backups of one service.
      - With each look at the services, the backups of at most three of them are looked at. With many services a round
        takes longer.
    type: float
    default: 900
  grace_hours:
    description: Hours that a backup may be late.
    type: float
    default: 3
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
- name: A service is in trouble, or its backups are
  hosts: all
  sources:
    - clickhouse.cloud.services:
        interval: 30
  rules:
    - name: A service has failed
      condition: event.type == "state_changed" and event.current in ["failed", "degraded"]
      action:
        debug:
          msg: "{{ event.service.name }} was {{ event.previous }} and is {{ event.current }}"
    - name: There is no backup when there should be one
      condition: event.type in ["backup_failed", "backup_overdue"]
      action:
        debug:
          msg: "{{ event.type }}: {{ event.service.name }}"
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
from datetime import datetime, timezone
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


#: With each look at the services, the backups of so many are looked at.
AT_ONCE = 3
#: Services in other states make no backups.
MAKE_BACKUPS = ("running", "idle")

Event = dict[str, Any]


def shown(resource: dict[str, Any]) -> dict[str, Any]:
    return {snake(name): value for name, value in resource.items()}


class Services:
    """The services as they were when last seen."""

    def __init__(self, initial: bool) -> None:
        self._initial = initial
        self._known: dict[str, dict[str, Any]] | None = None
        self._missed: set[str] = set()

    def events(self, services: list[dict[str, Any]]) -> list[Event]:
        """What has changed since the last look."""
        found = {str(one["id"]): one for one in services}
        if self._known is None:
            self._known = found
            return [{"type": "found", "service": shown(one)} for one in services] if self._initial else []
        events = [event for key, one in found.items() for event in self._changes(self._known.get(key), one)]
        # A list may lag behind: what is missing from one alone is not gone.
        missing = self._known.keys() - found.keys()
        gone, self._missed = missing & self._missed, missing
        events += [{"type": "gone", "service": shown(self._known[key])} for key in sorted(gone)]
        self._known = {**{key: self._known[key] for key in missing - gone}, **found}
        return events

    def _changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> list[Event]:
        if before is None:
            return [{"type": "appeared", "service": shown(now)}]
        watched = {"state_changed": "state", "version_changed": "clickhouseVersion"}
        return [
            {"type": kind, "service": shown(now), "previous": before.get(name), "current": now.get(name)}
            for kind, name in watched.items()
            if before.get(name) != now.get(name)
        ]


class Backups:
    """Which backups have been seen, and of which services they are overdue."""

    def __init__(self, interval: float, grace_hours: float) -> None:
        self._interval = interval
        self._grace = grace_hours
        self._looked: dict[str, float] = {}
        self._failed: dict[str, set[str]] = {}
        self._overdue: set[str] = set()

    def due(self, services: list[dict[str, Any]], now: float) -> list[dict[str, Any]]:
        """The services whose backups are to be looked at now, those first that were not for longest."""
        primary = {str(one["id"]): one for one in services if one.get("isPrimary") and one.get("state") in MAKE_BACKUPS}
        self._looked = {key: at for key, at in self._looked.items() if key in primary}
        waiting = [key for key in primary if now - self._looked.get(key, float("-inf")) >= self._interval]
        first = sorted(waiting, key=lambda key: self._looked.get(key, float("-inf")))[:AT_ONCE]
        self._looked.update(dict.fromkeys(first, now))
        return [primary[key] for key in first]

    def events(
        self, service: dict[str, Any], backups: list[dict[str, Any]], period_hours: object, now: datetime
    ) -> list[Event]:
        """What is new about the backups of a service."""
        key = str(service["id"])
        failed = {str(one["id"]): one for one in backups if one.get("status") == "error"}
        # Those that had failed before the first look are no news.
        before, self._failed[key] = self._failed.get(key, set(failed)), set(failed)
        events: list[Event] = [
            {"type": "backup_failed", "service": shown(service), "backup": shown(one)}
            for backup_id, one in failed.items()
            if backup_id not in before
        ]
        return events + self._lateness(key, service, backups, period_hours, now)

    def _lateness(
        self, key: str, service: dict[str, Any], backups: list[dict[str, Any]], period_hours: object, now: datetime
    ) -> list[Event]:
        done = [moment(one.get("finishedAt")) for one in backups if one.get("status") == "done"]
        last = max([at for at in done if at], default=moment(service.get("createdAt")))
        if last is None or not isinstance(period_hours, (int, float)):
            return []
        age = (now - last).total_seconds() / 3600
        was_overdue, overdue = key in self._overdue, age > period_hours + self._grace
        (self._overdue.add if overdue else self._overdue.discard)(key)
        if was_overdue or not overdue:
            return []
        lateness = {"age_hours": round(age, 1), "period_hours": period_hours}
        return [{"type": "backup_overdue", "service": shown(service), **lateness}]


async def _of_backups(api: Api, home: str, backups: Backups, services: list[dict[str, Any]]) -> list[Event]:
    """What is new about backups; nothing of a service that cannot be asked for now."""
    events: list[Event] = []
    for service in backups.due(services, asyncio.get_running_loop().time()):
        try:
            listed = await api.get(f"{home}/{service['id']}/backups")
            configured = await api.get(f"{home}/{service['id']}/backupConfiguration")
            events += backups.events(service, listed, configured.get("backupPeriodInHours"), api.now)
        except (Passing, SourceError) as trouble:
            log.warning("The backups of %r are looked at later: %s", service.get("name"), trouble)
    return events


async def main(queue: asyncio.Queue[Event], args: dict[str, Any]) -> None:
    """Put an event for each change into the queue, for ever. Raises SourceError."""
    services = Services(option(args, "initial", False))
    backups = Backups(option(args, "backup_interval", 900.0), option(args, "grace_hours", 3.0))
    interval, with_backups = option(args, "interval", 30.0), option(args, "backups", True)
    async with Api(args) as api:
        home = f"/organizations/{await api.organization()}/services"
        while True:
            try:
                listed = await api.get(home)
            except Passing as trouble:
                await api.rest(trouble)
                continue
            if isinstance(listed, list):
                for event in services.events(listed):
                    await queue.put(event)
                for event in await _of_backups(api, home, backups, listed) if with_backups else []:
                    await queue.put(event)
            await asyncio.sleep(interval * (1 + random.random() / 10))
