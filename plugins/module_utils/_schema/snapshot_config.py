# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the snapshot configuration of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption
from .fields import Field, Schema

#: The pairs of gap and time_frame, in minutes, that the API accepts.
CADENCES = ((30, 1440), (60, 2880))
_CADENCE_ADVICE = "Set both: " + ", or ".join(f"gap: {gap} and time_frame: {frame}" for gap, frame in CADENCES) + "."


class SnapshotConfigSchema(Schema):
    """Fields of which gap and time_frame are set together."""

    def desired(self, options: Mapping[str, Any]) -> dict[str, Any]:
        desired = super().desired(options)
        gap, time_frame = (desired.get(option) for option in ("gap", "time_frame"))
        if (gap, time_frame) not in ((None, None), *CADENCES):
            values = (("gap", gap), ("time_frame", time_frame))
            stated = " and ".join(
                f"{option} is {'not set' if value is None else f'{value} minutes'}" for option, value in values
            )
            raise InvalidOption(f"{stated}, but snapshots need a pair that the API accepts. {_CADENCE_ADVICE}")
        return desired


SNAPSHOT_CONFIG = SnapshotConfigSchema(
    options=[
        Field("enabled", "bool"),
        Field("gap", "int", spec={"choices": [gap for gap, _frame in CADENCES]}),
        Field("time_frame", "int", spec={"choices": [frame for _gap, frame in CADENCES]}),
    ]
)


def check_cadence(configuration: Mapping[str, Any], desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if snapshots would be enabled for the first time, without gap and time_frame."""
    planned = SNAPSHOT_CONFIG.predict(configuration, SNAPSHOT_CONFIG.diff(configuration, desired))
    is_enabled = planned["enabled"] and not configuration.get("enabled")
    if is_enabled and None in (planned["gap"], planned["time_frame"]):
        raise InvalidOption(
            f"Snapshots cannot be enabled yet, since the service has no gap and time_frame. {_CADENCE_ADVICE}"
        )
