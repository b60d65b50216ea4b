# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of services."""

from __future__ import annotations

from typing import Any, Callable

from . import scaling, service_validation
from .authorization import list_visible_services, require
from .engines import Databases
from .lifecycle import DELETION_STATES
from .metrics import render_metrics
from .private_endpoints import register_endpoints
from .request_context import RequestContext
from .responses import ApiResponse, bad_request, conflict, empty_response, not_found, ok_response, text_response
from .service import Service, build_service
from .validation import Table, check_fields, choice, text, validation_error

_STATE: Table = {"command": choice("start", "stop", "awake")}
_PASSWORD: Table = {
    "newPasswordHash": text(44, 44, r"[A-Za-z0-9+/]{43}="),
    "newDoubleSha1Hash": text(40, 40, r"[0-9a-fA-F]{40}"),
}


def _service_response(ctx: RequestContext, service: Service) -> ApiResponse:
    return ok_response(ctx.store.to_resource(service))


def list_services(ctx: RequestContext) -> ApiResponse:
    filters = [parse_tag_filter(value) for value in ctx.query.get("filter", [])]
    matching = [service for service in list_visible_services(ctx) if all(matches(service) for matches in filters)]
    return ok_response([ctx.store.to_resource(service) for service in matching])


def parse_tag_filter(value: str) -> Callable[[Service], bool]:
    """Return whether a service matches a filter, "tag:key" or "tag:key=value", as a function."""
    kind, _colon, condition = value.partition(":")
    key, equals, tag_value = condition.partition("=")
    if kind != "tag" or not key:
        raise validation_error("query.filter", "The value must be tag:key or tag:key=value", value)

    def matches(service: Service) -> bool:
        return any(
            tag["key"] == key and (not equals or tag.get("value", "") == tag_value)
            for tag in service.fields["tags"] or []
        )

    return matches


def create_service(ctx: RequestContext) -> ApiResponse:
    body = ctx.body
    service_validation.check_create_request(body, ctx.organization.tier)
    _check_quota(ctx)
    _check_core_dumps(ctx, body)
    _check_mode(ctx, body)
    if "dataWarehouseId" in body:
        _check_warehouse(ctx, body)
    if "backupId" in body:
        _check_backup(ctx, body)
    elif "backupEncryptionConfig" in body:
        raise bad_request("backupEncryptionConfig requires a backupId")
    replicas = 1 if ctx.organization.tier == "BASIC" else 3
    service = build_service(ctx.organization.id, body, replicas, ctx.clock, ctx.store.config.step)
    _check_replicas(ctx, service, service.fields)
    service.fields["releaseChannel"] = ctx.store.get_primary(service).fields["releaseChannel"]
    service.fields["enableCoreDumps"] = body.get("enableCoreDumps", ctx.organization.fields["enableCoreDumps"])
    service.databases = _find_databases(ctx, service, body)
    password = service.set_password()
    ctx.store.add_service(service)
    register_endpoints(ctx, service)
    # The audit log takes the service ID from here.
    ctx.ids["serviceId"] = service.fields["id"]
    return ok_response({"service": ctx.store.to_resource(service), "password": password})


def _check_quota(ctx: RequestContext) -> None:
    """Raise ApiError if the organization has as many services as the limit that a test has set."""
    limit = ctx.organization.quotas.get("services-per-organization")
    if limit is not None and len(ctx.store.list_services(ctx.organization.id)) >= limit:
        raise bad_request(f"The organization can have at most {limit} services")


def _check_warehouse(ctx: RequestContext, body: dict[str, Any]) -> None:
    warehouse = body["dataWarehouseId"]
    services = ctx.store.list_services(ctx.organization.id)
    primary = next((service for service in services if service.warehouse == warehouse and service.is_primary), None)
    if primary is None:
        raise validation_error("body.dataWarehouseId", "The data warehouse does not exist", warehouse)
    _check_same_region(primary.fields, body, "the data warehouse")


def _check_backup(ctx: RequestContext, body: dict[str, Any]) -> None:
    backup_id = body["backupId"].lower()
    for service in ctx.store.list_services(ctx.organization.id):
        for backup in service.backups:
            if backup["id"] == backup_id:
                return _check_restorable(service, backup, body)
    raise not_found(body["backupId"])


def _check_restorable(original: Service, backup: dict[str, Any], body: dict[str, Any]) -> None:
    _check_same_region(original.fields, body, "the backup")
    if original.fields["tier"] != body.get("tier"):
        raise validation_error("body.tier", "The value must be that of the backup", body.get("tier"))
    if ("bucket" in backup) != ("backupEncryptionConfig" in body):
        rule = "required" if "bucket" in backup else "accepted only"
        raise bad_request(f"backupEncryptionConfig is {rule} for a backup in the organization's own bucket")
    if backup.get("status") != "done":
        raise bad_request(f"Backup with the status '{backup.get('status')}' cannot be restored")


def _find_databases(ctx: RequestContext, service: Service, body: dict[str, Any]) -> Databases:
    """Return the databases of a new service: those of its data warehouse, and for the first one those of its backup."""
    primary = ctx.store.get_primary(service)
    if primary is not service:
        return primary.databases
    for other in ctx.store.list_services(ctx.organization.id):
        copy = other.databases.find_backup(body.get("backupId", "").lower()) if other.is_primary else None
        if copy is not None:
            return Databases(copy)
    return Databases()


