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
RESULT = {"X-ClickHouse-Query-Id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc", "X-ClickHouse-Format": "TabSeparated"}
REFUSED = {"X-ClickHouse-Exception-Code": "516"}


class Doorman(http.server.BaseHTTPRequestHandler):
    """The HTTPS endpoint of a service: it accepts the password that the emulator stores, and no other."""

    held: Callable[[], str]
    answer: tuple[int, dict[str, str]] | None
    content: bytes
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        user, _colon, password = base64.b64decode(self.headers["Authorization"][6:]).decode().partition(":")
        given = base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()
        known = user == "default" and given == type(self).held()
        status, headers = self.answer or ((200, RESULT) if known else (403, REFUSED))
        content = self.content if status == 200 else b""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""
