# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""The service that a password file belongs to, as all processes of this user on this machine know it.

A second service with the same file would replace the password of the first one, which may be known nowhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Resource, is_id
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._files import read_own, state_directory, write
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import GONE, called, read, state
from ansible_collections.clickhouse.cloud.plugins.module_utils._task import Task


def check_owner(task: Task, service: Resource) -> None:
    """Raise InvalidOption when password_file holds the password of another service that still exists.

    A service without an ID is to be created. Warn if it is not known whose password it would replace.
    """
    path = _path(task)
    if not path or not _has_content(path):
        return
    owner = _read_owner(path, task.api.home)
    if not owner and "id" not in service:
        task.warn(
            f"password_file {path} is not empty: the password of the new service {service['name']!r} replaces its"
            " content. If that is the password of another service, give each service its own file."
        )
    if owner in ("", service.get("id")):
        return
    other = read(task.api, owner, direct=True)
    if other and state(other) not in GONE:
        raise InvalidOption(
            f"password_file {path} holds the password of {called(other)}, which that of {service['name']!r} would"
            " replace. Give each service its own file, or move that one away if its password is kept elsewhere."
        )


def note_owner(task: Task, service: Resource) -> None:
    """Write down that password_file holds the password of this service, if there is such a file."""
    path = _path(task)
    # Without a state directory, the next creation warns.
    with contextlib.suppress(OSError):
        if path:
            content = {"path": path, "home": task.api.home, "service_id": service["id"]}
            write(_note(path), json.dumps(content, indent=2) + "\n")


def _path(task: Task) -> str:
    path = task.options["password_file"]
    return os.path.realpath(path) if path else ""


def _has_content(path: str) -> bool:
    try:
        return os.path.getsize(path) > 0
    except OSError:
        return False


def _note(path: str) -> str:
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    return os.path.join(state_directory().path, f"password-{name}")


def _read_owner(path: str, home: str) -> str:
    """Return the ID of the service that the file belongs to; "" if it is not known, or is one at another URL."""
    try:
        content = json.loads(read_own(_note(path)))
        is_known = content["path"] == path and content["home"] == home and is_id(content["service_id"])
        return str(content["service_id"]) if is_known else ""
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return ""
