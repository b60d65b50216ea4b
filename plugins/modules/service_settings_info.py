#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_settings_info
short_description: Get the ClickHouse settings of a ClickHouse Cloud service
version_added: 1.1.0
description:
  - Returns the ClickHouse settings of a service that are set, and, with O(schema=true), all settings that can be
    changed.
  - The settings are a beta feature, which ClickHouse support turns on for an organization.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
  - clickhouse.cloud.lookup
options:
  schema:
    description: Whether to return the settings that can be changed as well.
    type: bool
    default: false
notes:
  - If O(organization_id) is set, a task costs one request with O(service_id) and two with O(name). With O(schema=true),
    it costs one more.
  - Does not wake up an idle service.
seealso:
  - module: clickhouse.cloud.service_settings
"""

EXAMPLES = r"""
- name: Get the settings of a service
  clickhouse.cloud.service_settings_info:
    name: analytics
  register: analytics

- name: Check that inserts are batched
  ansible.builtin.assert:
    that: analytics.settings.async_insert | default(0) == 1

- name: List the settings that can be changed
  clickhouse.cloud.service_settings_info:
    name: analytics
    schema: true
  register: analytics

- name: Show the warnings about them, for example that a change restarts the servers
  ansible.builtin.debug:
    msg: "{{ analytics.schema | selectattr('warning') | items2dict('name', 'warning') }}"
"""

RETURN = r"""
service_id:
  description: ID of the service.
  returned: success
  type: str
  sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
settings:
  description:
    - The settings of the service that are set, by a user or by ClickHouse Cloud itself.
    - Null, with a warning, if the API key may not read them, or the feature is not enabled for the organization.
  returned: success
  type: dict
  sample:
    compatibility: "26.2"
    max_threads: 8
schema:
  description:
    - The settings that can be changed. Null, with a warning, if the API key may not read them.
    - Fields that the API does not return are null. Fields that this collection does not know yet are returned as well.
  returned: if O(schema=true)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the setting.
      type: str
      sample: compatibility
    type:
      description: Type of its value.
      type: str
      sample: string
    description:
      description: Meaning of the setting.
      type: str
      sample: ClickHouse version compatibility setting.
    enum:
      description: The values that it can have; null if any value of the type is possible.
      type: list
      elements: int
      sample: [0, 1]
    warning:
      description: The effect of a change, for example a restart.
      type: str
      sample: Changing this setting without comprehensive testing can cause instability.
    deprecation_notice:
      description: Why the setting should no longer be used.
      type: str
      sample: This setting may become obsolete.
    example:
      description: A possible value, always as a string.
      type: str
      sample: "24.8"
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._service.service_settings import SETTINGS_PART, report_definitions
from ..module_utils._service.singleton import report_part

SCHEMA_SPEC = {"schema": {"type": "bool", "default": False}}


def run_module(ctx: ModuleContext) -> None:
    """Get the settings of the service, and those that can be changed."""
    report_part(ctx, SETTINGS_PART)
    if ctx.options["schema"]:
        report_definitions(ctx, ctx.result["service_id"])


def main(worker: Worker | None = None) -> None:
    run(worker, run_module, LOOKUP_SPEC, SCHEMA_SPEC, required_one_of=[("name", "service_id")])


if __name__ == "__main__":
    main()
