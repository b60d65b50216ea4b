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
  - Creates a service, changes the options that differ from their current values, or deletes the service.
  - Only options that are set are compared and sent. An option that is not set keeps its current value.
  - A service is never deleted and created again in order to change it. A difference in an option that can only be set
    at creation is an error.
  - The parts of a service, such as O(backup_config), have the options of their modules. Each part that is set costs one
    more request, except O(scaling_schedule), which the response about the service contains.
  - Parts are changed after the service. If that fails, a new service remains, with its password, and the next run makes
    the remaining changes. For a new service, O(clickhouse_settings) are only checked once it exists. Until then, also
    in check mode, a warning names those that another service of the organization would not allow.
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
      - V(present) creates the service if no service has the name, and otherwise changes the options that differ.
      - V(absent) deletes the service and its backups in any state in which the API allows it. These states are
        V(stopped), V(idle), V(failed), V(degraded), V(provisioning), V(starting) and V(awaking).
      - A V(running) service is only deleted with O(force=true). O(deletion_protection), O(protect_tag) and
        O(require_backup_within_hours) can also prevent the deletion.
      - With O(wait=true), the task also waits for a deletion that is already in progress.
    type: str
    choices: [present, absent]
    default: present
  service_id:
    description:
      - ID of the service, a UUID, which is always unambiguous.
      - Together with O(name), it renames the service. The task warns if another service has that name, which costs one
        more request.
    type: str
  name:
    description:
      - Name of the service, at most 50 characters.
      - Without O(service_id), it also identifies the service, and must match exactly. If more than one service has this
        name, the task fails and lists their IDs. A service that is being deleted does not count.
      - A new name is rejected if it differs from that of another service only in white space around it, or in invisible
        characters such as variation selectors. The task warns if it differs only in case, other white space or joiners.
    type: str
  provider:
    description:
      - Cloud provider, for example V(aws), V(gcp) or V(azure).
      - Required for creation, and cannot be changed afterwards.
    type: str
  region:
    description:
      - Region of the provider, for example V(eu-central-1).
      - Required for creation, and cannot be changed afterwards.
    type: str
  tier:
    description:
      - Tier of the service, for example V(production). Only for organizations whose pricing still has tiers.
      - Cannot be changed after creation.
    type: str
  ip_access_list:
    description:
      - The addresses that may connect to the service. All others are rejected.
      - Order and notation are ignored in the comparison, so V(10.0.0.1) and V(10.0.0.1/32) are the same.
      - Required for creation, so that no service is open by default. With V([]), no address may connect.
    type: list
    elements: dict
    suboptions:
      source:
        description:
          - An IP address, or a network in CIDR notation. V(10.1.2.3/8) is sent as V(10.0.0.0/8), and an IPv4 address in
            IPv6 notation as an IPv4 address. A netmask such as V(10.0.0.0/255.0.0.0) is rejected.
          - V(0.0.0.0/0) and V(::/0) are the whole internet. The task warns about them, and about networks that together
            contain more than half of it, such as V(0.0.0.0/1) with V(128.0.0.0/2).
        type: str
        required: true
      description:
        description: Purpose of the entry. If not set, an existing entry keeps its description.
        type: str
  ip_access_mode:
    description:
      - With V(set), the service has exactly the entries of O(ip_access_list).
      - With V(add) or V(remove), these entries are added or removed, and all others are kept.
    type: str
    choices: [set, add, remove]
    default: set
  private_endpoint_ids:
    description: IDs of the private endpoints that may connect to the service. The case of their letters is ignored.
    type: list
    elements: str
  private_endpoint_mode:
    description:
      - How to apply O(private_endpoint_ids). See O(ip_access_mode) for the choices.
      - V(set) also removes what M(clickhouse.cloud.private_endpoint) has attached, and warns of that. Use V(add) for a
        service whose private endpoints that module manages.
    type: str
    choices: [set, add, remove]
    default: set
  tags:
    description:
      - Tags of the service, at most 50. Values are text, numbers or booleans. A tag may have no value. Lists and
        dictionaries are rejected.
    type: dict
  tags_mode:
    description:
      - How to apply O(tags). See O(ip_access_mode) for the choices.
      - With V(remove), only the keys matter.
    type: str
    choices: [set, add, remove]
    default: set
  release_channel:
    description:
      - How soon the service gets new releases of ClickHouse, V(slow), V(default) or V(fast).
      - All services of a data warehouse share it, so a change applies to all of them. Set it for the primary service
        only. A secondary service is not created with another one.
    type: str
  mysql_endpoint:
    description: Whether the service accepts connections with the MySQL protocol.
    type: bool
  enable_core_dumps:
    description:
      - Whether core dumps may be collected. The API's default is V(true), unless they are disabled for the
        organization. Then the API refuses V(true).
    type: bool
  deletion_protection:
    description:
      - Whether the API refuses to delete the service, whichever client requests it. The API's default is V(false). Not
        every organization has this protection.
      - With O(state=absent), the task fails for a protected service before anything is stopped. Set V(false) together
        with O(state=absent) to lift the protection and delete the service. The protection is lifted after all other
        checks, so a service that is not deleted for another reason stays protected.
      - V(true) together with O(state=absent) is an error for any service.
      - Changing it requires a key with the permission to delete services.
    type: bool
    version_added: 1.1.0
  autoscaling_mode:
    description:
      - With V(vertical), the API's default, a fixed number of replicas has between O(min_replica_memory_gb) and
        O(max_replica_memory_gb) of memory.
      - With V(horizontal), there are between O(min_replicas) and O(max_replicas) replicas with a fixed amount of
        memory.
    type: str
  min_replica_memory_gb:
    description:
      - Minimum memory of each replica in GB, a multiple of 4. The API checks the limits of your organization.
      - Mutually exclusive with O(min_total_memory_gb) and O(max_total_memory_gb).
    type: int
  max_replica_memory_gb:
    description:
      - Maximum memory of each replica in GB, a multiple of 4. The API checks the limits of your organization.
      - Mutually exclusive with O(min_total_memory_gb) and O(max_total_memory_gb).
    type: int
  min_total_memory_gb:
    description:
      - Minimum memory of three replicas together in GB, a multiple of 12, regardless of the number of replicas.
      - Deprecated by the API. Use O(min_replica_memory_gb).
    type: int
  max_total_memory_gb:
    description:
      - Maximum memory of three replicas together in GB, a multiple of 12, regardless of the number of replicas.
      - Deprecated by the API. Use O(max_replica_memory_gb).
    type: int
  num_replicas:
    description:
      - Number of replicas. The API checks the limits of your organization.
      - Mutually exclusive with O(min_replicas) and O(max_replicas).
    type: int
  min_replicas:
    description: Minimum number of replicas with O(autoscaling_mode=horizontal).
    type: int
  max_replicas:
    description: Maximum number of replicas with O(autoscaling_mode=horizontal).
    type: int
  idle_scaling:
    description: Whether the service may become idle while it is not used. The API's default is V(true).
    type: bool
  idle_timeout_minutes:
    description:
      - Minutes without use after which the service becomes idle, at least 5.
      - Ignored while O(idle_scaling) is V(false).
    type: int
  backup_id:
    description:
      - ID of a backup to create the service from. Region and tier must be those of the service that was backed up.
      - Only for creation. The API does not return it, so it is not compared for an existing service.
      - Mutually exclusive with O(restore_from).
    type: str
  restore_from:
    description:
      - Another service from whose backup to create this one. Options that are not set are copied from that service, for
        example provider, region, scaling, tags and access. An option that is set replaces the copied value, whatever
        its mode is. The mode of a list that is not set has no effect.
      - Each option is copied separately. If only O(max_replica_memory_gb) is set, for example, the minimum is that of
        the other service. Options that contradict each other, such as a minimum above the maximum, are an error.
      - Private endpoints, the backup configuration, the data warehouse, the key of transparent data encryption and the
        deletion protection are not copied. The new service is only protected if O(deletion_protection) is set.
      - Only for creation. The API does not return it, so it is not compared for an existing service.
      - Mutually exclusive with O(backup_id).
    type: dict
    suboptions:
      service_id:
        description: ID of the other service. One of O(restore_from.service_id) and O(restore_from.name) is required.
        type: str
      name:
        description: Name of the other service, which must match exactly.
        type: str
      backup:
        description: ID of a backup of that service, or V(latest) for the newest completed one.
        type: str
        default: latest
  data_warehouse_id:
    description:
      - ID of the data warehouse to create a secondary service in, which shares the data of the primary service.
      - A secondary service has no separate password, and has the provider and region of the primary service.
      - Cannot be changed after creation.
    type: str
  is_readonly:
    description:
      - Whether a secondary service only reads. Requires O(data_warehouse_id). Cannot be changed after creation.
    type: bool
  byoc_id:
    description:
      - ID of the configuration of your own cloud (BYOC) to create the service in. Requires O(min_replica_memory_gb) and
        O(max_replica_memory_gb). Cannot be changed after creation.
    type: str
  compliance_type:
    description: Regulation that the service must comply with, V(hipaa) or V(pci). Cannot be changed after creation.
    type: str
  profile:
    description:
      - Custom profile of the instances, for example V(v1-highmem-xs), for organizations of the ENTERPRISE tier.
      - M(clickhouse.cloud.service_profile_info) lists those of a region. Before a service is created, the profile is
        checked, also in check mode, which costs a request. If the list cannot be read, only the API checks it.
      - Cannot be changed after creation.
    type: str
  has_transparent_data_encryption:
    description:
      - Whether the service uses transparent data encryption, for organizations of the ENTERPRISE tier.
      - Cannot be changed after creation.
    type: bool
  transparent_data_encryption_key_id:
    description:
      - ID of your own key for transparent data encryption, an ARN or the path of a GCP key. It can be changed, to
        rotate the key, but not removed. For a new service, it is set once the service is running.
    type: str
  encryption_key:
    description:
      - ARN of your own key for the encryption of the disks. Cannot be changed after creation.
      - The newest specification of the API (October 2026) no longer lists it for a new service, so the API may ignore
        or reject it. It is only sent if it is set.
    type: str
  encryption_assumed_role_identifier:
    description:
      - ARN of the role that uses O(encryption_key). Cannot be changed after creation.
      - Like that option, it is no longer in the newest specification of the API.
    type: str
  private_preview_terms_checked:
    description: Accepts the terms of a private preview, for the first service of an organization. Only for creation.
    type: bool
  password:
    description:
      - Password of the user C(default). Only its hashes are sent.
      - It is set when the service is created. O(update_password) controls whether it is also set later.
      - Control characters are rejected, including the line break that a YAML block or C(echo) adds at the end.
      - Mutually exclusive with O(password_hash). If neither is set for a new service, a password is generated. It is
        saved in O(password_file), or returned as RV(password).
      - Empty text counts as not set. With O(update_password=always), however, the task fails if one of the two is empty
        and the other one is not set.
    type: str
  password_hash:
    description: SHA-256 hash of the password, in base64. It replaces O(password), but cannot be used for a login.
    type: str
    version_added: 1.1.0
  double_sha1_hash:
    description:
      - Double SHA-1 hash of the password, in hexadecimal, for the MySQL protocol. Without it, the password for that
        protocol may remain a different one.
      - Requires O(password_hash).
    type: str
    version_added: 1.1.0
  update_password:
    description:
      - When the password is set. A secondary service shares the password of its primary service, so only V(on_create)
        is allowed there.
      - With V(on_create), it is only set for a new service, and for one whose creation by this task was interrupted.
      - With V(on_login_failure), the module logs in to an existing service with O(password) at its HTTPS endpoint, in
        check mode as well, and sets the password if ClickHouse rejects it. Any other failure, such as a closed IP
        access list, a timeout or a stopped service, is an error, and no password is set. This wakes up an idle service,
        and requires the host that runs the task to be in the IP access list.
      - With V(always), the password is set each time, and the task reports a change.
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
    description: File or directory with the CA certificates that verify the certificate of the service.
    type: path
    version_added: 1.1.0
  password_file:
    description:
      - File on the host that runs the task, in which a given or generated password is saved as soon as it is known. It
        has mode V(0600) and contains nothing but the password, which is then not returned. The directory must exist. An
        existing file is replaced, unless it belongs to another user. A symbolic link is followed. Mutually exclusive
        with O(password_hash).
      - From before the service is created until its password is saved, a record of the creation is in the same
        directory, in a file with the same name, prefixed with a dot and followed by C(.creation). If the task is killed
        in between, its next run finds the record, sets a new password for that service, and continues. Each service
        needs a separate file.
      - The task fails if a task of this user on this host has saved the password of another service in the file, or
        next to it until it is set, unless that service is known to be deleted. This is never known for a service of
        another organization, or at another O(api_url). If it is not known whose password is in the file, the creation
        of a service replaces the file, with a warning.
      - A password that this module sets is saved before it is sent, in a file with the same name, prefixed with a dot
        and followed by C(.new), or C(.given) for a given O(password). It is moved into place when the API has set it.
      - The name of the file has at most 245 bytes, to leave room for the names of the others. A file in C(/proc), or in
        C(/dev) except C(/dev/shm), is rejected, since it may be a log that Ansible writes to.
    type: path
  check_quota:
    description:
      - Whether to check the quota C(services-per-organization) before a service is created, also in check mode. If it
        would be exceeded, the task fails. If it cannot be read, which takes the permission
        C(control-plane:organization:view), the task warns, and continues.
      - This costs one request, and only if a service is created. Otherwise, the API itself refuses the service.
    type: bool
    default: false
    version_added: 1.1.0
  force:
    description: Whether O(state=absent) may stop a running service in order to delete it. Requires O(wait=true).
    type: bool
    default: false
  protect_tag:
    description:
      - Key of the tag that protects a service, whatever the value of the tag is. O(state=absent) fails for a service
        that has this tag, unless O(confirm_name) names the service.
      - The tag has no meaning for the API. It only affects this collection, not other tools or the console of
        ClickHouse Cloud. O(deletion_protection) affects all of them.
    type: str
    default: ansible-protected
  confirm_name:
    description:
      - Name of a service that O(state=absent) may delete although O(protect_tag) protects it. It must be exactly the
        name of the service, also together with O(service_id).
    type: str
  require_backup_within_hours:
    description:
      - With O(state=absent), the task fails unless the newest completed backup of the service was finished within this
        number of hours, by the clock of the host that runs the task. Costs one more request.
      - The backups of a service are deleted with it, so this only ensures that backups worked until now.
      - Ignored for a secondary service, whose data stays with the primary service.
      - Like O(protect_tag), this only affects this module.
    type: float
  # Parts of a service, generated by "make tables"
  backup_config:
    description:
      - The backup configuration of the service, with the options of M(clickhouse.cloud.backup_config).
      - If not set, the task neither reads nor changes this part.
    type: dict
    version_added: 1.1.0
    suboptions:
      backup_period_in_hours:
        description:
          - Hours from one backup to the next, for example V(6), V(12), V(24) or V(48).
          - With a start time, only V(24) and V(48) are allowed.
        type: int
      backup_retention_period_in_hours:
        description:
          - Minimum number of hours to keep a backup, a multiple of 24. The API accepts V(24) to V(1080), which is 45
            days.
        type: int
      backup_start_time:
        description:
          - Time of day in UTC at which backups start, a full hour in the form V(HH:00).
          - Quote it, since YAML reads C(12:00) as the number 720.
          - Requires a period of 24 or 48 hours, either the current one or that of
            O(backup_config.backup_period_in_hours).
        type: str
      reset:
        description:
          - Options to set to the defaults of the API.
          - The defaults are 24 for V(backup_period_in_hours), 24 for V(backup_retention_period_in_hours), and no
            V(backup_start_time).
          - An option cannot be set and reset at the same time.
        type: list
        elements: str
        choices: [backup_period_in_hours, backup_retention_period_in_hours, backup_start_time]
  snapshot_config:
    description:
      - The snapshot configuration of the service, with the options of M(clickhouse.cloud.snapshot_config).
      - If not set, the task neither reads nor changes this part.
    type: dict
    version_added: 1.1.0
    suboptions:
      enabled:
        description:
          - Whether snapshots are made.
          - The first time, V(true) requires O(snapshot_config.gap) and O(snapshot_config.time_frame) as well. The
            service keeps both with V(false).
        type: bool
      gap:
        description:
          - Minutes from one snapshot to the next.
          - O(snapshot_config.gap) and O(snapshot_config.time_frame) are set together. The API accepts V(30) with
            O(snapshot_config.time_frame=1440), and V(60) with O(snapshot_config.time_frame=2880).
        type: int
        choices: [30, 60]
      time_frame:
        description:
          - Minutes for which a snapshot is kept, one day or two days.
          - See O(snapshot_config.gap) for the pairs that the API accepts.
        type: int
        choices: [1440, 2880]
  upgrade_window:
    description:
      - The upgrade window of the service, with the options of M(clickhouse.cloud.upgrade_window).
      - If not set, the task neither reads nor changes this part.
    type: dict
    version_added: 1.1.0
    suboptions:
      state:
        description:
          - With V(present), the service has the upgrade window that O(upgrade_window.weekday) and
            O(upgrade_window.start_hour_utc) state.
          - With V(absent), it has none, and ClickHouse Cloud chooses the time. O(upgrade_window.weekday) and
            O(upgrade_window.start_hour_utc) are then ignored. This needs no confirmation, since the task that declares
            the upgrade window restores it.
        type: str
        choices: [present, absent]
        default: present
      weekday:
        description:
          - Day of the week on which the window starts, in UTC.
          - Required if O(upgrade_window.state=present).
        type: str
        choices: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
      start_hour_utc:
        description:
          - Hour of the day at which the window starts, in UTC.
          - Required if O(upgrade_window.state=present).
        type: int
        choices: [0, 6, 12, 18]
  scaling_schedule:
    description:
      - The scaling schedule of the service, with the options of M(clickhouse.cloud.scaling_schedule).
      - If not set, the task neither reads nor changes this part.
    type: dict
    version_added: 1.1.0
    suboptions:
      state:
        description:
          - With V(present), the service has the schedule that O(scaling_schedule.entries) states.
          - With V(absent), it has none. If an entry applies, the base configuration is restored at once.
            O(scaling_schedule.entries) and O(scaling_schedule.timezone) are then ignored. This needs no confirmation,
            since the task that declares the schedule restores it.
        type: str
        choices: [present, absent]
        default: present
      timezone:
        description:
          - Time zone of the days and hours in O(scaling_schedule.entries), such as V(Europe/Berlin), by its name in the
            time zone database.
          - The API only knows UTC, so the days and hours are converted, with the UTC offset that the time zone has when
            the task runs. Return values and the diff are in UTC.
          - B(Daylight saving time:) when the clocks change, the schedule keeps its hours in UTC, so it is an hour off
            in local time from then on. Run the task again after each clock change, for example in a weekly job; it then
            reports a change.
          - Whole days of another time zone are parts of two days in UTC. Such an entry becomes two entries of the same
            name, unless it applies on all days of the week.
          - The UTC offset must be a whole number of hours, since the API has no minutes. For example, V(Asia/Kolkata)
            cannot be used.
          - Python reads the time zone database of the operating system where the module runs, or that of the Python
            package tzdata. V(UTC) does not need it.
        type: str
        default: UTC
      entries:
        description:
          - What applies when. Required if O(scaling_schedule.state=present).
          - The entries must not overlap, and there are at most 10. An empty list is equivalent to
            O(scaling_schedule.state=absent).
          - The number of replicas and the memory that an entry does not set are those of the base configuration. They
            do not count as a difference if the API returns them.
        type: list
        elements: dict
        suboptions:
          name:
            description:
              - Label of the entry.
            type: str
            required: true
          weekdays:
            description:
              - Days of the week on which the entry begins to apply.
            type: list
            elements: str
            choices: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
            required: true
          start_hour:
            description:
              - Hour at which the entry begins to apply, from 0 to 23.
            type: int
            required: true
          end_hour:
            description:
              - Hour at which the entry ceases to apply, from 1 to 24, where 24 is midnight.
              - An hour before O(scaling_schedule.entries[].start_hour) is on the next day.
            type: int
            required: true
          autoscaling_mode:
            description:
              - With V(vertical), a fixed number of replicas has between
                O(scaling_schedule.entries[].min_replica_memory_gb) and
                O(scaling_schedule.entries[].max_replica_memory_gb) of memory.
              - With V(horizontal), there are between O(scaling_schedule.entries[].min_replicas) and
                O(scaling_schedule.entries[].max_replicas) replicas with a fixed amount of memory. It requires both of
                these, and O(scaling_schedule.entries[].min_replica_memory_gb) equal to
                O(scaling_schedule.entries[].max_replica_memory_gb). The organization needs horizontal autoscaling for
                it.
            type: str
            choices: [vertical, horizontal]
            default: vertical
          min_replica_memory_gb:
            description:
              - Minimum memory of each replica in GB, a multiple of 4 from 8 to 356.
              - Required together with O(scaling_schedule.entries[].max_replica_memory_gb).
              - The maximum for your organization may be lower. The API checks it when the entry begins to apply.
            type: int
          max_replica_memory_gb:
            description:
              - Maximum memory of each replica in GB, a multiple of 4 from 8 to 356.
            type: int
          num_replicas:
            description:
              - Number of replicas, from 1 to 50.
              - Mutually exclusive with O(scaling_schedule.entries[].min_replicas) and
                O(scaling_schedule.entries[].max_replicas).
              - The API checks the maximum for the service when the entry begins to apply.
            type: int
          min_replicas:
            description:
              - Minimum number of replicas with O(scaling_schedule.entries[].autoscaling_mode=horizontal), from 1 to 50.
              - Required together with O(scaling_schedule.entries[].max_replicas).
            type: int
          max_replicas:
            description:
              - Maximum number of replicas with O(scaling_schedule.entries[].autoscaling_mode=horizontal), from 1 to 50.
            type: int
          idle_scaling:
            description:
              - Whether the service may become idle while it is not used.
              - Set it in each entry for which it matters, since the API does not document what applies to an entry
                without it. If the task does not set it, V(false) does not count as a difference.
            type: bool
          idle_timeout_minutes:
            description:
              - Minutes without use after which the service becomes idle, at least 5.
            type: int
  query_endpoint:
    description:
      - The query endpoint of the service, with the options of M(clickhouse.cloud.service_query_endpoint).
      - If not set, the task neither reads nor changes this part.
    type: dict
    version_added: 1.1.0
    suboptions:
      state:
        description:
          - With V(present), the service has a query endpoint, with O(query_endpoint.api_keys), O(query_endpoint.roles)
            and O(query_endpoint.allowed_origins) if they are set.
          - With V(absent), it has none, and no API key may run SQL. The other options are then ignored.
        type: str
        choices: [present, absent]
        default: present
      api_keys:
        description:
          - The API keys that may run SQL, each by its name or by its ID, a UUID. This is not the value of O(api_key).
          - Required to create a query endpoint. If not set, an existing one keeps its API keys.
        type: list
        elements: str
      api_keys_mode:
        description:
          - With V(set), exactly the keys of O(query_endpoint.api_keys) may run SQL. A warning names the keys that are
            removed, since another task may have added them, unless O(query_endpoint.api_keys) is empty.
          - With V(add) or V(remove), these keys are added or removed, and all others are kept. V(remove) creates no
            query endpoint, and only warns about a name that no key has.
        type: str
        choices: [set, add, remove]
        default: set
      roles:
        description:
          - What the SQL may do. With V(sql_console_read_only), it can only read; with V(sql_console_admin), it can also
            change data, tables and users.
          - Required to create a query endpoint. If not set, an existing one keeps its roles.
        type: list
        elements: str
        choices: [sql_console_read_only, sql_console_admin]
      allowed_origins:
        description:
          - Origins of web pages whose scripts may send queries, such as V(https://reports.example.com), or V(*) for
            any. They do not affect other clients.
          - An empty list removes all. If not set, an existing query endpoint keeps its origins.
        type: list
        elements: str
  clickhouse_settings:
    description:
      - The ClickHouse settings of the service, with the options of M(clickhouse.cloud.service_settings).
      - If not set, the task neither reads nor changes this part.
    type: dict
    version_added: 1.1.0
    suboptions:
      settings:
        description:
          - The names of settings and their values, which are strings, integers or booleans. Null resets a setting to
            its default.
          - Quote versions and other values with a decimal point, since YAML reads V(25.10) as the number 25.1.
          - M(clickhouse.cloud.service_settings_info) with O(clickhouse.cloud.service_settings_info#module:schema=true)
            returns all settings that can be changed.
        type: dict
        required: true
      settings_mode:
        description:
          - With V(add), settings that O(clickhouse_settings.settings) does not name stay as they are. This is the
            default, unlike that of other options with such a name, since few tasks know all settings of a service.
          - With V(set), they are reset to their defaults, except those that cannot be changed, and C(compatibility),
            which ClickHouse Cloud itself sets. If the API does not describe its settings, all of them can be changed.
          - A warning names the settings that V(set) resets, since another task may have set them, unless
            O(clickhouse_settings.settings) is empty. Resetting needs no confirmation, since the diff has the values
            that a task has to set again.
        type: str
        choices: [set, add]
        default: add
  # End of the parts of a service
notes:
  - To create a service, the API key needs the permissions C(control-plane:organization:create-service) and
    C(control-plane:service:manage); to change it, the latter; to delete it, C(control-plane:service:delete). The guide
    to authentication lists the permissions for single options.
  - If another task declares the same part with the module of the part, the last task wins, and both report a change in
    every run. Declare each part in one place.
  - A service is only created once by all tasks of one user on one host, even if the response of the API is lost, if the
    API lists the new service only minutes later, or if several tasks create it at the same time. If a service may still
    appear, for up to ten minutes after its creation was requested, the task waits for it instead of creating another
    one, as long as O(wait_timeout) allows, but at least three minutes. A service whose creation was not confirmed is
    found by its name and gets a new password.
  - The lock for this, and the record of a creation whose password is not yet known, are in C(ansible-clickhouse-cloud)
    in E(XDG_STATE_HOME), or in C(~/.local/state), on the host that runs the task. With O(password_file), the record is
    next to that file, if only this user can write to the directory. Without O(password) and O(password_file), a task
    that is killed while it waits loses the only copy of the password.
seealso:
  - module: clickhouse.cloud.service_info
  - module: clickhouse.cloud.service_state
  - name: ClickHouse Cloud API
    description: Reference of the API.
    link: https://clickhouse.com/docs/cloud/manage/api/api-overview
"""

EXAMPLES = r"""
- name: Create a service, and save the generated password
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

- name: Create a service, and configure its backups and upgrades
  clickhouse.cloud.service:
    name: metrics
    provider: aws
    region: eu-central-1
    ip_access_list: []
    password_file: ~/metrics.password
    backup_config:
      backup_period_in_hours: 24
      backup_start_time: "02:00"
    upgrade_window:
      weekday: sunday
      start_hour_utc: 0
    clickhouse_settings:
      settings:
        max_threads: 8

- name: Let ClickHouse Cloud choose the time of upgrades, and delete the scaling schedule
  clickhouse.cloud.service:
    name: metrics
    upgrade_window:
      state: absent
    scaling_schedule:
      state: absent

- name: Create a service with a password from the vault
  clickhouse.cloud.service:
    name: reports
    provider: gcp
    region: europe-west4
    ip_access_list: []
    password: "{{ vault_reports_password }}"

- name: Create a service with a password from the vault, and change the password of an existing service if it differs
  clickhouse.cloud.service:
    name: reports
    provider: gcp
    region: europe-west4
    ip_access_list:
      - source: 203.0.113.0/24
    password: "{{ vault_reports_password }}"
    update_password: on_login_failure

- name: Add an address to the IP access list
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

- name: Restore the newest backup into a new service of the same size
  clickhouse.cloud.service:
    name: analytics-copy
    restore_from:
      name: analytics

- name: Create a service from a specific backup
  clickhouse.cloud.service:
    name: analytics-monday
    provider: aws
    region: eu-central-1
    ip_access_list: []
    backup_id: 8d2f1c44-6a0b-4b7e-9c55-0123456789ab

- name: Delete a service, even if it is running, but only with a backup from the last 24 hours
  clickhouse.cloud.service:
    name: analytics
    state: absent
    force: true
    require_backup_within_hours: 24

- name: Protect a service from being deleted by any client
  clickhouse.cloud.service:
    name: analytics
    deletion_protection: true

- name: Lift the protection and delete the service
  clickhouse.cloud.service:
    name: analytics
    state: absent
    deletion_protection: false

- name: Delete a service that has the tag ansible-protected
  clickhouse.cloud.service:
    name: reports
    state: absent
    confirm_name: reports
"""

RETURN = r"""
password:
  description:
    - The password of the user C(default). The API generates it for a new service, and this module for a service whose
      first password was lost, or whose password it changes. It is never returned again.
    - A task that fails after the service was created also returns it.
  returned: >-
    when a password was generated, because the service was created, an interrupted creation was finished, or
    O(update_password=always) is set, and O(password_file) is not set or could not be written
  type: str
  sample: "7xK~q.generated"
unknown:
  description: The names of the fields of RV(service) that are null because they are not known before the creation.
  returned: in check mode, for a service that would be created
  type: list
  elements: str
  sample: [id, endpoints, clickhouse_version, created_at, iam_role]
service:
  description:
    - The service, with the same fields as in M(clickhouse.cloud.service_info).
    - In check mode, the predicted service, in the state in which the task would leave it. After a deletion, the service
      as it was before.
    - RV(scaling_schedule), not a field of this, shows a change of the schedule.
  returned: unless there is no service, and O(state=absent)
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
      description: The addresses of the service.
      type: list
      elements: dict
      sample:
        - protocol: https
          host: ql5ek38hzz.eu-central-1.aws.clickhouse.cloud
          port: 8443
          username: default
# Parts of a service, generated by "make tables"
backup_config:
  description:
    - The backup configuration of the service, as returned by M(clickhouse.cloud.backup_config).
  returned: when O(backup_config) is set, unless the service is to be absent
  type: dict
  sample:
    backup_period_in_hours: 24
    backup_retention_period_in_hours: 720
    backup_start_time: "02:00"
snapshot_config:
  description:
    - The snapshot configuration of the service, as returned by M(clickhouse.cloud.snapshot_config).
  returned: when O(snapshot_config) is set, unless the service is to be absent
  type: dict
  sample:
    enabled: true
    gap: 30
    time_frame: 1440
upgrade_window:
  description:
    - The upgrade window of the service, as returned by M(clickhouse.cloud.upgrade_window).
  returned: when O(upgrade_window) is set, unless the service is to be absent
  type: dict
  sample:
    weekday: sunday
    start_hour_utc: 6
    duration: 6
scaling_schedule:
  description:
    - The scaling schedule of the service, as returned by M(clickhouse.cloud.scaling_schedule).
  returned: when O(scaling_schedule) is set, unless the service is to be absent
  type: dict
  sample:
    active_entry_id: 0b0e9d44-7f0c-4d5e-9a51-123456789abc
query_endpoint:
  description:
    - The query endpoint of the service, as returned by M(clickhouse.cloud.service_query_endpoint).
  returned: when O(query_endpoint) is set, unless the service is to be absent
  type: dict
  sample:
    id: 2b1d7c80-5a3e-4f6b-9c1d-7e8f90123456
    api_keys: [5c8e1f2a-3b4c-4d5e-8f60-718293a4b5c6]
    roles: [sql_console_read_only]
    allowed_origins: ['https://reports.example.com']
clickhouse_settings:
  description:
    - The ClickHouse settings of the service, as returned by M(clickhouse.cloud.service_settings).
  returned: when O(clickhouse_settings) is set, unless the service is to be absent
  type: dict
  sample:
    async_insert: 1
    compatibility: '26.2'
    max_threads: 8
# End of the parts of a service
"""

from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import LOOKUP_SPEC, WAIT_SPEC
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.quotas import require_quota
from ..module_utils._service.create import create_service, find_declared, update_or_finish
from ..module_utils._service.delete import delete_service
from ..module_utils._service.guards import check_update
from ..module_utils._service.options import MUTUALLY_EXCLUSIVE, SERVICE_SPEC, check_service_options
from ..module_utils._service.parts import DeclaredParts
from ..module_utils._service.password import ensure_password

ARGUMENT_SPEC = {
    **LOOKUP_SPEC,
    **SERVICE_SPEC,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "check_quota": {"type": "bool", "default": False},
}


def run_module(ctx: ModuleContext) -> None:
    """Find the service, and then delete, update or create it, and change its parts."""
    parts = DeclaredParts(ctx)
    desired = check_service_options(ctx)
    service, matches = find_declared(ctx)
    if ctx.options["state"] == "absent":
        outcome = delete_service(ctx, service, matches)
    elif service:
        check_update(ctx, service, desired)
        parts.plan(service)
        outcome = update_or_finish(ctx, service, desired)
    else:
        parts.plan(None)
        if ctx.options["check_quota"]:
            require_quota(ctx)
        outcome = create_service(ctx, desired)
    ctx.set_result(**outcome.to_result())
    ensure_password(ctx, outcome)
    parts.ensure(outcome)


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        ARGUMENT_SPEC,
        WAIT_SPEC,
        required_one_of=[("name", "service_id")],
        mutually_exclusive=MUTUALLY_EXCLUSIVE,
    )


if __name__ == "__main__":
    main()
