# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption, UnexpectedResponse
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.udf import UDF
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.udf_source import read_source
from ansible_collections.clickhouse.cloud.plugins.modules import udf
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

PROGRAM = "import sys\nfor line in sys.stdin:\n    print(line.upper(), end='', flush=True)\n"
ARGUMENTS = [{"name": "input", "type": "String"}]
ABSENT = {"function_name": "shout", "confirm_name": "shout", "state": "absent"}
GET, VERSIONS = "GET udfs/shout", "POST udfs/shout/versions"
ORGANIZATION = "GET /v1/organizations/ID"
UPLOAD = ["POST udfUploads/url", "PUT to the storage"]
SUPPORT = "ask ClickHouse support to turn it on"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "shout"
    folder.mkdir()
    (folder / "main.py").write_text(PROGRAM)
    return folder


@pytest.fixture
def new(source: Path) -> dict[str, Any]:
    """Return the options of a new function."""
    return {"function_name": "shout", "source": str(source), "arguments": ARGUMENTS, "return_type": "String"}


@pytest.fixture
def requests(emulator: Emulator, sent: Sent) -> Sent:
    """Return a function that returns the requests since the last call, without IDs that differ and repeated polls."""

    def read() -> list[str]:
        lines = [line.replace(emulator.organization_id, "ID") for line in sent()]
        while lines[-2:] == [GET, GET] and any(line.startswith("POST") for line in lines):
            lines.pop()
        return [UPLOAD[1] if "udf-uploads" in line else line for line in lines]

    return read


def versions(emulator: Emulator) -> list[dict[str, Any]]:
    (function,) = emulator.functions()
    found: list[dict[str, Any]] = function["versions"]
    return found


def bodies(emulator: Emulator) -> list[Any]:
    """Return the bodies of the requests that publish a version, without the ID of the upload."""
    sent = [entry["body"] for entry in emulator.journal() if "udfs" in entry["path"] and entry["method"] == "POST"]
    return [{name: value for name, value in body.items() if name != "uploadId"} for body in sent]


def test_function_is_created_changed_and_deleted_idempotently(
    emulator: Emulator, new: dict[str, Any], run: Run, requests: Sent
) -> None:
    """Run each step in check mode, for real, and again."""
    config = {"runtime": "python3.11", "type": "executable", "arguments": ARGUMENTS, "returnType": "String"}
    pool = {"type": "executable_pool", "pool_size": 2, "memory_limit_mib": 64}
    after = {"version": 1, "arguments": ARGUMENTS, "return_type": "String"}
    steps: list[tuple[dict[str, Any], list[str], list[str], Any, dict[str, Any]]] = [
        (
            new,
            [GET, ORGANIZATION],
            [*UPLOAD, "POST udfs", GET],
            {"functionName": "shout", **config},
            {"before": {}, "after": after},
        ),
        (
            {**new, **pool},
            [GET],
            [*UPLOAD, VERSIONS, GET],
            # A version inherits nothing, so that all is repeated, but not what only the other type has.
            {
                **config,
                "type": "executable_pool",
                "poolSize": 2,
                "memoryLimitMib": 64,
                "returnName": None,
                "commandReadTimeout": 10000,
                "commandWriteTimeout": 10000,
                "sendChunkHeader": False,
                "deterministic": False,
                "format": "TabSeparated",
                "sandboxType": "basic",
            },
            {
                "before": {"version": 1, "type": "executable", "pool_size": None, "memory_limit_mib": 0},
                "after": {"version": 2, **pool},
            },
        ),
    ]
    for options, looks, writes, body, diff in steps:
        plan = run("udf", check=True, **options)
        assert (plan["changed"], plan["diff"]) == (True, diff)
        assert requests() == looks
        changed = run("udf", **options)
        assert (changed["changed"], changed["diff"]) == (True, diff)
        function = changed["udf"]
        assert function == {**function, **diff["after"], "function_name": "shout", "status": "ready", "error": None}
        predicted = {name: value for name, value in plan["udf"].items() if value is not None}
        volatile = ("created_at", "updated_at")
        assert predicted == {name: function[name] if name not in volatile else predicted[name] for name in predicted}
        assert bodies(emulator) == [body]
        assert requests() == looks + writes
        for check in (True, False):
            again = run("udf", check=check, **options)
            assert (again["changed"], again["udf"]) == (False, function)
            assert again["diff"] == {"before": {}, "after": {}}
            assert requests() == [GET]

    absent = {**new, "confirm_name": "shout", "state": "absent"}
    plan = run("udf", check=True, **absent)
    assert requests() == [GET, "GET udfs/shout/attachments"]
    deleted = run("udf", **absent)
    assert requests() == [GET, "GET udfs/shout/attachments", "DELETE udfs/shout", GET]
    assert (deleted["changed"], deleted["udf"], deleted["diff"]) == (True, None, plan["diff"])
    assert deleted["diff"]["before"] == {**deleted["diff"]["before"], "version": 2, **pool}
    for check in (True, False):
        again = run("udf", check=check, **absent)
        assert (again["changed"], again["udf"], again["diff"]) == (False, None, {"before": {}, "after": {}})
        assert requests() == [GET, ORGANIZATION]


