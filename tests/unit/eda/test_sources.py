# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event sources, loaded and run as ansible-rulebook does it."""

from __future__ import annotations

import ast
import asyncio
import functools
import http.server
import json
import re
import runpy
import threading
from collections.abc import Awaitable
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path
from typing import Any, Callable

import pytest
import requests
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.proxy import find_proxies
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import CONNECTION_SPEC
from ansible_collections.clickhouse.cloud.plugins.plugin_utils import _template_safety
from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.contract.coverage import EVENT_SOURCES, find_operation
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_utils.test_network_errors import ENDLESS, EndlessServer

EXTENSIONS = Path(__file__).resolve().parents[3] / "extensions"
SOURCES = {path.stem: path for path in (EXTENSIONS / "eda/plugins/event_source").glob("*.py")}
CLIENT = EXTENSIONS / "eda/plugins/_client.py"
QUICK = {"interval": 0.05, "backup_interval": 0.05}
#: Seconds after which a source has reported everything: only a failure takes as long.
LONG = 200

Event = dict[str, Any]
Act = Callable[[], Any]


def load_client(source: str) -> Any:
    """Return the client that the source has loaded."""
    return runpy.run_path(str(SOURCES[source]))["_client"]


def run(source: str, *acts: Act, events: int = 1, fails: bool = False, **options: Any) -> list[Event]:
    """Return the events that follow the acts, each of which waits until the source has polled again."""
    module = runpy.run_path(str(SOURCES[source]))
    polls = 0

    async def get(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal polls
        result = await original(self, *arguments, **options)
        polls += 1
        return result

    client = module["_client"].Client
    original, client.get = client.get, get
    queue: asyncio.Queue[Event] = asyncio.Queue()

    async def wait_for_poll() -> None:
        before = polls
        # Responses to requests that were already sent may be older than the act.
        while polls < before + 4:
            await asyncio.sleep(0.01)

    async def watch(task: asyncio.Task[None]) -> list[Event]:
        for act in acts:
            await wait_for_poll()
            act()
        received = [await queue.get() for _number in range(events)]
        await wait_for_poll()
        return received + [queue.get_nowait() for _number in range(queue.qsize())]

    async def play() -> list[Event]:
        task: asyncio.Task[None] = asyncio.ensure_future(module["main"](queue, {**QUICK, **options}))
        watching: Awaitable[list[Event]] = asyncio.ensure_future(watch(task))
        await asyncio.wait([task, watching], timeout=LONG, return_when=asyncio.FIRST_COMPLETED)
        assert task.done() == fails, "the source ended unexpectedly, or did not end"
        if fails:
            watching.cancel()
            await task
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.wait_for(watching, LONG)

    return asyncio.run(play())


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the waits after errors."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(seconds / 50 if seconds > 1 else seconds))


#: Null, and text that is invisible.
EMPTY = [None, "", "  ", "\u200b\u3164"]


def error_of(source: str, **options: Any) -> str:
    """Return the message of the error that ends the source."""
    with pytest.raises(Exception, match=".") as caught:
        run(source, fails=True, **options)
    assert type(caught.value).__name__ == "SourceError"
    return str(caught.value)


def organization(emulator: Emulator) -> str:
    """Return the path of the organization."""
    return f"/v1/organizations/{emulator.organization_id}"


def send(emulator: Emulator, method: str, path: str, **body: Any) -> Any:
    """Send a request about the organization, as another client of the API."""
    url = f"{emulator.api_url}/organizations/{emulator.organization_id}{path}"
    auth = (emulator.api_key, emulator.api_secret)
    response = requests.request(method, url, json=body or None, auth=auth, timeout=100)
    response.raise_for_status()
    return response.json().get("result")


def event_types(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def test_activities_from_now_on_are_reported_once(emulator: Emulator, service: dict[str, Any]) -> None:
    def rename() -> None:
        send(emulator, "PATCH", f"/services/{service['id']}", name="reports")

    (event,) = run("activities", rename)
    assert event["type"] == "service_update_name"
    assert event["activity"]["service_id"] == service["id"]
    assert event["activity"]["actor_type"] == "api"
    requests_sent = [request for request in emulator.journal() if request["method"] == "GET"]
    assert {request["path"] for request in requests_sent} == {f"{organization(emulator)}/activities"}
    lines = {f"GET {request['path']}" for request in requests_sent}
    assert {find_operation(load(), line) for line in lines} == EVENT_SOURCES.keys()
    # The API may refuse a time. What else happened on that day was before the start of the source.
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", request["query"]["from_date"][0]) for request in requests_sent)
    assert all(set(request["query"]) == {"from_date"} for request in requests_sent)


def test_activities_since_a_time_are_reported_oldest_first(emulator: Emulator, service: dict[str, Any]) -> None:
    send(emulator, "PATCH", f"/services/{service['id']}", name="reports")
    events = run("activities", events=2, since="2026-01-01T00:00:00Z")
    assert event_types(events) == ["service_create", "service_update_name"]
    assert run("activities", events=0, since="2100-01-01T00:00:00Z") == []


def test_only_activities_of_the_given_types_are_reported(emulator: Emulator, service: dict[str, Any]) -> None:
    send(emulator, "PATCH", f"/services/{service['id']}", name="reports")
    types = ["service_update_name"]
    assert event_types(run("activities", since="2026-01-01T00:00:00Z", types=types)) == types
    assert event_types(run("activities", since="2026-01-01T00:00:00Z", types=types[0])) == types
    assert run("activities", events=0, since="2026-01-01T00:00:00Z", types="service_update") == []
    assert len(run("activities", events=2, since="2026-01-01T00:00:00Z", types="")) == 2
    assert len(run("activities", events=2, since="2026-01-01T00:00:00Z", types=[" ", *types, "service_create"])) == 2


def test_activity_logged_late_is_reported(emulator: Emulator, service: dict[str, Any]) -> None:
    send(emulator, "PATCH", f"/services/{service['id']}", name="reports")
    late, first = send(emulator, "GET", "/activities")
    assert first["createdAt"] <= late["createdAt"]
    path = "/activities$"
    # The log shows the newer one first, and the older one only later.
    emulator.fault(path=path, body={"result": [late]}, times=3)
    events = run("activities", events=2, since="2026-01-01T00:00:00Z")
    assert event_types(events) == ["service_update_name", "service_create"]


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "headers": {"X-RateLimit-Reset": "0"}},
        {"status": 429, "headers": {"X-RateLimit-Reset": "soon"}},
        {"disconnect": "before"},
        {"status": 200, "body": '{"result": [{'},
        {"status": 429, "headers": {"Retry-After": "soon"}},
        {"body": {"result": [7]}},
        {"body": {"result": {}}},
        {"body": {"result": [{"name": "without an ID"}]}},
        {"body": {}},
    ],
    ids=str,
)
def test_transient_error_neither_loses_nor_repeats_events(
    emulator: Emulator, service: dict[str, Any], source: str, fault: dict[str, Any]
) -> None:

    def stop_during_failures() -> None:
        emulator.fault(path=f"/{source}$", method="GET", times=2, **fault)
        send(emulator, "PATCH", f"/services/{service['id']}/state", command="stop")

    events = run(source, stop_during_failures, events=1, backups=False)
    assert event_types(events)[0] in ("service_stop", "service_state_changed")
    assert event_types(events).count("service_stop") < 2
    assert "service_deleted" not in event_types(events)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("status", "advice"), [(401, "api_secret"), (403, "role"), (404, "organization_id")])
