# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils import _files
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.rate_limiter import MAX_SLOT_AHEAD, RateLimiter
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    # The directory of a substitute.
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "ansible-clickhouse-cloud"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the total sleep; only sleeping advances the time."""
    pauses: list[float] = []
    start, now = time.monotonic(), time.time()
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(time, "monotonic", lambda: start + sum(pauses))
    monkeypatch.setattr(time, "time", lambda: now + sum(pauses))
    return pauses


@pytest.fixture
def warnings() -> list[str]:
    """Return the warnings of the play."""
    return []


def connection(**options: Any) -> ClientOptions:
    return ClientOptions(**{"key": "the-key-id", "secret": "the-secret", **options})


def wait_for_exit(process: Any) -> int:
    process.join(200)
    assert process.exitcode is not None
    return int(process.exitcode)


def together(count: int, act: Callable[[], None]) -> None:
    processes = [FORK.Process(target=act, daemon=True) for _turn in range(count)]
    for process in processes:
        process.start()
    assert [wait_for_exit(process) for process in processes] == [0] * count


def test_requests_wait_for_the_window_once_slots_are_used(directory: Path, slept: list[float]) -> None:
    budget = RateLimiter(3, 10, "name", print)
    for _turn in range(9):
        budget.acquire()
    assert [round(pause, 6) for pause in slept] == [10.3, 10.3]


def test_slots_expire_one_by_one(directory: Path, slept: list[float]) -> None:
    budget = RateLimiter(2, 10, "name", print)
    budget.acquire()
    time.sleep(4)
    budget.acquire()
    budget.acquire()
    budget.acquire()
    assert [round(pause, 6) for pause in slept] == [4, 6.3, 4]


def test_short_pause_is_made(directory: Path, slept: list[float]) -> None:
    budget = RateLimiter(1, 0.5, "name", print)
    budget.acquire()
    budget.acquire()
    assert [round(pause, 6) for pause in slept] == [0.515]


def test_waiting_request_keeps_its_slot(directory: Path, slept: list[float]) -> None:
    first = RateLimiter(1, 10, "name", print)
    first.acquire()
    now = time.monotonic()
    # Two other processes have reserved the next slots, and still wait.
    (directory / "name").write_text(slots(now, now + 10.3, now + 20.6))
    first.acquire()
    assert [round(pause, 6) for pause in slept] == [30.9]


def slots(*moments: float, started: float | None = None) -> str:
    """Return the content of the file in which these slots are taken."""
    return json.dumps({"started": time.time() - time.monotonic() if started is None else started, "slots": moments})


def test_keys_do_not_share_slots(directory: Path, slept: list[float]) -> None:
    for key in ("one", "other"):
        for _turn in range(10):
            RateLimiter.from_options(connection(key=key), print).acquire()
    assert slept == []
    assert len(os.listdir(directory)) == 2


def test_file_is_private_and_contains_no_key(directory: Path) -> None:
    RateLimiter.from_options(connection(), print).acquire()
    (file,) = directory.iterdir()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert "the-" not in file.name + file.read_text()


def test_no_file_without_a_limit(directory: Path) -> None:
    RateLimiter.from_options(connection(rate_limit=0), print).acquire()
    assert not directory.exists()


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\x00",
        b"{}",
        b"17",
        b"[",
        b"null",
        b'{"slots": ["1.0"], "started": []}',
        b'{"slots": 7, "started": 7.0}',
        b'{"started": 0.0, "slots": ["1.0", null, [], NaN, Infinity, -Infinity, 1e999, true, ' + b"9" * 400 + b"]}",
        b"[" * 100_000,
    ],
)
def test_invalid_content_is_ignored(directory: Path, slept: list[float], garbage: bytes) -> None:
    budget = RateLimiter(2, 10, "name", print)
    budget.acquire()
    (directory / "name").write_bytes(garbage)
    budget.acquire()
    budget.acquire()
    assert slept == []
    assert len(json.loads((directory / "name").read_text())["slots"]) == 2


def test_slots_of_another_time_are_ignored(directory: Path, slept: list[float]) -> None:
    budget = RateLimiter(1, 10, "name", print)
    budget.acquire()
    (directory / "name").write_text(slots(time.monotonic() + MAX_SLOT_AHEAD + 1))
    budget.acquire()
    assert slept == []


@pytest.mark.parametrize("seconds", [-86400, -6, 6, 86400])
def test_slots_before_a_reboot_are_ignored(directory: Path, slept: list[float], seconds: float) -> None:
    budget = RateLimiter(1, 10, "name", print)
    budget.acquire()
    # The monotonic clock restarts at 0, and may show the same seconds again.
    (directory / "name").write_text(slots(time.monotonic(), started=time.time() - time.monotonic() + seconds))
    budget.acquire()
    assert slept == []


def test_small_clock_change_keeps_the_slots(directory: Path, slept: list[float]) -> None:
    budget = RateLimiter(1, 10, "name", print)
    budget.acquire()
    (directory / "name").write_text(slots(time.monotonic(), started=time.time() - time.monotonic() + 4))
    budget.acquire()
    assert [round(pause, 6) for pause in slept] == [10.3]


def test_killed_process_releases_the_lock(directory: Path, slept: list[float]) -> None:
    budget = RateLimiter(5, 10, "name", print)
    budget.acquire()

    def die() -> None:
        with _files.exclusive_lock(str(directory / "name"), 1):
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=die, daemon=True)
    process.start()
    assert wait_for_exit(process) == -signal.SIGKILL
    budget.acquire()
    assert slept == []


def test_stuck_lock_is_ignored_with_warning(directory: Path, slept: list[float], warnings: list[str]) -> None:
    budget = RateLimiter(1, 10, "name", warnings.append)
    budget.acquire()
    with _files.exclusive_lock(str(directory / "name"), 1):
        budget.acquire()
    assert warnings == [unshared("name", "Another process holds the file")]
    # Some pauses between attempts to get the lock, and none for a slot.
    assert 4.99 < sum(slept) < 5.1


@pytest.fixture
def substitute(directory: Path) -> Path:
    """Return the path of the substitute, where something else is in its place."""
    path = directory.parent / "temporary" / f"ansible-clickhouse-cloud-{os.geteuid()}"
    path.write_text("a file")
    return path


def unshared(path: object, reason: str) -> str:
    """Return the warning that the rate limit is not shared."""
    return (
        f"The rate limit is not shared with other tasks: {path} cannot be used ({reason}). The API may refuse requests,"
        " which are then sent again. Set XDG_STATE_HOME to a directory that belongs to this user, on a disk with room,"
        " or rate_limit: 0 to share none."
    )


def warnings_after(make: Callable[[], object]) -> list[str]:
    """Return the warnings after make has modified the directory; each rate limiter warns once."""
    make()
    warnings: list[str] = []
    for _turn in range(2):
        budget = RateLimiter(1, 3600, "name", warnings.append)
        for _request in range(3):
            budget.acquire()
    half = len(warnings) // 2
    assert warnings[:half] == warnings[half:]
    return warnings[:half]


def test_full_disk_causes_warning(directory: Path, tmp_path: Path, slept: list[float]) -> None:
    def raise_disk_full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        assert warnings_after(lambda: None) == [unshared("name", "File too large")]

    together(1, raise_disk_full)


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o720, 0o702])
def test_shared_directory_is_not_used(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warnings: list[str], mode: int
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    directory.mkdir()
    directory.chmod(mode)
    budget = RateLimiter(1, 10, "name", warnings.append)
    budget.acquire()
    substitute = tmp_path / f"ansible-clickhouse-cloud-{os.geteuid()}"
    (warning,) = warnings
    assert warning.startswith(f"{directory} cannot be used (It is not a directory of this user's own), so {substitute}")
    assert substitute.stat().st_mode & 0o777 == 0o700
    assert (substitute / "name").exists()
    assert list(directory.iterdir()) == []


def test_missing_directory_causes_warning(directory: Path, substitute: Path, slept: list[float]) -> None:
    warnings = warnings_after(lambda: directory.write_text("a file"))
    assert warnings == [unshared(substitute, "It is not a directory of this user's own")]
    assert slept == []


def test_link_in_place_of_the_directory_is_not_followed(directory: Path, tmp_path: Path, slept: list[float]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    warnings_after(lambda: directory.symlink_to(elsewhere))
    assert list(elsewhere.iterdir()) == []


def test_link_in_place_of_the_file_is_not_followed(directory: Path, tmp_path: Path, slept: list[float]) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    directory.mkdir(mode=0o700)
    assert warnings_after(lambda: (directory / "name").symlink_to(victim)) == [
        unshared(directory / "name", "Too many levels of symbolic links")
    ]
    assert victim.read_text() == "untouched"


def test_directory_in_place_of_the_file_causes_warning(directory: Path, slept: list[float]) -> None:
    directory.mkdir(mode=0o700)
    assert warnings_after((directory / "name").mkdir) == [unshared(directory / "name", "Is a directory")]


def test_module_warns_once(emulator: Emulator, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("CLICKHOUSE_CLOUD_RATE_LIMIT", "10")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    emulator.create(name="analytics")
    (warning,) = run("private_endpoint_config_info", name="analytics")["warnings"]
    assert warning.startswith("The rate limit is not shared with other tasks:")


def test_processes_share_the_rate_limit(directory: Path) -> None:
    with Emulator(0.05, "--rate-limit", "10/1") as emulator:

        def send_request() -> None:
            transport = Transport(
                connection(
                    key=emulator.api_key,
                    secret=emulator.api_secret,
                    url=emulator.api_url.removesuffix("/v1"),
                    # Much longer, since a busy machine may send a request seconds after it has reserved its slot.
                    rate_limit_window=4,
                )
            )
            for _turn in range(5):
                transport.call("GET", "/organizations")

        together(6, send_request)
        answers = [entry["status"] for entry in emulator.journal()]
    assert answers == [200] * 30
