#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service
short_description: Create, change and delete a ClickHouse Cloud service
version_added: 1.0.0
description:
  - Creates a service, changes what differs from what is asked for, or deletes it.
  - Only options that are given are compared and sent. An option that is left out keeps what the service has.
  - A service is never deleted and created again in order to change it. A difference in what can only be set at creation
    is an error.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.changes
  - clickhouse.cloud.connection
  - clickhouse.cloud.wait
options:
  state:
    description:
      - With V(present) the service is created when there is none of the name, and changed where it differs.
      - With V(absent) the service is deleted, and its backups with it, in any state in which the API deletes it. These
        are V(stopped), V(idle), V(failed), V(degraded), V(provisioning), V(starting) and V(awaking).
      - A V(running) service is refused unless O(force=true). O(deletion_protection), O(protect_tag) and
        O(require_backup_within) refuse others.
      - With O(wait=true), a deletion that is in progress already is waited for as well.
    type: str
    choices: [present, absent]
    default: present
  service_id:
    description:
      - ID of the service, a UUID. It says for certain which service is meant.
      - Together with O(name) it renames the service. The task warns if another service has that name, which costs one
        more request.
    type: str
  name:
    description:
      - Name of the service, at most 50 characters.
      - Without O(service_id) it is also what the service is found by, exactly as it is. More than one service of this
        name is an error that lists their IDs. A service that is being deleted does not count.
      - A new name that differs from that of another service only in blanks around it, or in characters that cannot be
        seen, such as variation selectors, is refused. The task warns if it differs only in capitals, other blanks or
        joiners.
    type: str
  provider:
    description:
      - Cloud provider, for example V(aws), V(gcp) or V(azure).
      - Needed for creation, and cannot be changed afterwards.
    type: str
  region:
    description:
      - Region of the provider, for example V(eu-central-1).
      - Needed for creation, and cannot be changed afterwards.
    type: str
  tier:
    description:
      - Tier of the service, for example V(production). Only for organizations whose pricing still knows tiers.
      - Cannot be changed after creation.
    type: str
  ip_access_list:
    description:
      - Who may connect to the service. Everybody else may not.
      - Compared without regard to order and spelling, so V(10.0.0.1) and V(10.0.0.1/32) are the same.
      - Needed for creation, since nothing should be open by default. With V([]) nobody is let in.
    type: list
    elements: dict
    suboptions:
      source:
        description:
          - An IP address, or a network in CIDR notation. V(10.1.2.3/8) is sent as V(10.0.0.0/8), and an IPv4 address in
            the form of IPv6 as one of IPv4. A mask such as V(10.0.0.0/255.0.0.0) is refused.
          - V(0.0.0.0/0) and V(::/0) are the whole internet. The task warns of them, and of networks that together hold
            more than half of it, such as V(0.0.0.0/1) with V(128.0.0.0/2).
        type: str
        required: true
      description:
        description: What the entry is for. If not set, the description that the entry has is kept.
        type: str
  ip_access_mode:
    description:
      - With V(set) the service ends up with exactly the O(ip_access_list) given.
      - With V(add) and V(remove) the other entries are left alone.
    type: str
    choices: [set, add, remove]
    default: set
  private_endpoint_ids:
    description: IDs of the private endpoints that may connect to the service.
    type: list
    elements: str
  private_endpoint_mode:
    description: What is done with O(private_endpoint_ids), as O(ip_access_mode) says it of O(ip_access_list).
    type: str
    choices: [set, add, remove]
    default: set
  tags:
    description:
      - Tags of the service, at most 50. Values are text, numbers, or true and false. A tag may have no value. Lists and
        dictionaries are refused.
    type: dict
  tags_mode:
    description:
      - What is done with O(tags), as O(ip_access_mode) says it of O(ip_access_list).
      - With V(remove) only the keys count.
    type: str
    choices: [set, add, remove]
    default: set
  release_channel:
    description:
      - How soon the service gets new releases of ClickHouse, V(slow), V(default) or V(fast).
    type: str
  mysql_endpoint:
    description: Whether the service can be reached by the MySQL protocol.
    type: bool
  enable_core_dumps:
    description: Whether core dumps may be collected. The API's default is V(true).
    type: bool
  deletion_protection:
    description:
      - Whether the API protects the service from being deleted, by whatever client. The API's default is V(false). Not
        every organization has this protection.
      - With O(state=absent) a protected service is refused before anything is stopped. Set V(false) together with
        O(state=absent) to lift the protection and delete the service. The protection is lifted after all other checks,
        so that a service that is refused for another reason stays protected.
      - With V(true), O(state=absent) is refused for any service.
      - To set it takes a key with the permission to delete services.
    type: bool
    version_added: 1.1.0
  autoscaling_mode:
    description:
      - With V(vertical), the API's default, a fixed number of replicas has memory between
        O(min_replica_memory_gb) and O(max_replica_memory_gb).
      - With V(horizontal) there are between O(min_replicas) and O(max_replicas) replicas of a fixed memory.
    type: str
  min_replica_memory_gb:
    description:
      - Least memory of each replica, in GB, a multiple of 4. The API knows the limits of your organization.
      - Mutually exclusive with O(min_total_memory_gb) and O(max_total_memory_gb).
    type: int
  max_replica_memory_gb:
    description:
      - Most memory of each replica, in GB, a multiple of 4. The API knows the limits of your organization.
      - Mutually exclusive with O(min_total_memory_gb) and O(max_total_memory_gb).
    type: int
  min_total_memory_gb:
    description:
      - Least memory of three replicas together, in GB, a multiple of 12, however many replicas the service has.
      - The API calls this deprecated. Use O(min_replica_memory_gb).
    type: int
  max_total_memory_gb:
    description:
      - Most memory of three replicas together, in GB, a multiple of 12, however many replicas the service has.
      - The API calls this deprecated. Use O(max_replica_memory_gb).
    type: int
  num_replicas:
    description:
      - Number of replicas. The API knows the limits of your organization.
      - Mutually exclusive with O(min_replicas) and O(max_replicas).
    type: int
  min_replicas:
    description: Least number of replicas where O(autoscaling_mode=horizontal).
    type: int
  max_replicas:
    description: Most number of replicas where O(autoscaling_mode=horizontal).
    type: int
  idle_scaling:
    description: Whether the service may go idle when nobody uses it. The API's default is V(true).
    type: bool
  idle_timeout_minutes:
    description:
      - Minutes without use after which the service goes idle, at least 5.
      - Not looked at while O(idle_scaling) is V(false).
    type: int
  backup_id:
    description:
      - ID of a backup to create the service from. Region and tier have to be those of the service it was made of.
      - Only for creation. An existing service does not tell what it was created from, so this is not compared.
      - Mutually exclusive with O(restore_from).
    type: str
  restore_from:
    description:
      - Another service to create this one from a backup of. What is not set here is taken from that service, such as
        provider, region, scaling, tags and who may connect. An option that is set replaces it, whatever its mode. The
        mode of a list that is not set means nothing here.
      - Each option counts by itself. With O(max_replica_memory_gb) alone, for example, the minimum is that of the other
        service. Settings that contradict each other, such as a minimum above the maximum that is set, are an error.
      - Private endpoints, the backup configuration, the data warehouse, the key of a transparent encryption and the
        deletion protection are not taken. A copy is protected only by its own O(deletion_protection).
      - Only for creation. An existing service does not tell what it was created from, so this is not compared.
      - Mutually exclusive with O(backup_id).
    type: dict
    suboptions:
      service_id:
        description: ID of the other service. One of O(restore_from.service_id) and O(restore_from.name) is required.
        type: str
      name:
        description: Name of the other service, exactly as it is.
        type: str
      backup:
        description: ID of a backup of that service, or V(latest) for the newest one that is done.
        type: str
        default: latest
  data_warehouse_id:
    description:
      - ID of the data warehouse to create a secondary service in, which shares the data of the primary one.
      - A secondary service has no password of its own, and its provider and region are those of the primary one.
      - Cannot be changed after creation.
    type: str
  is_readonly:
    description: Whether a secondary service only reads. Needs O(data_warehouse_id). Cannot be changed after creation.
    type: bool
  byoc_id:
    description:
      - ID of your own cloud (BYOC) to create the service in. Needs O(min_replica_memory_gb) and
        O(max_replica_memory_gb). Cannot be changed after creation.
    type: str
  compliance_type:
    description: Regulation that the service has to comply with, V(hipaa) or V(pci). Cannot be changed after creation.
    type: str
  profile:
    description:
      - Custom profile of the instances, for example V(v1-highmem-xs), for organizations of the ENTERPRISE tier.
      - Cannot be changed after creation.
    type: str
  has_transparent_data_encryption:
    description:
      - Whether the data is encrypted transparently, for organizations of the ENTERPRISE tier.
      - Cannot be changed after creation.
    type: bool
  transparent_data_encryption_key_id:
    description:
      - ID of your own key for the transparent encryption, an ARN or the path of a GCP key. It can be changed, to rotate
        the key, but never be taken away. With a new service it is set once that runs.
    type: str
  encryption_key:
    description: Your own key to encrypt the disks with, an ARN. Cannot be changed after creation.
    type: str
  encryption_assumed_role_identifier:
    description: The role to use O(encryption_key) with, an ARN. Cannot be changed after creation.
    type: str
  private_preview_terms_checked:
    description: Accepts the terms of a private preview, for the first service of an organization. Only for creation.
    type: bool
  password:
    description:
      - Password for the user C(default). It is hashed here and never sent.
      - It is set when the service is created. O(update_password) says whether it is set later, too.
      - Control characters are refused, among them the line break that a YAML block or C(echo) adds at the end.
      - Mutually exclusive with O(password_hash). If neither is set for a new service, a password is generated. It is
        kept in O(password_file), or else returned as RV(password).
      - An empty text counts as not set, but with O(update_password=always) the task fails if one of the two is empty
        and the other one is not set.
    type: str
  password_hash:
    description: The SHA-256 hash of the password, in base64. It is used as O(password) is, without a login.
    type: str
    version_added: 1.1.0
  double_sha1_hash:
    description:
      - The double SHA-1 hash of the password, in hexadecimal, for the MySQL protocol. Without it, the password for that
        protocol may stay another one.
      - Needs O(password_hash).
    type: str
    version_added: 1.1.0
  update_password:
    description:
      - When the password is set. A secondary service shares that of its primary one, so anything but V(on_create) is an
        error there.
      - With V(on_create) only that of a new service is set, and that of a service whose creation by this task was
        interrupted.
      - With V(on_login_failure) the module tries to log in with O(password) at the HTTPS endpoint of a service that
        exists, also in check mode, and sets the password if ClickHouse says that it is wrong. Anything else, such as a
        closed IP access list, a timeout or a stopped service, is an error, and no password is set. This wakes up an
        idle service, and needs the host that runs the task to be in the IP access list.
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
        directory has to exist. An existing file is replaced, but not one that belongs to another user. A link stays a
        link, and its target is written. Mutually exclusive with O(password_hash).
      - Beside it lies, from before the service is created until its password is kept, a record in a file of the same
        name with a dot before and C(.creation) behind it. When the task is killed in between, its next run finds the
        record, gives that service a new password, and goes on. Each service needs its own file.
      - Refused if a task of this user on this host has kept the password of another service in the file, or beside it
        until it is set, unless that service is known not to exist anymore. Of a service of another organization, or at
        another O(api_url), that is never known. If it is not known whose password is in the file, the creation of a
        service warns, and replaces it.
      - A password that this module sets is on disk before it is sent, in a file of the same name with a dot before and
        C(.new) behind it, or C(.given) for a given O(password). It is moved into place when the API has set it.
      - Its name has at most 245 bytes, so that those beside it have room. A file in C(/dev), but for C(/dev/shm), or in
        C(/proc) is refused, since it may be a log that Ansible writes to.
    type: path
  force:
    description: Whether O(state=absent) may stop a running service in order to delete it. This needs O(wait=true).
    type: bool
    default: false
  protect_tag:
    description:
      - Key of the tag that protects a service, whatever the tag's value. With O(state=absent) a service that bears it
        is refused, unless O(confirm_name) names it.
      - The API does not know this tag. It guards only against this collection, and not against other tools or the
        console of ClickHouse Cloud. O(deletion_protection) guards against them all.
    type: str
    default: ansible-protected
  confirm_name:
    description:
      - Name of a service that O(state=absent) may delete although O(protect_tag) protects it. It must be exactly the
        name of the service, also together with O(service_id).
    type: str
  require_backup_within:
    description:
      - Hours. With O(state=absent) a service is refused unless its newest backup that is done was finished within so
        many hours, by the clock of the host that runs the task. Costs one more request.
      - The backups of a service are deleted with it, so this makes sure only that it was in good order until now.
      - Not looked at for a secondary service in a data warehouse, whose data stays with the primary one.
      - As O(protect_tag), this guards only against this module.
    type: float