def test_changed_source_is_published_with_a_digest_file(
    emulator: Emulator, source: Path, new: dict[str, Any], run: Run, requests: Sent, tmp_path: Path
) -> None:
    kept = tmp_path / "shout.json"
    options = {**new, "digest_file": str(kept)}
    assert run("udf", check=True, **options)["diff"]["after"]["version"] == 1
    assert not kept.exists()
    created = run("udf", **options)
    assert json.loads(kept.read_text()) == {
        "function_name": "shout",
        "version": 1,
        "created_at": created["udf"]["created_at"],
        "sha256": versions(emulator)[0]["sha256"],
    }
    requests()
    assert run("udf", **options)["changed"] is False
    # The time of a file does not count, and neither does what Python leaves behind.
    os.utime(source / "main.py", (0, 0))
    (source / "__pycache__").mkdir()
    (source / "__pycache__/main.cpython-311.pyc").write_bytes(b"code")
    assert run("udf", **options)["changed"] is False
    assert requests() == [GET, GET]

    (source / "main.py").write_text(PROGRAM.replace("upper", "lower"))
    # Without the file, only the configuration counts.
    assert run("udf", **new)["changed"] is False
    requests()
    first = json.loads(kept.read_text())
    plan = run("udf", check=True, **options)
    assert (requests(), json.loads(kept.read_text())) == ([GET], first)
    changed = run("udf", **options)
    second = json.loads(kept.read_text())
    assert changed["diff"] == plan["diff"]
    assert changed["diff"] == {
        "before": {"version": 1, "digest": first["sha256"]},
        "after": {"version": 2, "digest": second["sha256"]},
    }
    assert requests() == [GET, *UPLOAD, VERSIONS, GET]
    assert run("udf", **options)["changed"] is False
    assert [version["sha256"] for version in versions(emulator)] == [first["sha256"], second["sha256"]]

    # The file of a version before the latest one does not show what the latest one was built from.
    kept.write_text(json.dumps(first))
    assert run("udf", **options)["udf"]["version"] == 3
    kept.unlink()
    lost = run("udf", **options)
    assert (lost["diff"]["before"], lost["udf"]["version"]) == ({"version": 3, "digest": None}, 4)
    assert run("udf", **options)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_force_publishes_a_version(emulator: Emulator, new: dict[str, Any], run: Run, check: bool) -> None:
    emulator.set_functions({"functionName": "shout"})
    forced = run("udf", check=check, **new, force=True)
    assert (forced["changed"], forced["diff"]) == (True, {"before": {"version": 1}, "after": {"version": 2}})
    assert forced["udf"]["version"] == 2
    assert len(versions(emulator)) == (1 if check else 2)


@pytest.mark.parametrize("name", [".git/config", ".git", ".hg/dirstate", ".svn/entries", "lib/.git/HEAD"])
def test_files_of_version_control_are_left_out(source: Path, name: str) -> None:
    before = read_source(str(source)).digest
    (source / name).parent.mkdir(parents=True, exist_ok=True)
    (source / name).write_text("secret")
    assert read_source(str(source)).digest == before
    (source / ".gitignore").write_text("*.log")
    assert ".gitignore" in read_source(str(source)).names


def test_folder_and_archive_are_the_same_for_the_same_files(source: Path, tmp_path: Path) -> None:
    (source / "a").mkdir()
    (source / "a/data.txt").write_text("1")
    (source / "run").write_text("#!/bin/sh\n")
    (source / "run").chmod(0o700)
    first = read_source(str(source))
    (source / "run").chmod(0o775)
    os.utime(source / "a/data.txt", (0, 0))
    ignored = source / "digest.json"
    ignored.write_text("{}")
    assert read_source(f"{source}/", str(ignored)).content == first.content
    archive = tmp_path / "shout.zip"
    archive.write_bytes(first.content)
    assert (read_source(str(archive)).digest, first.names) == (first.digest, {"main.py", "a/data.txt", "run"})
    (source / "run").chmod(0o600)
    assert read_source(str(source), str(ignored)).digest != first.digest


