# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules end with a valid result or a clear message, even if responses of the API differ from its documentation."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import has_wait_options
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import (
    MODULES,
    load_scenarios,
    selects_service,
    usual_options,
)

Run = Callable[..., dict[str, Any]]
Service = dict[str, Any]

JSON = {"Content-Type": "application/json"}
OTHER = "99999999-9999-4999-8999-999999999999"
ALWAYS = 10**6
#: Names and values with a special meaning elsewhere.
HOSTILE = [
    'it\'s "quoted"',
    "new\nline",
    "{{ 1 + 1 }}",
    "{% raw %}",
    "\U0001f469\u200d\U0001f4bb \U0001f600",
    "\u202eright to left\u200f",
    "x" * 50,
    " blanks ",
    "<script>alert(1)</script>",
    "back\\slash \\n",
    "100 %s %(name)s",
    "nul\0",
    "$(reboot); `reboot` | & > ~",
    "null",
    "#no comment: [1, 2]",
]
#: Texts with a control character, which options reject. Other clients may send them.
WITH_CONTROL = ["new\nline", "nul\0"]
ACCEPTED = [text for text in HOSTILE if text not in WITH_CONTROL]


def nested(depth: int) -> str:
    """Return JSON with nested lists and objects."""
    half = depth // 2
    return '[{"aB":' * half + "1" + "}]" * half


@pytest.fixture
def set_response(emulator: Emulator) -> Callable[..., None]:
    """Make the API respond with this result or body for the rest of the test."""

    def _answer(path: str = ".", method: str = "GET", raw: str | None = None, **more: Any) -> None:
        body = json.dumps({"status": 200, "requestId": OTHER, "result": more.pop("result")}) if raw is None else raw
        emulator.fault(path=path, method=method, body=body, headers=JSON, times=ALWAYS, **more)

    return _answer


@pytest.fixture
def writes(emulator: Emulator) -> Callable[[], list[str]]:
    """Return a function that returns the writes to the API so far."""

    def _writes() -> list[str]:
        # SQL goes to another server, and does not depend on what the API has returned.
        sent = [item for item in emulator.journal() if item["method"] != "GET" and item["path"].startswith("/v1/")]
        return [f"{item['method']} {item['path'].rsplit('/', 1)[-1]}" for item in sent]

    return _writes


def assert_clean_exit(result: dict[str, Any]) -> None:
    """Assert that the module has ended with a result or a message, and not with a traceback."""
    assert "exception" not in result, result["exception"]
    if result.get("failed"):
        message = result["msg"]
        assert "defect" not in message
        assert message.strip().endswith((".", "..."))
        assert 20 < len(message) < 2000, message


BY_NAME, BY_ID = "by name", "by id"
#: The options of each module, without waiting: some conditions would never be met.
OPTIONS: dict[str, dict[str, Any]] = {
    **{
        module: {**usual_options(module), **({"wait": False} if has_wait_options(module) else {})} for module in MODULES
    },
    "fleet": {"num_replicas": 4, "state": "stopped", "backup_config": {"backup_period_in_hours": 12}},
    "service": {"num_replicas": 4, "tags": {"a": "b"}, "ip_access_list": [], "release_channel": "fast", "wait": False},
    "service_metrics_info": {"parse": True},
    # Without database, they are only changed, and not created.
    "saved_query": {"query_name": "report", "sql": "SELECT 2", "wait": False},
    "query_api_endpoint": {"endpoint_name": "report", "sql": "SELECT 2", "wait": False},
}