notes:
  - A service is created once by all tasks of one user on one host, even if the response of the API is lost, if the API
    shows a new service only minutes later, or if several tasks ask for it at once. If a service may still appear, for
    up to ten minutes after its creation was requested, the task waits for it instead of creating another one, as long
    as O(wait_timeout) allows, but at least three minutes. A service whose creation was not confirmed is found by its
    name and given a new password.
  - The lock for this, and the record of a creation whose password is not known yet, lie in C(ansible-clickhouse-cloud)
    in E(XDG_STATE_HOME), or else in C(~/.local/state), on the host that runs the task; the record lies beside
    O(password_file) if there is one, in a directory that only this user can write to. Without O(password) and
    O(password_file), a task that is killed while it waits takes the only password with it.
seealso:
  - module: clickhouse.cloud.service_info
  - module: clickhouse.cloud.service_state
  - name: ClickHouse Cloud API
    description: Reference of the API.
    link: https://clickhouse.com/docs/cloud/manage/api/api-overview
"""

EXAMPLES = r"""
- name: Create a service, and keep the password that is shown only once
  clickhouse.cloud.service:
    name: analytics
    provider: aws
    region: eu-central-1
    ip_access_list:
      - source: 203.0.113.0/24
        description: office
    min_replica_memory_gb: 8
    max_replica_memory_gb: 16
    idle_scaling: true
    idle_timeout_minutes: 15
    tags:
      env: production
    password_file: ~/analytics.password
  register: analytics

