# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTPS endpoint of a service, at which modules log in."""

from __future__ import annotations

import base64
import hashlib
import http.server
from typing import Any, Callable

#: The headers that ClickHouse sends with the result of a query.
LOGIN_ACCEPTED = {
    "X-ClickHouse-Query-Id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc",
    "X-ClickHouse-Format": "TabSeparated",
}
LOGIN_REJECTED = {"X-ClickHouse-Exception-Code": "516"}


class LoginEndpoint(http.server.BaseHTTPRequestHandler):
    """The HTTPS endpoint of a service: it accepts the password that the emulator stores, and no other."""

    password_hash: Callable[[], str]
    response: tuple[int, dict[str, str]] | None
    content: bytes
    requested_paths: list[str]

    def do_GET(self) -> None:
        self.requested_paths.append(self.path)
        user, _colon, password = base64.b64decode(self.headers["Authorization"][6:]).decode().partition(":")
        sent_hash = base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()
        is_valid = user == "default" and sent_hash == type(self).password_hash()
        status, headers = self.response or ((200, LOGIN_ACCEPTED) if is_valid else (403, LOGIN_REJECTED))
        content = self.content if status == 200 else b""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""
