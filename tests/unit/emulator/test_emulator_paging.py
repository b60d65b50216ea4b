# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test lists that are returned in pages."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client


@pytest.fixture
def path(client: Client) -> str:
    """Return the path of a list with the saved queries q0 to q4."""
    path = client.service(client.create()["id"], "/saved-queries")
    for number in range(5):
        add(client, path, f"q{number}")
    return path


def add(client: Client, path: str, name: str) -> None:
    assert client.request("POST", path, {"name": name, "sql": "SELECT 1", "database": "default"}).status_code == 201


def page(client: Client, path: str, **query: Any) -> dict[str, Any]:
    response = client.request("GET", path, params=query)
    assert response.status_code == 200, response.text
    envelope: dict[str, Any] = response.json()
    return envelope


def names(envelope: dict[str, Any]) -> list[str]:
    return [item["name"] for item in envelope["result"]]


def test_one_page(client: Client, path: str) -> None:
    envelope = page(client, path)
    assert list(envelope) == ["result", "limit", "totalCount", "nextCursor", "requestId", "status"]
    assert names(envelope) == ["q0", "q1", "q2", "q3", "q4"]
    assert (envelope["limit"], envelope["totalCount"], envelope["nextCursor"]) == (100, 5, None)
    assert page(client, path, limit=5)["nextCursor"] is None


def test_several_pages(client: Client, path: str) -> None:
    seen, cursor = [], None
    for expected in (["q0", "q1"], ["q2", "q3"], ["q4"]):
        envelope = page(client, path, limit=2, **({"cursor": cursor} if cursor else {}))
        assert (names(envelope), envelope["limit"], envelope["totalCount"]) == (expected, 2, 5)
        # A page can be requested again.
        assert names(page(client, path, limit=2, **({"cursor": cursor} if cursor else {}))) == expected
        cursor = envelope["nextCursor"]
        seen += expected
    assert cursor is None
    assert len(seen) == 5


def test_deleted_element_does_not_move_the_others(client: Client, path: str) -> None:
    first = page(client, path, limit=2)
    for element in first["result"]:
        assert client.request("DELETE", f"{path}/{element['id']}").status_code == 200
    second = page(client, path, cursor=first["nextCursor"])
    assert (names(second), second["totalCount"], second["nextCursor"]) == (["q2", "q3", "q4"], 3, None)


def test_page_can_be_shorter_than_the_limit(client: Client, path: str) -> None:
    client.emulator.limit_pages(2)
    first = page(client, path, limit=4)
    assert (names(first), first["limit"]) == (["q0", "q1"], 4)
    assert names(page(client, path, limit=4, cursor=first["nextCursor"])) == ["q2", "q3"]
    client.emulator.reset()
    invalid_sizes: list[Any] = [0, True, "2", None]
    for size in invalid_sizes:
        with pytest.raises(EmulatorError, match="'size' must be a number of elements, 1 or more"):
            client.emulator.limit_pages(size)


@pytest.mark.parametrize("limit", ["0", "-1", "101", "2.5", "many", "", "9" * 30])
def test_invalid_limits(client: Client, path: str, limit: str) -> None:
    status, error = client.error("GET", path, params={"limit": limit})
    assert (status, error.split(":")[0:2]) == (400, ["BAD_REQUEST", " request query.limit"])


def test_invalid_cursors(client: Client, path: str) -> None:
    other = client.service(client.create()["id"], "/saved-queries")
    cursor = page(client, path, limit=2)["nextCursor"]
    expected = (400, f"BAD_REQUEST: request query.cursor: The value is not a cursor of this list <string:{cursor}>")
    assert client.error("GET", other, params={"cursor": cursor}) == expected
    assert (
        client.error("GET", path.replace("saved-queries", "query-api-endpoints"), params={"cursor": cursor}) == expected
    )
    assert client.error("GET", path, params={"cursor": "x"})[0] == 400
    assert client.error("GET", path, params={"cursor": ""})[0] == 400
    client.emulator.reset()
    service_id = client.create()["id"]
    assert client.error("GET", client.service(service_id, "/saved-queries"), params={"cursor": cursor})[0] == 400
