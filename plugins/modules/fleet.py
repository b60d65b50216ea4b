#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet
short_description: Declare many ClickHouse Cloud services at once
version_added: 1.0.0
description:
  - Creates, changes, starts, stops and deletes services, and configures their backups, as M(clickhouse.cloud.service),
    M(clickhouse.cloud.service_state) and M(clickhouse.cloud.backup_config) do it, for all services of an organization
    in one task.
  - Where nothing is to be changed, the task costs one request, and one more for each service with an option for its
    backups.
  - All is planned before anything is changed. Then the changes are made side by side, and all waits look at the same
    list, so that to wait for fifty services costs what it costs to wait for one.
  - A service that fails does not stop the others, apart from those that depend on it. The task fails at the end, and
    RV(services) says what was done.
  - What can be known to fail is refused by the plan, in check mode as well, before anything is changed.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.wait
options:
  services:
    description:
      - The services, each with the options that M(clickhouse.cloud.service) and M(clickhouse.cloud.backup_config) have,
        where more is said of them. One of O(services[].name) and O(services[].service_id) is required.
      - An option that is left out keeps what the service has.
    type: list
    elements: dict
    required: true
    suboptions:
      service_id:
        description:
          - ID of the service, a UUID. Together with O(services[].name) it renames the service.
        type: str
      name:
        description:
          - Name of the service, at most 50 characters. Without O(services[].service_id) it is what the service is
            found by. What a new name has to be is described in M(clickhouse.cloud.service); here it is also compared
            with the new names of the entries before it.
        type: str
      state:
        description:
          - V(present) creates the service, or changes it where it differs. V(started) and V(stopped) do so too, and
            start or stop it then.
          - V(absent) deletes it, as M(clickhouse.cloud.service) does.
        type: str
        choices: [present, started, stopped, absent]
        default: present
      provider:
        description:
          - Cloud provider, for example V(aws), V(gcp) or V(azure).
        type: str
      region:
        description:
          - Region of the provider, for example V(eu-central-1).
        type: str
      tier:
        description:
          - Tier of the service, for example V(production). Only for organizations whose pricing still knows tiers.
        type: str
      ip_access_list:
        description:
          - Who may connect to the service. Everybody else may not.
        type: list
        elements: dict
        suboptions:
          source:
            description:
              - An IP address, or a network in CIDR notation. The task warns of networks that together hold more than
                half of the internet.
            type: str
            required: true
          description:
            description:
              - What the entry is for. If not set, the description that the entry has is kept.
            type: str
      ip_access_mode:
        description:
          - With V(set) the service ends up with exactly the O(services[].ip_access_list) given.
        type: str
        choices: [set, add, remove]
        default: set
      private_endpoint_ids:
        description:
          - IDs of the private endpoints that may connect to the service.
        type: list
        elements: str
      private_endpoint_mode:
        description:
          - What is done with O(services[].private_endpoint_ids), as O(services[].ip_access_mode) says it of
            O(services[].ip_access_list).
        type: str
        choices: [set, add, remove]
        default: set
      tags:
        description:
          - Tags of the service, at most 50. Values are text, numbers, or true and false. A tag may have no value.
        type: dict
      tags_mode:
        description:
          - What is done with O(services[].tags), as O(services[].ip_access_mode) says it of
            O(services[].ip_access_list).
        type: str
        choices: [set, add, remove]
        default: set
      release_channel:
        description:
          - How soon the service gets new releases of ClickHouse, V(slow), V(default) or V(fast).
        type: str
      mysql_endpoint:
        description:
          - Whether the service can be reached by the MySQL protocol.
        type: bool
      enable_core_dumps:
        description:
          - Whether core dumps may be collected. The API's default is V(true).
        type: bool
      deletion_protection:
        description:
          - Whether the API protects the service from being deleted, by whatever client. The API's default is V(false).
          - With O(services[].state=absent) a protected service is refused, unless this is V(false), which lifts the
            protection.
        type: bool
        version_added: 1.1.0
      autoscaling_mode:
        description:
          - With V(vertical), the API's default, a fixed number of replicas has memory between
            O(services[].min_replica_memory_gb) and O(services[].max_replica_memory_gb).
        type: str
      min_replica_memory_gb:
        description:
          - Least memory of each replica, in GB, a multiple of 4. The API knows the limits of your organization.
        type: int
      max_replica_memory_gb:
        description:
          - Most memory of each replica, in GB, a multiple of 4. The API knows the limits of your organization.
        type: int
      min_total_memory_gb:
        description:
          - Least memory of three replicas together, in GB, a multiple of 12, however many replicas the service has.
        type: int
      max_total_memory_gb:
        description:
          - Most memory of three replicas together, in GB, a multiple of 12, however many replicas the service has.
        type: int
      num_replicas:
        description:
          - Number of replicas. The API knows the limits of your organization.
        type: int
      min_replicas:
        description:
          - Least number of replicas where O(services[].autoscaling_mode=horizontal).
        type: int
      max_replicas:
        description:
          - Most number of replicas where O(services[].autoscaling_mode=horizontal).
        type: int
      idle_scaling:
        description:
          - Whether the service may go idle when nobody uses it. The API's default is V(true).
        type: bool
      idle_timeout_minutes:
        description:
          - Minutes without use after which the service goes idle, at least 5.
        type: int
      backup_id:
        description:
          - ID of a backup to create the service from. Region and tier have to be those of the service it was made of.
        type: str
      restore_from:
        description:
          - Another service to create this one from a backup of. What is not set here is taken from that service, such
            as provider, region, scaling, tags and who may connect. An option that is set replaces it, whatever its
            mode.
        type: dict
        suboptions:
          service_id:
            description:
              - ID of the other service. One of O(services[].restore_from.service_id) and
                O(services[].restore_from.name) is required.
            type: str
          name:
            description:
              - Name of the other service, exactly as it is.
            type: str
          backup:
            description:
              - ID of a backup of that service, or V(latest) for the newest one that is done.
            type: str
            default: latest
      data_warehouse_id:
        description:
          - ID of the data warehouse to create a secondary service in, which shares the data of the primary one.
        type: str
      is_readonly:
        description:
          - Whether a secondary service only reads. Needs O(services[].data_warehouse_id). Cannot be changed after
            creation.
        type: bool
      byoc_id:
        description:
          - ID of your own cloud (BYOC) to create the service in. Needs O(services[].min_replica_memory_gb) and
            O(services[].max_replica_memory_gb). Cannot be changed after creation.
        type: str
      compliance_type:
        description:
          - Regulation that the service has to comply with, V(hipaa) or V(pci). Cannot be changed after creation.
        type: str
      profile:
        description:
          - Custom profile of the instances, for example V(v1-highmem-xs), for organizations of the ENTERPRISE tier.
        type: str
      has_transparent_data_encryption:
        description:
          - Whether the data is encrypted transparently, for organizations of the ENTERPRISE tier.
        type: bool
      transparent_data_encryption_key_id:
        description:
          - ID of your own key for the transparent encryption, an ARN or the path of a GCP key. It can be changed, to
            rotate the key, but never be taken away. With a new service it is set once that runs.
        type: str
      encryption_key:
        description:
          - Your own key to encrypt the disks with, an ARN. Cannot be changed after creation.
        type: str
      encryption_assumed_role_identifier:
        description:
          - The role to use O(services[].encryption_key) with, an ARN. Cannot be changed after creation.
        type: str
      private_preview_terms_checked:
        description:
          - Accepts the terms of a private preview, for the first service of an organization. Only for creation.
        type: bool
      password:
        description:
          - Password for the user C(default). It is hashed here and never sent.
          - It is set when the service is created. O(services[].update_password) says whether it is set later, too.
          - Control characters are refused, among them the line break that a YAML block or C(echo) adds at the end.
          - Mutually exclusive with O(services[].password_hash). If neither is set for a new service, a password is
            generated. It is kept in O(services[].password_file), or else returned as RV(services[].password).
          - An empty text counts as not set, but with O(services[].update_password=always) the task fails if one of the
            two is empty and the other one is not set.
        type: str
      password_hash:
        description:
          - The SHA-256 hash of the password, in base64. It is used as O(services[].password) is, without a login.
        type: str
        version_added: 1.1.0
      double_sha1_hash:
        description:
          - The double SHA-1 hash of the password, in hexadecimal, for the MySQL protocol. Without it, the password for
            that protocol may stay another one.
          - Needs O(services[].password_hash).
        type: str
        version_added: 1.1.0
      update_password:
        description:
          - When the password is set. A secondary service shares that of its primary one, so anything but V(on_create)
            is an error there.
          - With V(on_create) only that of a new service is set, and that of a service whose creation by this task was
            interrupted.
          - With V(on_login_failure) the module tries to log in with O(services[].password) at the HTTPS endpoint of a
            service that exists, also in check mode, and sets the password if ClickHouse says that it is wrong. Anything
            else, such as a closed IP access list, a timeout or a stopped service, is an error, and no password is set.
            This wakes up an idle service, and needs the host that runs the task to be in the IP access list.
          - With V(always) the password is set each time, and the task reports a change.
        type: str
        choices: [on_create, on_login_failure, always]
        default: on_create
        version_added: 1.1.0
      login_validate_certs:
        description: Whether to verify the certificate of the service when logging in.
        type: bool
        default: true
        version_added: 1.1.0
      login_ca_path:
        description: A file or directory with certificates of authorities to verify the certificate of the service with.
        type: path
        version_added: 1.1.0
      password_file:
        description:
          - File on the host that runs the task to keep the password in, a given or a generated one, as soon as there is
            one. It is written with mode V(0600), and holds nothing but the password, which is not returned then. Its
            directory has to exist. An existing file is replaced. Mutually exclusive with O(services[].password_hash).
          - Each service needs its own file. Two entries with the same one, by whatever path, are refused, and so is an
            entry with a file that is needed beside that of another one, or that holds the password of another service,
            as M(clickhouse.cloud.service) describes it.
        type: path
      force:
        description:
          - Whether O(services[].state=absent) may stop a running service in order to delete it. This needs
            O(wait=true).
        type: bool
        default: false
      protect_tag:
        description:
          - Key of the tag that protects a service, whatever the tag's value. With O(services[].state=absent) a
            service that bears it is refused, unless O(services[].confirm_name) names it.
        type: str
        default: ansible-protected
      confirm_name:
        description:
          - Name of a service that O(services[].state=absent) may delete although O(services[].protect_tag) protects
            it. It must be exactly the name of the service, also together with O(services[].service_id).
        type: str
      require_backup_within:
        description:
          - Hours. With O(services[].state=absent) a service is refused unless its newest backup that is done was
            finished within so many hours, by the clock of the host that runs the task. Costs one more request.
        type: float
      backup_period_in_hours:
        description:
          - Hours from one backup to the next, for example V(6), V(12), V(24) or V(48).
        type: int
      backup_retention_period_in_hours:
        description:
          - Hours that a backup is kept at least, a multiple of 24. The API takes V(24) to V(1080), which is 45 days.
        type: int
      backup_start_time:
        description:
          - Time of day, in UTC, at which backups begin, a full hour as V(HH:00).
        type: str
      reset:
        description:
          - Options to put back to what the API does by default.
        type: list
        elements: str
        choices: [backup_period_in_hours, backup_retention_period_in_hours, backup_start_time]
  prune:
    description:
      - Whether to delete the services that bear all tags of O(prune_filter) and that O(services) does not name.
      - A service is named by its name or by its ID, in whatever state it is declared, and also where that fails.
      - Pruning comes last, and only if all else has succeeded. If one of O(services) fails, or if one of the services
        to be pruned is refused, nothing is pruned.
      - Each service that is pruned is named in a warning, in check mode as well.
    type: bool
    default: false
  prune_filter:
    description:
      - Tags of the services that O(prune) may delete, required with it. A tag without a value fits whatever its value
        is, and one with an empty text only where there is none.
    type: dict
  prune_limit:
    description:
      - Number of services that O(prune) may delete. A plan that would delete more is refused, and nothing is changed.
        The message and the warnings name the services, and RV(diff) is that of the plan.
      - If not set, there is no limit.
    type: int
    version_added: 1.1.0
  prune_all:
    description:
      - Whether O(prune) may delete all services that have the tags of O(prune_filter), where O(services) declares none
        that stays. This is refused otherwise, since a list may be empty by mistake.
    type: bool
    default: false
    version_added: 1.1.0
  force:
    description: Whether O(prune) stops and deletes a service that is running. It is refused otherwise.
    type: bool
    default: false
  protect_tag:
    description:
      - A service with a tag of this name is not deleted by O(prune), which then fails for it. To delete it, declare it
        in O(services) with O(services[].state=absent) and O(services[].confirm_name).
      - Services with O(services[].deletion_protection) are not deleted by O(prune) either.
    type: str
    default: ansible-protected
  require_backup_within:
    description: Hours within which a service must have been backed up for O(prune) to delete it.
    type: float
