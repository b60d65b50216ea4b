# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test user-defined functions: uploads, builds, versions, attachments, and their calls in SQL."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import EmulatorError
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import (
    STEP,
    TIMEOUT_SECONDS,
    Client,
    Queries,
    upload_source,
    zip_source,
)

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
CONFIGURATION: dict[str, Any] = {
    "runtime": "python3.11",
    "type": "executable",
    "arguments": [{"name": "input", "type": "String"}],
    "returnType": "String",
}
PROGRAM = "import sys\nfor line in sys.stdin:\n    sys.stdout.write({greeting!r} + line)\n    sys.stdout.flush()\n"
NOT_FOUND = (404, "NOT_FOUND: UDF not found")
BUSY = (409, "CONFLICT: The requested version is not ready or another attachment transition is in progress")


@pytest.fixture
def path(client: Client) -> str:
    return f"{client.organization}/udfs"


def publish(client: Client, path: str, **changes: Any) -> dict[str, Any]:
    """Create a function or a version; return it."""
    body = {"uploadId": upload_source(client), **CONFIGURATION, **changes}
    response = client.request("POST", path, body)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()["result"]
    return created


def test_function_is_built(client: Client, path: str) -> None:
    created = publish(client, path, functionName="greet")
    assert created == {
        "functionName": "greet",
        "version": 1,
        "status": "building",
        **CONFIGURATION,
        "returnName": None,
        "poolSize": None,
        "commandReadTimeout": 10000,
        "commandWriteTimeout": 10000,
        "maxCommandExecutionTime": 10,
        "memoryLimitMib": None,
        "sendChunkHeader": False,
        "deterministic": False,
        "format": "TabSeparated",
        "sandboxType": "basic",
        "sandboxVersion": "v2",
        "error": None,
        "createdAt": created["createdAt"],
        "updatedAt": created["createdAt"],
    }
    client.emulator.advance(2 * STEP)
    ready = client.result("GET", f"{path}/greet")
    assert ready["updatedAt"] > created["createdAt"]
    assert ready == {**created, "status": "ready", "updatedAt": ready["updatedAt"]}
    assert client.result("GET", path) == client.result("GET", f"{path}/greet/versions") == [ready]


def test_pool_has_defaults(client: Client, path: str) -> None:
    created = publish(client, path, functionName="greet", type="executable_pool")
    assert (created["poolSize"], created["maxCommandExecutionTime"]) == (3, 10)
    body = {"uploadId": upload_source(client), **CONFIGURATION, "poolSize": 3}
    assert client.error("POST", f"{path}/greet/versions", body)[0] == 400


def test_native_function_is_in_the_basic_sandbox(client: Client, path: str) -> None:
    created = publish(client, path, functionName="greet", runtime="native", sandboxType="netenable")
    assert (created["sandboxType"], created["sandboxVersion"]) == ("basic", "v1")


def test_version_does_not_inherit(client: Client, path: str) -> None:
    publish(client, path, functionName="greet", format="JSONEachRow")
    second = publish(client, f"{path}/greet/versions")
    assert (second["version"], second["format"]) == (2, "TabSeparated")
    assert client.result("GET", f"{path}/greet") == second
    assert [version["version"] for version in client.result("GET", f"{path}/greet/versions")] == [1, 2]


def link_source() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        link = zipfile.ZipInfo("main.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"text", "The source archive is not a ZIP file"),
        (zip_source({"src/main.py": ""}), "main.py is missing in the source archive"),
        (zip_source({"main.py": "def"}), "main.py: invalid syntax (main.py, line 1)"),
        (link_source(), "The source archive contains a symbolic link: main.py"),
    ],
)
def test_build_fails(client: Client, path: str, content: bytes, error: str) -> None:
    publish(client, path, functionName="greet", uploadId=upload_source(client, content=content))
    assert client.result("GET", f"{path}/greet")["error"] is None
    client.emulator.advance(2 * STEP)
    failed = client.result("GET", f"{path}/greet")
    assert (failed["status"], failed["error"]) == ("error", error)
    service_id = client.running()
    assert client.error("PUT", f"{path}/greet/attachments/{service_id}", {"version": 1}) == BUSY
    assert client.error("PUT", f"{path}/greet/attachments/{service_id}", {}) == BUSY


