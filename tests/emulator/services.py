# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of services."""

from __future__ import annotations

from typing import Any, Callable

from . import regions, scaling, service_validation
from .metrics import exposition
from .request_context import Call
from .responses import Answer, bad_request, conflict, done, not_found, success, text
from .service import Service, new_service
from .validation import Table, check_fields, choice, refuse
from .validation import text as text_check

_STATE: Table = {"command": choice("start", "stop", "awake")}
_PASSWORD: Table = {
    "newPasswordHash": text_check(44, 44, r"[A-Za-z0-9+/]{43}="),
    "newDoubleSha1Hash": text_check(40, 40, r"[0-9a-fA-F]{40}"),
}


def _shown(call: Call, service: Service) -> Answer:
    return success(call.store.view(service))


def list_services(call: Call) -> Answer:
    wanted = [_tag_filter(value) for value in call.query.get("filter", [])]
    services = call.store.services(call.organization.id)
    return success([call.store.view(service) for service in services if all(match(service) for match in wanted)])


def _tag_filter(value: str) -> Callable[[Service], bool]:
    kind, _colon, condition = value.partition(":")
    key, equals, wanted = condition.partition("=")
    if kind != "tag" or not key:
        raise refuse("query.filter", "The value must be tag:key or tag:key=value", value)

    def match(service: Service) -> bool:
        return any(
            tag["key"] == key and (not equals or tag.get("value", "") == wanted) for tag in service.fields["tags"] or []
        )

    return match


def create_service(call: Call) -> Answer:
    body = call.body
    service_validation.check_creation(body, call.organization.tier)
    if "dataWarehouseId" in body:
        _check_warehouse(call, body)
    if "backupId" in body:
        _check_backup(call, body)
    replicas = 1 if call.organization.tier == "BASIC" else 3
    service = new_service(call.organization.id, body, replicas, call.clock, call.store.origin.step)
    password = service.set_password()
    call.store.add_service(service)
    # From here on the request is about this one, for the log as well.
    call.ids["serviceId"] = service.fields["id"]
    return success({"service": call.store.view(service), "password": password})


def _check_warehouse(call: Call, body: dict[str, Any]) -> None:
    warehouse = body["dataWarehouseId"]
    services = call.store.services(call.organization.id)
    primary = next((one for one in services if one.warehouse == warehouse and one.is_primary), None)
    if primary is None:
        raise refuse("body.dataWarehouseId", "The data warehouse does not exist", warehouse)
    _check_same_place(primary.fields, body, "the data warehouse")


def _check_backup(call: Call, body: dict[str, Any]) -> None:
    wanted = body["backupId"].lower()
    for service in call.store.services(call.organization.id):
        for backup in service.backups:
            if backup["id"] == wanted:
                return _check_restorable(service, backup, body)
    raise not_found(body["backupId"])


def _check_restorable(original: Service, backup: dict[str, Any], body: dict[str, Any]) -> None:
    _check_same_place(original.fields, body, "the backup")
    if original.fields["tier"] != body.get("tier"):
        raise refuse("body.tier", "The value must be that of the backup", body.get("tier"))
    if backup.get("status") != "done":
        raise bad_request(f"Backup with the status '{backup.get('status')}' cannot be restored")


def _check_same_place(original: dict[str, Any], body: dict[str, Any], thing: str) -> None:
    for name in ("provider", "region"):
        if original[name] != body[name]:
            raise refuse(f"body.{name}", f"The value must be that of {thing}", body[name])


def get_service(call: Call) -> Answer:
    return _shown(call, call.service)


def update_service(call: Call) -> Answer:
    service = call.service
    service_validation.patch(service, call.body, call.organization.tier)
    return _shown(call, service)


def delete_service(call: Call) -> Answer:
    service = call.service
    if call.store.view(service).get("deletionProtection"):
        raise conflict("Deletion protection is enabled for the service. Disable it before deleting the service")
    service.machine.check_deletable()
    if call.store.secondaries(service):
        raise conflict("The primary service cannot be deleted while its data warehouse has secondary services")
    service.machine.terminate()
    service.overrides.pop("state", None)
    return done()


def update_state(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields(_STATE, body, ("command",))
    if body["command"] == "stop" and call.store.secondaries(service):
        raise bad_request("The primary service cannot be stopped while its data warehouse has secondary services")
    service.machine.command(body["command"])
    service.overrides.pop("state", None)
    return _shown(call, service)


def update_replica_scaling(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields(scaling.REPLICA_SCALING, body)
    return _rescaled(call, service, body)


def update_scaling(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields(scaling.TOTAL_SCALING, body)
    known = {name: value for name, value in body.items() if name in scaling.TOTAL_SCALING}
    return _rescaled(call, service, scaling.from_totals(known))


def _rescaled(call: Call, service: Service, wishes: dict[str, Any]) -> Answer:
    if service.fields["tier"] == "development" and any("Memory" in name for name in wishes):
        raise bad_request("Memory can be set for production services only")
    current = {name: service.fields[name] for name in scaling.REPLICA_SCALING}
    service.changed(scaling.rescale(current, wishes))
    for name in ("minTotalMemoryGb", "maxTotalMemoryGb", "replicaMemoryGb", "currentScaling"):
        service.overrides.pop(name, None)
    return _shown(call, service)


def update_password(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields(_PASSWORD, body)
    if not service.is_primary:
        raise bad_request("The password is set on the primary service of the data warehouse")
    if "newPasswordHash" not in body:
        return success({"password": service.set_password()})
    service.password_hash = body["newPasswordHash"]
    service.double_sha1_hash = body.get("newDoubleSha1Hash", "")
    return success({})


def get_private_endpoint_config(call: Call) -> Answer:
    service = call.service
    region, provider = service.fields["region"], service.fields["provider"]
    return success(
        {
            "endpointServiceId": regions.endpoint_service(region, provider),
            "privateDnsHostname": regions.private_host(service.host_name, region, provider),
        }
    )


def create_private_endpoint(call: Call) -> Answer:
    service, body = call.service, call.body
    check_fields({"id": text_check(), "description": text_check(0)}, body, ("id",))
    fields = service.fields
    if not regions.is_endpoint_id(body["id"], fields["provider"]):
        raise refuse("body.id", f"The value is not a private endpoint of the provider {fields['provider']}", body["id"])
    if body["id"] in fields["privateEndpointIds"]:
        raise bad_request(f"Private endpoint '{body['id']}' is already attached to the service")
    endpoint = {
        "id": body["id"],
        "description": body.get("description", ""),
        "cloudProvider": fields["provider"],
        "region": fields["region"],
    }
    known: list[dict[str, Any]] = call.organization.fields["privateEndpoints"]
    known[:] = [other for other in known if other["id"] != endpoint["id"]] + [endpoint]
    service.changed({"privateEndpointIds": [*fields["privateEndpointIds"], body["id"]]})
    return success(endpoint)


def get_prometheus(call: Call) -> Answer:
    return text(exposition([call.service], filtered(call)))


def filtered(call: Call) -> bool:
    value = call.query.get("filtered_metrics", ["false"])[-1]
    if value not in ("true", "false"):
        raise refuse("query.filtered_metrics", "The value must be a boolean", value)
    return value == "true"
