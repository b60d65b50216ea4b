# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of awx.awx need of the API of AWX: objects that are made, found, changed and put together.

It runs no job. Where AWX silently ignores a field that it does not know, this refuses it.
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

TOKEN = "standInToken0001"
HIDDEN = "$encrypted$"

Object = dict[str, Any]

#: What can be set of each kind of object. One that ends in "*" is required.
FIELDS = {
    "organizations": "name*",
    "credential_types": "name* description kind* inputs injectors managed",
    "credentials": "name* description organization credential_type* inputs",
    "execution_environments": "name* description organization image* pull",
    "projects": "name* description organization scm_type scm_url scm_branch credential default_environment",
    "inventories": "name* description organization* kind host_filter",
    "inventory_sources": "name* description inventory* source* source_project source_path credential"
    " execution_environment overwrite overwrite_vars",
    "job_templates": "name* description organization project* playbook* inventory execution_environment"
    " ask_job_type_on_launch ask_diff_mode_on_launch survey_enabled",
    "workflow_job_templates": "name* description organization survey_enabled",
    "workflow_job_template_nodes": "identifier* workflow_job_template* unified_job_template type",
    "workflow_approval_templates": "name* description timeout",
    "schedules": "name* unified_job_template* rrule* extra_data",
}
#: The kind of object that a field holds the ID of, where it is not the plural of its name.
REFERENCES = {
    "inventory": "inventories",
    "default_environment": "execution_environments",
    "source_project": "projects",
    "unified_job_template": "unified_job_templates",
} | {f"{kind[:-1]}": kind for kind in FIELDS if kind != "inventories"}
#: What can be run, all of which AWX also lists together.
TEMPLATES = (
    "projects",
    "inventory_sources",
    "job_templates",
    "workflow_job_templates",
    "workflow_approval_templates",
)
ASSOCIATIONS = {
    ("job_templates", "credentials"): "credentials",
    ("workflow_job_template_nodes", "success_nodes"): "workflow_job_template_nodes",
}
#: The types of questions, and of what has to be there where nobody answers. To AWX, 26 is no float.
QUESTIONS = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "integer": int, "float": float}


class Refused(Exception):
    """Answered with 400 and this."""


