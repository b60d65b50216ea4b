# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoints, with which tests inspect and change the state behind the API and add faults."""

from __future__ import annotations

import uuid
from typing import Any, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import permissions
from .backlog import Backlog
from .billing import build_balance
from .clock import format_timestamp
from .contract_check import ContractCheck
from .faults import Faults, parse_fault
from .https_endpoints import HttpsEndpoints
from .limiter import RateLimiter
from .members import build_invitation, check_quotas
from .notifications import build_notification
from .organization import FEATURES, Organization
from .request_context import parse_json
from .request_log import RequestLog
from .responses import ApiError, normalize_numbers
from .roles import REPLACEMENTS
from .service import STORED_FIELDS, Service
from .service_parts import COLLECTIONS
from .state import TIERS, Store
from .udf_presets import preset_functions, show_functions
from .usage_cost import build_record
from .validation import is_uuid4

Fields = dict[str, Any]

ROLES = tuple(REPLACEMENTS)
_ORGANIZATION_FIELDS = ("id", "name", "tier", "api_key", "api_secret", "role", "forbidden", "features", "byocConfig")


class InvalidRequest(Exception):
    """An invalid request to a control endpoint."""


class ControlApi:
    def __init__(
        self,
        store: Store,
        request_log: RequestLog,
        faults: Faults,
        limiter: RateLimiter | None,
        backlog: Backlog,
        check: ContractCheck | None = None,
    ) -> None:
        self._store = store
        self._https_endpoints = HttpsEndpoints(store.engines)
        self._request_log = request_log
        self._faults = faults
        self._limiter = limiter
        self._backlog = backlog
        self._check = check

    def routes(self) -> list[Route]:
        table: dict[str, dict[str, Callable[[Request, Fields], Any]]] = {
            "/_emulator/journal": {"GET": self._list_requests, "DELETE": self._clear_requests},
            "/_emulator/violations": {"GET": self._list_violations},
            "/_emulator/reset": {"POST": self._reset},
            "/_emulator/clock": {"GET": self._show_clock, "POST": self._advance_clock},
            "/_emulator/services": {"GET": self._show_services},
            "/_emulator/services/{id}": {"GET": self._show_service, "POST": self._set_service},
            "/_emulator/services/{id}/https": {"POST": self._open_https_endpoint},
            "/_emulator/faults": {"POST": self._add_fault, "DELETE": self._clear_faults},
            "/_emulator/organizations": {"POST": self._add_organization},
            "/_emulator/pages": {"POST": self._set_page_size},
            "/_emulator/usage": {"POST": self._set_usage_cost},
            "/_emulator/balances": {"POST": self._set_balances},
            "/_emulator/quotas": {"POST": self._set_quotas},
            "/_emulator/functions": {"GET": self._show_functions, "POST": self._set_functions},
            "/_emulator/notifications": {"POST": self._set_notifications},
            "/_emulator/invitations": {"POST": self._set_invitations},
        }
        return [Route(path, self._endpoint(methods), methods=list(methods)) for path, methods in table.items()]

    def _endpoint(self, methods: dict[str, Callable[[Request, Fields], Any]]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                content = await request.body()
                body = parse_json(content) if content.strip() else {}
                if not isinstance(body, dict):
                    raise InvalidRequest("The body must be a JSON object.")
                # Starlette routes HEAD like GET and drops the response body.
                handler = methods["GET" if request.method == "HEAD" else request.method]
                self._backlog.run_due()
                return JSONResponse(handler(request, body))
            except ApiError as error:
                return JSONResponse({"error": error.text}, error.status)
            except (InvalidRequest, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)

        return endpoint

    def _list_requests(self, request: Request, body: Fields) -> Any:
        return self._request_log.entries()

    def _clear_requests(self, request: Request, body: Fields) -> Any:
        self._request_log.clear()
        return {}

    def _list_violations(self, request: Request, body: Fields) -> Any:
        return [] if self._check is None else self._check.violations

    def _reset(self, request: Request, body: Fields) -> Any:
        self._store.reset()
        self._request_log.clear()
        self._faults.clear()
        self._backlog.clear()
        self._https_endpoints.close()
        if self._check is not None:
            self._check.clear()
        if self._limiter is not None:
            self._limiter.clear()
        return {}

    def _show_clock(self, request: Request, body: Fields) -> Any:
        return {"now": format_timestamp(self._store.clock.now())}

    def _advance_clock(self, request: Request, body: Fields) -> Any:
        seconds = body.get("advance", 0)
        if not body or not body.keys() <= {"advance", "held"} or body.get("held") not in (None, True):
            raise InvalidRequest("The body must have 'advance', a number of seconds, or 'held': true, or both.")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise InvalidRequest("'advance' must be a number of seconds.")
        if "held" in body:
            self._store.clock.hold()
        self._store.clock.advance(seconds)
        return self._show_clock(request, body)

    def _add_fault(self, request: Request, body: Fields) -> Any:
        self._faults.add(parse_fault(body))
        return {}

    def _clear_faults(self, request: Request, body: Fields) -> Any:
        self._faults.clear()
        return {}

    def _show_services(self, request: Request, body: Fields) -> Any:
        return [normalize_numbers(self._raw_service(service)) for service in self._store.list_services()]

    def _show_service(self, request: Request, body: Fields) -> Any:
        return normalize_numbers(self._raw_service(self._store.get_service(request.path_params["id"])))

    def _raw_service(self, service: Service) -> Fields:
        return {
            **self._store.to_resource(service),
            "organizationId": service.organization_id,
            "passwordHash": service.password_hash,
            "doubleSha1Hash": service.double_sha1_hash,
            "backups": service.backups,
            "backupConfiguration": service.backup_configuration,
            "upgradeWindow": service.upgrade_window,
            "clickhouseSettings": service.settings,
            "queryEndpoint": service.query_endpoint,
            "snapshots": service.snapshots.list_backups(service.clock.now()),
            "parts": service.parts,
            "collections": {
                path: list(elements.values()) for path, elements in service.collections.items() if elements
            },
        }

    def _set_service(self, request: Request, body: Fields) -> Any:
        service = self._store.get_service(request.path_params["id"])
        fields = dict(body)
        # Any string is allowed, since clients have to handle states that the API adds.
        if not isinstance(fields.get("state", "running"), str):
            raise InvalidRequest("'state' must be a string.")
        histories = {"backups": service.history, "snapshots": service.snapshots}
        for name in histories:
            if not _is_list_of_objects(fields.get(name, [])):
                raise InvalidRequest(f"'{name}' must be a list of objects.")
        _check_collections(fields.get("collections", {}))
        for path, elements in fields.pop("collections", {}).items():
            COLLECTIONS[path].preset(service, elements)
        for name in histories.keys() & fields.keys():
            histories[name].replace(fields.pop(name), service.clock.now())
        if "state" in fields:
            service.lifecycle.set_state(fields.pop("state"))
        for name, value in fields.items():
            (service.fields if name in STORED_FIELDS else service.overrides)[name] = value
        self._suspend_check(service)
        return normalize_numbers(self._store.to_resource(service))

    def _suspend_check(self, service: Service) -> None:
        """Check nothing by the contract any more if a test has set values that the contract does not allow."""
        if self._check is None:
            return
        now = service.clock.now()
        self._check.suspend_for("Service", normalize_numbers(self._store.to_resource(service)))
        for schema, history in (("Backup", service.history), ("Snapshot", service.snapshots)):
            for backup in history.list_backups(now):
                self._check.suspend_for(schema, normalize_numbers(backup))

    def _open_https_endpoint(self, request: Request, body: Fields) -> Any:
        service = self._store.get_service(request.path_params["id"])
        certificate = body.get("certificate")
        if not isinstance(certificate, str) or not certificate:
            raise InvalidRequest("'certificate' must be a file with a certificate and its key.")
        try:
            endpoint = self._https_endpoints.open(service, certificate)
        except OSError as error:
            raise InvalidRequest(f"'certificate' must be a file with a certificate and its key: {error}") from None
        others = [other for other in service.list_endpoints() if other["protocol"] != "https"]
        service.overrides["endpoints"] = [endpoint, *others]
        return endpoint

    def _set_page_size(self, request: Request, body: Fields) -> Any:
        size = body.get("size")
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidRequest("'size' must be a number of elements, 1 or more.")
        self._store.cursors.page_size = size
        return {}

    def _set_usage_cost(self, request: Request, body: Fields) -> Any:
        organization = self._check_records(body, "records")
        organization.usage_cost = [build_record(self._store, given) for given in body["records"]]
        return organization.usage_cost

    def _set_balances(self, request: Request, body: Fields) -> Any:
        organization = self._check_records(body, "balances")
        organization.balances = [build_balance(self._store.clock, given) for given in body["balances"]]
        return organization.balances

    def _set_notifications(self, request: Request, body: Fields) -> Any:
        organization = self._check_records(body, "notifications")
        organization.notifications = [
            build_notification(self._store.clock, organization.id, given) for given in body["notifications"]
        ]
        return organization.notifications

    def _set_quotas(self, request: Request, body: Fields) -> Any:
        organization = self._store.organizations[self._store.config.organization_id]
        organization.quotas = check_quotas(body)
        return organization.quotas

    def _show_functions(self, request: Request, body: Fields) -> Any:
        organization = self._store.organizations[self._store.config.organization_id]
        return normalize_numbers(show_functions(self._store, organization))

    def _set_functions(self, request: Request, body: Fields) -> Any:
        organization = self._check_records(body, "functions")
        preset_functions(self._store, organization, body["functions"])
        return normalize_numbers(show_functions(self._store, organization))

    def _set_invitations(self, request: Request, body: Fields) -> Any:
        organization = self._check_records(body, "invitations")
        organization.invitations = [
            build_invitation(self._store.clock, organization, given) for given in body["invitations"]
        ]
        return organization.invitations

    def _check_records(self, body: Fields, name: str) -> Organization:
        """Return the organization whose records a test replaces, by default the first one."""
        organization = self._store.organizations.get(body.get("organization_id", self._store.config.organization_id))
        if organization is None or not isinstance(body.get(name), list):
            raise InvalidRequest(f"'{name}' must be a list, and 'organization_id' that of an organization.")
        return organization

    def _add_organization(self, request: Request, body: Fields) -> Any:
        forbidden = permissions.parse(body.pop("forbidden", []))
        features = _parse_features(body.pop("features", {}))
        infrastructures = body.pop("byocConfig", [])
        if not _is_list_of_objects(infrastructures):
            raise InvalidRequest("'byocConfig' must be a list of objects.")
        for name, value in body.items():
            if name not in _ORGANIZATION_FIELDS:
                raise InvalidRequest(f"Unknown key '{name}': an organization has {', '.join(_ORGANIZATION_FIELDS)}.")
            if not isinstance(value, str) or not value:
                raise InvalidRequest(f"'{name}' must be a string.")
        organization_id = body.get("id") or str(uuid.uuid4())
        tier, role = body.get("tier", "ENTERPRISE"), body.get("role", "admin")
        if not is_uuid4(organization_id):
            raise InvalidRequest("'id' must be a UUID of version 4.")
        if tier not in TIERS or role not in ROLES:
            raise InvalidRequest(f"'tier' must be one of {', '.join(TIERS)} and 'role' one of {', '.join(ROLES)}.")
        organization = self._store.organizations.get(organization_id)
        if organization is None:
            name = body.get("name", "Further organization")
            organization = self._store.add_organization(organization_id, name, tier)
        organization.features.update(features)
        organization.fields["byocConfig"] += infrastructures
        key = self._store.add_test_key(organization, "Further key", role, body.get("api_key"), body.get("api_secret"))
        key.forbidden = forbidden
        return {"organization_id": organization.id, "api_key": key.key_id, "api_secret": key.secret}


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _check_collections(collections: Any) -> None:
    """Raise InvalidRequest unless the collections that a test sets are lists of elements by the end of their path."""
    if not isinstance(collections, dict) or not all(map(_is_list_of_objects, collections.values())):
        raise InvalidRequest("'collections' must be an object with lists of objects.")
    for path in collections:
        if path not in COLLECTIONS:
            raise InvalidRequest(f"Unknown collection '{path}'. The collections are {', '.join(COLLECTIONS)}.")


def _parse_features(features: Any) -> dict[str, bool]:
    """Return the features to enable or disable. Raise InvalidRequest if there is an unknown one."""
    if not isinstance(features, dict) or not all(isinstance(enabled, bool) for enabled in features.values()):
        raise InvalidRequest("'features' must be an object of booleans.")
    for name in features:
        if name not in FEATURES:
            raise InvalidRequest(f"Unknown feature '{name}'. The features are {', '.join(FEATURES)}.")
    return features
