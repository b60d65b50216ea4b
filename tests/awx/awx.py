# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mock of the AWX API for the modules of awx.awx: create, find, change and associate resources.

It runs no jobs. Unlike AWX, which ignores unknown fields, it rejects them.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

API_TOKEN = "standInToken0001"
ENCRYPTED_PLACEHOLDER = "$encrypted$"

Resource = dict[str, Any]

#: The fields of each kind of resource that can be set. A "*" marks required fields.
FIELDS = {
    "organizations": "name*",
    "credential_types": "name* description kind* inputs injectors managed",
    "credentials": "name* description organization credential_type* inputs",
    "execution_environments": "name* description organization image* pull",
    "projects": "name* description organization scm_type scm_url scm_branch credential default_environment",
    "inventories": "name* description organization* kind host_filter",
    "inventory_sources": "name* description inventory* source* source_project source_path credential"
    " execution_environment overwrite overwrite_vars",
    "job_templates": "name* description organization project* playbook* inventory execution_environment extra_vars"
    " ask_job_type_on_launch ask_diff_mode_on_launch survey_enabled",
    "workflow_job_templates": "name* description organization survey_enabled",
    "workflow_job_template_nodes": "identifier* workflow_job_template* unified_job_template type job_type diff_mode",
    "workflow_approval_templates": "name* description timeout",
    "schedules": "name* unified_job_template* rrule* extra_data",
    "notification_templates": "name*",
}
#: The kind of resource whose ID a field has.
REFERENCES = {
    "inventory": "inventories",
    "default_environment": "execution_environments",
    "source_project": "projects",
    "unified_job_template": "unified_job_templates",
} | {f"{kind[:-1]}": kind for kind in FIELDS if kind != "inventories"}
#: The kinds that AWX also lists together as unified job templates.
TEMPLATES = (
    "projects",
    "inventory_sources",
    "job_templates",
    "workflow_job_templates",
    "workflow_approval_templates",
)
ASSOCIATIONS = {
    ("inventory_sources", "notification_templates_error"): "notification_templates",
    ("job_templates", "credentials"): "credentials",
    ("job_templates", "notification_templates_error"): "notification_templates",
    ("workflow_job_templates", "notification_templates_approvals"): "notification_templates",
    ("workflow_job_templates", "notification_templates_error"): "notification_templates",
    ("workflow_job_template_nodes", "success_nodes"): "workflow_job_template_nodes",
}
#: The kind of update of each kind of resource that AWX synchronizes.
UPDATES = {"projects": "project_update", "inventory_sources": "inventory_update"}
#: The Python type of the default answer by type of question. AWX does not accept the integer 26 as a float.
QUESTION_TYPES = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "integer": int, "float": float}


class BadRequest(Exception):
    """An invalid request, which gets a response with status 400."""