- name: Create a service with a password from the vault
  clickhouse.cloud.service:
    name: reports
    provider: gcp
    region: europe-west4
    ip_access_list: []
    password: "{{ vault_reports_password }}"

- name: Create a service with a password from the vault, or make sure that it has this one
  clickhouse.cloud.service:
    name: reports
    provider: gcp
    region: europe-west4
    ip_access_list:
      - source: 203.0.113.0/24
    password: "{{ vault_reports_password }}"
    update_password: on_login_failure

- name: Let one more address in
  clickhouse.cloud.service:
    name: analytics
    ip_access_mode: add
    ip_access_list:
      - source: 198.51.100.7
        description: build server

- name: Rename a service
  clickhouse.cloud.service:
    service_id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    name: analytics-eu

- name: Restore the newest backup into a service of its own, as large as the other one
  clickhouse.cloud.service:
    name: analytics-copy
    restore_from:
      name: analytics

- name: Create a service from a certain backup
  clickhouse.cloud.service:
    name: analytics-of-monday
    provider: aws
    region: eu-central-1
    ip_access_list: []
    backup_id: 8d2f1c44-6a0b-4b7e-9c55-0123456789ab

- name: Delete a service, even if it is running, but only with a backup of today
  clickhouse.cloud.service:
    name: analytics
    state: absent
    force: true
    require_backup_within: 24

