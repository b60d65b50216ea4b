#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_settings
short_description: Manage the ClickHouse settings of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Sets ClickHouse settings of a service, such as C(max_threads), for all of its users, and resets them to their
    defaults. By default, only the settings that the task names are read and changed.
  - Values are compared by their meaning. V(8) and V("8") are the same, and so are V(true), V(1) and V("1"). Strings are
    the same only if their text is.
  - Before a change, also in check mode, the names and values are checked against the settings that the API allows. What
    the API says about a setting to be changed, for example that the servers restart, becomes a warning of the task. If
    the API does not describe its settings, another warning says so, and the API checks them.
  - The settings are a beta feature, which ClickHouse support turns on for an organization.
  - With O(wait=true), the task waits until the API returns the new settings.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
  - clickhouse.cloud.wait
options:
  settings:
    description:
      - The names of settings and their values, which are strings, integers or booleans. Null resets a setting to its
        default.
      - Quote versions and other values with a decimal point, since YAML reads V(25.10) as the number 25.1.
      - M(clickhouse.cloud.service_settings_info) with O(clickhouse.cloud.service_settings_info#module:schema=true)
        returns all settings that can be changed.
    type: dict
    required: true
  settings_mode:
    description:
      - With V(add), settings that O(settings) does not name stay as they are. This is the default, unlike that of other
        options with such a name, since few tasks know all settings of a service.
      - With V(set), they are reset to their defaults, except those that cannot be changed, and C(compatibility), which
        ClickHouse Cloud itself sets. If the API does not describe its settings, all of them can be changed.
      - A warning names the settings that V(set) resets, since another task may have set them, unless O(settings) is
        empty. Resetting needs no confirmation, since the diff has the values that a task has to set again.
    type: str
    choices: [set, add]
    default: add
notes:
  - M(clickhouse.cloud.service) has the same options as O(clickhouse.cloud.service#module:clickhouse_settings), and
    M(clickhouse.cloud.fleet) as O(clickhouse.cloud.fleet#module:services[].clickhouse_settings). There, the return
    value RV(settings) is C(clickhouse_settings). If two tasks declare different values, or one of them has
    O(settings_mode=set), the one that runs last wins, and both report a change in every run.
  - If O(organization_id) is set, a task that changes nothing costs one request with O(service_id) and two with O(name).
    If there is a change, or a setting that the task names is not set, so that its name may be misspelled, another one
    reads the description of the settings. One request changes all settings with a value, each reset takes one, and with
    O(wait=true), at least another one reads the settings again.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.service_settings_info
"""

EXAMPLES = r"""
- name: Limit the threads of a query, and batch inserts
  clickhouse.cloud.service_settings:
    name: analytics
    settings:
      max_threads: 8
      async_insert: true

- name: Behave like a certain version of ClickHouse
  clickhouse.cloud.service_settings:
    name: analytics
    settings:
      compatibility: "26.2"

- name: Reset a setting to its default
  clickhouse.cloud.service_settings:
    name: analytics
    settings:
      max_threads:

- name: Reset all settings but one
  clickhouse.cloud.service_settings:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    settings_mode: set
    settings:
      max_query_size: 1048576
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
settings:
  description:
    - All settings of the service that are set, by name, as in M(clickhouse.cloud.service_settings_info).
    - In check mode, the predicted settings.
  returned: success
  type: dict
  sample:
    async_insert: 1
    compatibility: "26.2"
    max_threads: 8
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.service_settings import SETTINGS_PART, ensure_settings
from ..module_utils._service.singleton import find_part


def run_module(ctx: ModuleContext) -> None:
    """Find the settings of the service, and change what differs."""
    ensure_settings(find_part(ctx, SETTINGS_PART))


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        LOOKUP_SPEC,
        SETTINGS_PART.argument_spec(),
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
    )


if __name__ == "__main__":
    main()
