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
from ansible_collections.clickhouse.cloud.plugins.module_utils._budget import HORIZON, Budget
from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._transport import Transport
from ansible_collections.clickhouse.cloud.tests.emulator.process import Emulator

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "ansible-clickhouse-cloud"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only by sleeping."""
    pauses: list[float] = []
    start = time.monotonic()
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(time, "monotonic", lambda: start + sum(pauses))
    return pauses


def connection(**options: Any) -> Connection:
    return Connection(**{"key": "the-key-id", "secret": "the-secret", **options})


def ended(process: Any) -> int:
    process.join(20)
    assert process.exitcode is not None
    return int(process.exitcode)


def together(count: int, act: Callable[[], None]) -> None:
    processes = [FORK.Process(target=act, daemon=True) for _turn in range(count)]
    for process in processes:
        process.start()
    assert [ended(process) for process in processes] == [0] * count


def test_the_first_ones_go_at_once_and_the_others_as_the_window_moves(directory: Path, slept: list[float]) -> None:
    budget = Budget(3, 10, "name")
    for _turn in range(9):
        budget.take()
    assert [round(pause, 6) for pause in slept] == [10.3, 10.3]


def test_slots_free_one_by_one(directory: Path, slept: list[float]) -> None:
    budget = Budget(2, 10, "name")
    budget.take()
    time.sleep(4)
    budget.take()
    budget.take()
    budget.take()
    assert [round(pause, 6) for pause in slept] == [4, 6.3, 4]


def test_a_pause_of_less_than_a_second_is_made(directory: Path, slept: list[float]) -> None:
    budget = Budget(1, 0.5, "name")
    budget.take()
    budget.take()
    assert [round(pause, 6) for pause in slept] == [0.515]


def test_who_waits_keeps_his_place(directory: Path, slept: list[float]) -> None:
    first = Budget(1, 10, "name")
    first.take()
    now = time.monotonic()
    # Two others have taken the next slots, and still sleep.
    (directory / "name").write_text(json.dumps([now, now + 10.3, now + 20.6]))
    first.take()
    assert [round(pause, 6) for pause in slept] == [30.9]


def test_two_keys_do_not_share(directory: Path, slept: list[float]) -> None:
    for key in ("one", "other"):
        for _turn in range(10):
            Budget.of(connection(key=key)).take()
    assert slept == []
    assert len(os.listdir(directory)) == 2


def test_nobody_else_reads_the_file_and_it_names_no_key(directory: Path) -> None:
    Budget.of(connection()).take()
    (file,) = directory.iterdir()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert "the-" not in file.name + file.read_text()


def test_without_a_limit_there_is_no_file(directory: Path) -> None:
    Budget.of(connection(rate_limit=0)).take()
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
        b'["1.0", null, [], NaN, Infinity, -Infinity, 1e999, true, ' + b"9" * 400 + b"]",
        b"[" * 100_000,
    ],
)
def test_garbage_in_the_file_counts_for_nothing(directory: Path, slept: list[float], garbage: bytes) -> None:
    budget = Budget(2, 10, "name")
    budget.take()
    (directory / "name").write_bytes(garbage)
    budget.take()
    budget.take()
    assert slept == []
    assert len(json.loads((directory / "name").read_text())) == 2


def test_slots_of_another_time_count_for_nothing(directory: Path, slept: list[float]) -> None:
    budget = Budget(1, 10, "name")
    budget.take()
    # As after a start of the machine, when its clock begins anew.
    (directory / "name").write_text(json.dumps([time.monotonic() + HORIZON + 1]))
    budget.take()
    assert slept == []


def test_who_dies_while_holding_the_file_lets_go_of_it(directory: Path, slept: list[float]) -> None:
    budget = Budget(5, 10, "name")
    budget.take()

    def die() -> None:
        with _files.locked(str(directory / "name"), 1):
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=die, daemon=True)
    process.start()
    assert ended(process) == -signal.SIGKILL
    budget.take()
    assert slept == []


def test_who_does_not_let_go_is_passed_over(directory: Path, slept: list[float]) -> None:
    budget = Budget(1, 10, "name")
    budget.take()
    with _files.locked(str(directory / "name"), 1):
        budget.take()
    # Some pauses to ask again, and then none for a slot.
    assert 5 <= sum(slept) < 5.1


def without(directory: Path, make: Callable[[], None]) -> None:
    """Nothing is waited for where make has spoiled the place."""
    make()
    budget = Budget(1, 3600, "name")

    def take() -> None:
        for _turn in range(3):
            budget.take()

    together(1, take)


def test_a_full_disk_is_no_obstacle(directory: Path) -> None:
    def make() -> None:
        Budget(1, 3600, "name").take()
        (directory / "name").write_text("")

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        for _turn in range(3):
            Budget(1, 3600, "name").take()

    make()
    together(1, full)


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o701])
def test_a_directory_that_others_may_enter_is_not_used(directory: Path, mode: int) -> None:
    def make() -> None:
        directory.mkdir()
        directory.chmod(mode)

    without(directory, make)
    assert list(directory.iterdir()) == []


def test_a_link_in_place_of_the_directory_is_not_followed(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    without(directory, lambda: directory.symlink_to(elsewhere))
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_place_of_the_file_is_not_followed(directory: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")

    def make() -> None:
        directory.mkdir(mode=0o700)
        (directory / "name").symlink_to(victim)

    without(directory, make)
    assert victim.read_text() == "untouched"


def test_a_directory_in_place_of_the_file_is_no_obstacle(directory: Path) -> None:
    def make() -> None:
        directory.mkdir(mode=0o700)
        (directory / "name").mkdir()

    without(directory, make)


def test_without_a_runtime_directory_it_is_one_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Budget(1, 10, "name").take()
    own = tmp_path / f"ansible-clickhouse-cloud-{os.geteuid()}"
    assert own.stat().st_mode & 0o777 == 0o700
    assert (own / "name").exists()


def test_processes_share_what_the_api_grants(directory: Path) -> None:
    with Emulator(0.05, "--rate-limit", "10/1") as emulator:

        def ask() -> None:
            transport = Transport(
                connection(
                    key=emulator.api_key,
                    secret=emulator.api_secret,
                    url=emulator.api_url.removesuffix("/v1"),
                    # A little longer, since a busy machine may send a request later than it took its turn.
                    rate_limit_window=1.4,
                )
            )
            for _turn in range(5):
                transport.call("GET", "/organizations")

        together(6, ask)
        answers = [entry["status"] for entry in emulator.journal()]
    assert answers == [200] * 30
