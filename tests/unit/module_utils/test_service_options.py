# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a service that depend on each other: their comparison, requests and prediction."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.service import (
    SERVICE,
    diff_service,
    has_tags,
    patch_bodies,
    predict_new_service,
    predict_service,
    tag_filters,
)

VERTICAL = {
    "autoscalingMode": "vertical",
    "numReplicas": 3,
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 32,
    "minTotalMemoryGb": 48,
    "maxTotalMemoryGb": 96,
}
HORIZONTAL = {
    "autoscalingMode": "horizontal",
    "minReplicas": 2,
    "maxReplicas": 5,
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 16,
    "replicaMemoryGb": 16,
}
#: The options of the size that service_scaling returns.
SIZE = (
    "autoscaling_mode",
    "num_replicas",
    "min_replicas",
    "max_replicas",
    "min_replica_memory_gb",
    "max_replica_memory_gb",
    "min_total_memory_gb",
    "max_total_memory_gb",
    "replica_memory_gb",
)


def size(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the displayed size, without unknown values."""
    return {name: shown[name] for name in SIZE if shown[name] is not None}


def plan(service: dict[str, Any], **desired: Any) -> dict[str, Any]:
    return size(predict_service(service, diff_service(service, desired)))


@pytest.mark.parametrize(
    ("endpoints", "on"),
    [
        (None, False),
        ([], False),
        ([{"protocol": "https"}, {"host": "h"}, "mysql", None], False),
        ([{"protocol": "https"}, {"protocol": "mysql"}], True),
    ],
)
def test_mysql_endpoint_is_on_if_it_is_listed(endpoints: Any, on: bool) -> None:
    service = {"endpoints": endpoints}
    assert SERVICE.to_result(service)["mysql_endpoint"] is on
    assert SERVICE.checked_current(service, ["mysql_endpoint"]) == {"mysql_endpoint": on}
    assert diff_service(service, {"mysql_endpoint": on}) == []
    (change,) = diff_service(service, {"mysql_endpoint": not on})
    assert (change.field.option, change.before, change.after) == ("mysql_endpoint", on, not on)
    assert patch_bodies(service, {"mysql_endpoint": not on}) == {
        "": {"endpoints": [{"protocol": "mysql", "enabled": not on}]}
    }


def test_service_is_created_with_mysql_endpoint() -> None:
    desired = {"name": "x", "mysql_endpoint": True, "transparent_data_encryption_key_id": "k"}
    assert SERVICE.create_body(desired) == {"name": "x", "endpoints": [{"protocol": "mysql", "enabled": True}]}
    assert SERVICE.update_only(desired) == {"transparent_data_encryption_key_id": "k"}


def test_omitted_deletion_protection_is_off() -> None:
    for value, shown in ((None, False), (False, False), (True, True)):
        assert SERVICE.to_result({"deletionProtection": value})["deletion_protection"] is shown
    assert SERVICE.create_body({"deletion_protection": True}) == {"deletionProtection": True}
    assert SERVICE.create_body({"deletion_protection": False}) == {}


def test_equal_replica_range_is_a_fixed_number() -> None:
    assert diff_service({"numReplicas": 3}, {"min_replicas": 3, "max_replicas": 3}) == []
    assert patch_bodies({"numReplicas": 3}, {"max_replicas": 4}) == {
        "/replicaScaling": {"minReplicas": 3, "maxReplicas": 4}
    }
    # If the API returns both, its range is used.
    assert diff_service({"numReplicas": 3, "minReplicas": 2, "maxReplicas": 5}, {"min_replicas": 2}) == []


@pytest.mark.parametrize("value", [None, "3"])
def test_unknown_end_of_the_range_is_not_sent(value: Any) -> None:
    assert patch_bodies({"minReplicas": value}, {"max_replicas": 4}) == {"/replicaScaling": {"maxReplicas": 4}}


def test_independent_field_is_sent_alone() -> None:
    assert patch_bodies(VERTICAL, {"name": "x", "idle_timeout_minutes": 9, "max_total_memory_gb": 120}) == {
        "": {"name": "x"},
        "/scaling": {"maxTotalMemoryGb": 120, "idleTimeoutMinutes": 9},
    }
    assert patch_bodies(VERTICAL, {"num_replicas": 3}) == {}


def test_fields_of_the_totals_endpoint_are_sent_there() -> None:
    desired = {
        "min_total_memory_gb": 24,
        "max_total_memory_gb": 120,
        "num_replicas": 4,
        "idle_scaling": True,
        "idle_timeout_minutes": 9,
    }
    assert patch_bodies(VERTICAL, desired) == {
        "/scaling": {
            "minTotalMemoryGb": 24,
            "maxTotalMemoryGb": 120,
            "numReplicas": 4,
            "idleScaling": True,
            "idleTimeoutMinutes": 9,
        }
    }


def test_mode_change_includes_all_desired_values() -> None:
    desired = {
        "name": "x",
        "autoscaling_mode": "horizontal",
        "min_replicas": 3,
        "max_replicas": 5,
        "min_replica_memory_gb": 16,
        "max_replica_memory_gb": 16,
    }
    assert patch_bodies({**VERTICAL, "name": "x"}, desired) == {
        "/replicaScaling": {
            "autoscalingMode": "horizontal",
            "minReplicas": 3,
            "maxReplicas": 5,
            "minReplicaMemoryGb": 16,
            "maxReplicaMemoryGb": 16,
        }
    }


def test_mode_change_converts_total_to_replica_memory() -> None:
    desired = {"autoscaling_mode": "vertical", "min_total_memory_gb": 36, "max_total_memory_gb": 96}
    bodies = patch_bodies(HORIZONTAL, desired)
    assert bodies == {
        "/replicaScaling": {"autoscalingMode": "vertical", "minReplicaMemoryGb": 12, "maxReplicaMemoryGb": 32}
    }
    # The API accepts only integers, and 12.0 is not an integer in JSON.
    assert "." not in json.dumps(bodies)


def test_mode_change_omits_idle_timeout_while_idling_is_off() -> None:
    desired = {"autoscaling_mode": "vertical", "num_replicas": 3, "idle_scaling": False, "idle_timeout_minutes": 9}
    assert patch_bodies({**HORIZONTAL, "idleScaling": False}, desired) == {
        "/replicaScaling": {"autoscalingMode": "vertical", "numReplicas": 3, "idleScaling": False}
    }


def test_horizontal_mode_is_predicted_with_range_and_without_totals() -> None:
    desired = {"min_replicas": 2, "max_replicas": 5, "min_replica_memory_gb": 16, "max_replica_memory_gb": 16}
    assert plan(VERTICAL, autoscaling_mode="horizontal", **desired) == {
        "autoscaling_mode": "horizontal",
        **desired,
        "replica_memory_gb": 16,
    }


def test_vertical_mode_is_predicted_with_number_and_totals() -> None:
    assert plan(HORIZONTAL, autoscaling_mode="vertical", num_replicas=3) == {
        "autoscaling_mode": "vertical",
        "num_replicas": 3,
        "min_replica_memory_gb": 16,
        "max_replica_memory_gb": 16,
        "min_total_memory_gb": 48,
        "max_total_memory_gb": 48,
    }


@pytest.mark.parametrize(
    ("band", "number"),
    [
        ({"min_replicas": 4, "max_replicas": 4}, 4),
        ({"min_replicas": 2, "max_replicas": 4}, 3),
        ({"max_replicas": 4}, 3),
    ],
)
def test_vertical_mode_is_predicted_with_number_from_equal_range(band: dict[str, int], number: int) -> None:
    shown = plan({**VERTICAL, "minReplicas": None}, **band)
    assert (shown["num_replicas"], "min_replicas" in shown, "max_replicas" in shown) == (number, False, False)


def test_mode_change_is_predicted_with_unchanged_replicas() -> None:
    desired = {"min_replicas": 3, "max_replicas": 3, "min_replica_memory_gb": 16, "max_replica_memory_gb": 16}
    assert plan(VERTICAL, autoscaling_mode="horizontal", **desired) == {
        "autoscaling_mode": "horizontal",
        **desired,
        "replica_memory_gb": 16,
    }
    band = {**HORIZONTAL, "minReplicas": 3, "maxReplicas": 3}
    assert plan(band, autoscaling_mode="vertical", num_replicas=2)["num_replicas"] == 2


def test_predicted_memory_is_an_integer() -> None:
    shown = plan(VERTICAL, min_total_memory_gb=36)
    assert shown["min_replica_memory_gb"] == 12
    assert isinstance(shown["min_replica_memory_gb"], int)


def test_unrelated_change_keeps_the_size() -> None:
    service = {**VERTICAL, "minReplicas": 1, "replicaMemoryGb": 7}
    assert plan(service, name="x") == size(SERVICE.to_result(service))


def test_prediction_has_only_derived_changes() -> None:
    endpoints = [{"protocol": "https", "host": "abc.example.com", "port": 8443, "username": None}]
    scaling = {"effectiveNumReplicas": 3, "effectiveMinReplicaMemoryGb": 1}
    service = {**VERTICAL, "endpoints": endpoints, "currentScaling": scaling}
    before = SERVICE.to_result(service)
    shown = predict_service(service, diff_service(service, {"name": "x"}))
    assert shown == {**before, "name": "x"}
    shown = predict_service(service, diff_service(service, {"mysql_endpoint": True}))
    mysql = {"protocol": "mysql", "host": "abc.example.com", "port": 3306, "username": "mysql4abc"}
    assert shown == {**before, "mysql_endpoint": True, "endpoints": [*endpoints, mysql]}
    shown = predict_service(service, diff_service(service, {"min_replica_memory_gb": 8}))
    assert shown["current_scaling"]["effective_min_replica_memory_gb"] == 8
    assert shown["endpoints"] == endpoints


def test_new_service_is_predicted_with_desired_values() -> None:
    shown = predict_new_service({"name": "x", "min_replica_memory_gb": 16, "num_replicas": 3, "backup_id": "b"})
    assert {name: value for name, value in shown.items() if value not in (None, {}, [])} == {
        "name": "x",
        "mysql_endpoint": False,
        "deletion_protection": False,
        "num_replicas": 3,
        "min_replica_memory_gb": 16,
        "min_total_memory_gb": 48,
    }
    assert "backup_id" not in shown
    assert predict_new_service({"min_replicas": 2, "max_replicas": 2})["num_replicas"] == 2


def test_tag_filters_use_stored_text() -> None:
    asked = {"yes": True, "no": False, "number": 7, "text": "x", "empty": "", "any": None, 1: 2}
    stored = {"yes": "true", "no": "false", "number": "7", "text": "x", "empty": "", "any": None, "1": "2"}
    assert tag_filters(asked) == stored


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, True),
        ({"env": "prod"}, True),
        ({"env": None}, True),
        ({"env": "prod", "owner": None}, True),
        ({"env": "dev"}, False),
        ({"env": ""}, False),
        ({"team": None}, False),
        ({"env": "prod", "team": "data"}, False),
    ],
)
def test_a_service_has_tags_only_if_it_has_each_of_them(tags: dict[str, str | None], expected: bool) -> None:
    service = {"tags": [{"key": "env", "value": "prod"}, {"key": "owner", "value": ""}]}
    assert has_tags(service, tags) is expected
