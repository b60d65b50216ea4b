# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Report the metrics of one service, or those of all running services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._client.metrics import TARGET_ID, fetch_metrics, fetch_targets
from .._errors import ApiError, NotFound, PartialFailure, UnexpectedResponse
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.service import tag_filters
from .find import get_subresource, none_if_forbidden, resolve_service_id
from .metrics import parse_metrics
from .service import Service

#: Services after which a line shows the progress. The API allows as many requests in ten seconds.
SERVICES_PER_LINE = 10
#: The states of services that have metrics of their servers.
RUNNING_STATES = ("running", "partially_running", "degraded")
#: Statuses that the requests for all further services would have, too.
_COMMON_STATUSES = (401, 429)


def report_metrics(ctx: ModuleContext) -> None:
    """Return the metrics of the service; null if the key may not read them."""
    service_id = resolve_service_id(ctx.api, ctx.options)
    text = none_if_forbidden(ctx, lambda: _read_text(ctx, service_id))
    ctx.set_result(service_id=service_id, metrics_text=text)
    if ctx.options["parse"] and text is not None:
        ctx.set_result(metrics=parse_metrics(text))


def report_all_metrics(ctx: ModuleContext) -> None:
    """Return the targets of Prometheus and, with one request for each, their metrics.

    Raise PartialFailure at the end if those of single services cannot be read.
    """
    targets = _select_targets(ctx)
    ctx.set_result(targets=[{"targets": target["targets"], "labels": target["labels"]} for target in targets])
    if ctx.options["targets_only"]:
        return
    services: list[dict[str, Any]] = []
    # Those that were read are returned even if a later request fails.
    ctx.set_result(services=services)
    for number, target in enumerate(targets):
        if number and number % SERVICES_PER_LINE == 0:
            ctx.progress.show(f"Read the metrics of {number} of {len(targets)} services")
        services += _read_service(ctx, target["labels"])
    failures = [f"{service['name']} ({service['id']}): {service['error']}" for service in services if service["error"]]
    if failures:
        raise PartialFailure(
            f"The metrics of {len(failures)} of {len(services)} services cannot be read. {' '.join(failures)}"
        )


def _select_targets(ctx: ModuleContext) -> list[Resource]:
    """Return the targets of the services that match the options. The labels do not have the states and exact tags."""
    tags, states = tag_filters(ctx.options["tags"] or {}), _select_states(ctx.options)
    targets = fetch_targets(ctx.api, ctx.options["filtered"])
    if not targets or (not tags and states is None):
        return targets
    services = map(Service, ctx.api.list_services(tags))
    selected = {service.id.lower() for service in services if states is None or service.state in states}
    return [target for target in targets if target["labels"][TARGET_ID].lower() in selected]


def _select_states(options: Mapping[str, Any]) -> Sequence[str] | None:
    """Return the states of the services to read; None for all."""
    states: Sequence[str] | None = options["states"]
    return RUNNING_STATES if states is None and not options["targets_only"] else states


def _read_service(ctx: ModuleContext, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the service with its metrics, or with the reason why they cannot be read; nothing if it is deleted."""
    service: dict[str, Any] = {
        "id": labels[TARGET_ID].lower(),
        "name": labels.get("clickhouse_discovery_service_name"),
        "provider": labels.get("__meta_clickhouse_provider"),
        "region": labels.get("__meta_clickhouse_region"),
        "metrics_text": None,
        **({"metrics": None} if ctx.options["parse"] else {}),
        "error": None,
    }
    try:
        service["metrics_text"] = text = _read_text(ctx, service["id"])
        if "metrics" in service:
            service["metrics"] = parse_metrics(text)
    except NotFound:
        # It was deleted after the targets were listed.
        return []
    except (ApiError, UnexpectedResponse) as error:
        if isinstance(error, ApiError) and error.status in _COMMON_STATUSES:
            raise
        service["error"] = str(error)
    return [service]


def _read_text(ctx: ModuleContext, service_id: str) -> str:
    """Return the metrics of the service. Raise what get_subresource() raises."""
    filtered = ctx.options["filtered"]
    return get_subresource("the metrics", service_id, lambda: fetch_metrics(ctx.api, service_id, filtered))
