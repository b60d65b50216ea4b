# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The endpoints of the metrics of a service, and of the services whose metrics there are."""

from __future__ import annotations

from typing import Any

from .._errors import UnexpectedResponse
from .._json import Resource, abbreviate
from .api import Api, is_uuid
from .operations import ORGANIZATION_PATH, SERVICE_PATH, Request, declare_operations
from .session import Response
from .transport import ApiServer

#: The label with the ID of the service.
TARGET_ID = "clickhouse_service_id"

declare_operations(f"{SERVICE_PATH}/prometheus", "the metrics of service {service}", GET=("read", "service:view"))
declare_operations(
    f"{ORGANIZATION_PATH}/prometheus/discovery", "the targets of Prometheus", GET=("list", "service:view")
)


class _DiscoveryServer(ApiServer):
    """The API, as Prometheus discovers targets from it: the list in the response has no envelope."""

    def unwrap(self, request: Request, response: Response) -> Any:
        targets = response.json() if response.ok else None
        return targets if isinstance(targets, list) else super().unwrap(request, response)


_DISCOVERY_SERVER = _DiscoveryServer()


def fetch_metrics(api: Api, service_id: str, filtered: bool = False) -> str:
    """Return metrics in the text format of Prometheus (GET prometheus); filtered, only the most important ones."""
    query = {"filtered_metrics": "true"} if filtered else None
    return api.request_text(api.service_path(service_id) + "/prometheus", query, "metrics in text")


def fetch_targets(api: Api, filtered: bool = False) -> list[Resource]:
    """Return the targets of Prometheus, one group for each service (GET prometheus/discovery).

    Raise UnexpectedResponse for a target without the ID of a service.
    """
    request = Request("GET", f"/organizations/{api.organization}/prometheus/discovery")
    targets = api.perform(request, {"filtered_metrics": str(filtered).lower()}, server=_DISCOVERY_SERVER)
    if not isinstance(targets, list) or not all(map(_is_target, targets)):
        raise UnexpectedResponse(
            f"{request} returned {abbreviate(targets)}, but a list of targets with the ID of a service was expected."
            " Check that api_url is the URL of the API, and try again."
        )
    return targets


def _is_target(item: object) -> bool:
    """Return whether the item is a group of targets with text as labels, one of which is the ID of a service."""
    if not isinstance(item, dict) or not isinstance(item.get("targets"), list):
        return False
    labels = item.get("labels")
    if not isinstance(labels, dict) or not is_uuid(labels.get(TARGET_ID)):
        return False
    return all(isinstance(text, str) for text in [*item["targets"], *labels.values()])
