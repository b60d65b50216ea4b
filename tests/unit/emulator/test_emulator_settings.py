# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the ClickHouse settings of a service."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"


def list_settings(client: Client, path: str) -> dict[str, Any]:
    return {entry["name"]: entry["value"] for entry in client.result("GET", path)["settings"]}


def settings_path(client: Client) -> str:
    return client.service(client.create()["id"], "/clickhouseSettings")


def test_settings_keep_their_type(client: Client) -> None:
    path = settings_path(client)
    settings = {"compatibility": "26.2", "max_query_size": 262146}
    response = client.result("PATCH", path, {"settings": settings})
    assert response["settings"] == settings
    assert [warning["name"] for warning in response["warnings"]] == ["compatibility"]
    assert list_settings(client, path) == settings
    assert client.result("GET", f"{path}/max_query_size") == {"name": "max_query_size", "value": 262146}
    assert client.result("PATCH", path, {"settings": {"max_threads": 4.0}}) == {
        "settings": {"max_threads": 4},
        "warnings": [],
    }


def test_only_settings_that_were_set_are_listed(client: Client) -> None:
    path = settings_path(client)
    # The platform itself sets this one.
    assert list(list_settings(client, path)) == ["compatibility"]
    assert client.error("GET", f"{path}/max_threads")[0] == 404
    client.result("PATCH", path, {"settings": {"max_threads": 4}})
    assert list_settings(client, path)["max_threads"] == 4


def test_delete_of_a_setting_is_idempotent(client: Client) -> None:
    path = settings_path(client)
    client.result("PATCH", path, {"settings": {"max_threads": 4}})
    for _time in range(2):
        assert client.request("DELETE", f"{path}/max_threads").status_code == 200
        assert client.error("GET", f"{path}/max_threads")[0] == 404
    assert client.request("DELETE", f"{path}/none").status_code == 200


@pytest.mark.parametrize("settings", [{}, "", "{}", '{"max_threads": 4}', [], ["max_threads"], 1, None])
def test_settings_must_be_an_object(client: Client, settings: Any) -> None:
    path = settings_path(client)
    expected = (400, "BAD_REQUEST: settings must be a non-empty object")
    assert client.error("PATCH", path, {"settings": settings}) == expected
    assert client.error("PATCH", path, {}) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"none": 1},
        {"max_threads": "4"},
        {"max_threads": -1},
        {"max_threads": 1.5},
        {"max_threads": True},
        {"max_threads": None},
        {"max_threads": [4]},
        {"compatibility": 26},
        {"async_insert": 2},
        {"max_query_size": 1, "none": 1},
    ],
)
def test_invalid_settings_change_nothing(client: Client, settings: dict[str, Any]) -> None:
    path = settings_path(client)
    before = list_settings(client, path)
    status, error = client.error("PATCH", path, {"settings": settings})
    assert status == 400
    assert f"body.settings.{list(settings)[-1]}" in error
    assert list_settings(client, path) == before


def test_schema_describes_each_setting(client: Client) -> None:
    path = settings_path(client)
    entries = {entry["name"]: entry for entry in client.result("GET", f"{path}/schema")["settings"]}
    assert {"compatibility", "max_query_size"} <= entries.keys()
    assert entries["compatibility"]["type"] == "string"
    assert entries["compatibility"]["warning"]
    assert entries["max_query_size"].keys() == {"name", "type", "description", "example"}
    assert entries["async_insert"]["enum"] == [0, 1]
    assert any(entry.get("deprecationNotice") for entry in entries.values())
    assert all(isinstance(entry["example"], str) for entry in entries.values())
    assert client.error("GET", client.service(UNKNOWN, "/clickhouseSettings/schema"))[0] == 404


def test_settings_are_a_feature_of_the_organization(client: Client) -> None:
    path = settings_path(client)
    client.emulator.add_organization(id=client.emulator.organization_id, features={"clickhouseSettings": False})
    for method, part in (("GET", ""), ("GET", "/schema"), ("GET", "/compatibility"), ("DELETE", "/compatibility")):
        assert client.error(method, path + part) == (403, "FORBIDDEN")
    assert client.error("PATCH", path, {"settings": {"max_threads": 4}}) == (403, "FORBIDDEN")
