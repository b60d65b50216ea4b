# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace what differs between two runs, or must not be published, by placeholders."""

from __future__ import annotations

import json
import re
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_HOST = re.compile(r"[\w.-]+\.clickhouse(-\w+)?\.(cloud|com)\b")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:+){2,7}[0-9a-f]{1,4}\b", re.I)
#: Addresses that are reserved for documentation, which only the questions have.
_EXAMPLE_ADDRESS = ("192.0.2.", "0.0.0.0")
#: Names of fields whose values are not shown, whatever they are.
_SECRET_NAME = re.compile(
    "secret|password|token|hash|connectionString|accessKey|keyId|keySuffix|email|actorDetails", re.I
)


class Mask:
    """The placeholders of a story. Within one question, each ID has a number."""

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def add(self, text: str, placeholder: str) -> None:
        """Replace this text from now on."""
        if text:
            self._placeholders[text] = f"<{placeholder}>"

    def restart(self) -> None:
        """Begin to number the IDs."""
        self._ids.clear()

    def apply(self, text: str) -> str:
        for known in sorted(self._placeholders, key=len, reverse=True):
            text = text.replace(known, self._placeholders[known])
        text = _ID.sub(lambda match: self._ids.setdefault(match[0].lower(), f"<id {len(self._ids) + 1}>"), text)
        text = _TIME.sub("<time>", text)
        text = _HOST.sub("<host>", _EMAIL.sub("<email>", text))
        return _ADDRESS.sub(lambda match: match[0] if match[0].startswith(_EXAMPLE_ADDRESS) else "<address>", text)

    def dump(self, value: Any) -> str:
        """Return a value as JSON, without secrets."""
        return self.apply(json.dumps(_hide(value), ensure_ascii=False))


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "<hidden>" if _SECRET_NAME.search(name) else _hide(item) for name, item in value.items()}
    return [_hide(item) for item in value] if isinstance(value, list) else value
