# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Whether a password is the one that a service has: found out by logging in."""

from __future__ import annotations

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, Unreachable
from ansible_collections.clickhouse.cloud.plugins.module_utils._http import open_session, send
from ansible_collections.clickhouse.cloud.plugins.module_utils._network_errors import NETWORK

#: What ClickHouse calls a wrong password: AUTHENTICATION_FAILED, and its forerunners WRONG_PASSWORD, REQUIRED_PASSWORD.
REFUSALS = frozenset({"516", "193", "194"})


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
    if answer.status == 200:
        return True
    # A bare 401 or 403 may be somebody else's, a proxy's say.
    if answer.headers.get("X-ClickHouse-Exception-Code") in REFUSALS:
        return False
    if answer.status == 401 and "ClickHouse" in answer.headers.get("WWW-Authenticate", ""):
        return False
    raise CloudError(
        f"{connection.url} answered a login with HTTP status {answer.status}, which tells nothing of the password."
    )
