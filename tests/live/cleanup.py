# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete what a run has made."""

from __future__ import annotations

from .client import Answer, Api, LiveError
from .record import Record

#: The lists of the organization in which a run makes resources. A service costs money, so it is deleted first.
KINDS = ("services", "keys", "roles")
#: The most polls of a service while it is stopped and deleted.
MAX_POLLS = 180
#: The most attempts to find a new service, since it may not be visible at once.
MAX_LOOKS = 6
_DELETION_STATES = ("terminating", "terminated", "softdeleting", "softdeleted")


def delete_everything(api: Api, record: Record) -> list[str]:
    """Delete everything that a run has made, and then its record. Return what could not be deleted, as sentences."""
    problems: list[str] = []
    for kind in KINDS:
        identifiers = dict.fromkeys(record.identifiers(kind))
        try:
            identifiers.update(dict.fromkeys(_find_by_name(api, kind, record)))
        except LiveError as error:
            problems.append(f"{kind} named {record.name}... may be left. {error}")
        for identifier in identifiers:
            problem = _try_to_delete(api, kind, identifier)
            if problem:
                problems.append(f"{kind}/{identifier} could not be deleted. {problem}")
    if not problems:
        record.discard()
    return problems


def _find_by_name(api: Api, kind: str, record: Record) -> list[str]:
    """Return the IDs of the resources that are named after the run."""
    looks = MAX_LOOKS if record.is_incomplete(kind) else 1
    for look in range(looks):
        if look:
            api.pause()
        found = [str(one["id"]) for one in api.list_all(kind) if str(one.get("name")).startswith(record.name)]
        if found:
            return found
    return []


def _try_to_delete(api: Api, kind: str, identifier: str) -> str:
    """Delete a resource. Return what failed, or ""."""
    path = f"{api.organization}/{kind}/{identifier}"
    try:
        answer = _delete_service(api, path) if kind == "services" else api.request("DELETE", path)
    except LiveError as error:
        return str(error)
    if answer.ok or answer.status == 404:
        return ""
    return api.hide_organization(f"The API responded with {answer.status} {answer.error}.")


def _delete_service(api: Api, path: str) -> Answer:
    """Unprotect, stop and delete a service. Return the last response, which is a success or a 404 if it is deleted."""
    answer, misses = Answer(404, None), 0
    for _poll in range(MAX_POLLS):
        service = api.request("GET", path)
        if service.ok and service.state in _DELETION_STATES:
            return service
        if service.status == 404:
            # A service that was created a moment ago may not be visible yet.
            misses += 1
            if answer.ok or misses == MAX_LOOKS:
                return service
        else:
            answer = api.request("DELETE", path)
            if answer.status == 409:
                _prepare_deletion(api, path)
            elif not answer.ok:
                return answer
        api.pause()
    return Answer(answer.status, {"error": f"{answer.error} It still exists after {MAX_POLLS} attempts."})


def _prepare_deletion(api: Api, path: str) -> None:
    """Allow a service to be deleted. If this fails, so does the deletion, which says why."""
    api.request("PATCH", path, {"deletionProtection": False})
    api.request("PATCH", f"{path}/state", {"command": "stop"})
