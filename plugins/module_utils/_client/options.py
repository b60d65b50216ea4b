# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Options of the client: URL, credentials, timeouts and rate limit."""

from __future__ import annotations

import ipaddress
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import SplitResult, urlsplit

from .._errors import InvalidOption

DEFAULT_URL = "https://api.clickhouse.cloud"
DEFAULT_QUERY_URL = "https://queries.clickhouse.cloud"
#: By the option.
DEFAULT_URLS = {"api_url": DEFAULT_URL, "query_api_url": DEFAULT_QUERY_URL}
DEFAULT_PORTS = {"http": 80, "https": 443}
#: The environment variables for options that neither a task nor an inventory source sets.
ENVIRONMENT_VARIABLES = {
    "api_key": "CLICKHOUSE_CLOUD_API_KEY",
    "api_secret": "CLICKHOUSE_CLOUD_API_SECRET",
    "organization_id": "CLICKHOUSE_ORG_ID",
    "api_url": "CLICKHOUSE_API_URL",
}
#: More seconds are a mistake; requests and the socket library do not support much more.
MAX_SECONDS = 1_000_000

#: The categories of Unicode that hold control characters and the separators of lines and paragraphs.
CONTROL_CATEGORIES = frozenset({"Cc", "Zl", "Zp"})


class NoPickle:
    """A base class for objects that contain a secret: they cannot be pickled or copied, which would reveal it."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"A {type(self).__name__} contains a secret, and cannot be pickled or copied.")


@dataclass(frozen=True)
class ClientOptions(NoPickle):
    """The options of the client; timeouts are in seconds."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    organization: str = ""
    url: str = DEFAULT_URL
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    validate_certs: bool = True
    ca_path: str = ""
    rate_limit: int = 10
    rate_limit_window: float = 10.0
    #: The options whose values are those of their environment variables.
    from_environment: frozenset[str] = field(default=frozenset(), compare=False)

    @classmethod
    def from_options(cls, option: Callable[[str], Any]) -> ClientOptions:
        """Read the options of a module (params.get) or of a plugin (get_option), which must not return blanks.

        Raise InvalidOption for a missing credential or a malformed value.
        """
        ca_path = option("ca_path") or ""
        if ca_path and not os.path.exists(ca_path):
            raise InvalidOption(f"ca_path names no file or directory: {ca_path}.")
        if option("rate_limit") < 0:
            raise InvalidOption("rate_limit must be a number of requests, or 0 for no limit.")
        return cls(
            key=require_credential("api_key", option("api_key")),
            secret=require_credential("api_secret", option("api_secret")),
            organization=check_text("organization_id", option("organization_id") or ""),
            url=normalize_base_url(option("api_url") or DEFAULT_URL, option("allow_http")),
            connect_timeout=check_seconds("connect_timeout", option("connect_timeout")),
            read_timeout=check_seconds("read_timeout", option("read_timeout")),
            validate_certs=option("validate_certs"),
            ca_path=ca_path,
            rate_limit=option("rate_limit"),
            rate_limit_window=check_seconds("rate_limit_window", option("rate_limit_window")),
            from_environment=frozenset(
                name
                for name, variable in ENVIRONMENT_VARIABLES.items()
                if option(name) and option(name) == os.environ.get(variable)
            ),
        )

    def describe_origin(self, options: Iterable[str]) -> str:
        """Return a sentence that names those of the options that the environment sets; "" if it sets none."""
        origins = [
            f"{name} is from the environment variable {ENVIRONMENT_VARIABLES[name]}"
            for name in options
            if name in self.from_environment
        ]
        return f"Here, {', and '.join(origins)}." if origins else ""


def check_seconds(option: str, value: float) -> float:
    """Return the value. Raise InvalidOption unless it is greater than 0 and at most MAX_SECONDS."""
    if not 0 < value <= MAX_SECONDS:
        raise InvalidOption(f"{option} must be greater than 0 seconds and at most {MAX_SECONDS}; {value} is not.")
    return value


def encode_utf8(option: str, value: str) -> bytes:
    """Return the value in UTF-8.

    Raise InvalidOption, without the value, for a control character, such as the line break that echo adds, and for
    surrogates.
    """
    if any(unicodedata.category(character) in CONTROL_CATEGORIES for character in value):
        if value.endswith(("\n", "\r")) and value.rstrip("\r\n").isprintable():
            raise InvalidOption(
                f"{option} ends with a line break, as echo and a YAML block (|) add one. Remove it: use printf instead"
                " of echo, or |- instead of |."
            )
        raise InvalidOption(f"{option} contains a control character, such as a line break or a tab. Remove it.")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise InvalidOption(f"{option} is not text: a part of it was read as something other than UTF-8.") from None


def require_credential(option: str, value: str | None) -> str:
    if not value:
        raise InvalidOption(
            f"{option} is missing: set the option {option} or the environment variable {ENVIRONMENT_VARIABLES[option]}."
        )
    return check_text(option, value)


def check_text(option: str, value: Any) -> str:
    """Return the value as text. Raise InvalidOption for a list or a dictionary, and as encode_utf8() does."""
    if isinstance(value, (list, dict)):
        raise InvalidOption(
            f"{option} must be text; the value is a {'list' if isinstance(value, list) else 'dictionary'}."
        )
    text = str(value)
    encode_utf8(option, text)
    return text


def normalize_base_url(url: str, allow_http: bool, option: str = "api_url") -> str:
    """Return the URL in its canonical form, without /v1 at the end: locks and the rate limit are shared by URL.

    option is the one that has the URL. Raise InvalidOption, without parts that may be secret.
    """
    if "@" in url:
        raise InvalidOption(f"{option} must not contain credentials: use api_key and api_secret.")
    parts = _split_base_url(url.strip(), option)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    is_default_port = parts.port in (None, DEFAULT_PORTS[parts.scheme])
    origin = f"{parts.scheme}://{name}" + ("" if is_default_port else f":{parts.port}")
    if parts.scheme == "http" and not (allow_http or is_loopback_host(host)):
        raise InvalidOption(
            f"{option} {origin} would send the API key in the clear: use https, or set allow_http: true."
        )
    return origin + re.sub("/*(/v1)?$", "", parts.path.rstrip("/"))


def _split_base_url(url: str, option: str) -> SplitResult:
    """Return the parts of the URL. Raise InvalidOption if it cannot be that of the API."""
    example = DEFAULT_URLS[option]
    expected = f"{option} must be an http or https URL such as {example}, with or without /v1"
    try:
        parts = urlsplit(url)
        is_origin = parts.port != 0 and parts.scheme in DEFAULT_PORTS and bool(parts.hostname)
    except ValueError:
        raise InvalidOption(f"{expected}; its host or port is malformed.") from None
    if not is_origin:
        raise InvalidOption(f"{expected}; it begins with something else, or names no host.")
    if parts.query or parts.fragment:
        raise InvalidOption(f"{expected}, and without a query or a fragment; it has one.")
    return parts


def is_loopback_host(host: str) -> bool:
    """Return whether the host of a URL is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
