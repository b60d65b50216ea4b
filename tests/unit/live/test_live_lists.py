# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list that cannot be read to its end is an error, which the cleanup reports before it deletes the rest."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.live.client import MAX_PAGES, Answer, Api, LiveError


@pytest.mark.parametrize(
    ("envelope", "message", "requests"),
    [
        ({"result": [{"name": "a"}]}, "an element without an id", 1),
        ({"result": ["a"]}, "an element without an id", 1),
        ({"result": [{"id": "a"}], "nextCursor": "same"}, f"more than {MAX_PAGES} pages, or repeats one", MAX_PAGES),
    ],
)
def test_a_list_that_cannot_be_read_is_reported(
    monkeypatch: pytest.MonkeyPatch, envelope: dict[str, Any], message: str, requests: int
) -> None:
    sent: list[str] = []

    def respond(_api: Api, _method: str, path: str) -> Answer:
        sent.append(path)
        return Answer(200, envelope)

    monkeypatch.setattr(Api, "request", respond)
    api = object.__new__(Api)  # It needs no connection.
    api.organization = "/organizations/o"
    with pytest.raises(LiveError, match=message):
        api.list_all("services")
    assert len(sent) == requests
