# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._json import parse_timestamp
from ansible_collections.clickhouse.cloud.plugins.module_utils._texts import nearest, printable


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01t00:00:10z", 10.0),
        ("1970-01-01 00:00:10", 10.0),
        ("1970-01-01T00:00:10.123456789Z", 10.0),
        ("1970-01-01T02:00:10+02:00", 10.0),
        ("1970-01-01T02:00:10+0200", 10.0),
        ("1969-12-31T22:30:10-01:30", 10.0),
        (" 1970-01-01T00:00:10Z ", 10.0),
        ("1970-13-01T00:00:10Z", None),
        ("1970-01-01T00:00:10+99:99", None),
        ("1970-01-01", None),
        ("", None),
        ("yesterday", None),
        (None, None),
        (1_700_000_000, None),
        ({}, None),
    ],
)
def test_timestamp_is_parsed(timestamp: Any, seconds: float | None) -> None:
    assert parse_timestamp(timestamp) == seconds


@pytest.mark.parametrize("timestamp", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_extreme_timestamps_are_accepted(timestamp: str) -> None:
    parse_timestamp(timestamp)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ümläut 漢字 \U0001f469\u200d\U0001f4bb", "plain text, ümläut 漢字 \U0001f469\u200d\U0001f4bb"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\tb\r\nc\x00\x7f\x85\x9b", "a\\tb\\r\\nc\\x00\\x7f\\x85\\x9b"),
        ("\u2028\u2029\u202e\u2066\u200e\ufeff\ud800", "\\u2028\\u2029\\u202e\\u2066\\u200e\\ufeff\\ud800"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("word", "near"), [("runing", "running"), ("RUNNING", "running"), ("st opped", "stopped"), ("x", None), ("", None)]
)
def test_nearest_candidate(word: str, near: str | None) -> None:
    assert nearest(word, ["running", "stopped", "idle"]) == near
