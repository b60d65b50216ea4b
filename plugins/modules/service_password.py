#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_password
short_description: Set the password of a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Sets a new password for the user C(default) of a service.
  - The API does not tell the present password, so this module cannot compare it. It sets the password, and reports a
    change, each time, unless O(update_password=on_login_failure).
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
attributes:
  idempotent:
    support: partial
    details: Only with O(update_password=on_login_failure).
options:
  password:
    description:
      - The new password. It is hashed here, and only its hashes are sent.
      - Mutually exclusive with O(password_hash). If neither is set, a password is generated here, treated as a given
        one, and returned as RV(password).
    type: str
  password_hash:
    description: The SHA-256 hash of the new password, in base64.
    type: str
  double_sha1_hash:
    description:
      - The double SHA-1 hash of the new password, in hexadecimal, for the MySQL protocol. Without it, the password for
        that protocol may stay the old one.
      - Needs O(password_hash). Alone, it would make the API set a random password.
    type: str
  password_file:
    description:
      - File on the host that runs the task to keep a generated or given O(password) in, as soon as it is set, and only
        when it is set. It is written with mode V(0600), and holds nothing but the password. Its directory has to exist.
        An existing file is replaced.
      - Mutually exclusive with O(password_hash).
    type: path
  update_password:
    description:
      - With V(always) the password is set each time.
      - With V(on_login_failure) it is first tried to log in with O(password) at the HTTPS endpoint of the service, also
        in check mode. If that works, nothing is changed. This wakes up an idle service, needs the host that runs the
        task to be in the IP access list, and cannot be done while the service is stopped.
    type: str
    choices: [always, on_login_failure]
    default: always
  login_validate_certs:
    description: Whether to verify the certificate of the service when logging in.
    type: bool
    default: true
  login_ca_path:
    description: A file or directory with certificates of authorities to verify the certificate of the service with.
    type: path
notes:
  - A secondary service of a data warehouse has no password of its own. Set that of the primary service.
seealso:
  - module: clickhouse.cloud.service
"""

EXAMPLES = r"""
- name: Make sure that the password is the one in the vault
  clickhouse.cloud.service_password:
    name: analytics
    password: "{{ vault_analytics_password }}"
    update_password: on_login_failure

- name: Have a new password generated, and keep it
  clickhouse.cloud.service_password:
    name: analytics
    password_file: ~/analytics.password
  no_log: true

- name: Set a password that was hashed elsewhere
  clickhouse.cloud.service_password:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    password_hash: n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
    double_sha1_hash: 94bdcebe19083ce2a1f959fd02f964c7af4cfc29
"""

RETURN = r"""
password:
  description:
    - The password that was generated. It is never shown again.
    - Returned also by a task that fails without knowing whether the API has set it.
  returned: when neither O(password) nor O(password_hash) was set, and not in check mode
  type: str
  sample: "7xK~q.generated"
service:
  description: The service, with all that M(clickhouse.cloud.service_info) returns of it.
  returned: success
  type: dict
  contains:
    id:
      description: ID of the service.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    name:
      description: Name of the service.
      type: str
      sample: analytics
    state:
      description: State of the service.
      type: str
      sample: running
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Resource
from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._login import accepts
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import (
    called,
    find_existing,
    is_planned,
    state,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._module import LOOKUP, Runtime, run
from ansible_collections.clickhouse.cloud.plugins.module_utils._password import (
    generated,
    given_hashes,
    hashes,
    keeper,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import SERVICE
from ansible_collections.clickhouse.cloud.plugins.module_utils._task import Task

ARGUMENT_SPEC = {
    **LOOKUP,
    "password": {"type": "str", "no_log": True},
    "password_hash": {"type": "str", "no_log": True},
    "double_sha1_hash": {"type": "str", "no_log": True},
    "password_file": {"type": "path", "no_log": False},
    "update_password": {
        "type": "str",
        "choices": ["always", "on_login_failure"],
        "default": "always",
        "no_log": False,
    },
    "login_validate_certs": {"type": "bool", "default": True},
    "login_ca_path": {"type": "path"},
}


def story(task: Task) -> None:
    """Find the service; try the password if that is asked for; set it."""
    options = task.options
    if task.empty & {"password", "password_hash"}:
        # Taken for not given, it would make the API set a random password.
        raise InvalidOption("password or password_hash is empty. Leave both out to have a password generated.")
    new = None if options["password"] or options["password_hash"] else generated()
    body = new_hashes(options, new)
    keep = keeper(options["password_file"])
    service = find_existing(task.api, options)
    task.report(service=SERVICE.shown(service))
    if service.get("isPrimary") is False:
        raise InvalidOption(f"{called(service)} is a secondary service, and has the password of its primary one.")
    # Whether a service that is only planned will take the password is not known.
    tries_password = options["update_password"] == "on_login_failure" and not is_planned(service["id"])
    if tries_password and accepts(login(service, options)):
        return
    if not task.plan(before={"password": "the present one"}, after={"password": "a new one"}):
        return
    try:
        task.api.patch_service(service["id"], "/password", body)
    except CloudError as error:
        if new and error.maybe_done:
            task.report(password=new)
        raise
    if new:
        task.report(password=new)
    if new or options["password"]:
        keep(new or options["password"])


def new_hashes(options: Mapping[str, Any], new: str | None) -> dict[str, str]:
    """The body of PATCH password, for the new one that was generated or for the one that the options tell."""
    if options["double_sha1_hash"] and not options["password_hash"]:
        raise InvalidOption(
            "double_sha1_hash goes with password_hash: without, it would make the API set a random password."
        )
    if options["password_file"] and options["password_hash"]:
        raise InvalidOption("password_file cannot keep a password of which only password_hash is known.")
    if options["update_password"] == "on_login_failure" and not options["password"]:
        raise InvalidOption("update_password: on_login_failure needs password, since it is the one to log in with.")
    if options["password_hash"]:
        return given_hashes(options["password_hash"], options["double_sha1_hash"])
    return hashes(new or options["password"])


def login(service: Resource, options: Mapping[str, Any]) -> Connection:
    """Where and how to log in to the service."""
    if state(service) in ("stopped", "stopping", "failed"):
        raise InvalidOption(
            f"{called(service)} is {state(service)}: nobody can log in to it. Start it, or set update_password: always."
        )
    told = service.get("endpoints")
    endpoints = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    https = next((one for one in endpoints if one.get("protocol") == "https" and one.get("host")), None)
    if https is None:
        raise InvalidOption(f"{called(service)} has no HTTPS endpoint to log in to. Set update_password: always.")
    return Connection(
        key=https.get("username") or "default",
        secret=options["password"],
        url=f"https://{https['host']}:{https.get('port', 8443)}",
        connect_timeout=options["connect_timeout"],
        read_timeout=options["read_timeout"],
        validate_certs=options["login_validate_certs"],
        ca_path=options["login_ca_path"] or "",
    )


def main(runtime: Runtime | None = None) -> None:
    run(
        runtime,
        story,
        ARGUMENT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=[("password", "password_hash")],
    )


if __name__ == "__main__":
    main()
