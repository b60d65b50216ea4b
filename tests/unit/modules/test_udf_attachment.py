# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
NO_CHANGE = {"before": {}, "after": {}}
SHOUT = {"function_name": "shout"}


@pytest.fixture
def path(service: dict[str, Any], emulator: Emulator) -> str:
    """Return the path of the attachment of a function with three versions, which is not there yet."""
    emulator.set_functions({"functionName": "shout", "versions": 3})
    emulator.clear_journal()
    return f"udfs/shout/attachments/{service['id']}"


@pytest.fixture
def requests(sent: Sent, path: str) -> Sent:
    """Return a function that returns the requests since the last call, without repeated polls."""

    def read() -> list[str]:
        lines: list[str] = []
        for line in sent():
            if lines[-1:] != [line] or not line.startswith("GET"):
                lines.append(line)
        return lines

    return read


def attached(emulator: Emulator) -> list[int]:
    (function,) = emulator.functions()
    return list(function["services"].values())


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_function_is_attached_replaced_and_detached_idempotently(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, requests: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"], **SHOUT}
    finds = ["GET services"] if by == "name" else []
    reads = [] if by == "name" else [f"GET services/{service['id']}"]
    deployed = {"status": "deployed"}
    steps: list[tuple[dict[str, Any], list[str], str, dict[str, Any], int | None]] = [
        (
            {},
            [f"GET {path}", *reads, "GET udfs/shout"],
            f"PUT {path}",
            {"before": {}, "after": {"version": 3, **deployed}},
            3,
        ),
        (
            {"version": 2},
            [f"GET {path}", "GET udfs/shout", "GET udfs/shout/versions", *reads],
            f"PUT {path}",
            {"before": {"version": 3, **deployed}, "after": {"version": 2, **deployed}},
            2,
        ),
        (
            {"state": "absent", "confirm_name": "analytics"},
            [f"GET {path}", *reads],
            f"DELETE {path}",
            {"before": {"version": 2}, "after": {}},
            None,
        ),
    ]
    for options, looks, write, diff, version in steps:
        expected = version and {"service_id": service["id"], "version": version, **SHOUT, **deployed}
        plan = run("udf_attachment", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"], plan["udf_attachment"]) == (True, diff, expected)
        assert requests() == [*finds, *looks]
        changed = run("udf_attachment", **lookup, **options)
        assert (changed["changed"], changed["diff"], changed["udf_attachment"]) == (True, diff, expected)
        assert changed["service_id"] == service["id"]
        assert requests() == [*finds, *looks, write, f"GET {path}"]
        assert attached(emulator) == ([version] if version else [])
        for check in (True, False):
            again = run("udf_attachment", check=check, **lookup, **options)
            assert (again["changed"], again["diff"], again["udf_attachment"]) == (False, NO_CHANGE, expected)
            assert requests() == [*finds, f"GET {path}", *([] if version else reads)]


@pytest.mark.parametrize("check", [True, False])
def test_detachment_is_confirmed_by_the_name_of_the_service(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, requests: Sent, check: bool
) -> None:
    emulator.request("PUT", path, {"version": 1})
    emulator.clear_journal()
    by_id = {"service_id": service["id"], **SHOUT, "state": "absent"}
    assert run("udf_attachment", check=check, **by_id)["msg"] == (
        "To detach the function 'shout' by service_id, set confirm_name to the name of the service, or select the"
        " service with name instead of service_id."
    )
    assert requests() == []
    for lookup in (by_id, {"name": "analytics", **SHOUT, "state": "absent"}):
        refused = run("udf_attachment", check=check, **lookup, confirm_name="shout")
        assert (refused["failed"], refused["changed"]) == (True, False)
        assert refused["msg"] == (
            f"The function 'shout' is not detached from service 'analytics' ({service['id']}), since confirm_name is"
            " 'shout', which is not the name of the service."
        )
    assert attached(emulator) == [1]


def test_attached_version_stays_without_version(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    emulator.request("PUT", path, {"version": 1})
    result = run("udf_attachment", name="analytics", **SHOUT)
    assert (result["changed"], result["udf_attachment"]["version"]) == (False, 1)
    emulator.set_service(service["id"], state="stopped")
    result = run("udf_attachment", name="analytics", **SHOUT)
    assert (result["changed"], result["udf_attachment"]["status"]) == (False, "standby")


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("by", ["name", "service_id"])
def test_idle_service_is_woken_up(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, requests: Sent, by: str
) -> None:
    emulator.set_service(service["id"], state="idle")
    lookup = {by: service["name" if by == "name" else "id"], **SHOUT}
    for check in (True, False):
        refused = run("udf_attachment", check=check, **lookup, wake=False)
        assert refused["msg"] == (
            f"Service 'analytics' ({service['id']}) is idle, and a function can only be attached to a service that"
            " runs. Set wake: true, or wake it up first."
        )
    requests()
    result = run("udf_attachment", **lookup)
    assert (result["changed"], result["udf_attachment"]["status"], "service" in result) == (True, "deployed", False)
    place = f"services/{service['id']}"
    assert requests()[-4:] == [f"PATCH {place}/state", f"GET {place}", f"PUT {path}", f"GET {path}"]


@pytest.mark.parametrize("state", ["stopped", "stopping", "failed"])
def test_service_that_cannot_run_is_reported(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, state: str
) -> None:
    emulator.set_service(service["id"], state=state)
    for check in (True, False):
        refused = run("udf_attachment", check=check, name="analytics", **SHOUT)
        assert f"is {state}, and a function can only be attached" in refused["msg"]
        assert "Start it first, with clickhouse.cloud.service_state." in refused["msg"]
    assert {entry["method"] for entry in emulator.journal()} == {"GET"}


@pytest.mark.usefixtures("fast_clock")
def test_service_that_became_idle_is_woken_up(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, requests: Sent
) -> None:
    """The list says that it runs, but the API finds that it does not."""
    body = {"error": "FAILED_DEPENDENCY: idle", "code": "SERVICE_IDLE", "status": 424, "requestId": "r"}
    emulator.fault(method="PUT", path="/attachments/", status=424, body=body, times=2)
    failed = run("udf_attachment", name="analytics", **SHOUT, wait=False)
    assert (failed["status"], failed["changed"]) == (424, False)
    emulator.clear_faults()
    emulator.fault(method="PUT", path="/attachments/", status=424, body=body)
    requests()
    assert run("udf_attachment", name="analytics", **SHOUT)["changed"] is True
    place = f"GET services/{service['id']}"
    assert requests()[-4:] == [f"PUT {path}", place, f"PUT {path}", f"GET {path}"]
    emulator.fault(method="PUT", path="/attachments/", status=424, body=body)
    emulator.fault(path=f"/services/{service['id']}$", status=200, body={"result": {**service, "state": "stopped"}})
    stopped = run("udf_attachment", name="analytics", **SHOUT, version=1)
    assert "is stopped, and a function can only be attached to a service that runs." in stopped["msg"]


@pytest.mark.parametrize("status", ["provisioning", "deprovisioning"])
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check", [True, False])
def test_change_of_another_task_is_awaited(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, status: str, state: str, check: bool
) -> None:
    services = [service["id"]] if status == "provisioning" else []
    emulator.set_functions({"functionName": "shout", "services": services})
    changing = {"functionName": "shout", "serviceId": service["id"], "version": 1, "status": status}
    emulator.fault(method="GET", path="/attachments/", status=200, body={"result": changing}, times=2)
    emulator.clear_journal()
    result = run("udf_attachment", check=check, name="analytics", **SHOUT, state=state)
    is_done = (status, state) in {("provisioning", "present"), ("deprovisioning", "absent")}
    assert result["changed"] is not is_done
    writes = [entry["method"] for entry in emulator.journal() if entry["method"] != "GET"]
    assert writes == ([] if check or is_done else ["PUT" if state == "present" else "DELETE"])
    if not check:
        assert attached(emulator) == ([1] if state == "present" else [])


def test_failed_attachment_is_reported_and_repeated(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    broken = {"functionName": "shout", "serviceId": service["id"], "version": 3, "status": "error"}
    emulator.fault(method="GET", path="/attachments/", status=200, body={"result": broken}, times=2)
    failed = run("udf_attachment", name="analytics", **SHOUT)
    assert (
        f"The attachment of version 3 of the function 'shout' to service 'analytics' ({service['id']}) has the status"
        " error: it can no longer become deployed."
    ) in failed["msg"]
    assert failed["diff"] == {
        "before": {"version": 3, "status": "error"},
        "after": {"version": 3, "status": "deployed"},
    }
    assert run("udf_attachment", name="analytics", **SHOUT)["udf_attachment"]["status"] == "deployed"


@pytest.mark.parametrize(
    ("function", "options", "text"),
    [
        ({"versions": 3}, {"version": 7}, "The function 'shout' has no version 7. Set version to one of 1, 2, 3."),
        (
            {"status": "error", "error": "main.py: no."},
            {"version": 1},
            "The build of version 1 of the function 'shout' has failed: main.py: no. Fix it with clickhouse.cloud.udf,"
            " and set version.",
        ),
        ({"status": "error", "error": "x"}, {}, "The build of version 1 of the function 'shout' has failed: x."),
        (
            {"status": "building"},
            {},
            "Version 1 of the function 'shout' is building. Wait for its build with clickhouse.cloud.udf, and run the"
            " task again.",
        ),
        ({}, {"version": 0}, "version must be at least 1; 0 is not."),
        ({}, {"function_name": "a/b"}, "function_name must begin with a letter"),
    ],
)
def test_version_that_cannot_be_attached_is_reported(
    service: dict[str, Any], emulator: Emulator, run: Run, function: Any, options: dict[str, Any], text: str
) -> None:
    emulator.set_functions({"functionName": "shout", **function})
    emulator.clear_journal()
    for check in (True, False):
        failed = run("udf_attachment", check=check, name="analytics", **{**SHOUT, **options})
        assert text in failed["msg"]
    assert {entry["method"] for entry in emulator.journal()} <= {"GET"}


def test_latest_version_that_is_ready_is_attached(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    emulator.set_functions({"functionName": "shout", "versions": 3, "status": "building"})
    assert run("udf_attachment", name="analytics", **SHOUT)["udf_attachment"]["version"] == 2


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("options", [{"service_id": UNKNOWN}, {"name": "nowhere"}])
def test_missing_service_is_reported(
    service: dict[str, Any], path: str, run: Run, options: dict[str, str], state: str
) -> None:
    failed = run("udf_attachment", **options, **SHOUT, state=state, confirm_name="analytics")
    assert failed["msg"].startswith(f"There is no service '{next(iter(options.values()))}'.")


def test_ambiguous_service_is_refused(service: dict[str, Any], path: str, emulator: Emulator, run: Run) -> None:
    emulator.create(name="analytics")
    assert "2 services are named 'analytics'" in run("udf_attachment", name="analytics", **SHOUT)["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("method", "state"), [("PUT", "present"), ("DELETE", "absent")])
def test_lost_response_makes_one_change(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, method: str, state: str
) -> None:
    if state == "absent":
        emulator.set_functions({"functionName": "shout", "services": [service["id"]]})
    emulator.fault(method=method, path="/attachments/", disconnect="after")
    result = run("udf_attachment", name="analytics", **SHOUT, state=state)
    assert result["changed"] is True
    assert attached(emulator) == ([3] if state == "present" else [])


@pytest.mark.parametrize(("method", "state"), [("PUT", "present"), ("DELETE", "absent")])
@pytest.mark.parametrize("readable", [True, False])
def test_conflict_is_reported(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, method: str, state: str, readable: bool
) -> None:
    if state == "absent":
        emulator.set_functions({"functionName": "shout", "services": [service["id"]]})
    emulator.fault(method=method, path="/attachments/", status=409)
    if not readable:
        emulator.fault(method="GET", path="/attachments/", status=400, skip=1)
    failed = run("udf_attachment", name="analytics", **SHOUT, state=state)
    assert (failed["status"], failed["changed"]) == (409, False)
    advice = "Wait until no other task changes the attachment, and run the task again."
    assert (advice in failed["msg"]) is readable


@pytest.mark.parametrize(("method", "state"), [("PUT", "present"), ("DELETE", "absent")])
def test_change_that_another_task_has_made_is_none(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, method: str, state: str
) -> None:
    now = {"functionName": "shout", "serviceId": service["id"], "version": 3, "status": "deployed"}
    if state == "absent":
        emulator.fault(method="GET", path="/attachments/", status=200, body={"result": now})
        emulator.fault(method="DELETE", path="/attachments/", status=409)
    else:
        emulator.fault(method="PUT", path="/attachments/", status=409)
        emulator.fault(method="GET", path="/attachments/", status=200, body={"result": now}, skip=1, times=9)
    assert run("udf_attachment", name="analytics", **SHOUT, state=state)["changed"] is False


def test_refused_deletion_of_what_is_gone_counts_as_done(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    now = {"functionName": "shout", "serviceId": service["id"], "version": 3, "status": "deployed"}
    emulator.fault(method="GET", path="/attachments/", status=200, body={"result": now})
    assert run("udf_attachment", name="analytics", **SHOUT, state="absent")["udf_attachment"] is None


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 403, 422, 500])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_refusals_are_reported(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run, status: int, method: str
) -> None:
    emulator.fault(method=method, path="/attachments/", status=status, times=99)
    failed = run("udf_attachment", name="analytics", **SHOUT)
    # With 500, it may have been attached.
    assert (failed["status"], failed["changed"]) == (status, (method, status) == ("PUT", 500))


def test_refused_detachment_is_reported(service: dict[str, Any], path: str, emulator: Emulator, run: Run) -> None:
    emulator.set_functions({"functionName": "shout", "services": [service["id"]]})
    emulator.fault(method="DELETE", path="/attachments/", status=403)
    failed = run("udf_attachment", name="analytics", **SHOUT, state="absent")
    assert (failed["status"], failed["udf_attachment"]["version"]) == (403, 1)


def test_invalid_options_are_rejected(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("udf_attachment", **SHOUT)["msg"]
    assert "service_id must be a UUID" in run("udf_attachment", service_id="x", **SHOUT)["msg"]
    assert emulator.journal() == []


def test_malformed_attachment_is_reported(service: dict[str, Any], path: str, emulator: Emulator, run: Run) -> None:
    emulator.fault(path="/attachments/", status=200, body={"result": {"serviceId": UNKNOWN, "version": 1}})
    assert (
        "the object with the serviceId in the request was expected"
        in (run("udf_attachment", name="analytics", **SHOUT)["msg"])
    )


@pytest.mark.usefixtures("fast_clock")
def test_attachment_that_does_not_become_visible_is_reported(
    service: dict[str, Any], path: str, emulator: Emulator, run: Run
) -> None:
    emulator.fault(method="GET", path="/attachments/", status=404, times=99)
    failed = run("udf_attachment", name="analytics", **SHOUT, wait_timeout=3, wait_interval=1)
    assert f"The function 'shout' is not attached to service 'analytics' ({service['id']}) after" in failed["msg"]


@pytest.mark.parametrize("state", ["idle", "awaking", "starting", "provisioning"])
@pytest.mark.parametrize("check", [True, False])
def test_service_that_does_not_run_yet_must_be_waited_for(
    service: dict[str, Any], emulator: Emulator, run: Run, state: str, check: bool
) -> None:
    emulator.set_functions({"functionName": "shout"})
    emulator.hold()
    emulator.set_service(service["id"], state=state)
    refused = run("udf_attachment", check=check, name="analytics", **SHOUT, wake=True, wait=False)
    assert f"is {state}, and a function can only be attached" in refused["msg"]
    assert "Set wait: true, so that the task waits for it." in refused["msg"]
    assert {entry["method"] for entry in emulator.journal()} == {"GET"}


def test_missing_function_cannot_be_attached(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    message = run("udf_attachment", name="analytics", **SHOUT)["msg"]
    assert message.startswith("The organization has no function 'shout'. Use clickhouse.cloud.udf")
    assert {entry["method"] for entry in emulator.journal()} == {"GET"}


@pytest.mark.parametrize(("versions", "wanted"), [(0, None), (0, 1), (2, 3)])
def test_version_of_an_earlier_task_in_check_mode(
    service: dict[str, Any], emulator: Emulator, run: Run, versions: int, wanted: int | None
) -> None:
    """The earlier task would have published it, and has only planned it."""
    if versions:
        emulator.set_functions({"functionName": "shout", "versions": versions})
    planned = run("udf_attachment", check=True, name="analytics", **SHOUT, **({"version": wanted} if wanted else {}))
    assert (planned.get("msg"), planned["changed"]) == (None, True)
    assert planned["diff"]["after"] == {"version": versions + 1, "status": "deployed"}
    assert f"The function 'shout' has no version {versions + 1} yet." in str(planned["warnings"])
    assert {entry["method"] for entry in emulator.journal()} == {"GET"}
