# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Emit an event for each entry of the organization's audit log
description:
  - Polls the audit log of a ClickHouse Cloud organization, and emits one event for each activity, such as a changed
    password, an opened IP access list, a new API key or a failed login.
  - An activity that is added to the log late is also reported, if it is late by no more than O(overlap).
  - An event has C(type), the type of the activity, and C(activity), the activity as returned by the API, for example
    with C(id), C(created_at), C(actor_type), C(actor_details), C(actor_ip_address), C(organization_id) and
    C(service_id).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
options:
  api_key:
    description:
      - ID of an API key of the organization.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_KEY) is used. One of the two is required.
    type: str
  api_secret:
    description:
      - Secret of the API key.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_SECRET) is used. One of the two is required.
    type: str
  organization_id:
    description:
      - ID of the organization, a UUID.
      - If not set, the environment variable E(CLICKHOUSE_ORG_ID) is used, or else the API is asked once.
    type: str
  api_url:
    description:
      - URL of the API, with or without C(/v1) at its end.
      - If not set, the environment variable E(CLICKHOUSE_API_URL) is used.
    type: str
    default: https://api.clickhouse.cloud
  allow_http:
    description: Whether O(api_url) may begin with C(http:) if it is the URL of another machine.
    type: bool
    default: false
  validate_certs:
    description: Whether to verify the TLS certificate of the API.
    type: bool
    default: true
  ca_path:
    description: A file with the certificates, in PEM format, of the authorities to verify the API's certificate with.
    type: str
  timeout:
    description: Maximum number of seconds between a request and the end of its response.
    type: float
    default: 60
  interval:
    description: Seconds between two polls.
    type: float
    default: 30
  overlap:
    description: Maximum number of seconds by which an activity may be older than the newest one when it enters the log.
    type: float
    default: 300
  since:
    description:
      - Report activities from this time on, in ISO 8601 format, for example V(2026-01-31T08:00:00Z).
      - If not set, activities from before the start of the source are not reported.
      - It has no effect if O(state_file) exists.
    type: str
  state_file:
    description:
      - A file in which the source keeps what it has reported, so that it continues there when it is started again. An
        activity while it was stopped is reported then, and no activity is reported twice.
      - If the file does not exist yet, it is created, and O(since) decides from when on activities are reported. Its
        directory must exist. Each source and each organization needs its own file.
      - If not set, the source remembers nothing when it is started again.
    type: path
  types:
    description: Report only activities of these types, for example V(service_update_password). If not set, report all.
    type: list
    elements: str
notes:
  - The texts of an event consist of letters, digits and V(._:/@+-,). Every other character, such as a space, is
    replaced by an underscore, so that a playbook cannot evaluate the text as a template or a condition. A service named
    V(My Service) is V(My_Service) in an event; use its ID to get its name.
  - Each poll uses a few of the ten requests in ten seconds that the API allows for a key. If the API refuses a request
    because of this limit, the source waits as long as the API says. While the API is unavailable, the source retries at
    intervals of up to five minutes, and then continues where it was. It ends if the API key is invalid or does not have
    the required permissions.
requirements:
  - aiohttp, which is installed with ansible-rulebook
"""

EXAMPLES = r"""
- name: Report changes of passwords and IP access lists
  hosts: all
  sources:
    - clickhouse.cloud.activities:
        interval: 30
        types:
          - service_update_ip_access_list
          - service_update_password
  rules:
    - name: Report who changed the service
      condition: event.type is defined
      action:
        debug:
          msg: "{{ event.type }} of service {{ event.activity.service_id }} by {{ event.activity.actor_details }}"
"""

import asyncio
import json
import os
import runpy
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.clickhouse.cloud.extensions.eda.plugins import _client
    from ansible_collections.clickhouse.cloud.plugins.module_utils._schema import activity_log
else:
    # ansible-rulebook runs this file by its path, without the package that an import would need.
    _client = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "_client.py")))
    _LOG = Path(__file__).parents[4] / "plugins/module_utils/_schema/activity_log.py"
    activity_log = SimpleNamespace(**runpy.run_path(str(_LOG)))


class StateFile:
    """The file, if any, in which a source keeps its state for the next time that it is started."""

    def __init__(self, path: str, organization_id: str) -> None:
        self._path = Path(os.path.expanduser(path)) if path else None
        self._organization_id = organization_id.lower()
        self._written = ""

    def read(self) -> dict[str, Any] | None:
        """Return the state, or None if there is none yet. Raise SourceError if it is not one of this organization."""
        if self._path is None:
            return None
        try:
            state = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _client.SourceError(f"state_file {self._path} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError):
            state = None
        if not isinstance(state, dict) or state.get("organization_id") != self._organization_id:
            raise _client.SourceError(
                f"state_file {self._path} does not contain the state of this source for the organization"
                f" {self._organization_id}: set another path, or delete the file."
            )
        return state

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state, unless it is the same. Raise SourceError if that is not possible."""
        content = json.dumps({"organization_id": self._organization_id, **state})
        if self._path is None or content == self._written:
            return
        temporary = self._path.with_name(f"{self._path.name}.new")
        try:
            temporary.write_text(content, encoding="utf-8")
            os.replace(temporary, self._path)
        except OSError as error:
            raise _client.SourceError(f"state_file {self._path} cannot be written: {error.strerror}.") from error
        self._written = content