notes:
  - The options of O(wait) hold for each service on its own.
  - O(services[].deletion_protection) holds for all clients of the API. The other guards are those of this collection,
    and do not prevent another client from deleting a service.
  - The primary service of a data warehouse is deleted or stopped after its secondary services are deleted, if all of
    them are to be deleted, and refused if one of them stays. A service that another one is restored from is deleted
    after that has succeeded.
seealso:
  - module: clickhouse.cloud.service
  - module: clickhouse.cloud.service_state
  - module: clickhouse.cloud.backup_config
"""

EXAMPLES = r"""
- name: Declare the services of the organization
  clickhouse.cloud.fleet:
    services:
      - name: analytics
        provider: aws
        region: eu-central-1
        ip_access_list:
          - source: 203.0.113.0/24
        min_replica_memory_gb: 16
        max_replica_memory_gb: 32
        tags:
          owner: platform
        password: "{{ vault_analytics_password }}"
        backup_period_in_hours: 24
        backup_start_time: "02:00"
      - name: reports
        state: stopped
      - name: attic
        state: absent

- name: See what would be done
  clickhouse.cloud.fleet:
    services: "{{ clickhouse_services }}"
  check_mode: true
  diff: true

- name: Delete the services of the team that are no longer declared, if they are stopped and were backed up today
  clickhouse.cloud.fleet:
    services: "{{ clickhouse_services }}"
    prune: true
    prune_filter:
      owner: platform
    require_backup_within: 24
    prune_limit: 3

