# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The confirmation of a deletion by the name of the service: a service ID does not show from which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import InvalidOption
from .._module.context import ModuleContext
from .._module.options import Spec
from .find import service_not_found

SERVICE_CONFIRMATION_SPEC: Spec = {"confirm_name": {"type": "str"}}


def require_service_confirmation(options: Mapping[str, Any], deletion: str) -> None:
    """Raise InvalidOption for a deletion by service_id without confirm_name. deletion is a verb with its object."""
    if options["state"] == "absent" and options["service_id"] and not options["confirm_name"]:
        raise InvalidOption(
            f"To {deletion} by service_id, set confirm_name to the name of the service, or select the service with name"
            " instead of service_id."
        )


def check_service_confirmation(
    ctx: ModuleContext, service_id: str, service: Mapping[str, Any] | None, refusal: str
) -> None:
    """Raise InvalidOption if confirm_name is set, and is not the name of the service, which is read if it is None.

    refusal is a clause that ends before the service.
    """
    confirmed = ctx.options["confirm_name"]
    if confirmed is None:
        return
    service = service or ctx.api.get_service_or_none(service_id)
    if service is None:
        raise service_not_found(service_id)
    if confirmed != service.get("name"):
        raise InvalidOption(
            f"{refusal} service {service.get('name')!r} ({service_id}), since confirm_name is {confirmed!r}, which is"
            " not the name of the service."
        )