def test_native_function_has_a_program_for_each_processor(client: Client, path: str) -> None:
    queries = Queries(client)
    program = "#!/bin/sh\nexec tr a-z A-Z\n"
    for number, files in ((1, {"amd64/main": program}), (2, {"amd64/main": program, "arm64/main": program})):
        source = upload_source(client, content=zip_source(files))
        changes = {"functionName": "shout"} if number == 1 else {}
        target = path if number == 1 else f"{path}/shout/versions"
        publish(client, target, uploadId=source, runtime="native", **changes)
        client.emulator.advance(2 * STEP)
    first, second = client.result("GET", f"{path}/shout/versions")
    assert (first["error"], second["status"]) == ("arm64/main is missing in the source archive", "ready")
    client.result("PUT", f"{path}/shout/attachments/{queries.service_id}")
    client.emulator.advance(STEP)
    assert queries.run("SELECT shout('hi')") == "HI\n"


def test_upload_is_for_one_attempt(client: Client, path: str) -> None:
    gone = (410, "GONE: The source archive is unavailable")
    body = {"uploadId": upload_source(client), "functionName": "greet", **CONFIGURATION}
    assert client.error("POST", path, {**body, "returnType": 1})[0] == 400
    assert client.error("POST", path, body) == gone
    assert client.error("POST", path, {**body, "uploadId": UNKNOWN}) == gone
    expired = upload_source(client)
    session = client.request("POST", f"{client.organization}/udfUploads/url").json()["result"]
    assert client.error("POST", path, {**body, "uploadId": session["uploadId"]}) == gone
    client.emulator.advance(1000)
    assert client.error("POST", path, {**body, "uploadId": expired}) == gone
    late = requests.put(
        session["uploadUrl"], data=b"", headers={"Content-Type": "application/zip"}, timeout=TIMEOUT_SECONDS
    )
    assert (late.status_code, "Request has expired" in late.text) == (403, True)
    assert client.result("GET", path) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"headers": {"Content-Type": "application/octet-stream"}}, 403),
        ({"params": {"X-Amz-Signature": "other"}}, 403),
        ({"auth": ("key", "secret")}, 400),
    ],
)
def test_storage_refuses_other_uploads(client: Client, change: dict[str, Any], status: int) -> None:
    session = client.request("POST", f"{client.organization}/udfUploads/url").json()["result"]
    options = {"headers": {"Content-Type": "application/zip"}, **change}
    response = requests.put(session["uploadUrl"], data=b"zip", timeout=TIMEOUT_SECONDS, **options)
    assert response.status_code == status
    assert response.text.startswith("<?xml")


@pytest.mark.parametrize(
    "changes",
    [
        {"functionName": "1st"},
        {"functionName": "a" * 65},
        {"functionName": "sum"},
        {"runtime": "python3.13"},
        {"arguments": [{"name": "a b", "type": "String"}]},
        {"arguments": [{"name": "a"}]},
        {"memoryLimitMib": 0},
        {"type": "executable_pool", "poolSize": 0},
        {"type": "executable_pool", "maxCommandExecutionTime": None},
        {"uploadId": "none"},
        {"deterministic": None},
    ],
)
def test_invalid_functions(client: Client, path: str, changes: dict[str, Any]) -> None:
    body = {"uploadId": UNKNOWN, "functionName": "greet", **CONFIGURATION, **changes}
    assert client.error("POST", path, body)[0] == 400
    assert client.result("GET", path) == []


def test_names_are_unique(client: Client, path: str) -> None:
    publish(client, path, functionName="greet")
    body = {"uploadId": upload_source(client), "functionName": "greet", **CONFIGURATION}
    assert client.error("POST", path, body) == (409, "CONFLICT: The function name already exists")