- name: Create services that are alike, each with a password of its own
  clickhouse.cloud.fleet:
    services: "{{ names | map('combine', alike) }}"
  vars:
    names:
      - name: test-1
        password_file: /etc/clickhouse/test-1
      - name: test-2
        password_file: /etc/clickhouse/test-2
    alike:
      provider: aws
      region: eu-central-1
      ip_access_list: []
"""

RETURN = r"""
diff:
  description:
    - One diff for each service that is created, changed or deleted, with its name and ID in C(before_header) and
      C(after_header), so that two services of one name are two diffs.
    - With C(--diff), RV(summary) is shown below the last one.
  returned: in diff mode
  type: list
  elements: dict
  sample:
    - before_header: attic (6f0b7c9e-1d2a-4c3b-8e4f-123456789abc)
      after_header: attic (6f0b7c9e-1d2a-4c3b-8e4f-123456789abc)
      before:
        state: running
      after:
        state: stopped
      prepared: "0 to create, 1 to change, 0 to delete, 0 unchanged"
summary:
  description:
    - How many services the plan creates, changes, deletes and leaves as they are. Those that the plan refuses are not
      counted.
  returned: when there is a plan
  type: str
  sample: 3 to create, 1 to change, 2 to delete, 41 unchanged
services:
  description:
    - What was done with each service, in the order of O(services), and then those that O(prune) has found.
    - Returned also by a task that fails.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service, or its ID if that is all that is known.
      type: str
      sample: analytics
    service_id:
      description: ID of the service; null if there is none, or if it is not known which service is meant.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    changed:
      description: Whether the service was changed, or would be in check mode.
      type: bool
      sample: true
    failed:
      description: Whether what was asked for could not be done.
      type: bool
      sample: false
    msg:
      description: Why it has failed, and what was changed by then.
      returned: when it has failed
      type: str
      sample: There is no service 'reports'. To create it, set provider, region, ip_access_list as well.
    pruned:
      description: Whether the service is not declared, and was to be deleted for that.
      type: bool
      sample: false
    password:
      description: The password that was generated. It is never shown again.
      returned: as M(clickhouse.cloud.service) returns it
      type: str
      sample: "7xK~q.generated"
    service:
      description:
        - The service, with all that M(clickhouse.cloud.service_info) returns of it.
        - In check mode, the service as it would be. After a deletion, the service as it was before.
      returned: unless there is no service
      type: dict
      sample:
        id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        name: analytics
        state: running
    unknown:
      description: The names of the fields of the service that are null because only its creation can tell them.
      returned: in check mode, for a service that is to be created
      type: list
      elements: str
      sample: [id, endpoints, clickhouse_version, created_at, iam_role]
    backup_config:
      description: When the service is backed up, as M(clickhouse.cloud.backup_config) returns it.
      returned: when an option for backups was set
      type: dict
      sample:
        backup_period_in_hours: 24
        backup_retention_period_in_hours: 720
        backup_start_time: "02:00"
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._client.cache import Sharing
from ..module_utils._errors import InvalidOption
from ..module_utils._json import Resource
from ..module_utils._module.context import WaitingContext
from ..module_utils._module.options import (
    LOOKUP_SPEC,
    WAIT_SPEC,
    Spec,
    check_option_groups,
    drop_blank_options,
    explicitly_set,
)
from ..module_utils._module.runner import Runtime, is_abandoned, run
from ..module_utils._service.backups import BACKUP_CONFIG_SPEC
from ..module_utils._service.ensure import MUTUALLY_EXCLUSIVE, SERVICE_SPEC
from ..module_utils._service.fleet import Fleet, find_undeclared
from ..module_utils._service.fleet_entry import Entry
from ..module_utils._service.guards import PROTECT_TAG
from ..module_utils._service.password import check_password_files, check_password_options