def _check_same_region(original: dict[str, Any], body: dict[str, Any], thing: str) -> None:
    for name in ("provider", "region"):
        if original[name] != body[name]:
            raise validation_error(f"body.{name}", f"The value must be that of {thing}", body[name])


def get_service(ctx: RequestContext) -> ApiResponse:
    return _service_response(ctx, ctx.service)


def update_service(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    _check_core_dumps(ctx, body)
    if "releaseChannel" in body:
        require(ctx, "service:manage", ctx.store.get_primary(service).id)
    service_validation.apply_patch(service, body, ctx.organization.tier)
    register_endpoints(ctx, service)
    if "releaseChannel" in body:
        # It is that of the whole data warehouse.
        for other in ctx.store.list_warehouse(service):
            other.apply_changes({"releaseChannel": body["releaseChannel"]})
    return _service_response(ctx, service)


def _check_core_dumps(ctx: RequestContext, body: dict[str, Any]) -> None:
    if body.get("enableCoreDumps") and not ctx.organization.fields["enableCoreDumps"]:
        raise bad_request("Core dumps are disabled for the organization")


def delete_service(ctx: RequestContext) -> ApiResponse:
    service = ctx.service
    if ctx.store.to_resource(service).get("deletionProtection"):
        raise conflict("Deletion protection is enabled for the service. Disable it before deleting the service")
    if service.lifecycle.state in DELETION_STATES:
        raise not_found(service.id)
    service.lifecycle.check_deletable()
    if ctx.store.list_secondaries(service):
        raise conflict("The primary service cannot be deleted while its data warehouse has secondary services")
    service.lifecycle.terminate()
    if service.is_primary:
        service.databases.stop()
    service.overrides.pop("state", None)
    return empty_response()


def update_state(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields(_STATE, body, ("command",))
    if body["command"] == "stop" and ctx.store.list_secondaries(service):
        raise bad_request("The primary service cannot be stopped while its data warehouse has secondary services")
    service.lifecycle.apply_command(body["command"])
    service.overrides.pop("state", None)
    return _service_response(ctx, service)


def update_replica_scaling(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields(scaling.REPLICA_SCALING, body)
    return _apply_scaling(ctx, service, body)


def update_scaling(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields(scaling.TOTAL_SCALING, body)
    changes = {name: value for name, value in body.items() if name in scaling.TOTAL_SCALING}
    return _apply_scaling(ctx, service, scaling.convert_totals(changes))


def _apply_scaling(ctx: RequestContext, service: Service, changes: dict[str, Any]) -> ApiResponse:
    if service.fields["tier"] == "development" and any("Memory" in name for name in changes):
        raise bad_request("Memory can be set for production services only")
    _check_mode(ctx, changes)
    current = {name: service.fields[name] for name in scaling.REPLICA_SCALING}
    after = scaling.rescale(current, changes)
    _check_replicas(ctx, service, after)
    service.apply_changes(after)
    for name in ("minTotalMemoryGb", "maxTotalMemoryGb", "replicaMemoryGb", "currentScaling"):
        service.overrides.pop(name, None)
    return _service_response(ctx, service)


def _check_mode(ctx: RequestContext, body: dict[str, Any]) -> None:
    if body.get("autoscalingMode") == "horizontal":
        ctx.require_feature("horizontalAutoscaling")


def _check_replicas(ctx: RequestContext, service: Service, after: dict[str, Any]) -> None:
    """Raise ApiError if the data warehouse would have too few or too many replicas."""
    fewest = after["numReplicas"] or after["minReplicas"] or 2
    if fewest < 2 and service.is_primary and ctx.organization.tier not in ("BASIC", "SCALE"):
        raise bad_request("The first service of a data warehouse must have at least 2 replicas")
    others = [other.fields for other in ctx.store.list_warehouse(service) if other is not service]
    replicas = [fields["numReplicas"] or fields["maxReplicas"] or 0 for fields in (*others, after)]
    if sum(replicas) > scaling.MAX_REPLICAS:
        raise bad_request(f"A data warehouse can have at most {scaling.MAX_REPLICAS} replicas")


def update_password(ctx: RequestContext) -> ApiResponse:
    service, body = ctx.service, ctx.body
    check_fields(_PASSWORD, body)
    if not service.is_primary:
        raise bad_request("The password is set on the primary service of the data warehouse")
    if "newPasswordHash" not in body:
        return ok_response({"password": service.set_password()})
    service.password_hash = body["newPasswordHash"]
    service.double_sha1_hash = body.get("newDoubleSha1Hash", "")
    return ok_response({})


def get_prometheus(ctx: RequestContext) -> ApiResponse:
    return text_response(render_metrics([ctx.service], parse_filtered_metrics(ctx)))


def parse_filtered_metrics(ctx: RequestContext, default: str = "false") -> bool:
    value = ctx.query.get("filtered_metrics", [default])[-1]
    if value not in ("true", "false"):
        raise validation_error("query.filtered_metrics", "The value must be a boolean", value)
    return value == "true"
