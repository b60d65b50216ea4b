# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the emulator's own tests, which share one emulator."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import STEP, Client


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator(STEP, "--contract") as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    """Return the emulator after a reset. The test fails if a response is not one that the contract allows."""
    shared_emulator.reset()
    yield shared_emulator
    # Like the API, it ignores unknown fields of requests.
    ignored = "request: .*Additional properties are not allowed"
    assert [found for found in shared_emulator.violations() if not re.search(ignored, found)] == []


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(emulator)