ENTRY_SPEC = {
    **LOOKUP_SPEC,
    **SERVICE_SPEC,
    **BACKUP_CONFIG_SPEC,
    "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
}
#: The options of the task that the entries of pruned services get.
GUARDS = ("force", "protect_tag", "require_backup_within")

ARGUMENT_SPEC: Spec = {
    "services": {"type": "list", "elements": "dict", "required": True, "options": ENTRY_SPEC},
    "prune": {"type": "bool", "default": False},
    "prune_filter": {"type": "dict"},
    "prune_limit": {"type": "int"},
    "prune_all": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "protect_tag": {"type": "str", "default": PROTECT_TAG},
    "require_backup_within": {"type": "float"},
}


def run_module(ctx: WaitingContext) -> None:
    """Plan all services, declared or not, and then apply the plan."""
    # A play may read it even if the task fails.
    ctx.report(services=[])
    entries = parse_entries(ctx.options["services"], ctx.blank_options)
    check_prune(ctx.options, entries)
    fleet = Fleet(ctx)
    fleet.plan(entries)
    if ctx.options["prune"]:
        pruned = entries_to_prune(ctx, fleet.services, entries)
        check_prune_all(ctx.options, entries, pruned)
        fleet.plan(pruned)
    fleet.finish_plan(ctx.options["prune_limit"])
    if not ctx.check_mode:
        fleet.apply()
    fleet.raise_if_failed()


