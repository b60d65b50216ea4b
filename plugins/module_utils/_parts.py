# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Parts of a service that have an endpoint of their own, read with as few requests as can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, TypeVar

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import ApiError
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import find_existing, missing
from ansible_collections.clickhouse.cloud.plugins.module_utils._task import Task

Part = TypeVar("Part")


def find_id(api: Api, options: Mapping[str, Any]) -> str:
    """The id of the service that the options of LOOKUP name.

    A given id is believed, since whoever asks for a part is told then whether the service exists. Raises NotFound.
    """
    service_id: str = options["service_id"] or find_existing(api, options)["id"]
    return service_id.lower()


def read_part(what: str, service_id: str, ask: Callable[[str], Part]) -> Part:
    """Return a part of the service, as the API returns it.

    what says in a message which part it is. Raises NotFound, or ApiError, which says of a key that is too narrow what
    it may not read.
    """
    try:
        return ask(service_id)
    except ApiError as error:
        if error.is_forbidden:
            raise error.reworded(f"The API key may not read {what} of service {service_id}: the request") from error
        if error.denies(service_id):
            raise missing(service_id) from error
        raise


def if_allowed(task: Task, read: Callable[[], Part]) -> Part | None:
    """What is read; if the API key may not read it, a warning that says so, and None."""
    try:
        return read()
    except ApiError as error:
        if not error.is_forbidden:
            raise
        task.warn(str(error))
        return None