@pytest.mark.parametrize(
    ("features", "changes", "status"),
    [
        ({"userDefinedFunctions": False}, {}, 403),
        ({"userDefinedFunctionNetwork": False}, {}, 201),
        ({"userDefinedFunctionNetwork": False}, {"sandboxType": "netenable"}, 403),
    ],
)
def test_features(client: Client, path: str, features: dict[str, bool], changes: dict[str, Any], status: int) -> None:
    client.emulator.add_organization(id=client.emulator.organization_id, features=features)
    body = {"uploadId": upload_source(client), "functionName": "greet", **CONFIGURATION, **changes}
    assert client.request("POST", path, body).status_code == status


def test_attachment_takes_a_step(client: Client, path: str) -> None:
    service_id = client.running()
    client.emulator.set_functions({"functionName": "greet", "versions": 2})
    place = f"{path}/greet/attachments/{service_id}"
    assert client.error("GET", place) == (404, "NOT_FOUND: UDF not found or not attached to this service")
    attached = {"functionName": "greet", "serviceId": service_id, "status": "provisioning", "version": 1}
    assert client.result("PUT", place, {"version": 1}) == attached
    for method, body in (("PUT", {"version": 1}), ("DELETE", None)):
        assert client.error(method, place, body)[0] == 409
    client.emulator.advance(STEP)
    deployed = {**attached, "status": "deployed"}
    assert client.result("PUT", place, {"version": 1}) == client.result("GET", place) == deployed
    # Without a version, the latest one that is ready.
    assert client.result("PUT", place) == {**attached, "version": 2}
    client.emulator.advance(STEP)
    assert client.result("GET", f"{path}/greet/attachments") == [{**deployed, "version": 2}]
    client.emulator.set_service(service_id, state="idle")
    assert client.result("GET", place)["status"] == "standby"
    assert client.request("DELETE", place).status_code == 200
    assert client.result("GET", place)["status"] == "deprovisioning"
    client.emulator.advance(STEP)
    assert client.error("GET", place)[0] == 404
    assert client.error("DELETE", place) == NOT_FOUND
    assert client.result("GET", f"{path}/greet/attachments") == []


@pytest.mark.parametrize(
    ("state", "code", "can_wake"),
    [
        ("idle", "SERVICE_IDLE", True),
        ("stopped", "SERVICE_STOPPED", False),
        ("awaking", "SERVICE_NOT_RUNNING", False),
    ],
)
def test_service_has_to_run(client: Client, path: str, state: str, code: str, can_wake: bool) -> None:
    service_id = client.running()
    client.emulator.set_service(service_id, state=state)
    client.emulator.set_functions({"functionName": "greet"})
    response = client.request("PUT", f"{path}/greet/attachments/{service_id}", {})
    assert (response.status_code, response.json()) == (
        424,
        {
            "requestId": response.json()["requestId"],
            "error": "FAILED_DEPENDENCY: The service must be running before the UDF can be attached",
            "code": code,
            "serviceState": state,
            "canWake": can_wake,
            "status": 424,
        },
    )


def test_attachments_have_limits(client: Client, path: str) -> None:
    service_id = client.running()
    client.emulator.set_functions(
        *({"functionName": f"f{number}", "services": [service_id]} for number in range(100)), {"functionName": "last"}
    )
    assert client.error("PUT", f"{path}/last/attachments/{service_id}", {})[0] == 422


def test_development_services_have_no_functions(client: Client) -> None:
    added = client.emulator.add_organization(tier="legacy")
    other = Client(client.emulator, added["api_key"], added["api_secret"])
    other.organization = f"/organizations/{added['organization_id']}"
    publish(other, f"{other.organization}/udfs", functionName="greet")
    body = {"name": "old", "provider": "aws", "region": "us-east-1", "ipAccessList": [], "tier": "development"}
    service = other.result("POST", f"{other.organization}/services", body)["service"]
    assert other.error("PUT", f"{other.organization}/udfs/greet/attachments/{service['id']}", {"version": 1}) == (
        400,
        "BAD_REQUEST: The service does not support UDFs",
    )


