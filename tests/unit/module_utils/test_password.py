# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._password import PasswordFile, hashes


def test_the_hashes_are_those_that_the_api_documents() -> None:
    assert hashes("test") == {
        "newPasswordHash": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
        "newDoubleSha1Hash": "94bdcebe19083ce2a1f959fd02f964c7af4cfc29",
    }


def test_a_password_may_hold_any_character() -> None:
    assert len(hashes("pässwörd 密码")["newDoubleSha1Hash"]) == 40


def test_the_file_holds_the_password_alone_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("the old one, much longer")
    path.chmod(0o644)
    file = PasswordFile(str(path))
    file.check()
    file.write("secret")
    assert path.read_text() == "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["password"]


def test_a_missing_directory_is_told_before_it_is_too_late(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="directory of password_file does not exist"):
        PasswordFile(str(tmp_path / "missing" / "password")).check()


def test_a_password_has_to_be_text() -> None:
    with pytest.raises(InvalidOption, match="password is not text") as failure:
        hashes("hunter2\udcff")
    assert "hunter2" not in str(failure.value)


def test_only_a_file_is_a_password_file(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo, Path("/dev/null")):
        with pytest.raises(InvalidOption, match="password_file must be a file of its own"):
            PasswordFile(str(path)).check()


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_an_impossible_name_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match="cannot be written: File name too long|is no path"):
        PasswordFile(str(tmp_path / name)).check()
    assert os.listdir(tmp_path) == []


def test_behind_a_link_it_is_the_file_that_is_written(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    file = PasswordFile(str(link))
    file.check()
    file.write("secret")
    assert link.is_symlink()
    assert real.read_text() == "secret"


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.mkdir()
    with pytest.raises(CloudError, match="could not be written"):
        PasswordFile(str(path)).write("secret")
    assert os.listdir(tmp_path) == ["password"]
