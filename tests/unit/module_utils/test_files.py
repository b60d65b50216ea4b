# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._files import state_directory


def test_what_outlives_a_run_lies_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert Path(state_directory()).parent == tmp_path


@pytest.mark.parametrize("odd", ["", "relative/to/nowhere"])
def test_otherwise_it_lies_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, odd: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", odd)
    assert Path(state_directory()).parent == tmp_path / ".local/state"
