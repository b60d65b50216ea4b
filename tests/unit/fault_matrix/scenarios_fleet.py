# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios of the module fleet.

Only one service changes in each scenario, as the order of requests for two services is not deterministic. The other
service already has the desired state.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import Environment
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import (
    IP_ACCESS_LIST,
    NEW_SERVICE,
    PASSWORD,
    Options,
    Scenario,
    Setup,
    add_nothing,
    all_of,
    assert_created,
    assert_deleted,
    assert_given_password,
)
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenarios_write import (
    CHANGE_OPTIONS,
    HAS_CHANGES,
    has_backup_config,
    has_state,
)

TAGGED = [{"key": "team", "value": "data"}]


def with_other_service(setup: Setup) -> Setup:
    """Return a setup that also adds the other service."""

    def add_both(env: Environment) -> None:
        env.add_service("other", ipAccessList=IP_ACCESS_LIST)
        setup(env)

    return add_both


def assert_other_unchanged(env: Environment) -> None:
    """Assert that the other service has not changed."""
    (before,) = (service for service in env.services_before.values() if service["name"] == "other")
    assert env.get_service("other") == before, "the other service was changed"


def _fleet_scenario(
    name: str, requests: int, setup: Setup, entry: Options, *verify: Callable[[Environment], None], **options: Any
) -> Scenario:
    services = [{"name": "other", "state": "started"}, *([entry] if entry else [])]
    return Scenario(
        name,
        "fleet",
        requests,
        with_other_service(setup),
        lambda env: {"services": services, **options},
        all_of(assert_other_unchanged, *verify),
    )


def add_tagged_service(env: Environment) -> None:
    env.add_service(ipAccessList=IP_ACCESS_LIST, tags=TAGGED)


FLEET_SCENARIOS = [
    _fleet_scenario(
        "create", 5, add_nothing, {**NEW_SERVICE, "password": PASSWORD}, assert_created, assert_given_password
    ),
    _fleet_scenario(
        "create, stop and back up",
        10,
        add_nothing,
        {**NEW_SERVICE, "password": PASSWORD, "state": "stopped", "backup_period_in_hours": 12},
        assert_given_password,
        has_state("stopped"),
        has_backup_config(backupPeriodInHours=12),
    ),
    _fleet_scenario("change", 4, add_tagged_service, {"name": "analytics", **CHANGE_OPTIONS}, HAS_CHANGES),
    _fleet_scenario(
        "delete", 5, add_tagged_service, {"name": "analytics", "state": "absent", "force": True}, assert_deleted
    ),
    _fleet_scenario(
        "prune", 5, add_tagged_service, {}, assert_deleted, prune=True, prune_filter={"team": "data"}, force=True
    ),
]
