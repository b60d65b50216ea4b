# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password_file that would lose a password, or something else, is refused before anything is sent."""

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
    """Run each of the modules that take password_file, for a new service where the module creates one."""

    def _apply(check: bool, name: str, **options: Any) -> dict[str, Any]:
        if request.param == "service_password":
            return run("service_password", check, name="analytics", **options)
        entry = {**NEW, "name": name, **options}
        return run("fleet", check, services=[entry]) if request.param == "fleet" else run("service", check, **entry)

    return _apply


def refuse(emulator: Emulator, apply: Run, path: str) -> str:
    """Return the one message by which the path is refused, in check mode and not, without a request."""
    results = [apply(check, name, password_file=path) for check in (True, False) for name in ("analytics", "new")]
    assert emulator.journal() == []
    assert not any(result["changed"] for result in results)
    (message,) = {result["msg"] for result in results}
    return str(message)


@pytest.mark.parametrize("name", ["x" * 246, "x" * 255, "x" * 256, "x" * 1000, "é" * 123, "é" * 127 + "x"])
def test_a_name_that_leaves_no_room_for_the_files_beside_it_is_refused(
    service: dict[str, Any], emulator: Emulator, apply: Run, tmp_path: Path, name: str
) -> None:
    message = refuse(emulator, apply, f"{tmp_path}/{name}")
    assert (
        f"the name of password_file is too long: it has {len(name.encode())} bytes, and at most 245 are allowed"
        in message
    )
    assert os.listdir(tmp_path) == []


def test_the_longest_name_that_leaves_room_is_taken(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 245)
    result = run("service", **NEW, name="new", password_file=str(path))
    assert "failed" not in result, result
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    "path", ["/dev/stdout", "/dev/stderr", "/dev/fd/{fd}", "/proc/self/fd/{fd}", "/proc/{pid}/fd/{fd}"]
)
@pytest.mark.parametrize("way", ["{path}", "/tmp/..{path}", "/{path}", "{folder}/link", "{folder}/other/link"])
def test_an_open_file_of_the_process_is_not_replaced(
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
        assert f"password_file must not be in /dev or /proc, and {given} is" in refuse(emulator, apply, given)
    assert log.read_text() == "all that was logged"


def test_a_link_to_the_directory_of_open_files_is_followed(
    service: dict[str, Any], emulator: Emulator, apply: Run, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with open(log, "w") as opened:
        (tmp_path / "link").symlink_to("/dev/fd")
        given = f"{tmp_path}/link/{opened.fileno()}"
        assert f"password_file must not be in /dev or /proc, and {given} is" in refuse(emulator, apply, given)


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
def test_a_password_file_is_not_what_lies_beside_another_one(
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


def test_two_services_of_one_name_have_a_password_file_each(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in (1, 2)]
    entries = [{"name": "a", "service_id": one, "password_file": f"{tmp_path}/p"} for one in ids]
    result = run("fleet", services=entries)
    assert result["msg"].startswith(f"a ({ids[0]}) and a ({ids[1]}) have the same password_file, {tmp_path}/p, which")
    assert emulator.journal() == []
