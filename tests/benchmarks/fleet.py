# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fifty services in one task: as they should be already, and new ones against the rate limit of the API."""

from __future__ import annotations

from typing import Any

from ..emulator.client import Emulator
from .row import BenchmarkError, Row
from .world import World

SERVICES = 50
#: The API's: so many requests in so many seconds.
LIMIT, WINDOW = 10, 10


def fleet() -> dict[str, Any]:
    services = [
        {"name": f"service-{number}", "provider": "aws", "region": "us-east-1", "ip_access_list": []}
        for number in range(1, SERVICES + 1)
    ]
    return {"clickhouse.cloud.fleet": {"services": services}}


def measure(world: World) -> list[Row]:
    with Emulator(0.02, "--rate-limit", f"{LIMIT}/{WINDOW}") as emulator:
        play = world.play("fleet", [fleet()], **emulator.environment, CLICKHOUSE_CLOUD_RATE_LIMIT=str(LIMIT))
        play()
        created = emulator.journal()
        emulator.clear_journal()
        if len(emulator.raw_services()) != SERVICES:
            raise BenchmarkError(f"fleet made {len(emulator.raw_services())} services, not {SERVICES}.")
        play()
        unchanged = emulator.journal()
    # Up to the last creation: what comes then is the wait for the services, with pauses in which nothing is to be sent.
    last = max(index for index, one in enumerate(created) if one["method"] == "POST")
    seconds, usual = created[last]["time"] - created[0]["time"], (last + 1) / (LIMIT / WINDOW)
    # The first ones may be sent at once, so the last one can be sent when all windows before its own are over.
    least = last // LIMIT * WINDOW
    return [
        Row(f"fleet of {SERVICES} services, none of which changes", "requests", len(unchanged), 1),
        Row(
            f"fleet of {SERVICES} new services, {LIMIT} requests per {WINDOW} s",
            "time, requests / rate = 1",
            seconds / usual,
            1.1,
            {"least possible": least / usual},
        ),
        Row(
            f"fleet of {SERVICES} new services, until they run",
            "requests",
            len(created),
            None,
            # A list, the creations, and a list in which all of them run.
            {"least possible": SERVICES + 2},
        ),
    ]
