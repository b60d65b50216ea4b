# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether a password is the one that a service has: found out by logging in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._client.http import Answer, open_session, send
from .._client.network_errors import NETWORK
from .._client.options import Connection
from .._errors import CloudError, InvalidOption, Unreachable
from .._json import Resource, is_number, short
from .find import called, state

#: What ClickHouse calls a wrong password: AUTHENTICATION_FAILED, and its forerunners WRONG_PASSWORD, REQUIRED_PASSWORD.
REFUSALS = frozenset({"516", "193", "194"})
#: The states in which a service accepts no login, and what to do about each.
CLOSED = {
    "stopped": "Start it",
    "stopping": "Start it",
    "failed": "Start it",
    "provisioning": "Wait until it runs",
    "starting": "Wait until it runs",
}
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")


def accepts(connection: Connection) -> bool:
    """Whether the service at this URL lets this user in with this password (key and secret of the connection).

    An idle service wakes up, and lets wait. Raises CloudError for what says neither.
    """
    try:
        answer = send(open_session(connection), connection, "GET", "/", params={"query": "SELECT 1"})
    except Unreachable as error:
        words = str(error).replace(NETWORK, NETWORK.replace("api_url", "the IP access list of the service"))
        words = words.replace("ca_path", "login_ca_path").replace("api_url", "the endpoint of the service")
        raise CloudError(f"The password could not be tried. {words}") from error
    if _is_result(answer):
        return True
    # A bare 401 or 403 may be somebody else's, a proxy's say.
    if answer.headers.get("X-ClickHouse-Exception-Code") in REFUSALS:
        return False
    if answer.status == 401 and "ClickHouse" in answer.headers.get("WWW-Authenticate", ""):
        return False
    raise CloudError(
        f"{connection.url} answered a login with HTTP status {answer.status}, which does not show whether the"
        " password is right."
    )


def _is_result(answer: Answer) -> bool:
    """Return whether this is ClickHouse's result of the query, and not the page of a proxy or of another server."""
    from_clickhouse = any(name.lower().startswith("x-clickhouse-") for name in answer.headers)
    return answer.status == 200 and from_clickhouse and answer.content.strip() == b"1"


def check_can_log_in(service: Resource, options: Mapping[str, Any]) -> Connection:
    """Return where and how to log in to the service. Raise CloudError when that is not possible."""
    if state(service) in CLOSED:
        raise InvalidOption(
            f"{called(service)} is {state(service)}: it accepts no logins. {CLOSED[str(state(service))]}, or set"
            " update_password: always."
        )
    listed = service.get("endpoints")
    endpoints = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    https = next((one for one in endpoints if one.get("protocol") == "https" and one.get("host")), None)
    if https is None:
        raise InvalidOption(f"{called(service)} has no HTTPS endpoint to log in to. Set update_password: always.")
    return Connection(
        key=https.get("username") or "default",
        secret=options["password"],
        url=_url(service, https),
        connect_timeout=options["connect_timeout"],
        read_timeout=options["read_timeout"],
        validate_certs=options["login_validate_certs"],
        ca_path=options["login_ca_path"] or "",
    )


def _url(service: Resource, endpoint: Mapping[str, Any]) -> str:
    """Return the URL of the endpoint. Raise CloudError when its parts would make the password go somewhere else."""
    host, port, user = endpoint["host"], endpoint.get("port", 8443), endpoint.get("username")
    is_host = isinstance(host, str) and len(host) <= 253 and _HOST_NAME.fullmatch(host)
    is_port = is_number(port) and port in range(1, 65536)
    if not (is_host and is_port and isinstance(user, (str, type(None)))):
        raise CloudError(
            f"The HTTPS endpoint of {called(service)} is {short(dict(endpoint))}, which is not a host name, a port and"
            " a user. The password was not sent there."
        )
    return f"https://{host}:{int(port)}"