def test_failed_build_is_explained_and_repeated(
    emulator: Emulator, source: Path, new: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "shout.json"
    options = {**new, "digest_file": str(kept)}
    (source / "main.py").write_text("def")
    for number in (1, 2):
        failed = run("udf", **options)
        assert failed["msg"].startswith(
            f"The build of version {number} of the function 'shout' has failed: main.py: invalid syntax (main.py, line"
            f" 1). Fix the source, and run the task again: it publishes version {number + 1}. Changes that this task"
            " has made"
        )
        assert (failed["udf"]["status"], failed["changed"], kept.exists()) == ("error", True, False)
    plan = run("udf", check=True, **new)
    assert plan["diff"] == {"before": {"version": 2, "status": "error"}, "after": {"version": 3, "status": "ready"}}
    (source / "main.py").write_text(PROGRAM)
    assert run("udf", **new)["diff"] == plan["diff"]
    assert run("udf", **new)["changed"] is False


def test_task_waits_for_a_build_of_another_task(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    emulator.set_functions({"functionName": "shout", "status": "building"})
    waiting = run("udf", **new, wait_timeout=0.05, wait_interval=0.01)
    assert "Version 1 of the function 'shout' is building after" in waiting["msg"]
    for options in ({"wait": False}, {"check": True}):
        assert run("udf", **new, **options)["changed"] is False


def test_digest_is_kept_if_the_wait_ends_early(
    emulator: Emulator, new: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    emulator.hold()
    options = {**new, "digest_file": str(tmp_path / "shout.json")}
    published = run("udf", **options, wait=False)
    assert (published["changed"], published["udf"]["status"]) == (True, "building")
    assert run("udf", **options, wait=False)["changed"] is False
    (Path(new["source"]) / "main.py").write_text("")
    failed = run("udf", **options, wait_timeout=0.05, wait_interval=0.01)
    assert "Raise wait_timeout" in failed["msg"]
    emulator.advance(100)
    again = run("udf", **options)
    assert (again["changed"], again["udf"]["version"], again["udf"]["status"]) == (False, 2, "ready")


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("options", [{}, {"wait": False}, {"wait": False, "fails": True}])
def test_digest_is_that_of_the_version_as_it_is_read(
    emulator: Emulator, new: dict[str, Any], tmp_path: Path, run: Run, options: dict[str, Any]
) -> None:
    """The response to its creation has the time in another form."""
    new["digest_file"] = str(tmp_path / "kept.json")
    wait = options.get("wait", True)
    response = {"functionName": "shout", "version": 1, "status": "building", "createdAt": "2026-11-27 12:00:00"}
    emulator.fault(method="POST", path="/udfs$", body={"result": response})
    if options.get("fails"):
        emulator.fault(method="GET", path="/udfs/shout$", status=403, skip=1)
    assert run("udf", **new, wait=wait)["udf"]["status"] == ("ready" if wait else "building")
    assert run("udf", **new)["changed"] is options.get("fails", False)


def test_version_of_another_task_ends_the_wait(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    newer = {"functionName": "shout", "version": 7, "status": "ready"}
    emulator.fault(method="GET", path="/udfs/shout$", status=200, body={"result": newer}, skip=1)
    assert run("udf", **new)["msg"].startswith(
        "Version 7 of the function 'shout' was published by another task before version 1 was built. Run the task again"
    )


@pytest.mark.usefixtures("fast_clock")
def test_new_version_that_is_not_visible_yet_is_awaited(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    emulator.fault(method="GET", path="/udfs/shout$", status=404, skip=1, times=2)
    assert run("udf", **new)["udf"]["status"] == "ready"
    emulator.fault(method="GET", path="/udfs/shout$", status=404, skip=1, times=999)
    failed = run("udf", **new, force=True, wait_timeout=5, wait_interval=1)
    assert "The function 'shout' is not seen after" in failed["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("exists", [True, False])
def test_lost_response_creates_one_version(
    emulator: Emulator, new: dict[str, Any], run: Run, requests: Sent, tmp_path: Path, exists: bool
) -> None:
    if exists:
        emulator.set_functions({"functionName": "shout", "format": "JSONEachRow"})
    target = VERSIONS if exists else "POST udfs"
    emulator.fault(method="POST", path="/versions$" if exists else "/udfs$", disconnect="after")
    emulator.clear_journal()
    kept = tmp_path / "shout.json"
    published = run("udf", **new, format="TabSeparated", digest_file=str(kept))
    assert (published["changed"], published["udf"]["status"]) == (True, "ready")
    first = [GET] if exists else [GET, ORGANIZATION]
    assert requests() == [*first, *UPLOAD, target, GET]
    assert versions(emulator)[-1]["version"] == json.loads(kept.read_text())["version"] == (2 if exists else 1)


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("found", [None, {"functionName": "shout", "version": 1, "runtime": "native"}])
def test_unknown_outcome_is_reported(
    emulator: Emulator, new: dict[str, Any], run: Run, found: Any, tmp_path: Path
) -> None:
    kept = tmp_path / "shout.json"
    emulator.fault(method="POST", path="/udfs$", disconnect="before")
    if found:
        emulator.fault(method="GET", path="/udfs/shout$", status=200, body={"result": found}, skip=1, times=9)
    failed = run("udf", **new, digest_file=str(kept))
    assert (
        "Whether version 1 of the function 'shout' was created is not known. Run the task again: it creates a version"
        " only if one is needed, and never a second function."
    ) in failed["msg"]
    assert (failed["changed"], kept.exists(), emulator.functions()) == (True, False, [])
    emulator.clear_faults()
    assert run("udf", **new)["udf"]["version"] == 1


@pytest.mark.usefixtures("fast_clock")
def test_search_for_a_version_survives_failures(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    emulator.fault(method="POST", path="/udfs$", disconnect="after")
    emulator.fault(method="GET", path="/udfs/shout$", status=400, skip=1)
    assert run("udf", **new)["udf"]["version"] == 1


def test_lost_upload_is_repeated_once(emulator: Emulator, new: dict[str, Any], run: Run, requests: Sent) -> None:
    emulator.fault(method="POST", path="/udfs$", status=410, body={"error": "GONE", "status": 410, "requestId": "r"})
    assert run("udf", **new)["changed"] is True
    assert requests() == [GET, ORGANIZATION, *UPLOAD, "POST udfs", *UPLOAD, "POST udfs", GET]
    gone = {"error": "GONE", "status": 410, "requestId": "r"}
    emulator.fault(method="POST", path="/versions$", status=410, body=gone, times=9)
    failed = run("udf", **new, force=True)
    assert "Run the task again: it uploads the source once more." in failed["msg"]
    assert requests() == [GET, *UPLOAD, VERSIONS, *UPLOAD, VERSIONS]


def test_conflict_with_another_task_is_reported(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    emulator.fault(method="POST", path="/udfs$", status=409)
    assert (
        "Another task has published the function 'shout' at the same time: run the task again"
        in (run("udf", **new)["msg"])
    )


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            {"status": 403, "body": "<Error><Code>AccessDenied</Code><Sig>hidden</Sig></Error>"},
            "with HTTP status 403: the error of the storage is AccessDenied. Run the task again: it uploads the source"
            " to a new URL.",
        ),
        ({"status": 404, "body": "lost"}, "the response is not the API's JSON but begins with 'lost'. Run the task"),
        ({"status": 500, "body": "<Error/>"}, "Try again later"),
        ({"status": 307, "headers": {"Location": "https://other.example/x?y"}}, "redirects to https://other.example/x"),
        ({"disconnect": "before", "times": 9}, "got no response from http://127.0.0.1"),
    ],
)
def test_failed_upload_creates_nothing(
    emulator: Emulator, new: dict[str, Any], run: Run, fault: dict[str, Any], text: str
) -> None:
    emulator.fault(method="PUT", path="/udf-uploads/", **fault)
    failed = run("udf", **new)
    assert failed["msg"].startswith("The request to upload the source of the function 'shout'")
    assert text in failed["msg"]
    assert (failed["changed"], emulator.functions()) == (True, [])
    assert "Signature" not in str(failed)
    assert "hidden" not in str(failed)
    emulator.clear_faults()
    assert run("udf", **new)["udf"]["version"] == 1


@pytest.mark.usefixtures("fast_clock")
def test_interrupted_upload_is_repeated(emulator: Emulator, new: dict[str, Any], run: Run, requests: Sent) -> None:
    emulator.fault(method="PUT", path="/udf-uploads/", disconnect="before")
    assert run("udf", **new)["changed"] is True
    assert requests() == [GET, ORGANIZATION, UPLOAD[0], UPLOAD[1], UPLOAD[1], "POST udfs", GET]


@pytest.mark.usefixtures("fast_clock")
def test_unreachable_storage_is_reported(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    upload = {"uploadId": "u", "uploadUrl": "https://127.0.0.1:1/upload?X-Amz-Signature=hidden"}
    emulator.fault(path="/udfUploads/url$", status=200, body={"result": upload})
    failed = run("udf", **new, connect_timeout=0.2)
    assert "Check the proxy, the firewall and the network" in failed["msg"]
    assert "hidden" not in str(failed)


@pytest.mark.parametrize(
    ("upload", "text"),
    [
        ({"uploadId": "u", "uploadUrl": "ftp://127.0.0.1.example/"}, "an upload URL that is not one of https"),
        ({"uploadId": "u", "uploadUrl": "https://[/"}, "an upload URL that is not one of https"),
        ({"uploadId": "u", "uploadUrl": ""}, "an uploadId with an uploadUrl was expected"),
    ],
)
def test_malformed_upload_url_is_reported(
    emulator: Emulator, new: dict[str, Any], run: Run, upload: dict[str, str], text: str
) -> None:
    emulator.fault(path="/udfUploads/url$", status=200, body={"result": upload})
    assert text in run("udf", **new)["msg"]


@pytest.mark.parametrize("version", [None, 0, True, "1"])
def test_function_without_a_version_is_reported(
    emulator: Emulator, new: dict[str, Any], run: Run, version: Any
) -> None:
    emulator.fault(path="/udfs/shout$", status=200, body={"result": {"functionName": "shout", "version": version}})
    assert "the number of a version was expected" in run("udf", **new)["msg"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"function_name": "no-dash"}, "function_name must begin with a letter"),
        ({"function_name": "a" * 65}, "function_name must begin with a letter"),
        ({"pool_size": 2, "type": "executable"}, "pool_size is only for a function with a pool of processes"),
        (
            {"runtime": "native", "sandbox_type": "netenable"},
            "sandbox_type: netenable is not for runtime: native, which always has the sandbox basic. Leave it out.",
        ),
        ({"command_read_timeout": 0}, "command_read_timeout must be at least 1; 0 is not."),
        ({"memory_limit_mib": 1048577}, "memory_limit_mib must be at least 0 and at most 1048576; 1048577 is not."),
        ({"arguments": [{"name": "a b", "type": "String"}]}, "The name of each argument in arguments must begin with"),
        ({"arguments": [*ARGUMENTS, *ARGUMENTS]}, "arguments has the name 'input' twice."),
        ({"return_name": "1"}, "return_name must begin with a letter"),
        ({"source": "/nowhere"}, "source cannot be read: /nowhere: No such file or directory."),
        ({"source": "/dev/null"}, "source /dev/null is neither a folder nor a file."),
        ({"source": __file__}, "is not a ZIP archive. Name a ZIP archive or a folder."),
        ({"digest_file": "/nowhere/shout.json"}, "The directory of digest_file does not exist: /nowhere."),
        ({"digest_file": "/dev"}, "digest_file must be a regular file; /dev is something else."),
        ({"digest_file": "/proc/shout"}, "digest_file /proc/shout cannot be used"),
        ({"digest_file": __file__}, "has other content than this module writes, which would be lost."),
    ],
)
def test_invalid_options_are_rejected(
    emulator: Emulator, new: dict[str, Any], run: Run, options: dict[str, Any], text: str
) -> None:
    failed = run("udf", check=True, **{**new, **options})
    assert text in failed["msg"]
    assert (failed["changed"], emulator.journal()) == (False, [])


def test_unusable_source_is_rejected(emulator: Emulator, source: Path, new: dict[str, Any], run: Run) -> None:
    (source / "link").symlink_to("main.py")
    assert "source has the symbolic link link. ClickHouse Cloud refuses source" in run("udf", **new)["msg"]
    (source / "link").unlink()
    archive = source.parent / "link.zip"
    with zipfile.ZipFile(archive, "w") as content:
        entry = zipfile.ZipInfo("main.py")
        entry.external_attr = 0o120777 << 16
        content.writestr(entry, "/etc/passwd")
    assert "source has the symbolic link main.py." in run("udf", **{**new, "source": str(archive)})["msg"]
    (source / "main.py").rename(source / "other.py")
    assert (
        "source has no main.py, which the runtime python3.11 starts. Name the folder that contains main.py"
        in run("udf", **new)["msg"]
    )
    native = run("udf", **new, runtime="native")
    assert "source has no amd64/main and no arm64/main, which the runtime native starts." in native["msg"]
    (source / "other.py").unlink()
    assert f"source {source} has no files." in run("udf", **new)["msg"]
    source.chmod(0)
    try:
        if os.geteuid() != 0:
            assert "source cannot be read" in run("udf", **new)["msg"]
    finally:
        source.chmod(0o755)
    assert {entry["method"] for entry in emulator.journal()} <= {"GET"}


def test_unreadable_folder_is_rejected(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, onerror: Callable[[OSError], None]) -> list[Any]:
        onerror(PermissionError(13, "Permission denied", path))
        return []

    monkeypatch.setattr(os, "walk", refuse)
    with pytest.raises(InvalidOption, match=f"^source cannot be read: {source}: Permission denied.$"):
        read_source(str(source))


def test_digest_file_of_another_function_is_rejected(
    emulator: Emulator, new: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    run("udf", **new, digest_file=str(kept))
    assert (
        f"digest_file {kept} is that of the function 'shout'. Name another file for 'whisper'."
        in (run("udf", **{**new, "function_name": "whisper"}, digest_file=str(kept))["msg"])
    )


def test_unwritable_digest_file_is_reported(
    emulator: Emulator, new: dict[str, Any], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, text: str) -> None:
        raise OSError(28, "No space left on device")

    module = "ansible_collections.clickhouse.cloud.plugins.module_utils._service.udf_digest"
    monkeypatch.setattr(f"{module}.write_atomically", refuse)
    failed = run("udf", **new, digest_file=str(tmp_path / "kept.json"))
    assert "Version 1 of the function 'shout' is published, but digest_file" in failed["msg"]
    assert "could not be written: No space left on device. Make it writable" in failed["msg"]


def test_missing_options_are_named(emulator: Emulator, new: dict[str, Any], run: Run, requests: Sent) -> None:
    failed = run("udf", function_name="shout", return_type="String")
    assert failed["msg"] == ("The organization has no function 'shout'. To create it, set source and arguments.")
    emulator.set_functions({"functionName": "shout"})
    requests()
    assert run("udf", function_name="shout", return_type="String")["changed"] is False
    failed = run("udf", function_name="shout", return_type="Int8")
    assert failed["msg"] == (
        "A new version of the function 'shout' needs its source, which the API does not return. Set source."
    )
    failed = run("udf", **new, pool_size=2)
    assert "pool_size is only for a function with a pool" in failed["msg"]
    assert requests() == [GET, GET, GET]


@pytest.mark.parametrize("attached", [True, False])
def test_attached_function_is_only_deleted_with_force(
    service: dict[str, Any], emulator: Emulator, run: Run, requests: Sent, attached: bool
) -> None:
    """The attachment is on the third page."""
    services = [emulator.create(name=f"other {number}")["service"]["id"] for number in range(4)]
    users = [*services, service["id"]] if attached else []
    emulator.set_functions({"functionName": "shout", "versions": 2, "services": users})
    emulator.clear_journal()
    for check in (True, False):
        result = run("udf", check=check, **ABSENT)
        if attached:
            assert result["msg"].startswith("The function 'shout' is not deleted, since it is attached to the services")
            assert f"'analytics' ({service['id']})" in result["msg"]
            assert "and 1 more, where queries that call it would fail." in result["msg"]
            assert requests() == [GET, *["GET udfs/shout/attachments"] * 3, "GET services"]
    assert bool(emulator.functions()) is attached
    requests()
    forced = run("udf", **ABSENT, force=True)
    assert (forced["changed"], emulator.functions()) == (attached, [])
    assert requests() == ([GET, "DELETE udfs/shout", GET] if attached else [GET, ORGANIZATION])


def test_old_version_is_deleted(service: dict[str, Any], emulator: Emulator, run: Run, requests: Sent) -> None:
    """The version is on the third page."""
    emulator.set_functions({"functionName": "shout", "versions": 6})
    emulator.request("PUT", f"udfs/shout/attachments/{service['id']}", {"version": 2})
    emulator.clear_journal()
    options = {"function_name": "shout", "state": "absent"}
    looks = [GET, *["GET udfs/shout/versions"] * 3]
    for check in (True, False):
        deleted = run("udf", check=check, **options, version=5)
        assert (deleted["changed"], deleted["udf"]["version"]) == (True, 6)
        assert deleted["diff"] == {"before": {"versions": [1, 2, 3, 4, 5, 6]}, "after": {"versions": [1, 2, 3, 4, 6]}}
        writes = [] if check else ["DELETE udfs/shout/versions/5"]
        assert requests() == [*looks, "GET udfs/shout/attachments", *writes]
    assert run("udf", **options, version=5)["changed"] is False
    assert "is not deleted, since it is the latest one." in run("udf", **options, version=6)["msg"]
    message = f"is not deleted, since it is attached to service 'analytics' ({service['id']}). Attach another one"
    assert message in run("udf", **options, version=2)["msg"]
    # Without the names, and for a version that the API does not name.
    emulator.fault(path="/services$", status=403)
    odd = {"functionName": "shout", "serviceId": service["id"], "version": None}
    emulator.fault(path="/attachments$", status=200, body={"result": [odd]})
    message = f"is not deleted, since it is attached to service {service['id']}. Attach another one"
    assert message in run("udf", **options, version=1)["msg"]
    emulator.set_functions({"functionName": "shout"})
    assert "is not deleted, since it is the latest one." in run("udf", **options, version=1)["msg"]
    emulator.set_functions()
    assert run("udf", **options, version=1)["changed"] is False


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("version", [None, 1])
def test_deletion_waits_for_builds(emulator: Emulator, new: dict[str, Any], run: Run, version: int | None) -> None:
    emulator.set_functions({"functionName": "shout", "versions": 2})
    options = {**ABSENT, "version": version}
    assert run("udf", **new, force=True, wait=False)["udf"]["status"] == "building"
    assert run("udf", **options)["changed"] is True
    # The build ends before its version is read.
    emulator.set_functions({"functionName": "shout", "versions": 2})
    building = {"functionName": "shout", "version": 2, "status": "building"}
    body = building if version is None else [{**building, "version": 1, "status": "ready"}, building]
    emulator.fault(method="GET", path="/udfs/shout" + ("$" if version is None else "/versions$"), body={"result": body})
    emulator.fault(method="DELETE", path="/udfs/", status=409)
    assert run("udf", **options)["changed"] is True
    # A task that does not wait.
    emulator.hold()
    emulator.set_functions({"functionName": "shout", "versions": 2})
    assert run("udf", **new, force=True, wait=False)["udf"]["status"] == "building"
    emulator.fault(method="DELETE", path="/udfs/", status=409)
    failed = run("udf", **options, wait=False)
    assert "Wait until no version is being built, and run the task again." in failed["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("version", [None, 1])
def test_deletion_is_refused_or_its_response_lost(emulator: Emulator, run: Run, version: int | None) -> None:
    options = {**ABSENT, "version": version}
    emulator.set_functions({"functionName": "shout", "versions": 2})
    emulator.fault(method="DELETE", path="/udfs/", disconnect="after")
    assert run("udf", **options)["changed"] is True
    assert len(emulator.functions()) == (0 if version is None else 1)
    emulator.set_functions({"functionName": "shout", "versions": 2})
    emulator.fault(method="DELETE", path="/udfs/", status=403)
    assert run("udf", **options)["status"] == 403


@pytest.mark.parametrize("readable", [True, False])
def test_refusal_without_a_build_is_explained_at_once(
    service: dict[str, Any], emulator: Emulator, run: Run, requests: Sent, readable: bool
) -> None:
    """The specification says that a function whose version is deleted must not be attached, be it another version."""
    emulator.set_functions({"functionName": "shout", "versions": 2, "services": [service["id"]]})
    emulator.clear_journal()
    emulator.fault(method="DELETE", path="/udfs/", status=409)
    if not readable:
        for path in ("/versions$", "/attachments$"):
            emulator.fault(method="GET", path=path, skip=1, status=403)
    failed = run("udf", **ABSENT, version=1)
    assert (failed["failed"], failed["status"]) == (True, 409)
    looks = ["GET udfs/shout/versions", "GET udfs/shout/attachments"]
    names = ["GET services"] if readable else []
    assert requests() == [GET, *looks, "DELETE udfs/shout/versions/1", *looks, *names]
    label = f"service 'analytics' ({service['id']})"
    advice = (
        f"No version is being built, but the function is attached to {label}. Detach it with"
        " clickhouse.cloud.udf_attachment."
        if readable
        else "No version is being built, and the function is not known to be attached to a service. Look at it with"
        " clickhouse.cloud.udf_info, and run the task again."
    )
    assert f"CONFLICT. {advice} The API's request id" in failed["msg"]


def test_deletion_is_confirmed_by_name(emulator: Emulator, run: Run, requests: Sent) -> None:
    emulator.set_functions({"functionName": "shout", "versions": 2})
    emulator.clear_journal()
    for more in ({}, {"version": 1}):
        failed = run("udf", function_name="shout", state="absent", confirm_name="whisper", **more)
        assert failed["msg"] == (
            "Nothing is deleted, since confirm_name is 'whisper', and function_name is 'shout'. Set both to the same"
            " name."
        )
    failed = run("udf", function_name="shout", state="absent")
    assert failed["msg"] == (
        "To delete the function 'shout' with all its versions, set confirm_name to its name. To delete one version, set"
        " version."
    )
    assert requests() == []


@pytest.mark.usefixtures("fast_clock")
def test_deletion_that_lags_is_awaited(emulator: Emulator, run: Run) -> None:
    emulator.set_functions({"functionName": "shout"})
    emulator.fault(method="DELETE", path="/udfs/shout$", status=200, body={"status": 200}, times=9)
    failed = run("udf", **ABSENT, wait_timeout=3, wait_interval=1)
    assert "The function 'shout' is still there after" in failed["msg"]


def test_wrong_organization_is_not_taken_for_absence(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    other = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"
    for options in (ABSENT, new):
        failed = run("udf", **options, organization_id=other)
        assert (failed["status"], failed["changed"]) == (404, False)
        assert "Check organization_id" in failed["msg"]


def test_missing_beta_is_named(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"userDefinedFunctions": False})
    failed = run("udf", **new)
    assert f"The beta of user-defined functions is off for the organization: {SUPPORT}" in failed["msg"]
    assert "(sandbox_type: netenable) is turned on separately" in failed["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [401, 403, 500])
def test_refusals_are_reported(emulator: Emulator, new: dict[str, Any], run: Run, status: int) -> None:
    emulator.fault(path="/udfs", status=status, times=99)
    failed = run("udf", **new)
    assert (failed["status"], failed["changed"]) == (status, False)


def test_name_of_a_clickhouse_function_is_refused(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    failed = run("udf", **{**new, "function_name": "sum"})
    assert "The name is that of a function of ClickHouse" in failed["msg"]


@pytest.mark.parametrize("odd", [5, "text", ["text"], [["name", "type"]]])
def test_malformed_arguments_are_returned_but_not_compared(
    emulator: Emulator, new: dict[str, Any], run: Run, odd: Any
) -> None:
    function = {"functionName": "shout", "version": 1, "status": "ready", "arguments": odd, "newField": 1}
    emulator.fault(method="GET", path="/udfs/shout$", status=200, body={"result": function}, times=9)
    result = run("udf", function_name="shout")
    assert (result["changed"], result["udf"]["arguments"], result["udf"]["new_field"]) == (False, odd, 1)
    assert "The API returned" in run("udf", **new)["msg"]


def test_arguments_of_another_form_are_rejected() -> None:
    (field,) = [field for field in UDF.options() if field.option == "arguments"]
    assert field.checked_current({"arguments": None}) is None
    with pytest.raises(UnexpectedResponse, match="malformed entry in arguments"):
        field.checked_current({"arguments": [1]})


def test_memory_limit_can_be_removed(emulator: Emulator, new: dict[str, Any], run: Run) -> None:
    emulator.set_functions({"functionName": "shout", "memoryLimitMib": 64})
    for limit, number in ((0, 2), (0, 2), (32, 3)):
        result = run("udf", **new, memory_limit_mib=limit)
        assert (result["udf"]["memory_limit_mib"], result["udf"]["version"]) == (limit, number)
    assert [version["memoryLimitMib"] for version in versions(emulator)] == [64, None, 32]


def test_return_values_are_documented() -> None:
    documented: Mapping[str, Any] = yaml.safe_load(udf.RETURN)["udf"]["contains"]
    assert documented.keys() == UDF.to_result({}).keys()


def test_version_is_not_a_choice_of_what_to_publish(emulator: Emulator, run: Run) -> None:
    assert run("udf", function_name="shout", version=1)["msg"] == (
        "version is only for state: absent. Each change publishes a new version. To use an older one, attach it with"
        " clickhouse.cloud.udf_attachment."
    )
    assert emulator.journal() == []


@pytest.mark.parametrize("check", [True, False])
def test_function_is_deleted_although_its_source_is_gone(
    emulator: Emulator, run: Run, tmp_path: Path, check: bool
) -> None:
    emulator.set_functions({"functionName": "shout"})
    gone = {"source": str(tmp_path / "gone"), "digest_file": str(tmp_path / "missing" / "shout.json")}
    result = run("udf", check=check, **ABSENT, runtime="native", **gone)
    assert (result.get("msg"), result["changed"]) == (None, True)