def check_prune(options: Mapping[str, Any], entries: Sequence[Entry]) -> None:
    """Raise InvalidOption for options of prune that could delete too much."""
    limit = options["prune_limit"]
    if limit is not None and limit < 0:
        raise InvalidOption(f"prune_limit must be 0 or more; {limit} is not. Leave it out to set no limit.")
    if not options["prune"]:
        return
    if not options["prune_filter"]:
        raise InvalidOption("prune needs prune_filter: the tags of the services that it may delete.")
    check_prune_all(options, entries)


def check_prune_all(options: Mapping[str, Any], entries: Sequence[Entry], pruned: Sequence[Entry] = ()) -> None:
    """Raise InvalidOption if prune would delete services although no entry declares one that stays."""
    if options["prune_all"] or any(not entry.deletes for entry in entries) or (entries and not pruned):
        return
    raise InvalidOption(
        "services declares no service that stays, so prune would delete all services with the tags of prune_filter."
        " Declare those that stay, or set prune_all: true if all of them are to be deleted."
    )


def parse_entries(services: Sequence[Mapping[str, Any]], blank_options: Mapping[str, str]) -> list[Entry]:
    """Return the entries. Raise InvalidOption, before any request, for options that cannot be valid."""
    entries = [Entry(drop_blank_options(service)) for service in services]
    for number, entry in enumerate(entries, 1):
        try:
            check_option_groups(explicitly_set(entry.options, ENTRY_SPEC), [("name", "service_id")], MUTUALLY_EXCLUSIVE)
            texts = {option: blank_options.get(f"services[{number}].{option}") for option in entry.options}
            check_password_options(entry.options, {name: text for name, text in texts.items() if text is not None})
        except InvalidOption as error:
            raise InvalidOption(f"services: of number {number}, {error}") from None
    check_declared_once(entries)
    check_password_files(entry.options for entry in entries)
    return entries