class Awx:
    """An AWX as it is when it is new, on 127.0.0.1 while the ``with`` block lasts."""

    def __init__(self) -> None:
        self.kinds: dict[str, dict[int, Object]] = {kind: {} for kind in FIELDS}
        self.updates: dict[int, Object] = {}
        self.surveys: dict[int, Object] = {}
        self.associated: dict[tuple[int, str], list[int]] = {}
        self.writes: list[str] = []
        self._numbers = itertools.count(1)
        self._create("organizations", {"name": "Default"})

    def names(self, kind: str) -> list[str]:
        return [one.get("name") or one["identifier"] for one in self.kinds[kind].values()]

    def one(self, kind: str, name: str) -> Object:
        """The only object of this kind with this name."""
        (found,) = [one for one in self.kinds[kind].values() if name in (one.get("name"), one.get("identifier"))]
        return found

    def members(self, one: Object, part: str) -> list[str]:
        """The names of what is associated with an object."""
        kind = next(kind for (_kind, name), kind in ASSOCIATIONS.items() if name == part)
        listed = [self.kinds[kind][number] for number in self.associated.get((one["id"], part), [])]
        return [member.get("name") or member["identifier"] for member in listed]

    @contextlib.contextmanager
    def serve(self) -> Iterator[str]:
        """Where it can be reached."""
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
            Route("/api/v2/{kind}/", self._answer, methods=["GET", "POST"]),
            Route("/api/v2/{kind}/{number:int}/", self._answer, methods=["GET", "PATCH"]),
            Route("/api/v2/{kind}/{number:int}/{part}/", self._answer, methods=["GET", "POST"]),
        ]
        return Starlette(routes=routes)

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"detail": "Authentication credentials were not provided."}, 401)
        body = await request.json() if request.method != "GET" and await request.body() else {}
        if request.method != "GET":
            self.writes.append(f"{request.method} {request.url.path}")
        kind: str = request.path_params["kind"]
        number: int = request.path_params.get("number", 0)
        part: str = request.path_params.get("part", "")
        try:
            if part:
                return self._subcontext(request.method, kind, number, part, body)
            if number:
                return self._item(request.method, kind, number, body)
            if request.method == "POST":
                return JSONResponse(self._shown(kind, self._create(kind, body)), 201)
            return _page([self._shown(of, one) for of, one in self._listed(kind) if _fits(one, request.query_params)])
        except KeyError:
            return JSONResponse({"detail": "Not found."}, 404)
        except Refused as refused:
            return JSONResponse({"__all__": [str(refused)], "error": str(refused)}, 400)

    def _listed(self, kind: str) -> list[tuple[str, Object]]:
        kinds = TEMPLATES if kind == "unified_job_templates" else (kind,)
        return [(of, one) for of in kinds for one in self.kinds[of].values()]

    def _item(self, method: str, kind: str, number: int, body: Object) -> Response:
        one = self.updates[number] if kind.endswith("_updates") else self.kinds[kind][number]
        if method == "PATCH":
            self._check(kind, {**one, **body}, body)
            one.update(self._kept(kind, one, body))
        return JSONResponse(self._shown(kind, one))

    def _subcontext(self, method: str, kind: str, number: int, part: str, body: Object) -> Response:
        one = self.kinds[kind][number]
        if part == "survey_spec":
            if method == "POST":
                _check_survey(body)
                self.surveys[number] = body
            return JSONResponse(self.surveys.get(number, {}))
        if part == "update":
            return JSONResponse(self._shown("inventory_updates", self._update()), 202)
        if part == "create_approval_template":
            approval = self._create("workflow_approval_templates", body)
            one["unified_job_template"] = approval["id"]
            return JSONResponse(self._shown("workflow_approval_templates", approval), 201)
        of = ASSOCIATIONS[kind, part]
        members = self.associated.setdefault((number, part), [])
        if method == "GET":
            return _page([self._shown(of, self.kinds[of][member]) for member in members])
        self.kinds[of][body["id"]]  # which has to be there
        if body.get("disassociate"):
            members.remove(body["id"])
        else:
            members.append(body["id"])
        return Response(status_code=204)

    def _create(self, kind: str, body: Object) -> Object:
        self._check(kind, body, body)
        one = {**body, "id": next(self._numbers), "type": kind.replace("inventories", "inventorys")[:-1]}
        if kind == "projects":
            # It is fetched at once, and awx.awx waits for that.
            one |= {"scm_revision": "", "summary_fields": {"current_update": {"id": self._update()["id"]}}}
        self.kinds[kind][one["id"]] = one
        return one

    def _update(self) -> Object:
        number = next(self._numbers)
        done = {"id": number, "status": "successful", "failed": False, "finished": "2026-01-01T00:00:00Z"}
        self.updates[number] = done
        return done

    def _check(self, kind: str, one: Object, body: Object) -> None:
        fields = FIELDS[kind].split()
        if unknown := body.keys() - {field.rstrip("*") for field in fields}:
            raise Refused(f"{kind} have no {sorted(unknown)}.")
        if missing := [field for field in fields if field.endswith("*") and one.get(field[:-1]) in (None, "")]:
            raise Refused(f"{kind} need {missing}.")
        for field in body.keys() & REFERENCES.keys():
            if body[field] not in {found["id"] for _kind, found in self._listed(REFERENCES[field])}:
                raise Refused(f"{field}: there is no {body[field]}.")
        if kind == "credentials":
            known = {
                field["id"] for field in self.kinds["credential_types"][one["credential_type"]]["inputs"]["fields"]
            }
            if unknown := one["inputs"].keys() - known:
                raise Refused(f"The credential type has no {sorted(unknown)}.")
        if kind == "schedules":
            self._check_answers(one)

    def _check_answers(self, schedule: Object) -> None:
        answers = schedule.get("extra_data", {})
        questions = self.surveys.get(schedule["unified_job_template"], {}).get("spec", [])
        if unknown := answers.keys() - {question["variable"] for question in questions}:
            raise Refused(f"Variables {sorted(unknown)} are not allowed on launch.")
        required = {question["variable"] for question in questions if question["required"]}
        if missing := required - answers.keys():
            raise Refused(f"{sorted(missing)}: value missing")

    def _kept(self, kind: str, one: Object, body: Object) -> Object:
        """The body, in which what is hidden stands for what there was."""
        if kind == "credentials" and "inputs" in body:
            inputs = {name: one["inputs"][name] if value == HIDDEN else value for name, value in body["inputs"].items()}
            return {**body, "inputs": inputs}
        return body

    def _shown(self, kind: str, one: Object) -> Object:
        url = f"/api/v2/{kind}/{one['id']}/"
        parts = ("survey_spec", "update", "create_approval_template")
        shown = {
            "summary_fields": {},
            **copy.deepcopy(one),
            "url": url,
            "related": {part: url + part for part in parts},
        }
        if kind == "credentials":
            for field in self.kinds["credential_types"][one["credential_type"]]["inputs"]["fields"]:
                if field.get("secret") and field["id"] in shown["inputs"]:
                    shown["inputs"][field["id"]] = HIDDEN
        if kind == "workflow_job_template_nodes":
            approval = one.get("unified_job_template")
            of = "workflow_approval_templates" if approval in self.kinds["workflow_approval_templates"] else ""
            shown["related"]["unified_job_template"] = f"/api/v2/{of}/{approval}/" if of else None
        return shown


def _check_survey(survey: Object) -> None:
    variables = [question["variable"] for question in survey["spec"]]
    if not variables or len(set(variables)) < len(variables):
        raise Refused("A survey has questions, each for a variable of its own.")
    for question in survey["spec"]:
        variable, default, choices = question["variable"], question["default"], question["choices"]
        if default != "" and not isinstance(default, QUESTIONS[question["type"]]):
            raise Refused(f"Default value {default} of {variable} expected to be {question['type']}.")
        if question["type"] == "multiplechoice" and default != "" and default not in choices:
            raise Refused(f"Default choice of {variable} must be answered from the choices listed.")


def _fits(one: Object, query: Any) -> bool:
    return all(f"{one.get(name)}" == value for name, value in query.items())


def _page(results: list[Object]) -> Response:
    return JSONResponse({"count": len(results), "next": None, "previous": None, "results": results})