def test_permanent_error_ends_the_source(
    emulator: Emulator, service: dict[str, Any], source: str, status: int, advice: str
) -> None:
    emulator.fault(path=f"/{source}$", status=status, times=9)
    message = error_of(source)
    assert f"failed with HTTP status {status}" in message
    assert advice in message
    assert len(emulator.journal()) == 1


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"api_url": "http://api.clickhouse.cloud"}, "in the clear"),
        ({"api_url": "api.clickhouse.cloud"}, "api_url must be a URL"),
        ({"api_url": "https://user:hunter2@api.test"}, "and without credentials."),
        ({"api_url": "https://[hunter2"}, "api_url must be a URL"),
        ({"api_url": "https://api.test:hunter2"}, "api_url must be a URL"),
        ({"timeout": 0}, "timeout must be greater than 0 seconds"),
        ({"interval": "often"}, "interval must be a number, 0 or more; 'often' is not"),
        ({"validate_certs": "perhaps"}, "validate_certs must be true or false"),
        ({"ca_path": "/no/such/file"}, "ca_path '/no/such/file' cannot be read"),
    ],
)
def test_invalid_option_is_reported_before_any_request(
    emulator: Emulator, source: str, options: dict[str, Any], message: str
) -> None:
    error = error_of(source, **options)
    assert message in error
    assert "hunter2" not in error
    assert emulator.journal() == []


