# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmark fleet with fifty services: without a change, and new ones within the rate limit of the API."""

from __future__ import annotations

from typing import Any

from ..emulator.client import Emulator
from .row import BenchmarkError, Row
from .workspace import Workspace

SERVICES = 50
#: The rate limit of the API: the number of requests per window, in seconds.
LIMIT, WINDOW = 10, 10


def build_task() -> dict[str, Any]:
    services = [
        {"name": f"service-{number}", "provider": "aws", "region": "us-east-1", "ip_access_list": []}
        for number in range(1, SERVICES + 1)
    ]
    return {"clickhouse.cloud.fleet": {"services": services}}


def measure(workspace: Workspace) -> list[Row]:
    with Emulator(0.02, "--rate-limit", f"{LIMIT}/{WINDOW}") as emulator:
        emulator.set_quotas(services_per_organization=SERVICES)
        play = workspace.play("fleet", [build_task()], **emulator.environment, CLICKHOUSE_CLOUD_RATE_LIMIT=str(LIMIT))
        play()
        created = emulator.journal()
        emulator.clear_journal()
        if len(emulator.raw_services()) != SERVICES:
            raise BenchmarkError(f"fleet created {len(emulator.raw_services())} services, not {SERVICES}.")
        play()
        unchanged = emulator.journal()
    # Measure up to the last creation. Then the task waits for the services, with sleeps between its requests.
    last = max(index for index, entry in enumerate(created) if entry["method"] == "POST")
    seconds, expected = created[last]["time"] - created[0]["time"], (last + 1) / (LIMIT / WINDOW)
    # The requests of a window can be sent at its start, so the last one can be sent after all previous windows.
    minimum = last // LIMIT * WINDOW
    return [
        Row(f"fleet of {SERVICES} services, none of which changes", "requests", len(unchanged), 1),
        Row(
            f"fleet of {SERVICES} new services, {LIMIT} requests per {WINDOW} s",
            "time, requests / rate = 1",
            seconds / expected,
            1.1,
            {"least possible": minimum / expected},
        ),
        Row(
            f"fleet of {SERVICES} new services, until they run",
            "requests",
            len(created),
            None,
            # One list, the quotas, the creations, and one list in which all services are running.
            {"least possible": SERVICES + 3},
        ),
    ]
