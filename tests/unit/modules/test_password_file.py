# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password_file that would lose a password or other data is rejected before any request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]

NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}


@pytest.fixture(params=["service", "fleet", "service_password"])
def apply(request: pytest.FixtureRequest, run: Run) -> Run:
    """Return a function that runs each module with password_file, for a new service if the module creates one."""

    def _apply(check: bool, name: str, **options: Any) -> dict[str, Any]:
        if request.param == "service_password":
            return run("service_password", check, name="analytics", **options)
        entry = {**NEW, "name": name, **options}
        return run("fleet", check, services=[entry]) if request.param == "fleet" else run("service", check, **entry)

    return _apply


def get_rejection(emulator: Emulator, apply: Run, path: str) -> str:
    """Return the only message with which the path is rejected, with and without check mode, before any request."""
    results = [apply(check, name, password_file=path) for check in (True, False) for name in ("analytics", "new")]
    assert emulator.journal() == []
    assert not any(result["changed"] for result in results)
    (message,) = {result["msg"] for result in results}
    return str(message)


@pytest.mark.parametrize("name", ["x" * 246, "x" * 255, "x" * 256, "x" * 1000, "é" * 123, "é" * 127 + "x"])
def test_name_too_long_for_the_files_beside_it_is_rejected(
    service: dict[str, Any], emulator: Emulator, apply: Run, tmp_path: Path, name: str
) -> None:
    message = get_rejection(emulator, apply, f"{tmp_path}/{name}")
    assert (
        f"the name of password_file is too long: it has {len(name.encode())} bytes, and at most 245 are allowed"
        in message
    )
    assert os.listdir(tmp_path) == []


def test_longest_possible_name_is_accepted(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 245)
    result = run("service", **NEW, name="new", password_file=str(path))
    assert "failed" not in result, result
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    "path", ["/dev/stdout", "/dev/stderr", "/dev/fd/{fd}", "/proc/self/fd/{fd}", "/proc/{pid}/fd/{fd}"]
)
@pytest.mark.parametrize("way", ["{path}", "/tmp/..{path}", "/{path}", "{folder}/link", "{folder}/other/link"])
def test_open_file_of_the_process_is_rejected(
    service: dict[str, Any], emulator: Emulator, apply: Run, tmp_path: Path, path: str, way: str
) -> None:
    log = tmp_path / "log"
    with open(log, "w") as opened:
        opened.write("all that was logged")
        opened.flush()
        target = path.format(fd=opened.fileno(), pid=os.getpid())
        (tmp_path / "link").symlink_to(target)
        (tmp_path / "other").symlink_to(tmp_path)
        given = way.format(path=target, folder=tmp_path)
        assert f"password_file must not be in /dev or /proc, and {given} is" in get_rejection(emulator, apply, given)
    assert log.read_text() == "all that was logged"


def test_link_to_open_files_is_rejected(
    service: dict[str, Any], emulator: Emulator, apply: Run, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with open(log, "w") as opened:
        (tmp_path / "link").symlink_to("/dev/fd")
        given = f"{tmp_path}/link/{opened.fileno()}"
        assert f"password_file must not be in /dev or /proc, and {given} is" in get_rejection(emulator, apply, given)


def test_password_file_in_memory_is_accepted(emulator: Emulator, run: Run) -> None:
    path = Path(f"/dev/shm/ansible-test-{os.getpid()}")
    if not path.parent.is_dir():
        return
    try:
        assert run("service", **NEW, name="new", password_file=str(path))["changed"] is True
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        path.unlink()


@pytest.mark.parametrize("suffix", ["creation", "new", "given"])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("folder", ["", "link/"])
def test_file_needed_beside_another_one_is_rejected(
    emulator: Emulator, run: Run, tmp_path: Path, suffix: str, is_first: bool, folder: str
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    services = [
        {**NEW, "name": "a", "password_file": f"{tmp_path}/p1"},
        {**NEW, "name": "b", "password_file": f"{tmp_path}/{folder}.p1.{suffix}"},
    ]
    for check in (True, False):
        result = run("fleet", check=check, services=services if is_first else services[::-1])
        assert result["msg"] == (
            f"The password_file of b is {tmp_path}/.p1.{suffix}, which is needed beside that of a, {tmp_path}/p1."
            " Give it another name."
        )
        assert emulator.journal() == []
    services[0]["state"] = "absent"
    assert "failed" not in run("fleet", services=services)


def test_services_with_the_same_name_have_separate_files(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in (1, 2)]
    entries = [{"name": "a", "service_id": service_id, "password_file": f"{tmp_path}/p"} for service_id in ids]
    result = run("fleet", services=entries)
    assert result["msg"].startswith(f"a ({ids[0]}) and a ({ids[1]}) have the same password_file, {tmp_path}/p, which")
    assert emulator.journal() == []