class MockAwx:
    """A new AWX, which serve() runs on 127.0.0.1."""

    def __init__(self) -> None:
        self.kinds: dict[str, dict[int, Resource]] = {kind: {} for kind in FIELDS}
        self.updates: dict[int, Resource] = {}
        #: The output of the updates that fail, by their kind.
        self.failures: dict[str, str] = {}
        self.surveys: dict[int, Resource] = {}
        self.associated: dict[tuple[int, str], list[int]] = {}
        self.writes: list[str] = []
        self._numbers = itertools.count(1)
        self.create("organizations", {"name": "Default"})

    def list_names(self, kind: str) -> list[str]:
        return [resource.get("name") or resource["identifier"] for resource in self.kinds[kind].values()]

    def get_resource(self, kind: str, name: str) -> Resource:
        """Return the only resource of this kind with this name."""
        (resource,) = [
            resource
            for resource in self.kinds[kind].values()
            if name in (resource.get("name"), resource.get("identifier"))
        ]
        return resource

    def list_associated(self, resource: Resource, subpath: str) -> list[str]:
        """Return the names of the resources that are associated with a resource."""
        kind = next(kind for (_kind, name), kind in ASSOCIATIONS.items() if name == subpath)
        resources = [self.kinds[kind][number] for number in self.associated.get((resource["id"], subpath), [])]
        return [member.get("name") or member["identifier"] for member in resources]

    @contextlib.contextmanager
    def serve(self) -> Iterator[str]:
        """Serve in the background; yield the URL."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(uvicorn.Config(self._app(), log_level="warning", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join(30)

    def _app(self) -> Starlette:
        routes = [
            Route("/api/v2/{kind}/", self._handle_request, methods=["GET", "POST"]),
            Route("/api/v2/{kind}/{number:int}/", self._handle_request, methods=["GET", "PATCH"]),
            Route("/api/v2/{kind}/{number:int}/{subpath}/", self._handle_request, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes)

    async def _handle_request(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {API_TOKEN}":
            return JSONResponse({"detail": "Authentication credentials were not provided."}, 401)
        body = await request.json() if request.method != "GET" and await request.body() else {}
        if request.method != "GET":
            self.writes.append(f"{request.method} {request.url.path}")
        kind: str = request.path_params["kind"]
        number: int = request.path_params.get("number", 0)
        subpath: str = request.path_params.get("subpath", "")
        try:
            if subpath:
                return self._handle_subresource(request.method, kind, number, subpath, body)
            if kind.removesuffix("s") in UPDATES.values() and not number:
                return _paginated_response(self._find_updates(kind, request.query_params))
            if number:
                return self._handle_resource(request.method, kind, number, body)
            if request.method == "POST":
                return JSONResponse(self._to_response(kind, self.create(kind, body)), 201)
            return _paginated_response(
                [
                    self._to_response(resource_kind, resource)
                    for resource_kind, resource in self.list_resources(kind)
                    if self._matches_query(resource, request.query_params)
                ]
            )
        except KeyError:
            return JSONResponse({"detail": "Not found."}, 404)
        except BadRequest as error:
            return JSONResponse({"__all__": [str(error)], "error": str(error)}, 400)

    def list_resources(self, kind: str) -> list[tuple[str, Resource]]:
        kinds = TEMPLATES if kind == "unified_job_templates" else (kind,)
        return [(member, resource) for member in kinds for resource in self.kinds[member].values()]

    def _handle_resource(self, method: str, kind: str, number: int, body: Resource) -> Response:
        resource = self.updates[number] if kind.endswith("_updates") else self.kinds[kind][number]
        if method == "PATCH":
            self._check_body(kind, {**resource, **body}, body)
            resource.update(self._restore_hidden_inputs(kind, resource, body))
        return JSONResponse(self._to_response(kind, resource))

    def _handle_subresource(self, method: str, kind: str, number: int, subpath: str, body: Resource) -> Response:
        if subpath == "events":
            return _paginated_response([{"stdout": line} for line in self.updates[number]["stdout"].splitlines()])
        resource = self.kinds[kind][number]
        if subpath == "survey_spec":
            if method == "POST":
                _check_survey(body)
                self.surveys[number] = body
            return JSONResponse(self.surveys.get(number, {}))
        if subpath == "update":
            return JSONResponse(self._to_response(f"{UPDATES[kind]}s", self._update(kind, resource)), 202)
        if subpath == "create_approval_template":
            approval = self.create("workflow_approval_templates", body)
            resource["unified_job_template"] = approval["id"]
            return JSONResponse(self._to_response("workflow_approval_templates", approval), 201)
        associated_kind = ASSOCIATIONS[kind, subpath]
        associated = self.associated.setdefault((number, subpath), [])
        if method == "GET":
            resources = self.kinds[associated_kind]
            return _paginated_response([self._to_response(associated_kind, resources[member]) for member in associated])
        self.kinds[associated_kind][body["id"]]  # A KeyError becomes a 404.
        if body.get("disassociate"):
            associated.remove(body["id"])
        else:
            associated.append(body["id"])
        return Response(status_code=204)

    def create(self, kind: str, body: Resource) -> Resource:
        self._check_body(kind, body, body)
        resource = {**body, "id": next(self._numbers), "type": kind.replace("inventories", "inventorys")[:-1]}
        if kind == "projects":
            # AWX starts to fetch a new project immediately, and awx.awx waits for that.
            resource |= {
                "scm_revision": "",
                "summary_fields": {"current_update": {"id": self._update(kind, resource)["id"]}},
            }
        elif kind == "inventory_sources":
            resource["status"] = "never updated"
        self.kinds[kind][resource["id"]] = resource
        return resource

    def _update(self, kind: str, resource: Resource) -> Resource:
        number, stdout = next(self._numbers), self.failures.get(UPDATES[kind], "")
        resource["status"] = "failed" if stdout else "successful"
        update = {
            "id": number,
            "type": UPDATES[kind],
            "status": resource["status"],
            "failed": bool(stdout),
            "finished": "2026-01-01T00:00:00Z",
            "scm_revision": f"{number}",
            "job_explanation": "",
            "of": resource,
            "stdout": stdout,
        }
        self.updates[number] = update
        return update

    def _matches_query(self, resource: Resource, query: Any) -> bool:
        """Return whether the fields have the values of the query, in which a__name is the name of the resource in a."""
        return all(self._query_value(resource, name) == value for name, value in query.items())

    def _query_value(self, resource: Resource, name: str) -> str:
        field, _separator, of_related = name.partition("__")
        value = resource.get(field)
        if of_related and value is not None:
            value = self.kinds[f"{field}s"][int(value)][of_related]
        return f"{value}"

    def _find_updates(self, kind: str, query: Any) -> list[Resource]:
        """Return the updates of a resource, the newest first, as ordered by -id."""
        name = kind.removesuffix("_updates").replace("inventory", "inventory_source")
        found = [
            update
            for update in self.updates.values()
            if f"{update['type']}s" == kind
            and query.get(name, f"{update['of']['id']}") == f"{update['of']['id']}"
            and query.get(f"{name}__name", update["of"]["name"]) == update["of"]["name"]
        ]
        assert query["order_by"] == "-id"
        return [self._to_response(kind, update) for update in reversed(found)]

    def _check_body(self, kind: str, resource: Resource, body: Resource) -> None:
        fields = FIELDS[kind].split()
        if unknown := body.keys() - {field.rstrip("*") for field in fields}:
            raise BadRequest(f"{kind} have no {sorted(unknown)}.")
        if missing := [field for field in fields if field.endswith("*") and resource.get(field[:-1]) in (None, "")]:
            raise BadRequest(f"{kind} need {missing}.")
        for field in body.keys() & REFERENCES.keys():
            if body[field] not in {resource["id"] for _kind, resource in self.list_resources(REFERENCES[field])}:
                raise BadRequest(f"{field}: there is no {body[field]}.")
        if kind == "credentials":
            expected = {
                field["id"] for field in self.kinds["credential_types"][resource["credential_type"]]["inputs"]["fields"]
            }
            if unknown := resource["inputs"].keys() - expected:
                raise BadRequest(f"The credential type has no {sorted(unknown)}.")
        if kind == "schedules":
            self._check_extra_data(resource)

    def _check_extra_data(self, schedule: Resource) -> None:
        answers = schedule.get("extra_data", {})
        questions = self.surveys.get(schedule["unified_job_template"], {}).get("spec", [])
        if unknown := answers.keys() - {question["variable"] for question in questions}:
            raise BadRequest(f"Variables {sorted(unknown)} are not allowed on launch.")
        required = {question["variable"] for question in questions if question["required"]}
        if missing := required - answers.keys():
            raise BadRequest(f"{sorted(missing)}: value missing")

    def _restore_hidden_inputs(self, kind: str, resource: Resource, body: Resource) -> Resource:
        """Return the body with each encrypted placeholder replaced by the current value."""
        if kind == "credentials" and "inputs" in body:
            inputs = {
                name: resource["inputs"][name] if value == ENCRYPTED_PLACEHOLDER else value
                for name, value in body["inputs"].items()
            }
            return {**body, "inputs": inputs}
        return body

    def _to_response(self, kind: str, resource: Resource) -> Resource:
        url = f"/api/v2/{kind}/{resource['id']}/"
        subpaths = ("survey_spec", "update", "create_approval_template")
        response = {
            "summary_fields": {},
            **copy.deepcopy(resource),
            "url": url,
            "related": {path: url + path for path in subpaths},
        }
        if kind == "credentials":
            for field in self.kinds["credential_types"][resource["credential_type"]]["inputs"]["fields"]:
                if field.get("secret") and field["id"] in response["inputs"]:
                    response["inputs"][field["id"]] = ENCRYPTED_PLACEHOLDER
        if kind == "workflow_job_template_nodes":
            approval = resource.get("unified_job_template")
            is_approval = approval in self.kinds["workflow_approval_templates"]
            url = f"/api/v2/workflow_approval_templates/{approval}/"
            response["related"]["unified_job_template"] = url if is_approval else None
        return response


def _check_survey(survey: Resource) -> None:
    variables = [question["variable"] for question in survey["spec"]]
    if not variables or len(set(variables)) < len(variables):
        raise BadRequest("A survey needs questions with different variables.")
    for question in survey["spec"]:
        variable, default, choices = question["variable"], question["default"], question["choices"]
        if default != "" and not isinstance(default, QUESTION_TYPES[question["type"]]):
            raise BadRequest(f"Default value {default} of {variable} expected to be {question['type']}.")
        if question["type"] == "multiplechoice" and default != "" and default not in choices:
            raise BadRequest(f"Default choice of {variable} must be answered from the choices listed.")


def _paginated_response(results: list[Resource]) -> Response:
    return JSONResponse({"count": len(results), "next": None, "previous": None, "results": results})
