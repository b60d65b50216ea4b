# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils import _files
from ansible_collections.clickhouse.cloud.plugins.module_utils._files import exclusive_lock, is_shared, state_directory

NAME = "ansible-clickhouse-cloud"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the home directory of the user, with no other variable set."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return path


def set_owner(monkeypatch: pytest.MonkeyPatch, strangers: Path, uid: int, writable: bool = False) -> None:
    """Make a path appear to belong to another user."""
    stat, access = os.stat, os.access

    def _stat(path: Any, **more: Any) -> object:
        found = stat(path, **more)
        return SimpleNamespace(st_uid=uid, st_mode=found.st_mode) if str(path) == str(strangers) else found

    monkeypatch.setattr(os, "stat", _stat)
    monkeypatch.setattr(
        os, "access", lambda path, mode: writable if str(path) == str(strangers) else access(path, mode)
    )


def test_state_directory_is_in_xdg_state_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "not" / "there" / "yet"))
    found = state_directory()
    assert found.path == str(tmp_path / "not" / "there" / "yet" / NAME)
    assert found.problem == ""
    assert Path(found.path).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("odd", ["", "relative/to/nowhere"])
def test_default_state_directory_is_in_home(monkeypatch: pytest.MonkeyPatch, home: Path, odd: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", odd)
    found = state_directory()
    assert found.path == str(home / ".local" / "state" / NAME)
    reason = f"XDG_STATE_HOME, {odd}, cannot be used (It is not an absolute path), so {found.path} is used instead."
    assert found.problem.startswith(reason) if odd else not found.problem


def test_session_and_cron_share_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    session = state_directory()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert state_directory() == session


@pytest.mark.parametrize("variable", ["HOME", "XDG_STATE_HOME"])
def test_directory_of_another_user_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, variable: str
) -> None:
    """As with sudo -E, or su without a login."""
    theirs, own = tmp_path / "theirs", tmp_path / "own"
    for path in (theirs, own):
        path.mkdir()
    monkeypatch.setenv(variable, str(theirs))
    set_owner(monkeypatch, theirs, uid=os.geteuid() + 1)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_dir=str(own)))
    expected = own if variable == "HOME" else home
    found = state_directory()
    assert found.path == str(expected / ".local" / "state" / NAME)
    reason = f"XDG_STATE_HOME, {theirs}, cannot be used (It belongs to another user), so {found.path} is used instead."
    assert found.problem.startswith(reason) if variable == "XDG_STATE_HOME" else not found.problem
    assert list(theirs.iterdir()) == []


@pytest.mark.parametrize(("uid", "counts"), [(1000, True), (0, False)])
def test_writable_home_of_another_user_is_used_except_by_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, uid: int, counts: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    set_owner(monkeypatch, home, uid=4711, writable=True)
    assert _files._is_own(str(home)) is counts


@pytest.mark.parametrize("spoil", ["file", "open", "nobody"])
def test_substitute_is_private_and_gives_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, spoil: str
) -> None:
    directory = home / ".local" / "state" / NAME
    directory.parent.mkdir(parents=True)
    if spoil == "file":
        directory.write_text("")
    if spoil == "open":
        directory.mkdir()
        directory.chmod(0o770)
    if spoil == "nobody":
        monkeypatch.delenv("HOME")

        def raise_key_error(uid: int) -> None:
            raise KeyError(uid)

        monkeypatch.setattr(pwd, "getpwuid", raise_key_error)
    found = state_directory()
    assert found.path == str(tmp_path / "temporary" / f"{NAME}-{os.geteuid()}")
    assert Path(found.path).stat().st_mode & 0o777 == 0o700
    reason = {
        "file": f"{directory} cannot be used (It is not a directory of this user's own)",
        "open": f"{directory} cannot be used (It is not a directory of this user's own)",
        "nobody": "~/.local/state cannot be used (This user has no home directory)",
    }
    assert found.problem.startswith(f"{reason[spoil]}, so {found.path} is used instead.")
    assert "In all of them, set XDG_STATE_HOME to a directory that belongs to this user." in found.problem


def test_missing_directories_are_an_error(tmp_path: Path, home: Path) -> None:
    (home / ".local" / "state").mkdir(parents=True)
    (home / ".local" / "state" / NAME).write_text("")
    (tmp_path / "temporary" / f"{NAME}-{os.geteuid()}").symlink_to(home)
    with pytest.raises(PermissionError):
        state_directory()


@pytest.mark.parametrize(
    ("mode", "uid", "shared"), [(0o700, None, False), (0o755, None, False), (0o775, None, True), (0o1777, None, True)]
)
def test_is_shared_if_others_may_write(tmp_path: Path, mode: int, uid: int | None, shared: bool) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory").chmod(mode)
    assert is_shared(str(tmp_path / "directory")) is shared


def test_directory_of_another_user_is_shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_owner(monkeypatch, tmp_path, uid=os.geteuid() + 4711)
    assert is_shared(str(tmp_path)) is True


def test_file_deleted_during_the_wait_is_not_locked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = _files.lock_until
    deleted: list[int] = []

    def delete_first(handle: int, deadline: float, sleep: object = None) -> None:
        lock(handle, deadline)
        if not deleted:
            deleted.append(os.fstat(handle).st_ino)
            path.unlink()

    monkeypatch.setattr(_files, "lock_until", delete_first)
    with exclusive_lock(str(path), 1) as handle:
        assert os.path.samestat(os.fstat(handle), path.stat())
    assert len(deleted) == 1


def test_partial_write_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "pwrite", lambda handle, content, offset: len(content) - 1)
    with exclusive_lock(str(tmp_path / "lock"), 1) as handle, pytest.raises(OSError, match="No space left"):
        _files.rewrite_fd(handle, b"content")


@pytest.mark.parametrize("is_replaced", [False, True])
def test_interrupted_write_leaves_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_replaced: bool) -> None:
    path, replace = tmp_path / "temporary" / "kept", os.replace

    def interrupt(source: str, destination: str) -> None:
        if is_replaced:
            replace(source, destination)
        raise KeyboardInterrupt

    path.write_text("old")
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        _files.write_atomically(str(path), "new")
    assert path.read_text() == ("new" if is_replaced else "old")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o750, 0o755, 0o711])
def test_readable_state_directory_becomes_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME).chmod(mode)
    found = state_directory()
    assert found.path == str(tmp_path / NAME)
    assert found.problem == ""
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o700
