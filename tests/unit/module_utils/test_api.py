# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    AmbiguousName,
    ApiError,
    InvalidOption,
    UnexpectedResponse,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.find import find_service
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

ID = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
BODY = {"name": "a", "provider": "aws", "region": "eu-central-1", "ipAccessList": []}


@pytest.fixture
def transport(emulator: Emulator) -> Transport:
    url = emulator.api_url.replace("/v1", "")
    return Transport(ClientOptions(emulator.api_key, emulator.api_secret, url=url))


@pytest.fixture
def api(emulator: Emulator, transport: Transport) -> Api:
    return Api(transport, emulator.organization_id)


def test_organization_of_the_key_is_requested_once(
    emulator: Emulator, transport: Transport, sent: Callable[[], list[str]]
) -> None:
    api = Api(transport)
    assert api.list_services() == api.list_services() == []
    assert sent() == ["GET /v1/organizations", "GET services", "GET services"]


@pytest.mark.parametrize("count", [0, 2])
def test_key_without_single_organization_is_reported(emulator: Emulator, transport: Transport, count: int) -> None:
    result = [{"id": f"{number}{ID[1:]}", "name": f"org {number}"} for number in range(count)]
    emulator.fault(path="/organizations", status=200, body={"result": result})
    with pytest.raises(AmbiguousName, match=f"belongs to {count} organizations: .* Set organization_id"):
        Api(transport).list_services()


def test_all_pages_of_a_list_are_read(emulator: Emulator, api: Api, sent: Callable[[], list[str]]) -> None:
    for name in ("a", "b", "c", "d"):
        emulator.add_organization(id=emulator.organization_id, api_key=name)
    path = f"/organizations/{emulator.organization_id}/keys"
    assert len({key["id"] for key in api.request_list(path)}) == 5
    assert [request["query"].keys() for request in emulator.journal()] == [set(), {"cursor"}, {"cursor"}]
    assert sent() == ["GET keys"] * 3


def test_an_organization_on_a_later_page_is_found(emulator: Emulator, transport: Transport) -> None:
    emulator.fault(path="/organizations$", body={"result": [], "nextCursor": "first"})
    emulator.fault(path="/organizations$", status=200, body={"result": [{"id": ID}], "nextCursor": None})
    assert Api(transport).organization == ID
    assert [request["query"] for request in emulator.journal()] == [{}, {"cursor": ["first"]}]


def test_a_second_organization_on_a_later_page_is_ambiguous(emulator: Emulator, transport: Transport) -> None:
    emulator.fault(path="/organizations$", status=200, body={"result": [{"id": ID}], "nextCursor": "first"})
    emulator.fault(path="/organizations$", status=200, body={"result": [{"id": f"7{ID[1:]}"}], "nextCursor": ""})
    with pytest.raises(AmbiguousName, match="belongs to 2 organizations"):
        Api(transport).list_services()


@pytest.mark.parametrize(("cursors", "requests"), [(["a", "a"], 2), (["a", "b", "a"], 3), ([7], 1), ([["a"]], 1)])
def test_a_list_without_a_last_page_is_reported(
    emulator: Emulator, api: Api, cursors: list[object], requests: int
) -> None:
    for cursor in cursors:
        emulator.fault(path="/keys$", status=200, body={"result": [{"id": ID}], "nextCursor": cursor})
    expected = "list the API keys .*returned .*nextCursor.*, but the cursor of a further page was expected"
    with pytest.raises(UnexpectedResponse, match=expected):
        api.request_list(f"/organizations/{emulator.organization_id}/keys")
    assert len(emulator.journal()) == requests


