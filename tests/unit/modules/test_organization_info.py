# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import uuid
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.modules import organization_info
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

OTHER = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
#: The only request of this module.
REQUEST = ["GET /v1/organizations"]


def has_warning_about(result: dict[str, Any], organization: str) -> bool:
    """Return whether a warning names this organization; a process keeps the warnings of earlier runs."""
    return f"The API key does not belong to organization {organization}, but to " in str(result.get("warnings"))


@pytest.fixture
def unset(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only the key in the environment."""
    monkeypatch.delenv("CLICKHOUSE_ORG_ID")


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.usefixtures("unset")
def test_organization_of_the_key_needs_one_request(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    result = run("organization_info", check=check)
    assert result["changed"] is False
    assert "diff" not in result
    (organization,) = result["organizations"]
    assert organization.pop("created_at").endswith("Z")
    assert organization == {
        "id": emulator.organization_id,
        "name": "Emulated organization",
        "private_endpoints": [],
        "byoc_config": [],
        "enable_core_dumps": True,
        "capabilities": {"snapshots": True},
    }
    assert sent() == REQUEST


@pytest.mark.usefixtures("unset")
def test_key_is_limited_to_its_organization(emulator: Emulator, run: Run) -> None:
    emulator.add_organization(name="Second", api_key="k2", api_secret="s2", role="developer")
    assert [organization["name"] for organization in run("organization_info")["organizations"]] == [
        "Emulated organization"
    ]
    found = run("organization_info", api_key="k2", api_secret="s2")["organizations"]
    assert [item["name"] for item in found] == ["Second"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("spell", [str.lower, str.upper])
def test_organization_id_selects_the_organization(
    emulator: Emulator, run: Run, sent: Sent, check: bool, spell: Callable[[str], str]
) -> None:
    desired = spell(emulator.organization_id)
    result = run("organization_info", check=check, organization_id=desired)
    assert [organization["id"] for organization in result["organizations"]] == [emulator.organization_id]
    assert not has_warning_about(result, desired)
    assert sent() == REQUEST


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("by_environment", [True, False])
def test_organization_of_another_key_returns_empty_list_and_warning(
    emulator: Emulator, run: Run, sent: Sent, monkeypatch: pytest.MonkeyPatch, by_environment: bool, check: bool
) -> None:
    other = str(uuid.uuid4())
    if by_environment:
        monkeypatch.setenv("CLICKHOUSE_ORG_ID", other)
    result = run("organization_info", check=check, **({} if by_environment else {"organization_id": other}))
    assert "failed" not in result
    assert result["organizations"] == []
    assert has_warning_about(result, other)
    assert f"but to {emulator.organization_id} (Emulated organization)." in str(result["warnings"])
    assert sent() == REQUEST


@pytest.mark.usefixtures("unset")
def test_unknown_fields_are_kept_and_missing_fields_are_null(emulator: Emulator, run: Run) -> None:
    endpoint = {"id": "vpce-1", "cloudProvider": "aws", "newKey": 1}
    stranger = {"id": OTHER, "newField": {"someKey": [{"deepKey": 1}]}, "privateEndpoints": [endpoint]}
    emulator.fault(path="/organizations$", status=200, body={"result": [stranger]})
    (organization,) = run("organization_info")["organizations"]
    assert organization == {
        "id": OTHER,
        "name": None,
        "created_at": None,
        "private_endpoints": [{"id": "vpce-1", "cloud_provider": "aws", "new_key": 1}],
        "byoc_config": None,
        "enable_core_dumps": None,
        "capabilities": None,
        "new_field": {"some_key": [{"deep_key": 1}]},
    }


@pytest.mark.usefixtures("unset")
def test_key_without_organization_returns_empty_list(emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/organizations$", status=200, body={"result": []}, times=2)
    assert run("organization_info")["organizations"] == []
    result = run("organization_info", organization_id=OTHER)
    assert result["organizations"] == []
    assert not has_warning_about(result, OTHER)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("status", "message", "requests"),
    [
        (401, "Check api_key and api_secret", 1),
        (403, "The role of the API key does not allow this", 1),
        (404, "Check organization_id and api_url", 1),
        (500, "Internal error", 4),
    ],
)
@pytest.mark.usefixtures("fast_clock")
def test_rejected_request_is_reported(
    emulator: Emulator, run: Run, sent: Sent, status: int, message: str, requests: int, check: bool
) -> None:
    emulator.fault(path="/organizations$", status=status, times=requests)
    result = run("organization_info", check=check)
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["status"] == status
    assert message in result["msg"]
    assert f"The request to list the organizations of the API key failed with HTTP status {status}" in result["msg"]
    assert result["request"] == "GET /v1/organizations"
    assert "organizations" not in result
    assert sent() == REQUEST * requests


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"result": None}, "returned null, but a list of objects with an id was expected"),
        ({"result": {"id": OTHER}}, "but a list of objects with an id was expected"),
        ({"result": [{"name": "no id"}]}, "but a list of objects with an id was expected"),
        ("<html>Sign in</html>", "the response is a web page and not the API's JSON."),
        ("Sign in", "the response is not the API's JSON but begins with 'Sign in'"),
        ("", "the response is empty"),
    ],
)
def test_unexpected_response_is_reported(emulator: Emulator, run: Run, body: Any, message: str) -> None:
    emulator.fault(path="/organizations$", status=200, body=body)
    result = run("organization_info")
    assert result["failed"] is True
    assert message in result["msg"]
    assert "<html>" not in result["msg"]
    assert "exception" not in result


def test_malformed_id_fails_before_any_request(emulator: Emulator, run: Run) -> None:
    result = run("organization_info", organization_id="Emulated organization")
    assert "organization_id must be a UUID such as" in result["msg"]
    assert emulator.journal() == []


@pytest.mark.parametrize("option", ["api_key", "api_secret"])
@pytest.mark.usefixtures("unset")
def test_missing_credential_fails_before_any_request(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.delenv(f"CLICKHOUSE_CLOUD_{option.upper()}")
    assert f"{option} is missing" in run("organization_info")["msg"]
    assert emulator.journal() == []


def test_return_values_are_documented() -> None:
    documented = yaml.safe_load(organization_info.RETURN)["organizations"]["contains"]
    assert documented.keys() == organization_info.ORGANIZATION.to_result({}).keys()


@pytest.mark.parametrize("check", [True, False])
def test_caller_is_the_key_with_its_roles(emulator: Emulator, run: Run, sent: Sent, check: bool) -> None:
    key = emulator.request("GET", "keys")[0]
    emulator.clear_journal()
    caller = run("organization_info", check=check, caller=True)["caller"]
    policies = caller.pop("policies")
    assert caller == {
        "actor_type": "apiKey",
        "key_id": key["id"],
        "name": key["name"],
        "organization_id": emulator.organization_id,
        "roles": ["Admin"],
    }
    assert {policy["effect"] for policy in policies} == {"allow"}
    assert "control-plane:service:delete" in [name for policy in policies for name in policy["permissions"]]
    assert sent() == [*REQUEST, "GET /v1/whoami", "GET roles"]


@pytest.mark.parametrize("check", [True, False])
def test_what_the_key_may_not_read_of_itself_is_null(emulator: Emulator, run: Run, check: bool) -> None:
    reader = emulator.add_organization(id=emulator.organization_id, role="developer")
    credentials = {name: reader[name] for name in ("api_key", "api_secret")}
    result = run("organization_info", check=check, caller=True, **credentials)
    assert (result["caller"]["name"], result["caller"]["roles"], result["caller"]["policies"]) == (
        "Further key",
        None,
        None,
    )
    assert "The API key may not read the roles of the organization" in str(result["warnings"])
    emulator.fault(path="/whoami$", status=403)
    assert run("organization_info", check=check, caller=True)["caller"] is None
