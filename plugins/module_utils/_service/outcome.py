# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The outcome of a step that finds, creates, updates or deletes a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._schema.service import SERVICE
from .service import Service


@dataclass(frozen=True)
class ServiceOutcome:
    """A service after a step of a task.

    service is the service as it was last seen; None if there is none, as in check mode if it is to be created. returned
    takes its place in the result: in check mode the predicted service, after a deletion the deleted one.
    sets_first_password is true if the step creates the service, or finishes an interrupted creation.
    """

    service: Service | None = None
    returned: Mapping[str, Any] | None = None
    sets_first_password: bool = False

    def to_result(self) -> dict[str, Any]:
        """Return the results of the task that describe the service; none if there is no service."""
        if self.returned is not None:
            return {"service": dict(self.returned)}
        return {} if self.service is None else {"service": SERVICE.to_result(self.service)}