def test_the_number_of_pages_is_limited(emulator: Emulator, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.clickhouse.cloud.plugins.module_utils._client.api.MAX_PAGES", 3)
    for number in range(9):
        emulator.fault(path="/keys$", status=200, body={"result": [{"id": ID}], "nextCursor": f"cursor {number}"})
    with pytest.raises(UnexpectedResponse, match="nextCursor.*cursor 2"):
        api.request_list(f"/organizations/{emulator.organization_id}/keys")
    assert len(emulator.journal()) == 3


@pytest.mark.parametrize(
    "value", ["", "..", "a/b", "1", "../../organizations", f"{{{ID}}}", ID.replace("-", ""), f"{ID} "]
)
def test_invalid_id_is_not_used_in_a_path(emulator: Emulator, api: Api, value: str) -> None:
    with pytest.raises(InvalidOption, match="service_id must be a UUID such as"):
        api.delete_service(value)
    assert emulator.journal() == []


def test_invalid_organization_id_is_rejected(transport: Transport) -> None:
    with pytest.raises(InvalidOption, match="organization_id must be a UUID such as"):
        Api(transport, "my-organization")


def test_services_are_filtered_by_tags(emulator: Emulator, api: Api) -> None:
    emulator.create(**BODY, tags=[{"key": "env", "value": "prod"}, {"key": "active"}])
    emulator.create(**{**BODY, "name": "b"}, tags=[{"key": "env", "value": "dev"}])
    assert [service["name"] for service in api.list_services({"env": "prod", "active": None})] == ["a"]
    assert [item["name"] for item in api.list_services({"env": None})] == ["a", "b"]
    assert emulator.journal()[-2]["query"] == {"filter": ["tag:env=prod", "tag:active"]}


@pytest.mark.parametrize("result", [None, [], "x", 1, True])
def test_response_must_be_an_object(emulator: Emulator, api: Api, result: Any) -> None:
    emulator.fault(path="/services/", status=200, body={"result": result})
    with pytest.raises(UnexpectedResponse, match="but an object with id was expected"):
        api.get_service(ID)


@pytest.mark.parametrize("result", [None, {}, "x", [None], [{"name": "no id"}], [[]]])
def test_response_must_be_a_list_of_objects(emulator: Emulator, api: Api, result: Any) -> None:
    emulator.fault(path="/services", status=200, body={"result": result})
    with pytest.raises(UnexpectedResponse, match="but a list of objects with an id was expected"):
        api.list_services()


def test_long_unexpected_response_is_abbreviated(emulator: Emulator, api: Api) -> None:
    emulator.fault(path="/services", status=200, body={"result": "x" * 1000})
    with pytest.raises(UnexpectedResponse) as failure:
        api.list_services()
    assert len(str(failure.value)) < 300


def test_missing_service_is_none(api: Api) -> None:
    assert api.get_service_or_none(ID) is None


def test_unknown_organization_is_not_a_missing_service(transport: Transport) -> None:
    """Otherwise, a mistyped organization would make a deletion succeed."""
    with pytest.raises(ApiError, match="Check organization_id"):
        Api(transport, "00000000-0000-4000-8000-000000000001").get_service_or_none(ID)


@pytest.mark.parametrize(
    "body",
    [f"<html>404 no {ID}</html>", {"error": f"Cannot GET /services/{ID}"}, {"error": "NOT_FOUND: something else"}],
)
def test_404_for_another_resource_is_not_a_missing_service(emulator: Emulator, api: Api, body: Any) -> None:
    emulator.fault(path="/services/", status=404, body=body)
    with pytest.raises(ApiError, match="failed with HTTP status 404"):
        api.get_service_or_none(ID)


def test_id_is_case_insensitive(emulator: Emulator, api: Api) -> None:
    assert api.get_service_or_none(ID.upper()) is None
    service_id = emulator.create(**BODY)["service"]["id"]
    assert api.get_service_or_none(service_id.upper())["id"] == service_id


@pytest.mark.parametrize("state", ["terminating", "terminated", "softdeleting", "softdeleted"])
def test_service_being_deleted_counts_as_absent(emulator: Emulator, api: Api, state: str) -> None:
    going = emulator.create(**BODY)["service"]
    emulator.set_service(going["id"], state=state)
    assert find_service(api, going["id"], None) is None
    assert find_service(api, None, "a") is None
    staying = emulator.create(**BODY)["service"]
    found = find_service(api, None, "a")
    assert found is not None
    assert found["id"] == staying["id"]


def test_name_must_match_exactly(emulator: Emulator, api: Api) -> None:
    emulator.create(**BODY)
    assert find_service(api, None, "A") is None
    assert find_service(api, None, "a ") is None


def test_ambiguous_name_lists_all_ids(emulator: Emulator, api: Api) -> None:
    ids = [emulator.create(**BODY)["service"]["id"] for _turn in range(2)]
    with pytest.raises(AmbiguousName) as failure:
        find_service(api, None, "a")
    assert str(failure.value).startswith("2 services are named 'a': ")
    assert all(f"{service_id} (aws eu-central-1, " in str(failure.value) for service_id in ids)
    assert str(failure.value).endswith("Select one of them with service_id.")


@pytest.mark.parametrize(
    ("part", "body", "permissions"),
    [
        ("", {"name": "b"}, "permission control-plane:service:manage"),
        (
            "",
            {"ipAccessList": {}},
            "permissions control-plane:service:manage and control-plane:service:manage-ip-access-list",
        ),
        (
            "",
            {"privateEndpointIds": {}},
            "permissions control-plane:service:manage and control-plane:service:manage-private-endpoints",
        ),
        (
            "",
            {"name": "b", "ipAccessList": {}},
            "permissions control-plane:service:manage and control-plane:service:manage-ip-access-list",
        ),
        (
            "",
            {"deletionProtection": False},
            "permissions control-plane:service:manage and control-plane:service:delete",
        ),
        ("/state", {"command": "stop"}, "permission control-plane:service:manage"),
        ("/state", {"command": "awake"}, "permission control-plane:service:view"),
        ("/password", {}, "permission control-plane:service:manage"),
        ("/replicaScaling", {"numReplicas": 3}, "permission control-plane:service:manage-scaling-config"),
        ("/backupConfiguration", {}, "permission control-plane:service:manage-backups"),
    ],
)
def test_forbidden_write_names_the_permissions(
    emulator: Emulator, api: Api, part: str, body: dict[str, Any], permissions: str
) -> None:
    emulator.fault(path="/services/", status=403)
    with pytest.raises(ApiError, match=f"does not allow this: use a key that has the {permissions}\\. "):
        api.patch_service(ID, part, body)


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({}, ""),
        ({"backupId": ID}, " and control-plane:service:manage-backups"),
        ({"privateEndpointIds": []}, " and control-plane:service:manage-private-endpoints"),
        ({"deletionProtection": True}, " and control-plane:service:delete"),
    ],
)
def test_forbidden_creation_names_the_permissions(
    emulator: Emulator, api: Api, fields: dict[str, Any], more: str
) -> None:
    emulator.fault(path="/services", status=403)
    needed = "control-plane:organization:create-service and control-plane:service:manage"
    with pytest.raises(ApiError, match=f"use a key that has the permissions {needed}{more}\\. "):
        api.create_service({**BODY, **fields})


