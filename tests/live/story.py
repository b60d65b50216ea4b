# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send the requests of the questions to an organization, and return what it does."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

import yaml

from .client import OWN_KEY, Answer, Api, LiveError
from .masking import Mask

Step = Mapping[str, Any]

QUESTIONS = Path(__file__).with_name("questions.yml")
#: The path in a response to the ID of what a POST to the list makes.
MADE: Mapping[str, str] = {"services": "service.id", "keys": "key.id", "roles": "id"}
#: What a step can have, as questions.yml describes.
STEP_NAMES = frozenset(
    ("send", "prepare", "wait", "body", "show", "where", "key", "save", "save_cursor", "save_key", "unless", "envelope")
)
_MAX_POLLS = 180
_VARIABLE = re.compile(r"\{(\w+)\}")
_ABSENT = object()


@dataclass(frozen=True)
class Question:
    """Some lines of the emulator's README, and the steps that answer them or the reason why a run cannot."""

    id: str
    cases: tuple[str, ...]
    steps: tuple[Step, ...]
    reason: str


def load_questions(path: Path = QUESTIONS) -> list[Question]:
    """Return all questions, in the order of the story."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    return [
        Question(entry["id"], tuple(entry["cases"]), tuple(entry.get("steps", ())), entry.get("reason", ""))
        for entry in entries
    ]


class Notebook(Protocol):
    """A list of what the story makes, so that it can be deleted."""

    def announce(self, kind: str) -> None: ...
    def add(self, kind: str, identifier: str) -> None: ...


class Forgetful:
    """A notebook for an emulator, which needs no cleanup."""

    def announce(self, kind: str) -> None:
        pass

    def add(self, kind: str, identifier: str) -> None:
        pass


class Story:
    """The questions, asked one after the other with the same service, keys and roles."""

    def __init__(self, api: Api, notebook: Notebook, mask: Mask, values: Mapping[str, str]) -> None:
        self._api = api
        self._notebook = notebook
        self._mask = mask
        self._values = {
            "organization": api.organization,
            "organization_resource": api.organization[1:].replace("organizations", "organization", 1),
            "unknown_id": str(uuid.uuid4()),
            "today": datetime.now(timezone.utc).date().isoformat(),
            **values,
        }
        mask.add(api.organization, "organization")
        mask.add(api.organization.rpartition("/")[2], "organization ID")
        mask.add(self._values["unknown_id"], "unknown_id")
        mask.add(self._values["name"], "name")

    def answer(self, question: Question) -> list[str]:
        """Return the requests and what the organization did, line by line, without IDs, times and secrets."""
        self._mask.restart()
        return [line for step in question.steps for line in self._take(step)]

    def _take(self, step: Step) -> list[str]:
        if step.get("unless") in self._values:
            return []
        try:
            filled: Step = _fill(step, self._values)
        except KeyError as error:
            return [f"not asked, since there is no {error.args[0]}"]
        if not self._api.has_key(filled.get("key", OWN_KEY)):
            return [f"not asked, since there is no key {filled['key']}"]
        return self._wait(filled["wait"]) if "wait" in filled else self._ask(filled)

    def _wait(self, states: list[str]) -> list[str]:
        """Wait until the service has one of the states. Return a line if it does not get there.

        Raise LiveError if there is no service, since most questions need it.
        """
        state = ""
        if "service" not in self._values:
            raise LiveError("The API has created no service, so the other questions cannot be asked.")
        for _poll in range(_MAX_POLLS):
            state = self._api.request("GET", self._values["service"]).state
            if state in states:
                return []
            self._api.pause()
        return [f"the service stays {state or 'without a state'} and does not become {states[0]}"]

    def _ask(self, step: Step) -> list[str]:
        method, path = step.get("send", step.get("prepare", "")).split(" ")
        body = step.get("body")
        answer = self._send(method, path, body, step.get("key", OWN_KEY))
        if answer.ok:
            self._save(answer, step)
            if "prepare" in step:
                return []
        request = f"{method} {path}{'' if body is None else ' ' + json.dumps(body)}"
        return [self._mask.apply(line) for line in [request, *_describe(answer, step)]] + self._show(answer, step)

    def _send(self, method: str, path: str, body: Any, key: str) -> Answer:
        kind = path.rpartition("/")[2]
        makes = method == "POST" and kind in MADE
        if makes:
            self._notebook.announce(kind)
        answer = self._api.request(method, path, body, key)
        if makes and not answer.ok:
            self._notebook.add(kind, "")
        elif makes and isinstance(_pick(answer.result, MADE[kind]), str):
            self._notebook.add(kind, _pick(answer.result, MADE[kind]))
        return answer

    def _save(self, answer: Answer, step: Step) -> None:
        """Keep values of the response for the steps that follow, and hide its secrets from now on."""
        result = answer.result if isinstance(answer.result, dict) else {}
        for name in ("keyId", "keySecret", "password"):
            self._mask.add(str(result.get(name, "")), name)
        for name, path in step.get("save", {}).items():
            value = _pick(result, path)
            if isinstance(value, str):
                self._values[name] = value
        if "save_cursor" in step:
            self._save_cursor(step["save_cursor"], answer.envelope.get("nextCursor"))
        if "save_key" in step and result.keys() >= {"keyId", "keySecret"}:
            self._api.add_key(step["save_key"], result["keyId"], result["keySecret"])
        if "service_id" in self._values:
            self._values["service"] = f"{self._api.organization}/services/{self._values['service_id']}"
            self._mask.add(self._values["service_id"], "service")

    def _save_cursor(self, name: str, cursor: Any) -> None:
        """Keep the cursor of the next page. Without a next page, the step that needs it is not asked."""
        self._values.pop(name, None)
        if cursor is not None:
            self._values[name] = str(cursor)
            self._mask.add(str(cursor), "cursor")

    def _show(self, answer: Answer, step: Step) -> list[str]:
        """Return the fields of the result that answer the question."""
        if not answer.ok:
            return []
        result = answer.result
        if "where" in step and isinstance(result, list):
            result = [one for one in result if all(_pick(one, name) == value for name, value in step["where"].items())]
        lines = []
        for path in step.get("show", ()):
            value = _pick(result, path)
            if "where" in step and isinstance(value, list):
                value = sorted(value, key=str)
            lines.append(f"  {path}: {'absent' if value is _ABSENT else self._mask.dump(value)}")
        return lines


def _describe(answer: Answer, step: Step) -> list[str]:
    """Return the status and the error, and the names in the envelope if they are the question."""
    lines = [f"{answer.status} {' '.join(answer.error.split())}".rstrip()]
    if step.get("envelope"):
        lines.append(f"  envelope: {', '.join(sorted(answer.envelope)) or 'none'}")
    return lines


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    """Replace {name} in all texts. Raise KeyError for a name without a value."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: values[match[1]], value)
    if isinstance(value, Mapping):
        return {name: _fill(item, values) for name, item in value.items()}
    return [_fill(item, values) for item in value] if isinstance(value, list) else value


def _pick(value: Any, path: str) -> Any:
    """Return the value at a path such as "key.id"; "." is the whole value. A list is that of its elements."""
    if path in ("", "."):
        return value
    if isinstance(value, list):
        return [picked for picked in (_pick(item, path) for item in value) if picked is not _ABSENT]
    head, _dot, rest = path.partition(".")
    if not isinstance(value, dict) or head not in value:
        return _ABSENT
    return _pick(value[head], rest)