@pytest.mark.parametrize("source", SOURCES)
def test_empty_options_count_as_not_set(emulator: Emulator, source: str) -> None:
    documented = yaml.safe_load(runpy.run_path(str(SOURCES[source]))["DOCUMENTATION"])["options"]
    names = documented.keys() - QUICK.keys()
    for empty in EMPTY:
        assert run(source, events=0, **dict.fromkeys(names, empty)) == []
    assert {request["path"].split("/")[-1] for request in emulator.journal()} == {source}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("what", ENDLESS)
def test_endless_response_times_out(source: str, what: str) -> None:
    client = load_client(source)

    async def get(port: int) -> None:
        options = {"api_key": "key", "api_secret": "secret", "api_url": f"http://127.0.0.1:{port}", "timeout": 0.5}
        async with client.Client(options) as api:
            await api.get("/organizations")

    with EndlessServer(*ENDLESS[what]) as server, pytest.raises(client.TransientError, match="got no response"):
        asyncio.run(get(server.port))


@pytest.mark.parametrize("source", SOURCES)
def test_proxy_is_chosen_as_by_the_modules(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    choose = load_client(source).find_proxy
    urls = ["https://api.test", "http://api.test:81", "https://10.1.2.3", "https://[2001:db8::7]", "http://127.0.0.1:1"]
    urls += ["http://localhost", "https://[::1]"]
    for https in ("", "http://proxy.test:3128", "user:p%40ss@proxy.test"):
        for both in ("", "http://other.test:1"):
            for no_proxy in ("", "*", ".test", "api.test:81", "10.0.0.0/8, [2001:db8::7]", "pi.test ."):
                for variable, value in (("https_proxy", https), ("ALL_PROXY", both), ("No_Proxy", no_proxy)):
                    monkeypatch.setenv(variable, value)
                for url in urls:
                    assert choose(url) == next(iter(find_proxies(url).values()), None)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:hunter2@proxy.test:99999",
        "user:hunter2@proxy.test:x",
        "http://user:hunter2@",
        "http://user:hunter#2@proxy.test",
        "http://user:hunter 2@proxy.test",
        "http://user:hunter2@[::1",
        "socks5://user:hunter2@proxy.test",
    ],
)
def test_invalid_proxy_ends_the_source(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, source: str, proxy: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    error = error_of(source, api_url="https://api.test")
    assert "https_proxy, in lower or upper case, must be the URL of an HTTP proxy" in error
    assert "hunter" not in error


def test_invalid_time_is_reported(emulator: Emulator) -> None:
    assert "since must be a time" in error_of("activities", since="yesterday")


@pytest.mark.parametrize("types", [5, {"service_create": True}])
def test_types_must_be_a_list(emulator: Emulator, types: object) -> None:
    assert error_of("activities", types=types) == f"types must be a list of activity types; {types!r} is not."


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("empty", EMPTY, ids=ascii)
def test_missing_secret_is_reported(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, source: str, empty: str | None
) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", empty or "")
    assert "api_secret is missing" in error_of(source, api_secret=empty)
    assert emulator.journal() == []


@pytest.mark.parametrize("source", SOURCES)
def test_empty_variables_count_as_not_set(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    options = {"api_key": emulator.api_key, "api_secret": emulator.api_secret, "api_url": emulator.api_url}
    for name in load_client(source).ENVIRONMENT.values():
        monkeypatch.setenv(name, " \u200b")
    assert run(source, events=0, **options) == []
    assert {request["path"].split("/")[-1] for request in emulator.journal()} == {source, "organizations"}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("option", ["api_key", "api_secret", "organization_id", "api_url", "ca_path"])
def test_list_is_not_text(emulator: Emulator, source: str, option: str) -> None:
    assert error_of(source, **{option: ["s"]}) == f"{option} must be text; the value is a list."
    assert error_of(source, **{option: {"s": "s"}}) == f"{option} must be text; the value is a dictionary."
    assert emulator.journal() == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("option", ["api_key", "api_secret", "organization_id"])
def test_trailing_line_break_is_rejected(emulator: Emulator, source: str, option: str) -> None:
    assert f"{option} contains a control character" in error_of(source, **{option: "secret\n"})
    assert emulator.journal() == []


@pytest.mark.parametrize("source", SOURCES)
def test_unset_organization_is_requested(
    emulator: Emulator, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    run(source, events=0, backups=False)
    paths = [request["path"] for request in emulator.journal()]
    assert paths[0] == "/v1/organizations"
    assert set(paths[1:]) == {f"{organization(emulator)}/{source}"}


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("source", SOURCES)
def test_transient_error_of_the_organization_is_retried(
    emulator: Emulator, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    emulator.fault(path="/organizations$", status=503, times=2)
    run(source, events=0, backups=False)
    statuses = [request["status"] for request in emulator.journal() if request["path"] == "/v1/organizations"]
    assert statuses == [503, 503, 200]


@pytest.mark.parametrize("source", SOURCES)
def test_key_of_several_organizations_requires_organization_id(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    emulator.fault(path="/organizations$", body={"result": [{"id": "one"}, {"id": "other"}]})
    assert "The API key belongs to 2 organizations: set organization_id." in error_of(source)


@pytest.mark.parametrize("source", SOURCES)
def test_all_pages_of_the_organizations_are_read(
    emulator: Emulator, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    emulator.fault(path="/organizations$", body={"result": [], "nextCursor": "first"})
    last = {"result": [{"id": emulator.organization_id}], "nextCursor": None}
    emulator.fault(path="/organizations$", status=200, body=last)
    run(source, events=0, backups=False)
    first, second, third = emulator.journal()[:3]
    assert (first["path"], first["query"]) == ("/v1/organizations", {})
    assert (second["path"], second["query"]) == ("/v1/organizations", {"cursor": ["first"]})
    assert third["path"] == f"{organization(emulator)}/{source}"


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], [7]])
def test_a_list_without_a_last_page_is_retried(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, cursors: list[object]
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    for cursor in cursors:
        emulator.fault(path="/organizations$", status=200, body={"result": [{"id": "one"}], "nextCursor": cursor})
    run("activities", events=0)
    assert "has no last page" in caplog.text or "is not what the API documents" in caplog.text


@pytest.mark.parametrize("source", SOURCES)
def test_disabled_certificate_validation_is_logged(
    emulator: Emulator, service: dict[str, Any], caplog: pytest.LogCaptureFixture, source: str
) -> None:
    run(source, events=0, backups=False, validate_certs=False)
    warning = (
        "TLS certificate validation is disabled (validate_certs=false): the server at api_url is not authenticated."
    )
    assert warning in caplog.messages


def test_changes_of_services_are_reported(emulator: Emulator, service: dict[str, Any]) -> None:
    def change() -> None:
        emulator.set_service(service["id"], state="degraded", clickhouseVersion="99.1")

    def add() -> None:
        emulator.create(name="second", provider="aws", region="eu-central-1", ipAccessList=[])

    # Whether its change of state is reported as well depends on the time of the next poll.
    changed, version, created, *_others = run("services", change, add, events=3, backups=False)
    assert (changed["type"], changed["previous"], changed["current"]) == (
        "service_state_changed",
        "running",
        "degraded",
    )
    assert changed["service"]["id"] == service["id"]
    assert changed["service"]["ip_access_list"]
    assert (version["type"], version["current"]) == ("service_version_changed", "99.1")
    assert (created["type"], created["service"]["name"]) == ("service_created", "second")


def test_deleted_service_is_reported(emulator: Emulator, service: dict[str, Any]) -> None:
    acts = [functools.partial(emulator.set_service, service["id"], state=state) for state in ("terminating", "gone")]
    events = run("services", *acts, events=2, backups=False)
    assert event_types(events) == ["service_state_changed", "service_deleted"]
    assert events[1]["service"]["id"] == service["id"]


def test_single_list_without_a_service_is_ignored(emulator: Emulator, service: dict[str, Any]) -> None:
    def lag() -> None:
        emulator.fault(path="/services$", body={"result": []}, times=1)

    assert run("services", lag, lambda: None, events=0, backups=False) == []


def test_first_poll_emits_events_only_with_initial(emulator: Emulator, service: dict[str, Any]) -> None:
    assert run("services", events=0, backups=False) == []
    assert event_types(run("services", initial=True, backups=False)) == ["service_found"]


def test_poll_of_services_is_one_request(emulator: Emulator, service: dict[str, Any]) -> None:
    run("services", events=0, backup_interval=900)
    paths = [request["path"].removeprefix(organization(emulator)) for request in emulator.journal()]
    of_service = f"/services/{service['id']}"
    # Backups are requested once, with the first poll.
    assert paths[:3] == ["/services", f"{of_service}/backups", f"{of_service}/backupConfiguration"]
    assert set(paths[3:]) == {"/services"}


def test_backups_of_many_services_are_checked_in_turn(emulator: Emulator) -> None:
    for number in range(5):
        emulator.set_service(
            emulator.create(name=f"s{number}", provider="aws", region="eu-central-1", ipAccessList=[])["service"]["id"],
            state="running",
        )
    emulator.clear_journal()
    run("services", *[lambda: None] * 4, events=0, backup_interval=900)
    requested = [request["path"].rsplit("/", 1)[-1] for request in emulator.journal()]
    of_service = ["backups", "backupConfiguration"]
    assert requested[:12] == ["services", *of_service * 3, "services", *of_service * 2]
    assert set(requested[12:]) == {"services"}


def test_failed_backup_is_reported_once(emulator: Emulator, service: dict[str, Any]) -> None:
    def fail() -> None:
        emulator.set_service(service["id"], backups=[{"status": "error"}, {}])

    emulator.set_service(service["id"], backups=[{}])
    (event,) = run("services", fail)
    assert event["type"] == "backup_failed"
    assert event["backup"]["status"] == "error"
    assert event["service"]["id"] == service["id"]
    # One that had failed before is not reported.
    assert run("services", events=0) == []


def test_overdue_backup_is_reported_once_until_one_is_completed(emulator: Emulator, service: dict[str, Any]) -> None:
    old = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z"}

    def overdue() -> None:
        emulator.set_service(service["id"], backups=[old])

    def done() -> None:
        emulator.set_service(service["id"], backups=[{}])

    done()
    events = run("services", overdue, done, overdue, events=2)
    assert event_types(events) == ["backup_overdue", "backup_overdue"]
    assert events[0]["period_hours"] == 24
    assert events[0]["age_hours"] > 24 * 30


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize(
    ("path", "result"), [("/backups$", {}), ("/backups$", {"id": "one"}), ("/backupConfiguration$", [])]
)
def test_backup_response_of_another_type_is_ignored(
    emulator: Emulator, service: dict[str, Any], path: str, result: object
) -> None:
    emulator.fault(path=path, body={"result": result}, times=1000)
    events = run("services", lambda: emulator.set_service(service["id"], state="idle"))
    assert event_types(events) == ["service_state_changed"]


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("source", SOURCES)
def test_organization_response_of_another_type_is_retried(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    emulator.fault(path="/organizations$", body={"result": {"id": "one"}}, times=1)
    assert run(source, events=0, backups=False) == []


@pytest.mark.parametrize("config", [{"backupPeriodInHours": None}, {"backupPeriodInHours": "daily"}])
def test_no_backup_is_overdue_without_a_known_period(
    emulator: Emulator, service: dict[str, Any], config: dict[str, Any]
) -> None:
    backups = [{"id": "one", "status": "done", "finishedAt": "the other day"}, {"id": "two", "status": "done"}]
    emulator.fault(path="/backups$", body={"result": backups}, times=1000)
    emulator.fault(path="/backupConfiguration$", body={"result": config}, times=1000)
    assert run("services", events=0) == []


def test_backups_of_a_stopped_service_are_not_checked(emulator: Emulator, service: dict[str, Any]) -> None:
    emulator.set_service(service["id"], state="stopped")
    run("services", events=0)
    assert {request["path"] for request in emulator.journal()} == {f"{organization(emulator)}/services"}


def test_events_continue_if_backups_cannot_be_read(emulator: Emulator, service: dict[str, Any]) -> None:
    emulator.fault(path="/backups$", status=403, times=1000)
    events = run("services", lambda: emulator.set_service(service["id"], state="idle"))
    assert event_types(events) == ["service_state_changed"]


def test_secret_is_not_sent_to_another_host(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    emulator.fault(path=".", status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"}, times=1)
    run("activities", events=0, organization_id=emulator.organization_id)
    assert "failed with HTTP status 302" in caplog.text
    assert emulator.api_secret not in caplog.text


def test_netrc_is_ignored(
    emulator: Emulator, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login other password wrong\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    run("services", events=0, backups=False)
    assert {(request["key"], request["status"]) for request in emulator.journal()} == {(emulator.api_key, 200)}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{{ 7 * 6 }}", "___7___6___"),
        ("{% raw %}", "___raw___"),
        ("#jinja2: variable_start_string:'[['", "_jinja2:_variable_start_string:____"),
        ("lookup('pipe', 'id') == ''", "lookup__pipe_,__id________"),
        ("not false", "not_false"),
        ("\x1b]0;x\x07\n", "__0_x__"),
        ("größe-1.東京@x+y,z:/_", "größe-1.東京@x+y,z:/_"),
    ],
)
def test_texts_of_events_are_not_code(emulator: Emulator, service: dict[str, Any], name: str, message: str) -> None:
    emulator.set_service(service["id"], name=name, tags=[{"key": name, "value": name}])
    (event,) = run("services", initial=True, backups=False)
    assert event["service"]["name"] == message
    assert event["service"]["tags"] == [{"key": message, "value": message}]


def test_trusted_texts_are_the_same_as_in_the_inventory() -> None:
    def decision(path: Path) -> list[str]:
        tree = ast.parse(path.read_text())
        names = {"HARMLESS", "_WITHOUT_HARMLESS", "may_be_trusted"}
        nodes = (node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.Assign)))
        return [ast.dump(node) for node in nodes if getattr(node, "name", None) in names or _target(node) in names]

    assert decision(CLIENT) == decision(Path(_template_safety.__file__))
    assert len(decision(CLIENT)) == 3


def _target(node: ast.AST) -> str | None:
    """Return the name that is assigned."""
    return getattr(node.targets[0], "id", None) if isinstance(node, ast.Assign) else None


def test_an_activity_is_reported_once_however_many_days_are_read(emulator: Emulator) -> None:
    """The log is read by the day, so reported activities are remembered for that day, and not only for the overlap."""
    seen = runpy.run_path(str(SOURCES["activities"]))["SeenActivities"](None, 300.0)
    now = datetime(2026, 1, 31, 23, 50, tzinfo=timezone.utc)
    log = [{"id": "a", "createdAt": "2026-01-31T00:00:01Z"}]
    assert (seen.query_from(now), seen.new_activities(log, now)) == ("2026-01-31", [])
    log.insert(0, {"id": "b", "createdAt": "2026-01-31T23:58:00Z"})
    assert [activity["id"] for activity in seen.new_activities(log, now)] == ["b"]
    # Just after midnight, yesterday is read as well.
    log.insert(0, {"id": "c", "createdAt": "2026-02-01T00:03:00Z"})
    assert [activity["id"] for activity in seen.new_activities(log, now)] == ["c"]
    assert seen.query_from(now) == "2026-01-31"
    assert seen.new_activities(log, now) == []
    log.insert(0, {"id": "d", "createdAt": "2026-02-03T12:00:00Z"})
    assert [activity["id"] for activity in seen.new_activities(log, now)] == ["d"]
    assert seen.query_from(now) == "2026-02-03"
    assert seen._seen.keys() == {"d"}


def ids_of(activities: list[dict[str, Any]]) -> list[str]:
    return [activity["id"] for activity in activities]


def test_no_activity_of_the_day_before_the_start_is_reported() -> None:
    """A source that starts just after midnight reads the day before only in its second poll."""
    seen = runpy.run_path(str(SOURCES["activities"]))["SeenActivities"](None, 300.0)
    now = datetime(2026, 2, 1, 0, 8, tzinfo=timezone.utc)
    assert (seen.query_from(now), seen.new_activities([], now)) == ("2026-02-01", [])
    assert seen.query_from(now) == "2026-01-31"
    before = [{"id": "noon", "createdAt": "2026-01-31T12:00:00Z"}]
    assert seen.new_activities(before, now) == []
    # One that is logged late is still reported.
    late = {"id": "late", "createdAt": "2026-02-01T00:04:00Z"}
    assert ids_of(seen.new_activities([late, *before], now)) == ["late"]


def test_activities_of_the_same_second_are_reported_once() -> None:
    seen = runpy.run_path(str(SOURCES["activities"]))["SeenActivities"](None, 300.0)
    now = datetime(2026, 1, 31, 12, 0, tzinfo=timezone.utc)
    log: list[dict[str, str]] = []
    assert seen.new_activities(log, now) == []
    for added in (["a"], ["b", "c"], [], ["d"]):
        log = [{"id": name, "createdAt": "2026-01-31T12:00:01Z"} for name in reversed(added)] + log
        assert ids_of(seen.new_activities(log, now)) == added


def test_each_activity_is_reported_once_across_midnights(emulator: Emulator, service: dict[str, Any]) -> None:
    def rename(name: str) -> None:
        send(emulator, "PATCH", f"/services/{service['id']}", name=name)

    def advance_and_rename() -> None:
        emulator.advance(86400)
        rename("again")
        rename("and again")

    def rename_twice() -> None:
        rename("first")
        rename("second")

    events = run("activities", rename_twice, advance_and_rename, advance_and_rename, events=6)
    assert event_types(events) == ["service_update_name"] * 6
    assert len({event["activity"]["id"] for event in events}) == 6
    days = sorted({request["query"]["from_date"][0] for request in emulator.journal() if request["method"] == "GET"})
    assert len(days) >= 3


def test_a_source_that_is_started_again_repeats_nothing(emulator: Emulator, service: dict[str, Any]) -> None:
    def rename() -> None:
        send(emulator, "PATCH", f"/services/{service['id']}", name="reports")

    (first,) = run("activities", rename)
    assert run("activities", events=0) == []
    (second,) = run("activities", rename)
    assert first["activity"]["id"] != second["activity"]["id"]


def test_a_source_with_a_state_file_continues_where_it_was(
    emulator: Emulator, service: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "state.json"

    def rename() -> None:
        send(emulator, "PATCH", f"/services/{service['id']}", name="reports")

    # What happened before the first start is not reported.
    events = run("activities", rename, state_file=str(path))
    rename()
    emulator.advance(3 * 86400)
    rename()
    events += run("activities", events=2, state_file=str(path))
    assert run("activities", events=0, state_file=str(path)) == []
    events += run("activities", rename, state_file=str(path))
    assert event_types(events) == ["service_update_name"] * 4
    ids = [event["activity"]["id"] for event in events]
    assert ids == [activity["id"] for activity in send(emulator, "GET", "/activities")][3::-1]
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


def test_since_applies_until_there_is_a_state_file(
    emulator: Emulator, service: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    options = {"state_file": "~/state.json", "since": "2026-01-01T00:00:00Z"}
    assert event_types(run("activities", **options)) == ["service_create"]
    assert run("activities", events=0, **options) == []
    assert (tmp_path / "state.json").exists()


def test_the_state_file_is_written_only_if_it_changes(
    emulator: Emulator, service: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    times: list[int] = []
    acts = [lambda: times.append(path.stat().st_mtime_ns)] * 2
    assert run("activities", *acts, events=0, state_file=str(path)) == []
    assert times[0] == times[1]


@pytest.mark.parametrize(
    "content",
    ["", "not JSON", "[]", "[" * 100_000, '{"newest": "2026-01-01T00:00:00+00:00"}', '{"organization_id": "other"}'],
    ids=lambda content: content[:20],
)
def test_a_state_file_of_something_else_is_not_replaced(emulator: Emulator, tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    message = error_of("activities", state_file=str(path))
    assert message == (
        f"state_file {path} does not contain the state of this source for the organization"
        f" {emulator.organization_id}: set another path, or delete the file."
    )
    assert path.read_text() == content


@pytest.mark.parametrize("seen", [None, [], 7, {"a": "yesterday"}])
def test_invalid_parts_of_a_state_file_are_ignored(
    emulator: Emulator, service: dict[str, Any], tmp_path: Path, seen: object
) -> None:
    path = tmp_path / "state.json"
    state = {"organization_id": emulator.organization_id, "newest": 7, "since": "2026-01-01T00:00:00Z", "seen": seen}
    path.write_text(json.dumps(state))
    assert event_types(run("activities", state_file=str(path))) == ["service_create"]


def test_a_state_file_that_cannot_be_used_ends_the_source(emulator: Emulator, tmp_path: Path) -> None:
    assert error_of("activities", state_file=str(tmp_path)) == f"state_file {tmp_path} cannot be read: Is a directory."
    missing = tmp_path / "missing" / "state.json"
    expected = f"state_file {missing} cannot be written: No such file or directory."
    assert error_of("activities", state_file=str(missing)) == expected


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("source", SOURCES)
def test_a_response_that_is_too_large_is_not_read_completely(
    emulator: Emulator,
    service: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    source: str,
) -> None:
    emulator.fault(path=f"/{source}$", body=" " * (41 << 20), times=1)
    assert run(source, events=0, backups=False) == []
    assert f"The response to GET {organization(emulator)}/{source} is larger than 40 MiB" in caplog.text


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("date", [None, "today", formatdate()], ids=["none", "no date", "no zone"])
def test_a_response_without_a_valid_date_is_accepted(
    emulator: Emulator, service: dict[str, Any], source: str, date: str | None
) -> None:
    content = json.dumps({"result": send(emulator, "GET", f"/{source}")}).encode()
    requested = []

    class Dated(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            self.send_response_only(200)
            if date:
                self.send_header("Date", date)
            self.end_headers()
            self.wfile.write(content)

    with http.server.HTTPServer(("127.0.0.1", 0), Dated) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{listening.server_port}"
        events = run(source, events=0, backups=False, initial=True, api_url=url)
        listening.shutdown()
        thread.join()
    assert event_types(events) == (["service_found"] if source == "services" else [])
    assert len(requested) > 3


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("depth", [400, 900, 100_000])
def test_a_deeply_nested_response_loses_no_service(emulator: Emulator, service: dict[str, Any], depth: int) -> None:
    nested = '{"a":' * depth + "1" + "}" * depth
    body = f'{{"result": [{{"id": "{service["id"]}", "deep": {nested}}}]}}'
    emulator.fault(path="/services$", body=body, times=1)
    assert "service_deleted" not in event_types(run("services", events=0, backups=False))


@pytest.mark.parametrize("source", SOURCES)
def test_the_options_are_documented_and_have_the_names_of_the_modules(source: str) -> None:
    module = runpy.run_path(str(SOURCES[source]))
    documentation = yaml.safe_load(module["DOCUMENTATION"])
    trees = [ast.parse(path.read_text()) for path in (SOURCES[source], CLIENT)]
    calls = [node.args for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    read = {
        call[1].value: call[2] if len(call) > 2 else None
        for call in calls
        if len(call) > 1 and ast.unparse(call[0]) == "args" and isinstance(call[1], ast.Constant)
    }
    assert documentation["options"].keys() - {"types"} == read.keys()
    for name, rule in documentation["options"].items():
        default = read.get(name)
        if isinstance(default, ast.Constant) and default.value != "":
            assert rule["default"] == default.value
    of_modules = {name: rule["fallback"][1][0] for name, rule in CONNECTION_SPEC.items() if "fallback" in rule}
    assert module["_client"].ENVIRONMENT.items() <= of_modules.items()
    example = yaml.safe_load(module["EXAMPLES"])[0]["sources"][0]
    assert example.keys() == {f"clickhouse.cloud.{source}"}