def test_forbidden_deletion_names_the_permission(emulator: Emulator, api: Api) -> None:
    emulator.fault(path="/services", status=403)
    with pytest.raises(ApiError, match="use a key that has the permission control-plane:service:delete\\. "):
        api.delete_service(ID)


@pytest.mark.parametrize(
    ("reason", "is_named"),
    [
        ("FORBIDDEN: Insufficient permissions", True),
        ("FORBIDDEN", True),
        ("FORBIDDEN: compliance is not available in SCALE pricing package", False),
        ("FORBIDDEN: The feature is not enabled for the organization", False),
    ],
)
def test_other_reason_than_the_role_is_unchanged(emulator: Emulator, api: Api, reason: str, is_named: bool) -> None:
    emulator.fault(path="/services", status=403, body={"error": reason, "status": 403})
    with pytest.raises(ApiError) as failure:
        api.delete_service(ID)
    assert ("control-plane:service:delete" in str(failure.value)) is is_named


MANAGE = "The role of the API key does not allow this: use a key that has the permission control-plane:service:manage"
BETA = "The beta of ClickHouse settings in the API is off for the organization: ask ClickHouse support"


@pytest.mark.parametrize(
    ("method", "part", "status", "error", "advice"),
    [
        ("PUT", "/upgradeWindow", 403, "FORBIDDEN", f"{MANAGE}. If it has, the organization does not have scheduled"),
        # It can be deleted in every organization.
        ("DELETE", "/upgradeWindow", 403, "FORBIDDEN", f"{MANAGE}. The API's request id"),
        ("PUT", "/upgradeWindow", 403, "FORBIDDEN: Insufficient permissions", f"{MANAGE}. The API's request id"),
        ("PATCH", "/clickhouseSettings", 403, "FORBIDDEN: The feature is not enabled for the organization", BETA),
        ("GET", "/clickhouseSettings/max_threads", 403, "FORBIDDEN: This is a beta feature", BETA),
        ("PATCH", "/clickhouseSettings", 400, "BAD_REQUEST: The organization has no entitlement", BETA),
        ("PATCH", "/clickhouseSettings", 400, "BAD_REQUEST: settings must be an object", "Check the options: "),
        (
            "PATCH",
            "",
            400,
            "BAD_REQUEST: Deletion protection is not available for this organization",
            "Not every organization has this: it depends on the tier, and on the betas that are turned on. The API's",
        ),
    ],
)
def test_missing_feature_is_named(
    emulator: Emulator, api: Api, method: str, part: str, status: int, error: str, advice: str
) -> None:
    """The feature is the reason if the API says so, and may be the reason if the API gives none."""
    body = {"error": error, "status": status, "requestId": "r-1"}
    emulator.fault(path="/services/", method=method, status=status, body=body)
    with pytest.raises(ApiError) as failure:
        api.call(method, api.service_path(ID) + part)
    assert f"{status}: {error}. {advice}" in str(failure.value)


@pytest.mark.parametrize("name", [None, ""])
def test_name_or_id_is_required(emulator: Emulator, api: Api, name: str | None) -> None:
    with pytest.raises(InvalidOption, match="with name or service_id"):
        find_service(api, "", name)
    assert emulator.journal() == []
