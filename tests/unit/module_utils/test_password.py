# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import secret_file
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import (
    PasswordFile,
    password_hashes,
)


def test_hashes_match_the_documentation_of_the_api() -> None:
    assert password_hashes("test") == {
        "newPasswordHash": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
        "newDoubleSha1Hash": "94bdcebe19083ce2a1f959fd02f964c7af4cfc29",
    }


def test_password_may_contain_any_printable_character() -> None:
    assert len(password_hashes("pässwörd 密码")["newDoubleSha1Hash"]) == 40


def test_file_is_private_and_contains_only_the_password(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("the old one, much longer")
    path.chmod(0o644)
    file = PasswordFile(str(path))
    file.check()
    file.write("secret")
    assert path.read_text() == "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["password"]


def test_missing_directory_is_reported_early(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="directory of password_file does not exist"):
        PasswordFile(str(tmp_path / "missing" / "password")).check()


def test_password_that_cannot_be_encoded_is_rejected() -> None:
    with pytest.raises(InvalidOption, match="password is not text") as failure:
        password_hashes("hunter2\udcff")
    assert "hunter2" not in str(failure.value)


def test_password_file_must_be_a_regular_file(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo):
        with pytest.raises(InvalidOption, match="password_file must be a regular file, and not a mount point"):
            PasswordFile(str(path)).check()


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_invalid_file_name_is_reported(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match="name of password_file is too long|control character"):
        PasswordFile(str(tmp_path / name)).check()
    assert os.listdir(tmp_path) == []


def test_target_of_a_link_is_written(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    file = PasswordFile(str(link))
    file.check()
    file.write("secret")
    assert link.is_symlink()
    assert real.read_text() == "secret"


def test_unwritable_file_is_reported_and_leaves_no_files(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.mkdir()
    with pytest.raises(CloudError, match="could not be written"):
        PasswordFile(str(path)).write("secret")
    assert os.listdir(tmp_path) == ["password"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("half \ud800", "password_file is not text"),
        ("/tmp/password\n", "password_file ends with a line break"),
        ("/tmp/pass\tword", "password_file contains a control character"),
        ("/sys/nothing", "cannot be written"),
        ("/proc/nothing", "password_file must not be in /dev or /proc"),
        ("/dev/null", "password_file must not be in /dev or /proc"),
        ("/", "password_file must be a regular file, and not a mount point"),
    ],
)
def test_unsuitable_path_is_rejected(path: str, message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        PasswordFile(path).check()


def test_name_too_long_for_the_file_system_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_file, "MAX_NAME_BYTES", 255)
    with pytest.raises(InvalidOption, match="cannot be written: File name too long"):
        PasswordFile(str(tmp_path / ("x" * 250))).check()


def test_relative_path_in_a_deleted_directory_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(InvalidOption, match="password_file password cannot be found: No such file or directory"):
        PasswordFile("password")


def test_target_of_a_dangling_link_is_created(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    file = PasswordFile(str(link))
    file.check()
    file.stage("secret", is_generated=True)
    file.commit("secret", is_generated=True)
    assert link.is_symlink()
    assert (tmp_path / "target").read_text() == "secret"
    assert sorted(os.listdir(tmp_path)) == ["link", "target"]


def test_circular_link_is_rejected(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(InvalidOption, match="password_file must be a regular file, and not a mount point"):
        PasswordFile(str(link)).check()
    assert link.is_symlink()


@pytest.mark.parametrize("other", ["link", "target"])
def test_file_of_another_user_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    target.write_text("a password")
    lstat = os.lstat
    owners = {str(link): lstat(link).st_uid, str(target): lstat(target).st_uid}
    owners[str(tmp_path / other)] = 4242

    def owned(path: Any, **options: Any) -> os.stat_result:
        found = lstat(path, **options)
        return os.stat_result((*found[:4], owners.get(str(path), found.st_uid), *found[5:]))

    file = PasswordFile(str(link))
    monkeypatch.setattr(os, "lstat", owned)
    with pytest.raises(InvalidOption, match=f"password_file {tmp_path / other} belongs to another user"):
        file.check()


def test_unreadable_file_does_not_hold_the_password(tmp_path: Path) -> None:
    path = tmp_path / "password"
    assert not PasswordFile(str(path)).holds("secret")
    path.write_text("secret")
    assert PasswordFile(str(path)).holds("secret")


@pytest.mark.parametrize("password", ["line\n", "line\r\n", "a\tb", "a\nb", "\x7f", "a\u2028b", "\x9b"])
def test_control_character_is_rejected(password: str) -> None:
    with pytest.raises(
        InvalidOption, match="password (ends with a line break|contains a control character)"
    ) as failure:
        password_hashes(password)
    assert "a\nb" not in str(failure.value)


def test_only_a_saved_password_is_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it could not be saved, the result has to show it."""
    masked: list[str] = []
    monkeypatch.setattr(secret_file, "register_secret", masked.append)
    PasswordFile(str(tmp_path / "password")).write("kept")
    with pytest.raises(CloudError, match="could not be written"):
        PasswordFile(str(tmp_path / "missing/password")).write("lost")
    assert masked == ["kept"]
