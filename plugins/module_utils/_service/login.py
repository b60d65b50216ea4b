# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Log in to a service to check its password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._client.network_errors import NETWORK
from .._client.options import ClientOptions
from .._client.session import Response, open_session, send
from .._errors import CloudError, InvalidOption, Unreachable
from .._json import Resource, abbreviate, is_finite_number
from .service import Service

#: The codes for a wrong password: AUTHENTICATION_FAILED, and formerly WRONG_PASSWORD and REQUIRED_PASSWORD.
AUTH_ERROR_CODES = frozenset({"516", "193", "194"})
#: The states in which a service accepts no login, and the next step for each.
NOT_RUNNING_STATES = {
    "stopped": "Start it",
    "stopping": "Start it",
    "failed": "Start it",
    "provisioning": "Wait until it runs",
    "starting": "Wait until it runs",
}
HOST_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{HOST_LABEL}(\.{HOST_LABEL})*\.?")


def can_log_in(options: ClientOptions) -> bool:
    """Return whether the service at this URL accepts this user and password (key and secret of the options).

    An idle service wakes up first, which takes a while. Raise CloudError when the response does not show it.
    """
    try:
        response = send(open_session(options), options, "GET", "/", params={"query": "SELECT 1"})
    except Unreachable as error:
        message = str(error).replace(NETWORK, NETWORK.replace("api_url", "the IP access list of the service"))
        message = message.replace("ca_path", "login_ca_path").replace("api_url", "the endpoint of the service")
        raise CloudError(f"The password could not be checked. {message}") from error
    if _is_result(response):
        return True
    # A 401 or 403 without this header may come from a proxy.
    if response.headers.get("X-ClickHouse-Exception-Code") in AUTH_ERROR_CODES:
        return False
    if response.status == 401 and "ClickHouse" in response.headers.get("WWW-Authenticate", ""):
        return False
    raise CloudError(
        f"{options.url} responded to a login with HTTP status {response.status}, which does not show whether the"
        " password is right."
    )


def _is_result(response: Response) -> bool:
    """Return whether this is the result of the query from ClickHouse, and not a page of another server."""
    from_clickhouse = any(name.lower().startswith("x-clickhouse-") for name in response.headers)
    return response.status == 200 and from_clickhouse and response.content.strip() == b"1"


def check_can_log_in(service: Service, options: Mapping[str, Any]) -> ClientOptions:
    """Return where and how to log in to the service. Raise CloudError when that is not possible."""
    if service.state in NOT_RUNNING_STATES:
        raise InvalidOption(
            f"{service.label} is {service.state}: it accepts no logins."
            f" {NOT_RUNNING_STATES[str(service.state)]}, or set update_password: always."
        )
    https = _https_endpoint(service)
    if https is None:
        raise InvalidOption(f"{service.label} has no HTTPS endpoint to log in to. Set update_password: always.")
    return ClientOptions(
        key=https.get("username") or "default",
        secret=options["password"],
        url=login_url(service, https),
        connect_timeout=options["connect_timeout"],
        read_timeout=options["read_timeout"],
        validate_certs=options["login_validate_certs"],
        ca_path=options["login_ca_path"] or "",
    )


def _https_endpoint(service: Service) -> Resource | None:
    """Return the endpoint for HTTPS; None when the service has none."""
    endpoints = service.get("endpoints")
    for endpoint in endpoints if isinstance(endpoints, list) else []:
        if isinstance(endpoint, dict) and endpoint.get("protocol") == "https" and endpoint.get("host"):
            return endpoint
    return None


def login_url(service: Service, endpoint: Mapping[str, Any]) -> str:
    """Return the URL of the endpoint. Raise CloudError when the password would be sent to another host."""
    host, port, user = endpoint["host"], endpoint.get("port", 8443), endpoint.get("username")
    is_host = isinstance(host, str) and len(host) <= 253 and _HOST_NAME.fullmatch(host)
    is_port = is_finite_number(port) and port in range(1, 65536)
    if not (is_host and is_port and isinstance(user, (str, type(None)))):
        raise CloudError(
            f"The HTTPS endpoint of {service.label} is {abbreviate(dict(endpoint))}, which is not a host name,"
            " a port and a user. The password was not sent there."
        )
    return f"https://{host}:{int(port)}"
