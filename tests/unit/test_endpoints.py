# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every endpoint of the API that is about services and backups is reached by a module."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.tests.emulator.process import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

BACKUP = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"

#: Each request, with what reaches it; {one} is the path of the service.
ENDPOINTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET /v1/organizations", "organization_info", {}),
    ("GET services", "service_info", {}),
    ("GET {one}", "service_info", {"service_id": "{id}"}),
    (
        "POST services",
        "service",
        {"name": "new", "provider": "aws", "region": "us-east-1", "ip_access_list": [], "wait": False},
    ),
    ("PATCH {one}", "service", {"service_id": "{id}", "name": "renamed"}),
    ("DELETE {one}", "service", {"service_id": "{id}", "state": "absent", "force": True}),
    ("GET {one}/privateEndpointConfig", "private_endpoint_config_info", {"service_id": "{id}"}),
    ("PATCH {one}/state", "service_state", {"service_id": "{id}", "state": "stopped"}),
    ("PATCH {one}/scaling", "service_scaling", {"service_id": "{id}", "max_total_memory_gb": 96}),
    ("PATCH {one}/replicaScaling", "service_scaling", {"service_id": "{id}", "num_replicas": 5}),
    ("PATCH {one}/password", "service_password", {"service_id": "{id}"}),
    ("GET {one}/prometheus", "service_metrics_info", {"service_id": "{id}"}),
    ("GET {one}/backups", "backup_info", {"service_id": "{id}"}),
    (f"GET {{one}}/backups/{BACKUP}", "backup_info", {"service_id": "{id}", "backup_id": BACKUP}),
    ("GET {one}/backupConfiguration", "backup_config_info", {"service_id": "{id}"}),
    ("PATCH {one}/backupConfiguration", "backup_config", {"service_id": "{id}", "backup_period_in_hours": 12}),
]


@pytest.mark.parametrize(("request_line", "module", "options"), ENDPOINTS)
def test_an_endpoint_is_reached(
    service: dict[str, Any],
    emulator: Emulator,
    run: Run,
    sent: Sent,
    request_line: str,
    module: str,
    options: dict[str, Any],
) -> None:
    emulator.set_service(service["id"], backups=[{"id": BACKUP}])
    known = {name: service["id"] if value == "{id}" else value for name, value in options.items()}
    assert "failed" not in run(module, **known)
    assert request_line.format(one=f"services/{service['id']}") in sent()
