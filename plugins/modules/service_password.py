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
  - The API does not return the current password, so this module cannot compare it. It sets the password and reports a
    change each time, unless O(update_password=on_login_failure) is set.
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
      - The new password. Only its hashes are sent.
      - Control characters are rejected, including the line break that a YAML block or C(echo) adds at the end.
      - Mutually exclusive with O(password_hash). If neither is set, a password is generated, see O(generate).
      - If one of the two is empty text and the other one is not set, the task fails, since a generated password would
        replace the intended one.
    type: str
  password_hash:
    description: SHA-256 hash of the new password, in base64.
    type: str
  double_sha1_hash:
    description:
      - Double SHA-1 hash of the new password, in hexadecimal, for the MySQL protocol. Without it, the password for that
        protocol may remain the old one.
      - Requires O(password_hash). Alone, it would make the API set a random password.
    type: str
  password_file:
    description:
      - File on the host that runs the task, in which a given or generated password is saved. It has mode V(0600) and
        contains nothing but the password. The directory must exist. An existing file is replaced, unless it belongs to
        another user. A symbolic link is followed.
      - The task fails if a task of this user on this host has saved the password of another service in the file, or
        next to it until it is set, unless that service is known to be deleted. This is never known for a service of
        another organization, or at another O(api_url).
      - The new password is saved before it is sent, in a file with the same name, prefixed with a dot and followed by
        C(.new), or C(.given) for a given O(password). It is moved into place when the API has set it. If the task is
        interrupted in between, or the response is lost, log in with both to find out which one is valid. The next run
        that generates a password sets the one in the C(.new) file again.
      - The name of the file has at most 245 bytes, to leave room for the names of the others. A file in C(/proc), or in
        C(/dev) except C(/dev/shm), is rejected, since it may be a log that Ansible writes to.
      - Mutually exclusive with O(password_hash).
    type: path
  generate:
    description:
      - Where the password is generated if neither O(password) nor O(password_hash) is set.
      - With V(module), the module generates it, so it is known before it is set.
      - With V(api), the API generates it. The password is then only in the response, and lost if the response is lost.
        Mutually exclusive with O(password_file), O(password) and O(password_hash).
    type: str
    choices: [module, api]
    default: module
    version_added: 1.1.0
  update_password:
    description:
      - With V(always), the password is set each time.
      - With V(on_login_failure), the module first logs in with O(password) at the HTTPS endpoint of the service, in
        check mode as well. If that succeeds, nothing is changed. This wakes up an idle service, requires the host that
        runs the task to be in the IP access list, and fails while the service is stopped.
      - The password is only set if ClickHouse itself rejects the login. Any other failure, such as a timeout or the
        error page of a proxy, is an error.
    type: str
    choices: [always, on_login_failure]
    default: always
  login_validate_certs:
    description: Whether to verify the certificate of the service when logging in.
    type: bool
    default: true
  login_ca_path:
    description: File or directory with the CA certificates that verify the certificate of the service.
    type: path
notes:
  - A secondary service shares the password of its primary service. Set that one.
seealso:
  - module: clickhouse.cloud.service
"""

EXAMPLES = r"""
- name: Ensure that the password is the one in the vault
  clickhouse.cloud.service_password:
    name: analytics
    password: "{{ vault_analytics_password }}"
    update_password: on_login_failure

- name: Generate a new password, and save it
  clickhouse.cloud.service_password:
    name: analytics
    password_file: ~/analytics.password
  no_log: true

- name: Set a password by its hashes
  clickhouse.cloud.service_password:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    password_hash: n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=
    double_sha1_hash: 94bdcebe19083ce2a1f959fd02f964c7af4cfc29
"""

RETURN = r"""
password:
  description:
    - The generated password. It is never returned again.
    - A task that fails without knowing whether the API has set the password also returns it.
  returned: when neither O(password), O(password_hash) nor O(password_file) was set, and not in check mode
  type: str
  sample: "7xK~q.generated"
service:
  description: The service, with the same fields as in M(clickhouse.cloud.service_info).
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

from ..module_utils._client.passwords import send_password
from ..module_utils._client.retry import Retry
from ..module_utils._errors import CloudError, InvalidOption, OutcomeUnknown, UnexpectedResponse
from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._schema.service import SERVICE
from ..module_utils._service.creation_record import CreationRecord
from ..module_utils._service.find import get_service
from ..module_utils._service.password import (
    NEW_PASSWORD_DIFF,
    PASSWORD_MUTUALLY_EXCLUSIVE,
    PASSWORD_SPEC,
    NewPassword,
    check_has_password,
    check_password_options,
    update_password,
)
from ..module_utils._service.password_owner import check_owner
from ..module_utils._service.service import Service

ARGUMENT_SPEC = {
    **LOOKUP_SPEC,
    **PASSWORD_SPEC,
    "generate": {"type": "str", "choices": ["module", "api"], "default": "module"},
    "update_password": {
        "type": "str",
        "choices": ["always", "on_login_failure"],
        "default": "always",
        "no_log": False,
    },
}


def run_module(ctx: ModuleContext) -> None:
    """Find the service, and set its password, unless a login with it succeeds."""
    options = ctx.options
    check_password_options(options, ctx.blank_options)
    by_api = options["generate"] == "api"
    if by_api:
        _check_generate_by_api(ctx)
    new = NewPassword.from_options(options)
    service = get_service(ctx.api, options)
    ctx.set_result(service=SERVICE.to_result(service))
    check_has_password(service)
    check_owner(ctx, service)
    if by_api:
        _generate_by_api(ctx, service)
    else:
        update_password(ctx, service, new)


def _check_generate_by_api(ctx: ModuleContext) -> None:
    """Raise InvalidOption for options that are not possible if the API generates the password."""
    for option in ("password", "password_hash"):
        if ctx.options[option]:
            raise InvalidOption(f"{option} must not be set with generate: api: the API generates the password then.")
    if ctx.options["password_file"]:
        raise InvalidOption(
            "password_file must not be set with generate: api, since a password that the API generates cannot be saved"
            " before it is set. Leave generate out: the module then generates the password, and saves it in the file."
        )


def _generate_by_api(ctx: ModuleContext, service: Service) -> None:
    """Let the API generate the password, and report it."""
    ctx.add_diff(**NEW_PASSWORD_DIFF)
    if ctx.check_mode:
        return
    try:
        # Sent once only: a second password would replace the first one, in whichever order the API handles them.
        response = send_password(ctx.api, service.id, {}, retry=Retry.IF_SAFE)
        password = response.get("password")
        if not isinstance(password, str) or not password:
            raise UnexpectedResponse("The API was asked to generate a password, and returned none.")
    except CloudError as error:
        if error.may_have_been_applied:
            message = f"{error} The service may have a new password that was not returned: run the task again."
            raise OutcomeUnknown(message, error) from error
        raise
    ctx.set_result(password=password)
    CreationRecord(ctx, service.name).remove_for(service)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        ARGUMENT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=PASSWORD_MUTUALLY_EXCLUSIVE,
    )


if __name__ == "__main__":
    main()