def test_deletion_of_versions(client: Client, path: str) -> None:
    service_id = client.running()
    client.emulator.set_functions({"functionName": "greet", "versions": 3})
    client.result("PUT", f"{path}/greet/attachments/{service_id}", {"version": 2})
    for version in (2, 3):
        assert client.error("DELETE", f"{path}/greet/versions/{version}")[0] == 409
    assert client.request("DELETE", f"{path}/greet/versions/1").status_code == 200
    assert client.error("DELETE", f"{path}/greet/versions/1") == (404, "NOT_FOUND: UDF or version not found")
    assert client.error("DELETE", f"{path}/greet/versions/0")[0] == 400
    assert [version["version"] for version in client.result("GET", f"{path}/greet/versions")] == [2, 3]


def test_deletion_waits_for_builds_and_detaches(client: Client, path: str) -> None:
    service_id = client.running()
    client.emulator.set_functions({"functionName": "greet", "services": [service_id]})
    assert client.emulator.functions()[0]["services"] == {service_id: 1}
    publish(client, f"{path}/greet/versions")
    assert client.error("DELETE", f"{path}/greet") == (409, "CONFLICT: A UDF version is still building")
    client.emulator.advance(2 * STEP)
    assert client.request("DELETE", f"{path}/greet").status_code == 200
    for target in ("", "/versions", "/attachments", f"/attachments/{service_id}"):
        assert client.error("GET", f"{path}/greet{target}") == NOT_FOUND
    assert publish(client, path, functionName="greet")["version"] == 1


def test_pages_and_unknown_names(client: Client, path: str) -> None:
    client.emulator.limit_pages(2)
    client.emulator.set_functions(*({"functionName": f"f{number}", "versions": 5} for number in range(5)))
    for target, key in ((path, "functionName"), (f"{path}/f0/versions", "version")):
        found, cursor = [], None
        for _page in range(3):
            response = client.request("GET", target, params={"cursor": cursor} if cursor else None).json()
            found += [item[key] for item in response["result"]]
            cursor = response["nextCursor"]
        assert (len(set(found)), cursor) == (5, None)
    assert client.error("GET", f"{path}/none") == NOT_FOUND
    assert client.error("GET", f"{path}/no-ne")[0] == 400
    assert client.error("GET", f"{path}/f0/attachments/{UNKNOWN}")[0] == 404
    with pytest.raises(EmulatorError, match="must be a list"):
        client.emulator._request_control("POST", "functions", {"functions": 1})


def test_sql_calls_the_attached_version(client: Client, path: str) -> None:
    queries = Queries(client)
    place = f"{path}/greet/attachments/{queries.service_id}"
    sql = "SELECT greet(toString(number)) FROM numbers(2)"
    publish(client, path, functionName="greet", uploadId=upload_source(client, PROGRAM.format(greeting="hi ")))
    client.emulator.advance(2 * STEP)
    assert queries.error(sql)[1] == "46"
    client.result("PUT", place)
    assert queries.error(sql)[1] == "46"
    client.emulator.advance(STEP)
    assert queries.run(sql) == "hi 0\nhi 1\n"
    # The old version is called until the new one is deployed.
    source = upload_source(client, PROGRAM.format(greeting="ho "))
    publish(client, f"{path}/greet/versions", uploadId=source, type="executable_pool")
    client.emulator.advance(2 * STEP)
    client.result("PUT", place)
    assert queries.run(sql) == "hi 0\nhi 1\n"
    client.emulator.advance(STEP)
    assert queries.run(sql) == "ho 0\nho 1\n"
    # Its removal takes a step, too.
    assert client.request("DELETE", f"{path}/greet").status_code == 200
    assert queries.run(sql) == "ho 0\nho 1\n"
    client.emulator.advance(STEP)
    assert queries.error(sql)[1] == "46"