def check_declared_once(entries: Sequence[Entry]) -> None:
    """Raise InvalidOption for several entries with one ID, or with one name unless all of them have an ID."""
    ids = find_repeated((entry.options["service_id"] or "").lower() for entry in entries)
    if ids:
        raise InvalidOption(f"services declares the same service_id more than once: {', '.join(ids)}.")
    for name in find_repeated(entry.options["name"] for entry in entries):
        if not all(entry.options["service_id"] for entry in entries if entry.options["name"] == name):
            raise InvalidOption(
                f"services declares the same name more than once: {name}. If there are several services of this name,"
                " say which by service_id in each of the entries."
            )


def find_repeated(values: Iterable[str | None]) -> list[str]:
    """Return the values that occur more than once, without empty ones."""
    return [value for value, count in Counter(values).items() if value and count > 1]


def entries_to_prune(ctx: WaitingContext, services: Sequence[Resource], entries: Sequence[Entry]) -> list[Entry]:
    """Return entries that delete the services to prune."""
    defaults = {name: rule.get("default") for name, rule in ENTRY_SPEC.items()}
    guards = {name: ctx.options[name] for name in GUARDS}
    return [
        Entry({**defaults, **guards, "service_id": service["id"], "state": "absent"}, is_pruned=True)
        for service in find_undeclared(services, entries, ctx.options["prune_filter"])
    ]


def main(runtime: Runtime | None = None) -> None:
    # On the fast path, the standard output is that of Ansible, which ends the task itself.
    run(runtime or Sharing(is_abandoned=is_abandoned), run_module, ARGUMENT_SPEC, WAIT_SPEC, kind=WaitingContext)


if __name__ == "__main__":
    main()
