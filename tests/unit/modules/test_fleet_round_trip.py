# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random organizations: fleet changes nothing if its services are what fleet_info returns, and creates the same ones.

Then others change something, and the comparison with the declaration names exactly that. The environment variable
ORGANIZATIONS sets how many organizations are tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Optional

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.clickhouse.cloud.plugins.filter.drift import drift
from ansible_collections.clickhouse.cloud.plugins.module_utils._texts import printable
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


def _set(name: str, *values: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that returns the body of a request, with the first value that a service does not have."""
    return lambda service: {name: next(value for value in values if value != service.get(name))}


def _toggle_mysql(service: Mapping[str, Any]) -> dict[str, Any]:
    enabled = any(endpoint["protocol"] == "mysql" for endpoint in service["endpoints"])
    return {"endpoints": [{"protocol": "mysql", "enabled": not enabled}]}


def _change_ips(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request that removes the first entry; one that adds an entry if there is none."""
    entries = service["ipAccessList"][:1]
    return {"ipAccessList": {"remove": entries} if entries else {"add": [{"source": "198.51.100.0/24"}]}}


def _change_tags(service: Mapping[str, Any]) -> dict[str, Any]:
    tags = service["tags"][:1]
    return {"tags": {"add": [{"key": tag["key"], "value": "changed"} for tag in tags or [{"key": "new"}]]}}


Alteration = tuple[str, str, Callable[[Mapping[str, Any]], Optional[dict[str, Any]]]]
#: How others change what an option declares: a request, with a function that returns its body for a service.
ALTERATIONS: dict[str, Alteration] = {
    "ip_access_list": ("PATCH", "", _change_ips),
    "private_endpoint_ids": ("PATCH", "", lambda _service: {"privateEndpointIds": {"add": ["vpce-0a1b2c3d"]}}),
    "tags": ("PATCH", "", _change_tags),
    "release_channel": ("PATCH", "", _set("releaseChannel", "fast", "slow")),
    "mysql_endpoint": ("PATCH", "", _toggle_mysql),
    "enable_core_dumps": ("PATCH", "", _set("enableCoreDumps", True, False)),
    "deletion_protection": ("PATCH", "", _set("deletionProtection", True, False)),
    "num_replicas": ("PATCH", "/replicaScaling", _set("numReplicas", 3, 4)),
    "max_replicas": (
        "PATCH",
        "/replicaScaling",
        lambda service: {"minReplicas": service["minReplicas"], "maxReplicas": 9},
    ),
    "idle_timeout_minutes": ("PATCH", "/replicaScaling", _set("idleTimeoutMinutes", 61)),
    "backup_config": ("PATCH", "/backupConfiguration", _set("backupRetentionPeriodInHours", 720)),
    "snapshot_config": (
        "PATCH",
        "/snapshotConfiguration",
        lambda _service: {"enabled": True, "gap": 60, "timeFrame": 2880},
    ),
    "scaling_schedule": ("DELETE", "/scalingSchedule", lambda _service: None),
    "upgrade_window": ("PUT", "/upgradeWindow", lambda _service: {"weekday": 3, "startHourUtc": 12}),
    "query_endpoint": (
        "POST",
        "/serviceQueryEndpoint",
        lambda _service: {"openApiKeys": [], "roles": ["sql_console_admin"], "allowedOrigins": "https://example.com"},
    ),
    "clickhouse_settings": ("PATCH", "/clickhouseSettings", lambda _service: {"settings": {"max_threads": 9}}),
    # Last, since a service that is starting cannot be changed. Only a stopped state is declared.
    "state": ("PATCH", "/state", lambda _service: {"command": "start"}),
}
#: What else others do with a service, and the kinds of differences by which it is found.
EVENTS = {"delete": ["missing"], "rename": ["missing", "undeclared"], "copy": ["undeclared"]}


@settings(
    max_examples=ORGANIZATIONS,
    deadline=None,
    derandomize=True,
    database=None,
    # Each example takes a second or two.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[*HealthCheck],
)
@given(services=FLEETS, data=st.data())
def test_round_trip(
    emulator: Emulator,
    run: Run,
    sent: Sent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    services: list[dict[str, Any]],
    data: st.DataObject,
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
    expected = sorted(finding for service in exported for finding in alter(emulator, service, data))
    found = drift(run("fleet", check=True, services=exported), run("service_info")["services"])
    assert expected == sorted(
        (finding["name"], finding["kind"], sorted(change["option"] for change in finding["changes"]))
        for finding in found
    )


def alter(emulator: Emulator, service: Mapping[str, Any], data: st.DataObject) -> list[tuple[str, str, list[str]]]:
    """Change a service at random, as others would; return the name, kind and options of each expected difference."""
    chosen = data.draw(st.sampled_from(["nothing", "options", *EVENTS]))
    current = next(item for item in emulator.services() if item["name"] == service["name"])
    path, new_name = f"services/{current['id']}", f"new {current['id'][:8]}"
    if chosen == "options":
        declared = [option for option in ALTERATIONS if option in service]
        options = data.draw(st.sets(st.sampled_from(declared), min_size=1))
        for option, (method, subpath, body) in ALTERATIONS.items():
            if option in options:
                emulator.request(method, f"{path}{subpath}", body(current))
        return [(printable(service["name"]), "changed", sorted(options))]
    if chosen == "delete":
        emulator.set_service(current["id"], state="terminating")
    if chosen == "rename":
        emulator.request("PATCH", path, {"name": new_name})
    if chosen == "copy":
        emulator.create(name=new_name)
    return [
        (printable(service["name"]) if kind == "missing" else new_name, kind, []) for kind in EVENTS.get(chosen, [])
    ]


def describe(service: dict[str, Any]) -> dict[str, Any]:
    """Return what fleet_info returns for a service with these options: also what every service has."""
    declared = {**DEFAULTS, **service}
    return {option: value for option, value in declared.items() if (option, value) != ("state", "present")}
