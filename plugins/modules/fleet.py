#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet
short_description: Manage many ClickHouse Cloud services in one task
version_added: 1.0.0
description:
  - Creates, changes, starts, stops and deletes services, and changes their parts, for all services of an organization
    in one task. The options have the same effect as those of M(clickhouse.cloud.service) and
    M(clickhouse.cloud.service_state).
  - If nothing has to be changed, the task costs one request for the list of services, and one for each part that an
    entry declares, such as O(services[].backup_config). O(services[].scaling_schedule) costs none, since the list
    contains it. So 50 services with all six parts cost 251 requests.
  - All changes are planned before the first one is made, and are then made in parallel. All waits share the same list
    of services, so waiting for fifty services costs as many requests as waiting for one.
  - A service that fails does not stop the others, except those that depend on it. The task fails at the end, and
    RV(services) shows the result of each service.
  - Errors that can be detected in advance are reported by the plan, in check mode as well, before anything is changed.
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
      - The services, each with options of M(clickhouse.cloud.service), where they are described in more detail. One of
        O(services[].name) and O(services[].service_id) is required.
      - An option that is not set keeps its current value.
      - One of O(services) and O(plan_file) is required.
    type: list
    elements: dict
    suboptions:
      service_id:
        description:
          - ID of the service, a UUID. Together with O(services[].name), it renames the service.
        type: str
      name:
        description:
          - Name of the service, at most 50 characters. Without O(services[].service_id), it also identifies the
            service. M(clickhouse.cloud.service) describes the requirements for a new name, which is also compared with
            the new names of the preceding entries.
        type: str
      state:
        description:
          - V(present) creates the service, or changes the options that differ. V(started) and V(stopped) do the same,
            and then start or stop the service.
          - V(absent) deletes the service, as M(clickhouse.cloud.service) does.
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
          - Tier of the service, for example V(production). Only for organizations whose pricing still has tiers.
        type: str
      ip_access_list:
        description:
          - The addresses that may connect to the service. All others are rejected.
        type: list
        elements: dict
        suboptions:
          source:
            description:
              - An IP address, or a network in CIDR notation. The task warns about networks that together contain more
                than half of the internet.
            type: str
            required: true
          description:
            description:
              - Purpose of the entry. If not set, an existing entry keeps its description.
            type: str
      ip_access_mode:
        description:
          - With V(set), the service has exactly the entries of O(services[].ip_access_list).
          - With V(add) or V(remove), these entries are added or removed, and all others are kept.
        type: str
        choices: [set, add, remove]
        default: set
      private_endpoint_ids:
        description:
          - IDs of the private endpoints that may connect to the service. The case of their letters is ignored.
        type: list
        elements: str
      private_endpoint_mode:
        description:
          - How to apply O(services[].private_endpoint_ids). See O(services[].ip_access_mode) for the choices.
          - V(set) also removes what M(clickhouse.cloud.private_endpoint) has attached, and warns of that. Use V(add)
            for a service whose private endpoints that module manages.
        type: str
        choices: [set, add, remove]
        default: set
      tags:
        description:
          - Tags of the service, at most 50. Values are text, numbers or booleans. A tag may have no value.
        type: dict
      tags_mode:
        description:
          - How to apply O(services[].tags). See O(services[].ip_access_mode) for the choices.
        type: str
        choices: [set, add, remove]
        default: set
      release_channel:
        description:
          - How soon the service gets new releases of ClickHouse, V(slow), V(default) or V(fast).
          - All services of a data warehouse share it, so a change applies to all of them. Set it for the primary
            service only. A secondary service is not created with another one.
        type: str
      mysql_endpoint:
        description:
          - Whether the service accepts connections with the MySQL protocol.
        type: bool
      enable_core_dumps:
        description:
          - Whether core dumps may be collected. The API's default is V(true), unless they are disabled for the
            organization. Then the API refuses V(true).
        type: bool
      deletion_protection:
        description:
          - Whether the API refuses to delete the service, whichever client requests it. The API's default is V(false).
          - O(services[].state=absent) fails for a protected service, unless this is V(false), which lifts the
            protection.
        type: bool
        version_added: 1.1.0
      autoscaling_mode:
        description:
          - With V(vertical), the API's default, a fixed number of replicas has between
            O(services[].min_replica_memory_gb) and O(services[].max_replica_memory_gb) of memory.
          - With V(horizontal), there are between O(services[].min_replicas) and O(services[].max_replicas) replicas
            with a fixed amount of memory.
        type: str
      min_replica_memory_gb:
        description:
          - Minimum memory of each replica in GB, a multiple of 4. The API checks the limits of your organization.
        type: int
      max_replica_memory_gb:
        description:
          - Maximum memory of each replica in GB, a multiple of 4. The API checks the limits of your organization.
        type: int
      min_total_memory_gb:
        description:
          - Minimum memory of three replicas together in GB, a multiple of 12, regardless of the number of replicas.
        type: int
      max_total_memory_gb:
        description:
          - Maximum memory of three replicas together in GB, a multiple of 12, regardless of the number of replicas.
        type: int
      num_replicas:
        description:
          - Number of replicas. The API checks the limits of your organization.
        type: int
      min_replicas:
        description:
          - Minimum number of replicas with O(services[].autoscaling_mode=horizontal).
        type: int
      max_replicas:
        description:
          - Maximum number of replicas with O(services[].autoscaling_mode=horizontal).
        type: int
      idle_scaling:
        description:
          - Whether the service may become idle while it is not used. The API's default is V(true).
        type: bool
      idle_timeout_minutes:
        description:
          - Minutes without use after which the service becomes idle, at least 5.
        type: int
      backup_id:
        description:
          - ID of a backup to create the service from. Region and tier must be those of the service that was backed up.
        type: str
      restore_from:
        description:
          - Another service from whose backup to create this one. Options that are not set are copied from that service,
            for example provider, region, scaling, tags and access. An option that is set replaces the copied value,
            whatever its mode is.
        type: dict
        suboptions:
          service_id:
            description:
              - ID of the other service. One of O(services[].restore_from.service_id) and
                O(services[].restore_from.name) is required.
            type: str
          name:
            description:
              - Name of the other service, which must match exactly.
            type: str
          backup:
            description:
              - ID of a backup of that service, or V(latest) for the newest completed one.
            type: str
            default: latest
      data_warehouse_id:
        description:
          - ID of the data warehouse to create a secondary service in, which shares the data of the primary service.
        type: str
      is_readonly:
        description:
          - Whether a secondary service only reads. Requires O(services[].data_warehouse_id). Cannot be changed after
            creation.
        type: bool
      byoc_id:
        description:
          - ID of the configuration of your own cloud (BYOC) to create the service in. Requires
            O(services[].min_replica_memory_gb) and O(services[].max_replica_memory_gb). Cannot be changed after
            creation.
        type: str
      compliance_type:
        description:
          - Regulation that the service must comply with, V(hipaa) or V(pci). Cannot be changed after creation.
        type: str
      profile:
        description:
          - Custom profile of the instances, for example V(v1-highmem-xs), for organizations of the ENTERPRISE tier.
          - M(clickhouse.cloud.service_profile_info) lists those of a region. Before a service is created, the profile
            is checked, also in check mode, which costs a request for each region. If the list cannot be read, only the
            API checks it.
        type: str
      has_transparent_data_encryption:
        description:
          - Whether the service uses transparent data encryption, for organizations of the ENTERPRISE tier.
        type: bool
      transparent_data_encryption_key_id:
        description:
          - ID of your own key for transparent data encryption, an ARN or the path of a GCP key. It can be changed, to
            rotate the key, but not removed. For a new service, it is set once the service is running.
        type: str
      encryption_key:
        description:
          - ARN of your own key for the encryption of the disks. Cannot be changed after creation.
          - The newest specification of the API (October 2026) no longer lists it for a new service, so the API may
            ignore or reject it. It is only sent if it is set.
        type: str
      encryption_assumed_role_identifier:
        description:
          - ARN of the role that uses O(services[].encryption_key). Cannot be changed after creation.
          - Like that option, it is no longer in the newest specification of the API.
        type: str
      private_preview_terms_checked:
        description:
          - Accepts the terms of a private preview, for the first service of an organization. Only for creation.
        type: bool
      password:
        description:
          - Password of the user C(default). Only its hashes are sent.
          - It is set when the service is created. O(services[].update_password) controls whether it is also set later.
          - Control characters are rejected, including the line break that a YAML block or C(echo) adds at the end.
          - Mutually exclusive with O(services[].password_hash). If neither is set for a new service, a password is
            generated. It is saved in O(services[].password_file), or returned as RV(services[].password).
          - Empty text counts as not set. With O(services[].update_password=always), however, the task fails if one of
            the two is empty and the other one is not set.
        type: str
      password_hash:
        description:
          - SHA-256 hash of the password, in base64. It replaces O(services[].password), but cannot be used for a login.
        type: str
        version_added: 1.1.0
      double_sha1_hash:
        description:
          - Double SHA-1 hash of the password, in hexadecimal, for the MySQL protocol. Without it, the password for that
            protocol may remain a different one.
          - Requires O(services[].password_hash).
        type: str
        version_added: 1.1.0
      update_password:
        description:
          - When the password is set. A secondary service shares the password of its primary service, so only
            V(on_create) is allowed there.
          - With V(on_create), it is only set for a new service, and for one whose creation by this task was
            interrupted.
          - With V(on_login_failure), the module logs in to an existing service with O(services[].password) at its HTTPS
            endpoint, in check mode as well, and sets the password if ClickHouse rejects it. Any other failure, such as
            a closed IP access list, a timeout or a stopped service, is an error, and no password is set. This wakes up
            an idle service, and requires the host that runs the task to be in the IP access list.
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
          - File on the host that runs the task, in which a given or generated password is saved as soon as it is known.
            It has mode V(0600) and contains nothing but the password, which is then not returned. The directory must
            exist. An existing file is replaced. Mutually exclusive with O(services[].password_hash).
          - Each service needs a separate file. Two entries with the same file are rejected, whatever path leads to it.
            So is an entry whose file is needed next to that of another entry, or contains the password of another
            service, as M(clickhouse.cloud.service) describes.
        type: path
      force:
        description:
          - Whether O(services[].state=absent) may stop a running service in order to delete it. Requires O(wait=true).
        type: bool
        default: false
      protect_tag:
        description:
          - Key of the tag that protects a service, whatever the value of the tag is. O(services[].state=absent) fails
            for a service that has this tag, unless O(services[].confirm_name) names the service.
        type: str
        default: ansible-protected
      confirm_name:
        description:
          - Name of a service that O(services[].state=absent) may delete although O(services[].protect_tag) protects
            it. It must be exactly the name of the service, also together with O(services[].service_id).
        type: str
      require_backup_within_hours:
        description:
          - O(services[].state=absent) fails unless the newest completed backup of the service was finished within this
            number of hours, by the clock of the host that runs the task. Costs one more request.
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
              - Minimum number of hours to keep a backup, a multiple of 24. The API accepts V(24) to V(1080), which is
                45 days.
            type: int
          backup_start_time:
            description:
              - Time of day in UTC at which backups start, a full hour in the form V(HH:00).
              - Quote it, since YAML reads C(12:00) as the number 720.
              - Requires a period of 24 or 48 hours, either the current one or that of
                O(services[].backup_config.backup_period_in_hours).
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
              - The first time, V(true) requires O(services[].snapshot_config.gap) and
                O(services[].snapshot_config.time_frame) as well. The service keeps both with V(false).
            type: bool
          gap:
            description:
              - Minutes from one snapshot to the next.
              - O(services[].snapshot_config.gap) and O(services[].snapshot_config.time_frame) are set together. The API
                accepts V(30) with O(services[].snapshot_config.time_frame=1440), and V(60) with
                O(services[].snapshot_config.time_frame=2880).
            type: int
            choices: [30, 60]
          time_frame:
            description:
              - Minutes for which a snapshot is kept, one day or two days.
              - See O(services[].snapshot_config.gap) for the pairs that the API accepts.
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
              - With V(present), the service has the upgrade window that O(services[].upgrade_window.weekday) and
                O(services[].upgrade_window.start_hour_utc) state.
              - With V(absent), it has none, and ClickHouse Cloud chooses the time. O(services[].upgrade_window.weekday)
                and O(services[].upgrade_window.start_hour_utc) are then ignored. This needs no confirmation, since the
                task that declares the upgrade window restores it.
            type: str
            choices: [present, absent]
            default: present
          weekday:
            description:
              - Day of the week on which the window starts, in UTC.
              - Required if O(services[].upgrade_window.state=present).
            type: str
            choices: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
          start_hour_utc:
            description:
              - Hour of the day at which the window starts, in UTC.
              - Required if O(services[].upgrade_window.state=present).
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
              - With V(present), the service has the schedule that O(services[].scaling_schedule.entries) states.
              - With V(absent), it has none. If an entry applies, the base configuration is restored at once.
                O(services[].scaling_schedule.entries) and O(services[].scaling_schedule.timezone) are then ignored.
                This needs no confirmation, since the task that declares the schedule restores it.
            type: str
            choices: [present, absent]
            default: present
          timezone:
            description:
              - Time zone of the days and hours in O(services[].scaling_schedule.entries), such as V(Europe/Berlin), by
                its name in the time zone database.
              - The API only knows UTC, so the days and hours are converted, with the UTC offset that the time zone has
                when the task runs. Return values and the diff are in UTC.
              - B(Daylight saving time:) when the clocks change, the schedule keeps its hours in UTC, so it is an hour
                off in local time from then on. Run the task again after each clock change, for example in a weekly job;
                it then reports a change.
              - Whole days of another time zone are parts of two days in UTC. Such an entry becomes two entries of the
                same name, unless it applies on all days of the week.
              - The UTC offset must be a whole number of hours, since the API has no minutes. For example,
                V(Asia/Kolkata) cannot be used.
              - Python reads the time zone database of the operating system where the module runs, or that of the Python
                package tzdata. V(UTC) does not need it.
            type: str
            default: UTC
          entries:
            description:
              - What applies when. Required if O(services[].scaling_schedule.state=present).
              - The entries must not overlap, and there are at most 10. An empty list is equivalent to
                O(services[].scaling_schedule.state=absent).
              - The number of replicas and the memory that an entry does not set are those of the base configuration.
                They do not count as a difference if the API returns them.
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
                  - An hour before O(services[].scaling_schedule.entries[].start_hour) is on the next day.
                type: int
                required: true
              autoscaling_mode:
                description:
                  - With V(vertical), a fixed number of replicas has between
                    O(services[].scaling_schedule.entries[].min_replica_memory_gb) and
                    O(services[].scaling_schedule.entries[].max_replica_memory_gb) of memory.
                  - With V(horizontal), there are between O(services[].scaling_schedule.entries[].min_replicas) and
                    O(services[].scaling_schedule.entries[].max_replicas) replicas with a fixed amount of memory. It
                    requires both of these, and O(services[].scaling_schedule.entries[].min_replica_memory_gb) equal to
                    O(services[].scaling_schedule.entries[].max_replica_memory_gb). The organization needs horizontal
                    autoscaling for it.
                type: str
                choices: [vertical, horizontal]
                default: vertical
              min_replica_memory_gb:
                description:
                  - Minimum memory of each replica in GB, a multiple of 4 from 8 to 356.
                  - Required together with O(services[].scaling_schedule.entries[].max_replica_memory_gb).
                  - The maximum for your organization may be lower. The API checks it when the entry begins to apply.
                type: int
              max_replica_memory_gb:
                description:
                  - Maximum memory of each replica in GB, a multiple of 4 from 8 to 356.
                type: int
              num_replicas:
                description:
                  - Number of replicas, from 1 to 50.
                  - Mutually exclusive with O(services[].scaling_schedule.entries[].min_replicas) and
                    O(services[].scaling_schedule.entries[].max_replicas).
                  - The API checks the maximum for the service when the entry begins to apply.
                type: int
              min_replicas:
                description:
                  - Minimum number of replicas with
                    O(services[].scaling_schedule.entries[].autoscaling_mode=horizontal), from 1 to 50.
                  - Required together with O(services[].scaling_schedule.entries[].max_replicas).
                type: int
              max_replicas:
                description:
                  - Maximum number of replicas with
                    O(services[].scaling_schedule.entries[].autoscaling_mode=horizontal), from 1 to 50.
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
              - With V(present), the service has a query endpoint, with O(services[].query_endpoint.api_keys),
                O(services[].query_endpoint.roles) and O(services[].query_endpoint.allowed_origins) if they are set.
              - With V(absent), it has none, and no API key may run SQL. The other options are then ignored.
            type: str
            choices: [present, absent]
            default: present
          api_keys:
            description:
              - The API keys that may run SQL, each by its name or by its ID, a UUID. This is not the value of
                O(api_key).
              - Required to create a query endpoint. If not set, an existing one keeps its API keys.
            type: list
            elements: str
          api_keys_mode:
            description:
              - With V(set), exactly the keys of O(services[].query_endpoint.api_keys) may run SQL. A warning names the
                keys that are removed, since another task may have added them, unless
                O(services[].query_endpoint.api_keys) is empty.
              - With V(add) or V(remove), these keys are added or removed, and all others are kept. V(remove) creates no
                query endpoint, and only warns about a name that no key has.
            type: str
            choices: [set, add, remove]
            default: set
          roles:
            description:
              - What the SQL may do. With V(sql_console_read_only), it can only read; with V(sql_console_admin), it can
                also change data, tables and users.
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
              - The names of settings and their values, which are strings, integers or booleans. Null resets a setting
                to its default.
              - Quote versions and other values with a decimal point, since YAML reads V(25.10) as the number 25.1.
              - M(clickhouse.cloud.service_settings_info) with
                O(clickhouse.cloud.service_settings_info#module:schema=true) returns all settings that can be changed.
            type: dict
            required: true
          settings_mode:
            description:
              - With V(add), settings that O(services[].clickhouse_settings.settings) does not name stay as they are.
                This is the default, unlike that of other options with such a name, since few tasks know all settings of
                a service.
              - With V(set), they are reset to their defaults, except those that cannot be changed, and
                C(compatibility), which ClickHouse Cloud itself sets. If the API does not describe its settings, all of
                them can be changed.
              - A warning names the settings that V(set) resets, since another task may have set them, unless
                O(services[].clickhouse_settings.settings) is empty. Resetting needs no confirmation, since the diff has
                the values that a task has to set again.
            type: str
            choices: [set, add]
            default: add
      # End of the parts of a service
  plan_out:
    description:
      - File to write the plan to, for O(plan_file) of a later task. Only in check mode, which changes nothing else.
        Only the user can read the file. It is not written if the plan has errors.
      - It contains the declarations, the plan, a fingerprint of all services of the organization, and the version of
        the collection. A plan must not contain secrets, so entries with a password are rejected. Use
        O(services[].password_file).
    type: path
    version_added: 1.1.0
  plan_file:
    description:
      - File with a plan that an earlier task has written with O(plan_out). The task carries out exactly this plan. It
        fails, and changes nothing, if a service of the organization has changed since then.
      - A service that becomes idle, or wakes up, has not changed.
      - The file contains O(services), O(prune), O(force) and the other options that determine a plan, so they are
        rejected beside it. Mutually exclusive with O(plan_out).
      - A plan is carried out once. Before the first change, the file is replaced by one that says so, also if the task
        fails later.
    type: path
    version_added: 1.1.0
  prune:
    description:
      - Whether to delete the services that have all tags of O(prune_filter) and are not declared in O(services).
      - A service is declared if an entry has its name or its ID, whatever the state of the entry is, and even if the
        entry fails.
      - Pruning comes last, and only if everything else succeeds. If an entry of O(services) fails, or if one of the
        services to be pruned must not be deleted, no service is pruned.
      - A warning names each service that is pruned, in check mode as well.
    type: bool
    default: false
  prune_filter:
    description:
      - Tags of the services that O(prune) may delete. Required with O(prune). A tag without a value matches any value,
        and one with empty text only a tag without a value.
    type: dict
  prune_limit:
    description:
      - Maximum number of services that O(prune) may delete. If the plan would delete more, the task fails before
        anything is changed. The message and the warnings name the services, and RV(diff) is that of the plan.
      - If not set, there is no limit.
    type: int
    version_added: 1.1.0
  prune_all:
    description:
      - Whether O(prune) may delete all services that have the tags of O(prune_filter) if O(services) declares none that
        stays. The task fails otherwise, since a list may be empty by mistake.
    type: bool
    default: false
    version_added: 1.1.0
  force:
    description: Whether O(prune) stops and deletes a running service. The task fails for such a service otherwise.
    type: bool
    default: false
  protect_tag:
    description:
      - O(prune) does not delete a service that has a tag with this name, and fails for it. To delete it, declare it in
        O(services) with O(services[].state=absent) and O(services[].confirm_name).
      - O(prune) does not delete services with O(services[].deletion_protection) either.
    type: str
    default: ansible-protected
  require_backup_within_hours:
    description: Hours within which a service must have been backed up for O(prune) to delete it.
    type: float
notes:
  - To create a service, the API key needs the permissions C(control-plane:organization:create-service) and
    C(control-plane:service:manage); to change it, the latter; to delete it, C(control-plane:service:delete). The guide
    to authentication lists the permissions for single options.
  - If another task declares the same part of a service with the module of the part, the last task wins, and both report
    a change in every run. Declare each part in one place.
  - Before a task creates services, also in check mode, it compares their number with the quota
    C(services-per-organization), which costs one request. If it would be exceeded, the task fails, and changes nothing.
    If the quotas cannot be read, which takes the permission C(control-plane:organization:view), the task warns, and
    continues.
  - The options of O(wait) apply to each service separately.
  - O(services[].deletion_protection) affects all clients of the API. The other guards only affect this collection, and
    do not prevent another client from deleting a service.
  - The primary service of a data warehouse is deleted or stopped after its secondary services are deleted, if all of
    them are to be deleted, and is an error if one of them stays. A service that another one is restored from is deleted
    after the restore has succeeded.
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
        backup_config:
          backup_period_in_hours: 24
          backup_start_time: "02:00"
        upgrade_window:
          weekday: sunday
          start_hour_utc: 0
      - name: reports
        state: stopped
      - name: attic
        state: absent

- name: Show what would be changed
  clickhouse.cloud.fleet:
    services: "{{ clickhouse_services }}"
  check_mode: true
  diff: true

- name: Delete the services of the team that are no longer declared, if they are stopped and have a recent backup
  clickhouse.cloud.fleet:
    services: "{{ clickhouse_services }}"
    prune: true
    prune_filter:
      owner: platform
    require_backup_within_hours: 24
    prune_limit: 3

- name: Create services with common options, each with a separate password
  clickhouse.cloud.fleet:
    services: "{{ names | map('combine', common) }}"
  vars:
    names:
      - name: test-1
        password_file: /etc/clickhouse/test-1
      - name: test-2
        password_file: /etc/clickhouse/test-2
    common:
      provider: aws
      region: eu-central-1
      ip_access_list: []

- name: Write the plan to a file, for approval
  clickhouse.cloud.fleet:
    services: "{{ clickhouse_services }}"
    plan_out: plan.json
  check_mode: true

- name: Carry out the approved plan
  clickhouse.cloud.fleet:
    plan_file: plan.json
"""

RETURN = r"""
diff:
  description:
    - One diff for each service that is created, changed or deleted, with its name and ID in C(before_header) and
      C(after_header), so two services with the same name have two diffs.
    - With C(--diff), RV(summary) is shown after the last one.
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
plan:
  description:
    - What the task does, or would do in check mode, one action for each service that is created, changed or deleted, in
      the order of RV(services). It stays the same, whatever the outcome.
    - Services for which the plan reports an error are in RV(services) only.
  returned: when there is a plan
  type: list
  elements: dict
  contains:
    action:
      description: V(create), V(change) or V(delete).
      type: str
      sample: change
    name:
      description: Name of the service before the task, or its ID if the name is not known.
      type: str
      sample: analytics
    service_id:
      description: ID of the service; null if it is to be created.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    pruned:
      description: Whether O(prune) selected the service for deletion because it is not declared.
      type: bool
      sample: false
    before:
      description: The current values of the options that change; an empty dictionary for a new service.
      type: dict
      sample: {max_replica_memory_gb: 16}
    after:
      description: The values that the options get; an empty dictionary for a deletion.
      type: dict
      sample: {max_replica_memory_gb: 32}
  version_added: 1.1.0
summary:
  description:
    - How many services the plan creates, changes, deletes and leaves unchanged. Services for which the plan reports an
      error are not counted.
  returned: when there is a plan
  type: str
  sample: 3 to create, 1 to change, 2 to delete, 41 unchanged
services:
  description:
    - The result of each service, in the order of O(services), followed by those that O(prune) selects.
    - A task that fails also returns them.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service, or its ID if the name is not known.
      type: str
      sample: analytics
    service_id:
      description: ID of the service; null if it does not exist, or if the name is ambiguous.
      type: str
      sample: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
    changed:
      description: Whether the service was changed, or would be in check mode.
      type: bool
      sample: true
    failed:
      description: Whether the desired state could not be reached.
      type: bool
      sample: false
    msg:
      description: The reason for the failure, and the changes that were made before it.
      returned: when RV(services[].failed) is true
      type: str
      sample: There is no service 'reports'. To create it, set provider, region, ip_access_list as well.
    pruned:
      description: Whether O(prune) selected the service for deletion because it is not declared.
      type: bool
      sample: false
    password:
      description: The generated password. It is never returned again.
      returned: as M(clickhouse.cloud.service) returns it
      type: str
      sample: "7xK~q.generated"
    service:
      description:
        - The service, with the same fields as in M(clickhouse.cloud.service_info).
        - In check mode, the predicted service. After a deletion, the service as it was before.
      returned: unless there is no service
      type: dict
      sample:
        id: 6f0b7c9e-1d2a-4c3b-8e4f-123456789abc
        name: analytics
        state: running
    unknown:
      description: The names of the fields of the service that are null because they are not known before the creation.
      returned: in check mode, for a service that would be created
      type: list
      elements: str
      sample: [id, endpoints, clickhouse_version, created_at, iam_role]
    # Parts of a service, generated by "make tables"
    backup_config:
      description:
        - The backup configuration of the service, as returned by M(clickhouse.cloud.backup_config).
      returned: when O(services[].backup_config) is set, unless the service is to be absent
      type: dict
      sample:
        backup_period_in_hours: 24
        backup_retention_period_in_hours: 720
        backup_start_time: "02:00"
    snapshot_config:
      description:
        - The snapshot configuration of the service, as returned by M(clickhouse.cloud.snapshot_config).
      returned: when O(services[].snapshot_config) is set, unless the service is to be absent
      type: dict
      sample:
        enabled: true
        gap: 30
        time_frame: 1440
    upgrade_window:
      description:
        - The upgrade window of the service, as returned by M(clickhouse.cloud.upgrade_window).
      returned: when O(services[].upgrade_window) is set, unless the service is to be absent
      type: dict
      sample:
        weekday: sunday
        start_hour_utc: 6
        duration: 6
    scaling_schedule:
      description:
        - The scaling schedule of the service, as returned by M(clickhouse.cloud.scaling_schedule).
      returned: when O(services[].scaling_schedule) is set, unless the service is to be absent
      type: dict
      sample:
        active_entry_id: 0b0e9d44-7f0c-4d5e-9a51-123456789abc
    query_endpoint:
      description:
        - The query endpoint of the service, as returned by M(clickhouse.cloud.service_query_endpoint).
      returned: when O(services[].query_endpoint) is set, unless the service is to be absent
      type: dict
      sample:
        id: 2b1d7c80-5a3e-4f6b-9c1d-7e8f90123456
        api_keys: [5c8e1f2a-3b4c-4d5e-8f60-718293a4b5c6]
        roles: [sql_console_read_only]
        allowed_origins: ['https://reports.example.com']
    clickhouse_settings:
      description:
        - The ClickHouse settings of the service, as returned by M(clickhouse.cloud.service_settings).
      returned: when O(services[].clickhouse_settings) is set, unless the service is to be absent
      type: dict
      sample:
        async_insert: 1
        compatibility: '26.2'
        max_threads: 8
    # End of the parts of a service
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._errors import InvalidOption
from ..module_utils._json import Resource
from ..module_utils._module.context import ModuleContext
from ..module_utils._module.options import (
    LOOKUP_SPEC,
    WAIT_SPEC,
    Spec,
    check_option_groups,
)
from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.quotas import find_excess
from ..module_utils._service.fleet import Fleet, find_undeclared
from ..module_utils._service.fleet_entry import Entry
from ..module_utils._service.fleet_plan import CREATE, DELETE
from ..module_utils._service.guards import PROTECT_TAG
from ..module_utils._service.options import MUTUALLY_EXCLUSIVE, SERVICE_SPEC
from ..module_utils._service.password import check_password_files, check_password_options
from ..module_utils._service.saved_plan import (
    load_plan,
    mark_as_carried_out,
    require_no_other_options,
    require_no_secrets,
    require_same_organization,
    require_unchanged,
    save_plan,
)

ENTRY_SPEC = {
    **LOOKUP_SPEC,
    **SERVICE_SPEC,
    "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
}
#: The options of the task that the entries of pruned services get.
GUARDS = ("force", "protect_tag", "require_backup_within_hours")

ARGUMENT_SPEC: Spec = {
    "services": {"type": "list", "elements": "dict", "options": ENTRY_SPEC},
    "plan_out": {"type": "path"},
    "plan_file": {"type": "path"},
    "prune": {"type": "bool", "default": False},
    "prune_filter": {"type": "dict"},
    "prune_limit": {"type": "int"},
    "prune_all": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "protect_tag": {"type": "str", "default": PROTECT_TAG},
    "require_backup_within_hours": {"type": "float"},
}


def run_module(ctx: ModuleContext) -> None:
    """Plan all services, declared or not, and then apply the plan."""
    # A play may read it even if the task fails.
    ctx.set_result(services=[])
    if ctx.options["plan_out"] and not ctx.check_mode:
        raise InvalidOption("plan_out is for check mode: run the task with --check, or with check_mode: true.")
    saved = find_saved_plan(ctx) if ctx.options["plan_file"] else None
    fleet = plan_fleet(ctx, saved["options"] if saved else ctx.options)
    if saved:
        require_unchanged(saved, fleet.services, ctx.result["plan"])
    refuse_excess(ctx, fleet)
    if not ctx.check_mode:
        if saved and saved["plan"]:
            mark_as_carried_out(ctx.options["plan_file"], saved)
        fleet.apply()
    fleet.raise_if_failed()
    if ctx.options["plan_out"]:
        organization, plan = ctx.api.organization, ctx.result["plan"]
        save_plan(ctx.options["plan_out"], organization, fleet.services, ctx.options, plan)


def find_saved_plan(ctx: ModuleContext) -> dict[str, Any]:
    """Return the plan in the file that the options name. Raise InvalidOption if it cannot be carried out."""
    require_no_other_options(ctx.options, ARGUMENT_SPEC)
    saved = load_plan(ctx.options["plan_file"], ENTRY_SPEC)
    require_same_organization(saved, ctx.api.organization)
    return saved


def plan_fleet(ctx: ModuleContext, options: Mapping[str, Any]) -> Fleet:
    """Plan all services, declared or not. options are those of the task, or of a saved plan."""
    entries = parse_entries(options["services"], ctx.blank_options)
    check_prune(options, entries)
    if ctx.options["plan_out"]:
        require_no_secrets(options["services"], ENTRY_SPEC)
    fleet = Fleet(ctx)
    fleet.plan(entries)
    if options["prune"]:
        pruned = entries_to_prune(options, fleet.services, entries)
        check_prune_all(options, entries, pruned)
        fleet.plan(pruned)
    fleet.finish_plan(options["prune_limit"])
    return fleet


def refuse_excess(ctx: ModuleContext, fleet: Fleet) -> None:
    """Raise InvalidOption for a plan with more new services than the quota allows."""
    excess = find_excess(ctx, fleet.count_planned(CREATE), deletes=fleet.count_planned(DELETE) > 0)
    if excess:
        fleet.refuse(f"services: {excess} Nothing was changed.")


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
    entries = [Entry(service) for service in services]
    for number, entry in enumerate(entries, 1):
        try:
            check_option_groups(entry.options, [("name", "service_id")], MUTUALLY_EXCLUSIVE)
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


def entries_to_prune(options: Mapping[str, Any], services: Sequence[Resource], entries: Sequence[Entry]) -> list[Entry]:
    """Return entries that delete the services to prune."""
    defaults = {name: rule.get("default") for name, rule in ENTRY_SPEC.items()}
    guards = {name: options[name] for name in GUARDS}
    return [
        Entry({**defaults, **guards, "service_id": service.id, "state": "absent"}, is_pruned=True)
        for service in find_undeclared(services, entries, options["prune_filter"])
    ]


def main(worker: Worker | None = None) -> None:
    run(
        worker,
        run_module,
        ARGUMENT_SPEC,
        WAIT_SPEC,
        required_one_of=[("services", "plan_file")],
        mutually_exclusive=[("plan_file", "services"), ("plan_file", "plan_out")],
    )


if __name__ == "__main__":
    main()