- name: Protect a service from being deleted by any client
  clickhouse.cloud.service:
    name: analytics
    deletion_protection: true

- name: Lift the protection and delete the service
  clickhouse.cloud.service:
    name: analytics
    state: absent
    deletion_protection: false

- name: Delete a service that bears the tag ansible-protected
  clickhouse.cloud.service:
    name: reports
    state: absent
    confirm_name: reports
"""

RETURN = r"""
password:
  description:
    - The password of the user C(default), generated by the API, or by this module for a service whose first password
      was lost, or that is given a new one. It is never shown again.
    - Returned also by a task that fails after the service was created.
  returned: >-
    when a password was generated, since the service was created, an interrupted creation was finished, or
    O(update_password=always), and O(password_file) was not set or could not be written
  type: str
  sample: "7xK~q.generated"
unknown:
  description: The names of the fields of RV(service) that are null because only its creation can tell them.
  returned: in check mode, for a service that is to be created
  type: list
  elements: str
  sample: [id, endpoints, clickhouse_version, created_at, iam_role]
service:
  description:
    - The service, with all that M(clickhouse.cloud.service_info) returns of it.
    - In check mode, the service as it would be, in the state in which the task would leave it. After a deletion, the
      service as it was before.
  returned: unless there is no service, and none was asked for
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
    endpoints:
      description: Where the service can be reached.
      type: list
      elements: dict
      sample:
        - protocol: https
          host: ql5ek38hzz.eu-central-1.aws.clickhouse.cloud
          port: 8443
          username: default
"""

from ..module_utils._module.context import WaitingContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Runtime, run
from ..module_utils._service.ensure import MUTUALLY_EXCLUSIVE, SERVICE_SPEC, ensure_password, ensure_service

ARGUMENT_SPEC = {
    **LOOKUP_SPEC,
    **SERVICE_SPEC,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run_module(ctx: WaitingContext) -> None:
    """Find the service, and then delete, update or create it."""
    absent = ctx.options["state"] == "absent"
    service = ensure_service(ctx, absent=absent)
    if service and not absent:
        ensure_password(ctx, service)


def main(runtime: Runtime | None = None) -> None:
    run(
        runtime,
        run_module,
        ARGUMENT_SPEC,
        WAIT_SPEC,
        kind=WaitingContext,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=MUTUALLY_EXCLUSIVE,
    )


if __name__ == "__main__":
    main()
