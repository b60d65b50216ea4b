# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    PASSWORD,
    Scenario,
    add_running_service,
    assert_given_password,
    assert_password_in_file,
    assert_password_returned,
)

PERMISSIONS = {"service:view": "", "service:manage": ""}

SCENARIOS = [
    Scenario(
        "given password, by id",
        {"service_id": "{id}", "password": PASSWORD},
        ["GET services/{id}", "PATCH services/{id}/password"],
        assert_given_password,
        setup=add_running_service,
    ),
    Scenario(
        "new password, by name",
        {"name": "analytics", "password_file": "{password_file}"},
        ["GET services", "PATCH services/{id}/password"],
        assert_password_in_file,
        setup=add_running_service,
    ),
    Scenario(
        "new password, no file",
        {"service_id": "{id}"},
        ["GET services/{id}", "PATCH services/{id}/password"],
        assert_password_returned,
        setup=add_running_service,
    ),
]