class SeenActivities:
    """The activities that have been reported, and the day from which on the log has to be read."""

    def __init__(self, since: datetime | None, overlap: float) -> None:
        self._since = since
        self._overlap = timedelta(seconds=overlap)
        self._newest = since
        self._seen: dict[str, datetime] = {}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue with a state that to_state() has returned, as far as it is valid."""
        seen = state.get("seen")
        times = {name: _client.parse_timestamp(time) for name, time in (seen if isinstance(seen, dict) else {}).items()}
        self._seen = {name: time for name, time in times.items() if time}
        self._since = _client.parse_timestamp(state.get("since"))
        self._newest = _client.parse_timestamp(state.get("newest")) or self._since

    def to_state(self) -> dict[str, Any]:
        """Return what restore() needs, as JSON values."""
        moments = {"since": self._since, "newest": self._newest}
        seen = {name: time.isoformat() for name, time in self._seen.items()}
        return {**{name: time and time.isoformat() for name, time in moments.items()}, "seen": seen}

    def query_from(self, now: datetime) -> str:
        """Return the day from which on the log has to be read."""
        newest = self._newest or now
        return activity_log.to_query_day(newest - self._overlap)

    def new_activities(self, activities: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
        """Return the activities to report, the oldest first."""
        is_first_poll = self._newest is None
        times = {activity["id"]: _client.parse_timestamp(activity.get("createdAt")) or now for activity in activities}
        # The API lists the newest first, with times in whole seconds. So the order in the list decides between equals.
        unseen = [activity for activity in reversed(activities) if activity["id"] not in self._seen]
        self._newest = max([self._newest or now - self._overlap, *times.values()])
        self._remember(times, self._newest - self._overlap)
        if is_first_poll:
            # Just after midnight, the day before is read only later. Older activities are from before the start.
            self._since = now - self._overlap
            return []
        new = [activity for activity in unseen if self._since is None or times[activity["id"]] >= self._since]
        return sorted(new, key=lambda activity: times[activity["id"]])

    def _remember(self, times: dict[str, datetime], query_from: datetime) -> None:
        """Remember the activities. Forget those from before the day that is read next, and the day before it."""
        # The day of the API may begin in another time zone, hence one more day.
        oldest = query_from.replace(hour=0, minute=0, second=0) - timedelta(days=1)
        seen = {**self._seen, **times}
        self._seen = {activity_id: time for activity_id, time in seen.items() if time >= oldest}


def _get_since(args: dict[str, Any]) -> datetime | None:
    text = _client.get_option(args, "since", "")
    since = _client.parse_timestamp(text)
    if text and not since:
        raise _client.SourceError(f"since must be a time such as 2026-01-31T08:00:00Z; {text!r} is not.")
    return since


def _get_types(args: dict[str, Any]) -> list[Any]:
    types = args.get("types") or []
    types = [types] if isinstance(types, str) else types
    if not isinstance(types, list):
        raise _client.SourceError(f"types must be a list of activity types; {types!r} is not.")
    return [item for item in types if not _client.is_empty(item)]


async def main(queue: asyncio.Queue[_client.Event], args: dict[str, Any]) -> None:
    """Put an event for each new activity into the queue, until canceled. Raise SourceError."""
    seen = SeenActivities(_get_since(args), _client.get_option(args, "overlap", 300.0))
    interval, types = _client.get_option(args, "interval", 30.0), _get_types(args)
    state_path = _client.get_option(args, "state_file", "")
    async with _client.Client(args) as client:
        organization_id = await client.get_organization_id()
        path = f"/organizations/{organization_id}/activities"
        file = StateFile(state_path, organization_id)
        seen.restore(file.read() or seen.to_state())
        while True:
            activities = await client.get_with_retries(path, {"from_date": seen.query_from(client.now)})
            for activity in seen.new_activities(activities, client.now):
                if activity_log.matches(activity, {"type": types}):
                    await queue.put({"type": activity.get("type"), "activity": _client.to_snake_keys(activity)})
            # After the events: if the source is killed in between, they are reported again rather than never.
            file.write(seen.to_state())
            await _client.sleep_with_jitter(interval)
