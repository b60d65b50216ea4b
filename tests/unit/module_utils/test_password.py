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


def test_a_directory_is_no_password_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="password_file is a directory"):
        PasswordFile(str(tmp_path)).check()


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.mkdir()
    with pytest.raises(CloudError, match="could not be written"):
        PasswordFile(str(path)).write("secret")
    assert os.listdir(tmp_path) == ["password"]
