# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    Scenario,
    add_running_service,
    add_service_in_state,
    has_state,
)

PERMISSIONS = {"service:view": "", "service:manage": "to start and stop; ``awake`` does without it"}

SCENARIOS = [
    Scenario(
        "stop",
        {"service_id": "{id}", "state": "stopped"},
        ["GET services/{id}", "PATCH services/{id}/state", "GET services/{id}"],
        has_state("stopped"),
        setup=add_running_service,
    ),
    Scenario(
        "start",
        {"name": "analytics", "state": "started"},
        ["GET services", "PATCH services/{id}/state", "GET services/{id}"],
        has_state("running", "idle"),
        setup=add_service_in_state("stopped"),
    ),
    Scenario(
        "wake up",
        {"name": "analytics", "state": "awake"},
        ["GET services", "PATCH services/{id}/state", "GET services/{id}"],
        has_state("running"),
        setup=add_service_in_state("idle"),
    ),
]
