# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a service that is not there, of the environment, and of names that would control a terminal."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES, selects_service, usual_options

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

OTHER = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
#: Modules that find a service by its name, with their other options. For service_info the name is a filter.
BY_NAME: list[tuple[str, dict[str, Any]]] = [
    (module, usual_options(module))
    for module in MODULES
    if selects_service(module) and module not in ("service", "service_info")
] + [("service", {"tags": {"a": "b"}})]


@pytest.mark.parametrize("name", ["analitics", "Analytics", "analytics ", "ana lytics", " ANALYTICS"])
@pytest.mark.parametrize(("module", "options"), BY_NAME)
def test_unknown_name_suggests_similar_ones(
    service: dict[str, Any], run: Run, sent: Sent, module: str, options: dict[str, Any], name: str
) -> None:
    beginning = f"There is no service {name!r}. Did you mean 'analytics'?"
    if (module, name) == ("service", "analytics "):
        # It would create one of this name.
        beginning = f"The name {name!r} looks like that of Service 'analytics' ({service['id']})"
    for check in (True, False):
        result = run(module, check=check, name=name, **options)
        assert result["msg"].startswith(beginning)
        assert result["changed"] is False
        assert sent() == ["GET services"]


def test_suggested_name_escapes_invisible_characters(emulator: Emulator, run: Run) -> None:
    emulator.create(name="analytics\ufe0f", provider="aws", region="us-east-1", ipAccessList=[])
    message = run("service_state", name="analytics", state="stopped")["msg"]
    assert message.startswith(r"There is no service 'analytics'. Did you mean 'analytics\ufe0f'?")


def test_the_same_but_for_capitals_and_spaces_comes_first(emulator: Emulator, run: Run) -> None:
    for name in ("web prod 1", "Web-Prod", "WEB  PROD"):
        emulator.create(name=name, provider="aws", region="us-east-1", ipAccessList=[])
    assert "Did you mean 'WEB  PROD'?" in run("service_state", name="web prod", state="stopped")["msg"]


@pytest.mark.parametrize("states", [["terminating"], ["softdeleted", "running"]])
def test_no_name_is_suggested_where_none_is_similar(
    service: dict[str, Any], emulator: Emulator, run: Run, states: list[str]
) -> None:
    emulator.set_service(service["id"], state=states[0])
    for state in states[1:]:
        other = emulator.create(name="else", provider="aws", region="us-east-1", ipAccessList=[])["service"]
        emulator.set_service(other["id"], state=state, name=None)
    assert "Did you mean" not in run("service_state", name="analitics", state="stopped")["msg"]


def test_a_name_is_suggested_in_fleet_and_for_a_source(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent
) -> None:
    result = run("fleet", services=[{"name": "analitics", "tags": {"a": "b"}}, {"name": "analytics"}])
    assert result["services"][0]["msg"].startswith(
        "There is no service 'analitics'. Did you mean 'analytics'? To create"
    )
    assert sent() == ["GET services"]
    result = run("service", name="copy", restore_from={"name": "Analytics"})
    assert result["msg"].startswith("There is no service 'Analytics'. Did you mean 'analytics'?")
    assert "POST services" not in sent()


@pytest.mark.parametrize(("state", "progress"), [("terminating", "is being deleted"), ("softdeleted", "was deleted")])
@pytest.mark.parametrize("key", ["name", "service_id"])
@pytest.mark.parametrize(
    ("module", "options"), [one for one in BY_NAME if one[0] in ("service_scaling", "service_state", "service")]
)
def test_a_service_that_is_being_deleted_is_said_to_be(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    module: str,
    options: dict[str, Any],
    key: str,
    state: str,
    progress: str,
) -> None:
    emulator.set_service(service["id"], state=state)
    result = run(module, **{key: service["id"] if key == "service_id" else "analytics"}, **options)
    assert result["msg"].startswith(
        f"Service 'analytics' ({service['id']}) {progress} (its state is {state}), and cannot be brought back. "
    )
    assert len(sent()) == 1


def test_a_name_of_a_deleted_service_is_free(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(service["id"], state="terminating")
    new = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
    assert run("service", name="analytics", **new)["changed"] is True


@pytest.mark.parametrize("module", ["service_info", "organization_info"])
def test_error_mentions_environment_variable(
    service: dict[str, Any], emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", OTHER)
    emulator.fault(path="/v1/organizations$", status=404, times=9)
    result = run(module)
    assert (result["status"], result["failed"]) == (404, True)
    assert "organization_id is from the environment variable CLICKHOUSE_ORG_ID" in result["msg"]
    assert "api_url is from the environment variable CLICKHOUSE_API_URL" in result["msg"]
    assert "api_key is from the environment variable CLICKHOUSE_CLOUD_API_KEY" in result["msg"]
    own = {
        "api_url": f"{emulator.api_url}/",
        "api_key": "other",
        "api_secret": "x",
        "organization_id": emulator.organization_id,
    }
    assert "environment" not in run(module, **own)["msg"]


def test_a_service_in_an_organization_of_the_environment(
    service: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", OTHER)
    for module, options in BY_NAME:
        # The Query API finds a service by its ID alone.
        by_id = [] if module == "service_query" else [{"service_id": service["id"]}]
        for by in ({"name": "analytics"}, *by_id):
            result = run(module, **by, **options)
            assert "organization_id is from the environment variable CLICKHOUSE_ORG_ID" in str(result), module


def test_a_key_or_a_url_from_the_environment(
    service: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "wrong")
    assert "api_secret is from the environment variable CLICKHOUSE_CLOUD_API_SECRET" in run("service_info")["msg"]
    monkeypatch.setenv("CLICKHOUSE_API_URL", "ftp://x")
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "right")
    assert run("service_info")["msg"].startswith("api_url must be an http or https URL")


CONTROLLING = "\x1b[2J\x07\x9b1m\u202egnp\r\n\u2028"
ESCAPED = "\\x1b[2J\\x07\\x9b1m\\u202egnp\\r\\n\\u2028"


def has_controls(text: str) -> bool:
    return any(char in text for char in CONTROLLING if not char.isascii() or not char.isprintable())


def test_errors_escape_control_characters(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/services", status=400, body={"error": f"BAD_REQUEST: {CONTROLLING}", "status": 400})
    message = run("service_info")["msg"]
    assert f"BAD_REQUEST: {ESCAPED}" in message
    assert not has_controls(message)


def test_names_escape_control_characters(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.set_service(
        service["id"], name=f"x{CONTROLLING}", provider=CONTROLLING, tags=[{"key": "ansible-protected"}]
    )
    result = run("service", service_id=service["id"], state="absent", force=True)
    assert "is not deleted" in result["msg"]
    assert not has_controls(result["msg"])
    result = run("fleet", services=[{"service_id": service["id"], "state": "absent", "force": True}])
    assert not has_controls(result["msg"] + result["services"][0]["msg"])


def test_warnings_escape_control_characters(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    body = {"error": f"FORBIDDEN: {CONTROLLING}", "status": 403}
    emulator.fault(path="/backups$", status=403, body=body)
    (warning,) = run("backup_info", name="analytics")["warnings"]
    assert not has_controls(str(warning))
    assert "x1b[2J" in str(warning)
