# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random organizations: fleet changes nothing if its services are what fleet_info returns, and creates the same ones.

The environment variable ORGANIZATIONS sets how many organizations are tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import new_directory
from ansible_collections.clickhouse.cloud.tests.unit.modules.test_fleet_info import DECLARED_PARTS, PLACE

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

DEFAULTS = {
    "private_endpoint_ids": [],
    "backup_config": {"backup_period_in_hours": 24, "backup_retention_period_in_hours": 24},
    "snapshot_config": {"enabled": False},
}
ORGANIZATIONS = int(os.environ.get("ORGANIZATIONS", "3"))

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20
).filter(str.strip)
WORDS = st.sampled_from(
    ["data", "production", "not false", "{{ 7 * 7 }}", "#jinja2: x", "on", "0", "~", "a: b", "Zürich"]
)
TAGS = st.sampled_from(["team", "data", "on", "0", "1.0"])
IDLING = st.one_of(
    st.just({"idle_scaling": False}),
    st.integers(5, 60).map(lambda minutes: {"idle_scaling": True, "idle_timeout_minutes": minutes}),
)
MEMORY = st.tuples(st.sampled_from([8, 12, 16]), st.sampled_from([16, 32, 120]))
VERTICAL = st.builds(
    lambda memory, number, idling: {
        "autoscaling_mode": "vertical",
        "min_replica_memory_gb": memory[0],
        "max_replica_memory_gb": memory[1],
        "num_replicas": number,
        **idling,
    },
    MEMORY,
    st.integers(2, 6),
    IDLING,
)
HORIZONTAL = st.builds(
    lambda memory, replicas, idling: {
        "autoscaling_mode": "horizontal",
        "min_replica_memory_gb": memory,
        "max_replica_memory_gb": memory,
        "min_replicas": min(replicas),
        "max_replicas": max(replicas),
        **idling,
    },
    st.sampled_from([8, 16, 32]),
    st.tuples(st.integers(2, 8), st.integers(2, 8)),
    IDLING,
)
SOURCES = st.integers(0, 255).map("203.0.113.{}".format) | st.integers(0, 255).map("10.{}.0.0/16".format)
ENTRIES = st.dictionaries(SOURCES, st.none() | TEXTS.map(str.strip) | WORDS, max_size=4).map(
    lambda entries: [{"source": source, **({"description": text} if text else {})} for source, text in entries.items()]
)
PARTS = st.lists(st.sampled_from(sorted(DECLARED_PARTS)), unique=True).map(
    lambda options: {option: DECLARED_PARTS[option] for option in options}
)
SERVICES = st.fixed_dictionaries(
    {
        "name": (TEXTS.map(str.strip) | WORDS),
        **{option: st.just(value) for option, value in PLACE.items()},
        "ip_access_list": ENTRIES,
        "tags": st.dictionaries(TAGS, TAGS | st.just(""), max_size=3),
        "release_channel": st.sampled_from(["slow", "default", "fast"]),
        "mysql_endpoint": st.booleans(),
        "enable_core_dumps": st.booleans(),
        "deletion_protection": st.booleans(),
        "state": st.sampled_from(["present", "stopped"]),
    }
)
FLEETS = st.lists(
    st.builds(lambda service, sizes, parts: {**service, **sizes, **parts}, SERVICES, VERTICAL | HORIZONTAL, PARTS),
    max_size=4,
    unique_by=lambda service: service["name"],
)


@settings(
    max_examples=ORGANIZATIONS,
    deadline=None,
    derandomize=True,
    database=None,
    # Each example takes a second or two.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[*HealthCheck],
)
@given(services=FLEETS)
def test_round_trip(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    services: list[dict[str, Any]],
) -> None:
    emulator.reset()
    # The records of creations are about services that are gone now.
    monkeypatch.setenv("XDG_STATE_HOME", new_directory(tmp_path))
    created = run("fleet", services=services)
    assert "failed" not in created, created["msg"]
    sent()
    exported = run("fleet_info")["services"]
    assert exported == [describe(service) for service in sorted(services, key=lambda service: service["name"])]
    for check in (True, False):
        sent()
        unchanged = run("fleet", check=check, services=exported)
        assert ("failed" in unchanged, unchanged["changed"]) == (False, False), unchanged
        assert [request for request in sent() if not request.startswith("GET")] == []


def describe(service: dict[str, Any]) -> dict[str, Any]:
    """Return what fleet_info returns for a service with these options: also what every service has."""
    declared = {**DEFAULTS, **service}
    return {option: value for option, value in declared.items() if (option, value) != ("state", "present")}