def module_options(module: str, named: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a module, which select a service if it is about one."""
    if module == "fleet":
        return {"services": [{**named, **OPTIONS[module]}], "wait": False}
    return {**named, **OPTIONS[module]} if selects_service(module) else OPTIONS[module]


#: Each module, by each way to select a service if it is about one.
LOOKUPS = pytest.mark.parametrize(
    ("module", "lookup"),
    [
        (module, lookup)
        for module in OPTIONS
        for lookup in (BY_NAME, BY_ID)
        if lookup == BY_NAME or module == "fleet" or selects_service(module)
    ],
)

RESULTS = {
    "none": None,
    "a number": 7,
    "text": "running",
    "true": True,
    "an empty list": [],
    "an empty object": {},
    "a list of null": [None],
    "a list of lists": [[[]]],
    "an object without an id": {"name": "analytics", "state": "running"},
    "a list without an id": [{"name": "analytics", "state": "running"}],
    "an id that is a number": {"id": 7, "name": "analytics", "state": "running"},
    "a list with an id that is a number": [{"id": 7, "name": "analytics", "state": "running"}],
    "a list with an id that is a path": [{"id": "../../keys", "name": "analytics", "state": "running"}],
    "another service": {"id": OTHER, "name": "other", "state": "running"},
    "a list in an object": {"services": []},
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
@LOOKUPS
def test_unexpected_responses_cause_no_writes(
    run: Run, service: Service, set_response: Any, writes: Any, module: str, lookup: str, result: Any
) -> None:
    set_response(result=result)
    named = {"name": "analytics"} if lookup == BY_NAME else {"service_id": service["id"]}
    ended = run(module, **module_options(module, named))
    assert_clean_exit(ended)
    assert writes() == []


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("lookup", [BY_NAME, BY_ID])
def test_unexpected_services_are_not_deleted(
    run: Run, service: Service, set_response: Any, writes: Any, lookup: str, result: Any
) -> None:
    set_response(result=result)
    named = {"name": "analytics"} if lookup == BY_NAME else {"service_id": service["id"]}
    assert_clean_exit(run("service", state="absent", force=True, **named))
    assert writes() == []


BODIES = {
    "nothing": "",
    "null": "null",
    "a list": "[]",
    "text": '"text"',
    "no envelope": "{}",
    "nested a little": f'{{"result": {nested(200)}}}',
    "nested as deep as it can be read": f'{{"result": {nested(900)}}}',
    "nested deeper": f'{{"result": {nested(100_000)}}}',
    "nested in a list": f'{{"result": [{{"id": "{OTHER}", "deep": {nested(800)}}}]}}',
    "cut off": '{"result": [{"id": "',
    "not UTF-8": "\xff\xfe",
    "a half of a character": '{"result": [{"id": "\\ud800", "name": "\\udc00"}]}',
    "infinite": '{"result": [{"id": 1e999, "name": NaN}]}',
    "a number with many digits": f'{{"result": [{{"id": "{OTHER}", "numReplicas": {"9" * 4200}}}]}}',
    "twice the same": '{"result": [], "result": 7}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@LOOKUPS
def test_any_response_ends_with_a_message(
    run: Run, service: Service, set_response: Any, writes: Any, module: str, lookup: str, body: str
) -> None:
    set_response(raw=body)
    named = {"name": "analytics"} if lookup == BY_NAME else {"service_id": service["id"]}
    assert_clean_exit(run(module, **module_options(module, named)))
    assert writes() == []


ERRORS = {
    "none": {},
    "null": {"error": None},
    "a number": {"error": 7},
    "an object": {"error": {"code": "BAD", "reasons": ["x"]}},
    "hostile": {"error": "BAD_REQUEST: {{ 1 + 1 }} \u202e\n\0 %s"},
    "long": {"error": "x" * 100_000},
    "an id of another type": {"error": "BAD", "requestId": {"a": [1]}},
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("status", [400, 403, 404, 409, 418, 500])
def test_any_error_response_ends_with_a_message(
    run: Run, service: Service, set_response: Any, error: dict[str, Any], status: int, fast_clock: None
) -> None:
    set_response(raw=json.dumps({"status": status, **error}), status=status)
    ended = run("service_info", service_id=service["id"])
    assert_clean_exit(ended)
    assert ended["failed"]
    assert ended["status"] == status


@pytest.mark.parametrize("depth", [800, 100_000])
def test_error_may_be_nested(run: Run, service: Service, set_response: Any, depth: int) -> None:
    set_response(raw=f'{{"status": 400, "error": {nested(depth)}, "requestId": {nested(depth)}}}', status=400)
    ended = run("service_info", service_id=service["id"])
    assert_clean_exit(ended)
    assert ended["status"] == 400


ODD = {
    "null": None,
    "a number": 7,
    "text": "odd",
    "a list": ["odd"],
    "an object": {"odd": ["odd"]},
    "a list of objects": [{"odd": 1}, None],
}
CHANGES: dict[str, Any] = {
    "name": "renamed",
    "ipAccessList": {"ip_access_list": []},
    "privateEndpointIds": {"private_endpoint_ids": []},
    "tags": {"tags": {}},
    "releaseChannel": {"release_channel": "fast"},
    "endpoints": {"mysql_endpoint": True},
    "enableCoreDumps": {"enable_core_dumps": False},
    "deletionProtection": {"deletion_protection": True},
    "minReplicaMemoryGb": {"min_replica_memory_gb": 8},
    "maxReplicaMemoryGb": {"max_replica_memory_gb": 64},
    "numReplicas": {"num_replicas": 4},
    "idleScaling": {"idle_scaling": False},
    "idleTimeoutMinutes": {"idle_timeout_minutes": 45},
    "region": {"region": "us-east-1"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("field", CHANGES)
def test_field_of_another_type_is_rejected(
    run: Run, service: Service, set_response: Any, writes: Any, field: str, odd: Any
) -> None:
    set_response(path=r"/services/[-0-9a-f]*$", result={**service, field: odd})
    options = CHANGES[field] if isinstance(CHANGES[field], dict) else {"name": "renamed"}
    ended = run("service", service_id=service["id"], wait=False, **options)
    assert_clean_exit(ended)
    if ended.get("failed") and field != "region":
        assert f"for {field}; expected" in ended["msg"] or f"a malformed entry in {field}" in ended["msg"]
        assert writes() == []
        assert ended["changed"] is False
    accepted_types = {"numReplicas": (int,), "idleTimeoutMinutes": (int,), "minReplicaMemoryGb": (int,)}
    if field in ("ipAccessList", "privateEndpointIds", "tags"):
        # Such a list is not known to be empty, and cannot be emptied.
        assert bool(ended.get("failed")) == (odd is not None and not (field == "privateEndpointIds" and odd == ["odd"]))
    elif field in accepted_types:
        assert bool(ended.get("failed")) == (odd is not None and odd != 7)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_service_with_malformed_fields_is_listed(run: Run, service: Service, set_response: Any, odd: Any) -> None:
    set_response(result=[{name: value if name in ("id", "name") else odd for name, value in service.items()}])
    listed = run("service_info")
    assert_clean_exit(listed)
    (shown,) = listed["services"]
    assert shown["id"] == service["id"]
    assert shown["region"] == odd
    named = run("service_info", name="analytics")
    assert named["services"] == [shown]


@pytest.mark.parametrize("state", [None, 7, "", "hibernating", ["running"], {"now": "running"}])
@pytest.mark.parametrize("desired", ["started", "stopped", "awake"])
def test_unknown_state_gets_the_command(
    run: Run, service: Service, set_response: Any, writes: Any, state: Any, desired: str
) -> None:
    set_response(path=r"/services/[-0-9a-f]*$", result={**service, "state": state})
    ended = run("service_state", service_id=service["id"], state=desired, wait=False)
    assert_clean_exit(ended)
    assert writes() == ["PATCH state"]


@pytest.mark.parametrize("state", [None, 7, "", "hibernating", ["running"], {"now": "running"}])
def test_service_in_unknown_state_is_only_deleted_with_force(
    run: Run, service: Service, set_response: Any, writes: Any, state: Any
) -> None:
    set_response(path=r"/services/[-0-9a-f]*$", result={**service, "state": state})
    ended = run("service", service_id=service["id"], state="absent")
    assert_clean_exit(ended)
    assert ended["failed"]
    assert writes() == []


@pytest.mark.parametrize("tags", ["ansible-protected", {"ansible-protected": ""}, [{"Key": "ansible-protected"}], 7])
def test_service_with_malformed_tags_is_not_deleted(
    run: Run, service: Service, set_response: Any, writes: Any, tags: Any
) -> None:
    set_response(path=r"/services/[-0-9a-f]*$", result={**service, "state": "stopped", "tags": tags})
    ended = run("service", service_id=service["id"], state="absent")
    assert_clean_exit(ended)
    assert ended["failed"]
    assert "tags" in ended["msg"]
    assert writes() == []


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize(
    ("module", "options", "write"),
    [
        ("service", {"release_channel": "fast"}, "PATCH services/{id}"),
        *(
            (module, usual_options(module), write)
            for module in MODULES
            # Without a function, there is nothing to attach.
            if module not in ("service", "fleet", "service_query", "udf_attachment") and selects_service(module)
            for write in load_scenarios(module)[0].requests
            if not write.startswith("GET ")
        ),
    ],
)
def test_write_is_reported_for_any_response(
    run: Run,
    service: Service,
    set_response: Any,
    writes: Any,
    module: str,
    options: dict[str, Any],
    write: str,
    result: Any,
    fast_clock: None,
) -> None:
    method, path = write.split(" ")
    set_response(path=f"/{path.replace('{id}', '[-0-9a-f]+')}$", method=method, result=result)
    ended = run(module, service_id=service["id"], **options)
    assert_clean_exit(ended)
    assert ended["changed"] is True
    # Whatever the response contains, it is about this service.
    assert {item.split()[0] for item in writes()} == {method}
    if "service" in ended:
        assert ended["service"]["id"] in (service["id"], None)


@pytest.mark.parametrize(
    "backup", [{}, *[dict.fromkeys(["status", "startedAt", "finishedAt", "type"], odd) for odd in ODD.values()]]
)
def test_malformed_backups_are_listed_but_not_restored(
    run: Run, service: Service, set_response: Any, writes: Any, backup: dict[str, Any]
) -> None:
    set_response(path="/backups$", result=[{"id": OTHER, **backup}])
    listed = run("backup_info", name="analytics")
    assert [item["id"] for item in listed["backups"]] == [OTHER]
    assert run("backup_info", name="analytics", newest=True)["backups"] == []
    assert run("backup_info", name="analytics", max_age_hours=1)["backups"] == []
    restored = run("service", name="copy", restore_from={"name": "analytics"})
    assert_clean_exit(restored)
    assert "no completed backup" in restored["msg"]
    guarded = run("service", service_id=service["id"], state="absent", force=True, require_backup_within_hours=1)
    assert_clean_exit(guarded)
    assert "no completed backup from the last 1 hours" in guarded["msg"]
    assert writes() == []


@pytest.mark.parametrize(
    "field", ["ipAccessList", "tags", "numReplicas", "region", "idleScaling", "maxReplicaMemoryGb"]
)
def test_malformed_source_is_not_restored(
    run: Run, service: Service, set_response: Any, writes: Any, field: str
) -> None:
    set_response(path="/services$", result=[{**service, field: {"odd": 1}}])
    ended = run("service", name="copy", restore_from={"name": "analytics"})
    assert_clean_exit(ended)
    assert f"for {field}; expected" in ended["msg"]
    assert writes() == []


@pytest.mark.parametrize("depth", [300, 600, 700, 800, 940])
@pytest.mark.parametrize("field", ["ipAccessList", "tags"])
def test_nested_entry_causes_no_traceback(
    run: Run, service: Service, set_response: Any, writes: Any, field: str, depth: int
) -> None:
    entries = {
        "ipAccessList": {"source": "10.0.0.1", "description": "NESTED"},
        "tags": {"key": "a", "value": "NESTED"},
    }
    body = json.dumps({"result": [{**service, field: [entries[field]]}]})
    set_response(path="/services$", raw=body.replace('"NESTED"', nested(depth)))
    ended = run("service", check=True, name="analytics", ip_access_list=[{"source": "10.9.0.0/16"}], tags={"b": "c"})
    assert_clean_exit(ended)
    assert writes() == []


@pytest.mark.parametrize("backup_id", [7, "newest", ["x"], "../x"])
def test_backup_without_id_is_not_restored(
    run: Run, service: Service, set_response: Any, writes: Any, backup_id: Any
) -> None:
    set_response(path="/backups$", result=[{"id": backup_id, "status": "done", "startedAt": "2026-01-31T02:00:00Z"}])
    ended = run("service", name="copy", restore_from={"name": "analytics"})
    assert_clean_exit(ended)
    assert ended["failed"]
    assert writes() == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_malformed_backup_configuration_is_returned_but_not_changed(
    run: Run, service: Service, set_response: Any, writes: Any, odd: Any
) -> None:
    names = ("backupPeriodInHours", "backupRetentionPeriodInHours", "backupStartTime")
    set_response(path="/backupConfiguration$", result=dict.fromkeys(names, odd))
    assert_clean_exit(run("backup_config_info", name="analytics"))
    ended = run(
        "backup_config", name="analytics", backup_period_in_hours=12, backup_retention_period_in_hours=48, wait=False
    )
    assert_clean_exit(ended)
    assert writes() == (["PATCH backupConfiguration"] if odd in (None, 7) else [])


@pytest.mark.parametrize(
    "endpoints", [7, "https", [7, None], [{"protocol": "https", "host": {"a": 1}, "port": []}], [{"protocol": []}]]
)
def test_login_at_malformed_endpoint_is_reported(
    run: Run, service: Service, set_response: Any, writes: Any, endpoints: Any
) -> None:
    set_response(path=r"/services/[-0-9a-f]*$", result={**service, "endpoints": endpoints})
    ended = run(
        "service_password", service_id=service["id"], password="Secret-123456", update_password="on_login_failure"
    )
    assert_clean_exit(ended)
    assert ended["failed"]
    assert writes() == []


@pytest.mark.parametrize("organization_id", [7, "", "../keys", ["x"], {"a": 1}, None])
def test_organization_without_id_is_reported(
    run: Run,
    service: Service,
    set_response: Any,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    organization_id: Any,
) -> None:
    monkeypatch.setenv("CLICKHOUSE_ORG_ID", "")
    set_response(path="/organizations$", result=[{"id": organization_id, "name": "x"}])
    ended = run("service_info")
    assert_clean_exit(ended)
    assert ended["failed"]
    assert [request["path"] for request in emulator.journal()] == ["/v1/organizations"]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_malformed_organization_is_returned(run: Run, emulator: Emulator, set_response: Any, odd: Any) -> None:
    set_response(result=[{"id": emulator.organization_id, "name": odd, "byocConfig": odd, "privateEndpoints": odd}])
    ended = run("organization_info")
    assert_clean_exit(ended)
    assert ended["organizations"][0]["name"] == odd


@pytest.mark.parametrize(
    "created", [None, 7, {}, {"service": None}, {"service": {}}, {"service": {"id": 7}}, {"service": []}]
)
@pytest.mark.parametrize("password", [None, 7, ["x"], {"a": 1}])
def test_service_is_found_after_creation_without_details(
    run: Run, emulator: Emulator, set_response: Any, created: Any, password: Any, fast_clock: None
) -> None:
    result = {**created, "password": password} if isinstance(created, dict) else created
    set_response(path="/services$", method="POST", result=result)
    ended = run("service", name="new", provider="aws", region="us-east-1", ip_access_list=[])
    assert_clean_exit(ended)
    assert ended["changed"] is True
    (made,) = emulator.services()
    assert ended["service"]["id"] == made["id"]
    assert isinstance(ended["password"], str)


@pytest.mark.parametrize("name", ACCEPTED)
def test_service_with_any_name_is_created_found_changed_and_deleted(
    run: Run, emulator: Emulator, name: str, tmp_path: Any
) -> None:
    tags = {name: name, "plain": "x"}
    access = [{"source": "10.0.0.1", "description": name}]
    new = {"provider": "aws", "region": "us-east-1", "ip_access_list": access}
    made = run("service", name=name, password_file=str(tmp_path / "p"), **new)
    assert_clean_exit(made)
    assert made["service"]["name"] == name
    assert made["service"]["ip_access_list"] == access
    assert run("service", name=name, **new)["changed"] is False
    (found,) = run("service_info", name=name)["services"]
    assert found["id"] == made["service"]["id"]
    tagged = run("service", name=name, tags=tags)
    if not tagged.get("failed"):
        assert tagged["service"]["tags"] == tags
        assert run("service", name=name, tags=tags)["changed"] is False
    else:
        # The API accepts only letters, digits and ".-_"; its message is passed on.
        assert "BAD_REQUEST" in tagged["msg"]
    assert emulator.services()[0]["name"] == name
    other = f"{name[:40]}\u200f2"
    renamed = run("service", service_id=found["id"], name=other)
    assert_clean_exit(renamed)
    assert run("service", service_id=found["id"], name=other)["changed"] is False
    assert run("service_info", name=name)["services"] == []
    gone = run("service", name=other, state="absent", force=True)
    assert_clean_exit(gone)
    assert emulator.services() == []


@pytest.mark.parametrize("text", ACCEPTED)
def test_tags_with_any_text_are_read_compared_and_sent(
    run: Run, emulator: Emulator, service: Service, text: str
) -> None:
    emulator.set_service(service["id"], tags=[{"key": text, "value": text}, {"key": "odd"}])
    assert run("service_info", name="analytics")["services"][0]["tags"] == {text: text, "odd": ""}
    assert run("service", name="analytics", tags={text: text, "odd": None})["changed"] is False
    run("service", name="analytics", tags={text: None}, tags_mode="remove", wait=False)
    assert [request["body"] for request in emulator.journal() if request["method"] == "PATCH"] == [
        {"tags": {"remove": [{"key": text, "value": text}]}}
    ]


@pytest.mark.parametrize("text", WITH_CONTROL)
def test_tag_with_control_characters_is_read_and_removed(
    run: Run, emulator: Emulator, service: Service, text: str
) -> None:
    emulator.set_service(service["id"], tags=[{"key": text, "value": text}, {"key": "odd"}])
    assert run("service_info", name="analytics")["services"][0]["tags"] == {text: text, "odd": ""}
    run("service", name="analytics", tags={"odd": None}, wait=False)
    assert [request["body"] for request in emulator.journal() if request["method"] == "PATCH"] == [
        {"tags": {"remove": [{"key": text, "value": text}]}}
    ]


def test_ten_thousand_services_are_listed_and_searched(run: Run, service: Service, set_response: Any) -> None:
    number = 10_000
    made = [
        {**service, "id": f"{index:08x}-0000-4000-8000-000000000000", "name": f"s{index}"} for index in range(number)
    ]
    set_response(path="/services$", result=made)
    begun = time.process_time()
    assert len(run("service_info")["services"]) == number
    found = run("service_info", name="s9999")["services"]
    assert [item["id"] for item in found] == [made[-1]["id"]]
    assert time.process_time() - begun < 30


class Flood(http.server.BaseHTTPRequestHandler):
    """A response without an end, or nearly so."""

    begin, piece, pieces, encoding = b'{"result": [', b"", 80, "identity"
    sent = requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        self.send_response(200)
        for name, value in ({**JSON, "Content-Encoding": self.encoding, "Connection": "close"}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for part in (self.begin, *[self.piece] * self.pieces):
                self.wfile.write(part)
                type(self).sent += len(part)
        except OSError:
            self.close_connection = True

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def flood(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Flood]]:
    """Return the handler of an API whose response is far too large."""
    handler = type("FloodOfOneTest", (Flood,), {"piece": b'"' + b"x" * 1_000_000 + b'",'})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setenv("CLICKHOUSE_API_URL", f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


def test_too_large_response_is_not_read_completely(run: Run, flood: Any) -> None:
    ended = run("service_info")
    assert_clean_exit(ended)
    assert "larger than" in ended["msg"]
    assert flood.requests == 1
    # Data in transit when the connection is closed also counts as sent.
    assert 40 << 20 < flood.sent < 60 << 20


def test_too_large_compressed_response_is_not_read_completely(run: Run, flood: Any) -> None:
    flood.begin = gzip.compress(b'{"result": [' + b'"x",' * (50 << 18))
    flood.pieces, flood.encoding = 0, "gzip"
    ended = run("service_info")
    assert_clean_exit(ended)
    assert "larger than" in ended["msg"]
    assert flood.requests == 1


def test_response_just_below_the_limit_is_read(run: Run, flood: Any) -> None:
    flood.begin = json.dumps({"result": [{"id": OTHER, "name": "x", "unknown": "x" * (39 << 20)}]}).encode()
    flood.pieces = 0
    (only,) = run("service_info", name="x")["services"]
    assert only["id"] == OTHER
    assert len(only["unknown"]) == 39 << 20


@pytest.mark.parametrize("name", WITH_CONTROL)
def test_name_with_control_characters_is_changed_by_id(
    run: Run, emulator: Emulator, service: dict[str, Any], name: str
) -> None:
    """No task creates such a name, but other clients may."""
    emulator.set_service(service["id"], name=name)
    (found,) = run("service_info", service_id=service["id"])["services"]
    assert found["name"] == name
    assert run("service", service_id=service["id"], name="renamed")["changed"] is True
    assert emulator.services()[0]["name"] == "renamed"
