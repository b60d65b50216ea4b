# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: services
short_description: ClickHouse Cloud inventory source
version_added: 1.0.0
description:
  - Lists the services of one or more organizations, or their endpoints, as hosts, with their attributes as host
    variables.
  - Sends one request for each organization if O(organization_id) is set, and further ones only for O(parts).
  - Omits services that are being deleted.
  - Fails without listing any host if the API cannot be read. Ansible then only prints a warning, and continues with the
    other inventory sources; set E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true) to make it stop.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.connection
  - clickhouse.cloud.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as one for this plugin. It may have any name that ends in C(.yml) or C(.yaml).
    type: str
    required: true
    choices: [clickhouse.cloud.services]
  organizations:
    description:
      - The organizations to list the services of, instead of the one of O(api_key). They are read in parallel.
      - The default of each suboption is the option of the same name. The exception is the organization ID of an entry
        that has its own key.
      - If one of them cannot be read, no host is listed, unless O(skip_unreadable=true).
    type: list
    elements: dict
    default: []
    suboptions:
      api_key:
        description: ID of an API key of the organization.
        type: str
      api_secret:
        description: Secret of the API key.
        type: str
      organization_id:
        description: ID of the organization. It saves a request.
        type: str
  skip_unreadable:
    description:
      - Whether to omit those of O(organizations) that cannot be read, with a warning for each. The plugin still fails
        if none of them can be read, or if an option is missing or malformed.
      - Tools that treat the inventory as authoritative then remove the hosts of such an organization. An inventory
        source of AWX with C(overwrite) deletes them, although the update is successful.
      - An incomplete list is not cached.
    type: bool
    default: false
  hosts:
    description:
      - What the hosts represent. With V(service), each service is a host.
      - With V(endpoint), each endpoint of each service is a host, with all variables of the service and those of the
        endpoint. A service for which the API returns no endpoint then has no host.
    type: str
    choices: [service, endpoint]
    default: service
  tags:
    description: List only services that have all these tags. A tag without a value matches any value.
    type: dict
    default: {}
  parts:
    description:
      - Parts of the services that are added to the host variables, each as the module of that name with the suffix
        C(_info) returns it. For example, C(clickhouse_cloud_upgrade_window) is null for a service without an upgrade
        window. V(clickhouse_settings) is what M(clickhouse.cloud.service_settings_info) returns, and V(query_endpoint)
        what M(clickhouse.cloud.service_query_endpoint_info) returns.
      - Each of them costs one request for each service, except V(scaling_schedule), which is part of the list of
        services. The API allows ten requests in ten seconds, so that two parts of 50 services take 100 seconds. Before
        more than ten requests, and every 30 seconds, a line on standard error tells the progress. With O(cache=true),
        the parts are cached as well.
      - A part that the API key may not read is null, with one warning for all hosts.
    type: list
    elements: str
    choices:
      - backup_config
      - clickhouse_settings
      - query_endpoint
      - replica_aware_routing
      - scaling_schedule
      - snapshot_config
      - upgrade_window
    default: []
    version_added: 1.1.0
  filters:
    description:
      - List only hosts for which all these conditions are true. They are Jinja2 expressions over the variables that
        this plugin sets, without those of O(compose).
      - They are applied to the services from the API or from the cache, so the same cache serves all filters.
      - If a condition cannot be evaluated, the plugin fails without listing any host, regardless of O(strict), since
        other tools may delete a host that is omitted by mistake. Use a default for a variable that a host may lack, as
        in V(clickhouse_cloud_tags.env | default(''\) == 'production'), and compare a value that is not a boolean.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - Jinja2 expressions over the variables of a host. The first one with a result that is not empty is its name.
      - The default is C(clickhouse_cloud_name). With O(hosts=endpoint) it is C(clickhouse_cloud_endpoint_name), which
        is the name of the service, an underscore and the protocol.
      - A host name consists of letters, digits and V(._@+-). Every other character, such as a space, is replaced with
        an underscore, since Ansible splits lists of hosts at some of them and matches patterns with others. The name in
        ClickHouse Cloud is in C(clickhouse_cloud_name).
      - The beginning of the service ID is appended to a name in three cases. The name is not unique among the hosts
        that match O(filters). It is the name of a group, or reserved by Ansible, such as V(all). Or another inventory
        source uses it for a machine, or for a service with another ID. A host that another source has created for the
        same service keeps its name, and has the variables of both.
      - A host of another source is the same service if C(clickhouse_cloud_id) says so, or if that source lists it
        without variables. If it has variables in that source, or is in a group other than V(all) with a variable of
        Ansible such as C(ansible_user), it is a different host, and there is a warning. The exception is
        C(ansible_connection) with the value V(local), since that requires no login. Variables in C(host_vars) and
        C(group_vars), and those of sources that are read later, are not available yet. So list the file of this plugin
        last if services and machines are in one inventory.
      - AWX identifies a host by its name alone, so a renamed service is a new host there. To avoid that, set this to
        C(clickhouse_cloud_id), or to C(clickhouse_cloud_endpoint_id) with O(hosts=endpoint), which never change.
    type: list
    elements: str
notes:
  - Strings from the API are never run as code. Only a string of letters, digits and V(._:/@+-,) is marked as trusted.
    Every other string, including a result of O(compose), is marked as unsafe, so that Ansible neither renders it as a
    template nor evaluates it as a condition. In the output of C(ansible-inventory --export), and so in AWX, it is a
    dictionary with the key C(__ansible_unsafe).
  - Host variables are the attributes of a service that M(clickhouse.cloud.service_info) returns, with the prefix
    C(clickhouse_cloud_). C(clickhouse_cloud_organization_id) is the organization of the service.
  - C(clickhouse_cloud_https_host), C(clickhouse_cloud_https_port), C(clickhouse_cloud_nativesecure_host),
    C(clickhouse_cloud_nativesecure_port), C(clickhouse_cloud_mysql_host) and C(clickhouse_cloud_mysql_port) are the
    addresses of the service. Each is set only if the service has that endpoint.
  - C(clickhouse_cloud_running) is true for a service whose state is V(running).
  - With O(hosts=endpoint) a host also has C(clickhouse_cloud_endpoint_protocol), C(clickhouse_cloud_endpoint_host),
    C(clickhouse_cloud_endpoint_port) and C(clickhouse_cloud_endpoint_username), which is null if the API returns no
    user. C(ansible_host) and C(ansible_port) are the address of the endpoint.
  - A host with the protocol C(nativesecure) also has variables for the options of C(community.clickhouse) with which
    its modules log in, C(clickhouse_cloud_login_host), C(clickhouse_cloud_login_port), C(clickhouse_cloud_login_user)
    and C(clickhouse_cloud_client_kwargs), which enables TLS. The password is not a host variable; keep it in a vault.
  - Ansible cannot log in to a service or to an endpoint. Set C(ansible_connection) to V(local) for plays over these
    hosts, as in the examples. The modules of this collection do not need C(ansible_connection), unless the task has the
    keyword C(async). They run on the controller for hosts with the variable C(clickhouse_cloud_inventory_hostname),
    which is the name of the host, and ignore C(become) there. So do tasks that are delegated to such a host.
  - Expressions have the same results on each ansible-core, but a lookup in an expression requires ansible-core 2.19 or
    newer. Write a backslash in the text of an expression twice, as in C('\\1') for a group of a regular expression.
  - An option in the file may be a template that needs no host variable, such as a lookup. An option that is empty, or
    renders to an empty value, counts as not set, and so does an empty environment variable. Text of only white space
    and invisible characters is empty, too.
  - In AWX, type the path of the file when you create the inventory source. Its list of files does not include those
    whose names end in C(.yml) or C(.yaml).
  - In AWX, C(enabled_var=clickhouse_cloud_running) with C(enabled_value=true), or
    C(enabled_var=clickhouse_cloud_state) with C(enabled_value=running), keeps the hosts of services that do not run,
    but disables them for jobs.
"""

# Several documents, which ansible-test of ansible-core 2.16 does not accept as YAML.
EXAMPLES = r"""# fmt: code

# inventory/production.clickhouse_cloud.yml
# Only the plugin is required when the API key is in the environment.
plugin: clickhouse.cloud.services
api_key: "{{ lookup('ansible.builtin.env', 'PRODUCTION_KEY') }}"
api_secret: "{{ lookup('ansible.builtin.env', 'PRODUCTION_SECRET') }}"
tags:
  env: production
filters:
  - clickhouse_cloud_provider == 'aws'
  - clickhouse_cloud_tags.team | default('') in ('data', 'search')
hostnames:
  - clickhouse_cloud_tags.hostname
  - clickhouse_cloud_name
compose:
  ansible_connection: "'local'"
  ansible_host: clickhouse_cloud_https_host
groups:
  asleep: clickhouse_cloud_state in ('idle', 'stopped')
keyed_groups:
  - key: clickhouse_cloud_state
    prefix: state
  - key: clickhouse_cloud_region
    prefix: region
  - key: clickhouse_cloud_tags
    prefix: tag
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/clickhouse_cloud
cache_timeout: 300

---
# inventory/all.clickhouse_cloud.yml
# Two organizations as one inventory, with a group for each.
plugin: clickhouse.cloud.services
organizations:
  - api_key: "{{ lookup('ansible.builtin.env', 'PRODUCTION_KEY') }}"
    api_secret: "{{ lookup('ansible.builtin.env', 'PRODUCTION_SECRET') }}"
  - api_key: "{{ lookup('ansible.builtin.env', 'STAGING_KEY') }}"
    api_secret: "{{ lookup('ansible.builtin.env', 'STAGING_SECRET') }}"
keyed_groups:
  - key: clickhouse_cloud_organization_id
    prefix: organization

---
# inventory/windows.clickhouse_cloud.yml
# Production services, grouped by the day on which they are upgraded: one more request for each service.
plugin: clickhouse.cloud.services
tags:
  env: production
parts: [upgrade_window]
keyed_groups:
  - key: clickhouse_cloud_upgrade_window.weekday | default('any_day')
    prefix: upgraded_on
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/clickhouse_cloud

---
# inventory/sql.clickhouse_cloud.yml
# The endpoint for SQL of each service, by the name of the service.
plugin: clickhouse.cloud.services
hosts: endpoint
filters:
  - clickhouse_cloud_endpoint_protocol == 'nativesecure'
hostnames:
  - clickhouse_cloud_name
compose:
  ansible_connection: "'local'"

---
# sql.yml
# Provisioning and SQL in one play over that inventory; the passwords are in a vault, by the names of the services.
- name: Prepare the services for the application
  hosts: all
  gather_facts: false
  module_defaults:
    community.clickhouse.clickhouse_db: &login
      login_host: "{{ clickhouse_cloud_login_host }}"
      login_port: "{{ clickhouse_cloud_login_port }}"
      login_user: "{{ clickhouse_cloud_login_user }}"
      login_password: "{{ vault_clickhouse_passwords[clickhouse_cloud_name] }}"
      client_kwargs: "{{ clickhouse_cloud_client_kwargs }}"
    community.clickhouse.clickhouse_user: *login
  tasks:
    - name: Give each service three replicas
      clickhouse.cloud.service_scaling:
        service_id: "{{ clickhouse_cloud_id }}"
        num_replicas: 3

    - name: Wake an idle service
      clickhouse.cloud.service_state:
        service_id: "{{ clickhouse_cloud_id }}"
        state: awake

    - name: Create the database
      community.clickhouse.clickhouse_db:
        name: application

    - name: Create the user
      community.clickhouse.clickhouse_user:
        name: application
        password: "{{ vault_application_password }}"
"""

import difflib
import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars

from ..module_utils._client.api import Api
from ..module_utils._client.options import ClientOptions
from ..module_utils._errors import CloudError, InvalidOption
from ..module_utils._json import Resource
from ..module_utils._schema.service import tag_filters
from ..module_utils._service.service import Service
from ..module_utils._texts import is_empty, printable
from ..plugin_utils._compat import ensure_evaluate_expression
from ..plugin_utils._inventory.host_names import (
    HOST_MARKER_VARIABLE,
    sanitize_host_name,
    unique_host_names,
    valid_group_name,
)
from ..plugin_utils._inventory.hosts import HOST_TYPES, PREFIX
from ..plugin_utils._inventory.organizations import client_options, is_service_list, list_services
from ..plugin_utils._inventory.parts import add_parts
from ..plugin_utils._inventory.templar import MemoizingTemplar
from ..plugin_utils._inventory.template_errors import explain_template_error
from ..plugin_utils._template_safety import mark_template_safety

#: A name that a group created here can have.
GROUP_NAME = re.compile(r"\w+")
#: The variables that Ansible sets for each host of an inventory source.
INTERNAL_VARIABLES = frozenset({"inventory_file", "inventory_dir"})
#: The environment variables of the numeric options: ansible-core rejects one that contains only white space.
NUMERIC_VARIABLES = {
    "rate_limit": "CLICKHOUSE_CLOUD_RATE_LIMIT",
    "rate_limit_window": "CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW",
}
#: The options with expressions over the variables of a host; all others may be templates.
EXPRESSION_OPTIONS = frozenset({"compose", "filters", "groups", "hostnames", "keyed_groups"})


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "clickhouse.cloud.services"

    inventory: Any
    templar: Any

    def _sanitize_group_name(self, name: str) -> str:
        """Return a valid name for a group; the result of Constructable may still be reserved."""
        return valid_group_name(super()._sanitize_group_name(name))

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Render the options of the file, and set those that are not empty; an empty option counts as not set.

        Raise InvalidOption.
        """
        self._check_option_names(direct or {})
        rendered = {name: self._render_option(name, value) for name, value in (direct or {}).items()}
        options = {name: value for name, value in rendered.items() if not (is_empty(value) or value in ([], {}))}
        definitions = C.config.get_configuration_definitions("inventory", self._load_name)
        defaults = {
            option: definitions[option]["default"]
            for option, variable in NUMERIC_VARIABLES.items()
            if is_empty(os.environ.get(variable))
        }
        super().set_options(task_keys, var_options, {**defaults, **options})

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            self._read_config_data(path)
            services = self._get_services(path, cache)
        except CloudError as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        self.templar = MemoizingTemplar(ensure_evaluate_expression(self.templar), extra_vars=self._vars)
        self._populate(services)

    def _populate(self, services: list[Resource]) -> None:
        """Add hosts for the services that are not being deleted, or for their endpoints."""
        create_hosts, default_name = HOST_TYPES[self.get_option("hosts")]
        hosts = create_hosts(service for service in services if not Service(service).is_deleted)
        filters, hostnames = self.get_option("filters"), self.get_option("hostnames") or [default_name]
        matching = {
            host_id: variables
            for host_id, variables in hosts.items()
            if all(self._matches_filter(condition, variables) for condition in filters)
        }
        variables = list(matching.values())
        desired = [self._hostname(hostnames, of_host) for of_host in variables]
        self._add_hosts(self._assign_host_names(desired, list(matching), variables))

    def _assign_host_names(
        self, desired: list[str], ids: list[str], variables: list[dict[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        """Return the hosts by names that no group and no other host of the inventory has.

        An inventory does not distinguish a host from a group of the same name: adding one would add the hosts of the
        other.
        """
        reserved: set[str] = set()
        existing = self._existing_ids()
        while True:
            names = unique_host_names(desired, ids, reserved, existing)
            hosts = {
                name: {**of_host, HOST_MARKER_VARIABLE: mark_template_safety(name)}
                for name, of_host in zip(names, variables)
            }
            groups = self._group_names(hosts)
            if groups.isdisjoint(names):
                self._warn_about_machines(desired, names, existing)
                return hosts
            # The loop ends: no group that is created here has a hyphen in its name, as a complete ID does.
            reserved |= groups

    def _existing_ids(self) -> dict[str, str]:
        """Return the IDs of services or endpoints by the names of the hosts of other inventory sources.

        The ID of a machine is empty. A host without variables is omitted, since it may be any service.
        """
        ids = {}
        for name, host in self.inventory.hosts.items():
            host_id = host.vars.get(f"{PREFIX}endpoint_id") or host.vars.get(f"{PREFIX}id")
            if host_id or _is_machine(host):
                ids[name] = str(host_id or "").lower()
        return ids

    def _warn_about_machines(self, desired: list[str], names: list[str], existing: dict[str, str]) -> None:
        """Warn about each service whose host has another name because a machine has its name."""
        for preferred, name in zip(map(sanitize_host_name, desired), names):
            if existing.get(preferred) == "":
                self.display.warning(
                    f"The host {preferred} is in the inventory already, so the service of that name is the host {name}."
                    f" If both are the same, set {PREFIX}id to the ID of the service there, or move the"
                    f" variables of {preferred} to host_vars."
                )

    def _group_names(self, hosts: dict[str, dict[str, Any]]) -> set[str]:
        """Return the names of all groups that exist or that the hosts create, determined in a temporary inventory."""
        inventory = self.inventory
        if not any(GROUP_NAME.fullmatch(host) for host in hosts):
            return set(inventory.groups)
        self.inventory = InventoryData()
        try:
            for host, variables in hosts.items():
                self.inventory.add_host(host)
                # Much faster than setting each variable, and this inventory is discarded.
                self.inventory.get_host(host).vars.update(variables)
                self._compose_host(host, variables)
            return {*inventory.groups, *self.inventory.groups}
        finally:
            self.inventory = inventory

    def _compose(self, template: Any, variables: Any, *_args: Any, **_options: Any) -> Any:
        """Return the result of an expression, as Constructable does since ansible-core 2.19."""
        extra = self._vars if self.get_option("use_extra_vars") else {}
        self.templar.available_variables = combine_vars(variables, extra) if extra else variables
        return self.templar.evaluate_expression(template)

    def _add_hosts(self, hosts: dict[str, dict[str, Any]]) -> None:
        for host, variables in hosts.items():
            self.inventory.add_host(host)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._compose_host(host, variables)

    def _compose_host(self, host: str, variables: dict[str, Any]) -> None:
        """Set the composed variables of a host, and add it to its groups."""
        strict, compose = self.get_option("strict"), self.get_option("compose")
        self._set_composite_vars(compose, variables, host, strict=strict)
        values = self.inventory.get_host(host).get_vars()
        for name in compose.keys() & values.keys():
            self.inventory.set_variable(host, name, mark_template_safety(values[name]))
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _matches_filter(self, condition: str, variables: dict[str, Any]) -> bool:
        """Return whether the condition is true for a host.

        Raise AnsibleParserError if it cannot be evaluated: other tools, such as AWX, may delete a host that is omitted.
        """
        try:
            result = self._compose(condition, variables)
            if isinstance(result, bool):
                return result
            reason = "it is neither true nor false; compare it with something"
        except Exception as error:  # Any error of a condition is reported with the condition.
            reason = f"{error}".rstrip(".")
        message = (
            f"{condition} cannot be evaluated for {variables[f'{PREFIX}name']} ({variables[f'{PREFIX}id']}): {reason}."
        )
        raise AnsibleParserError(
            f"filters: {printable(message)} Use a default for a variable that a host may lack, as in"
            " clickhouse_cloud_tags.env | default('')."
        )

    def _hostname(self, hostnames: list[str], variables: dict[str, Any]) -> str:
        """Return the first result of hostnames that is not empty. Skip an expression that fails, unless strict."""
        for expression in hostnames:
            try:
                name = self._compose(expression, variables)
            except AnsibleError:
                if self.get_option("strict"):
                    raise
                continue
            if name:
                return f"{name}"
        return ""

    def _get_services(self, path: str, cache: bool) -> list[Resource]:
        """Return the services as the API lists them, from the cache if it is enabled and contains them."""
        organizations, tags = client_options(self.get_option), tag_filters(self.get_option("tags"))
        is_cached, key = self.get_option("cache"), self._services_key(path, organizations, tags)
        if is_cached and cache and is_service_list(services := self._read_cache(key)):
            return list(services)
        services, is_complete = self._list_services(path, organizations, tags)
        if is_cached and is_complete:
            self._cache[key] = services
        return services

    def _services_key(self, path: str, organizations: list[ClientOptions], tags: dict[str, Any]) -> str:
        """Return the key in the cache. It depends on the organizations, keys, tags and parts, not only on the file."""
        query = [[(options.url, options.organization, options.key) for options in organizations], tags]
        query += [sorted(parts)] if (parts := self.get_option("parts")) else []
        digest = hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()
        return f"{self.get_cache_key(path)}_{digest[:16]}"

    def _list_services(
        self, path: str, organizations: list[ClientOptions], tags: dict[str, Any]
    ) -> tuple[list[Resource], bool]:
        """Return the services of the organizations, and whether all of these could be read. Raise CloudError."""
        if not all(options.validate_certs for options in organizations):
            self.display.warning(
                "TLS certificate validation is disabled (validate_certs=false): the server at api_url is not"
                " authenticated."
            )
        services, errors = list_services(organizations, tags, self.display.warning, self._add_parts)
        if errors and not (self.get_option("skip_unreadable") and len(errors) < len(organizations)):
            raise errors[0]
        for error in errors:
            self.display.warning(f"{path}: {error} Its services are omitted, since skip_unreadable is true.")
        return services, not errors

    def _add_parts(self, api: Api, services: list[Resource]) -> list[Resource]:
        """Return the services with the parts that the option requests."""
        parts = self.get_option("parts")
        if not parts:
            return services
        show = functools.partial(self.display.display, stderr=True)
        return add_parts(api, services, parts=parts, warn=self.display.warning, show=show)

    def _read_cache(self, key: str) -> Any:
        """Return the value in the cache; None if it cannot be read and has to be replaced."""
        try:
            return self._cache.get(key)
        except Exception as error:  # Cache plugins raise any error for a file that is truncated or in another format.
            self.display.warning(f"The cache cannot be read, so the API is queried: {printable(str(error))}")
            return None

    def _check_option_names(self, names: Iterable[str]) -> None:
        """Raise InvalidOption for an unknown option: with a misspelled filter, a play would run for all hosts."""
        definitions = C.config.get_configuration_definitions("inventory", self._load_name)
        for name in names:
            if name not in definitions:
                matches = difflib.get_close_matches(str(name), definitions, 1)
                advice = f"Did you mean {matches[0]}?" if matches else f"Run ansible-doc -t inventory {self.NAME}."
                raise InvalidOption(f"{name!r} is not an option of {self.NAME}. {advice}")

    def _render_option(self, name: str, value: object) -> object:
        """Return the value of an option in the file. Values of environment variables are not rendered."""
        if name in EXPRESSION_OPTIONS:
            return value
        try:
            return _decrypt(self.templar.template(value))
        except Exception as error:  # The text of any error could contain the value, which may be a secret.
            raise InvalidOption(f"{name} cannot be read: {explain_template_error(error)}.") from None


def _is_machine(host: Any) -> bool:
    """Return whether the variables of a host without the ID of a service show that it is a machine."""
    groups = [group for group in host.get_groups() if group.name != "all"]
    items = [(name, value) for name, value in host.vars.items() if name not in INTERNAL_VARIABLES]
    group_items = [item for group in groups for item in group.vars.items()]
    items += [(name, value) for name, value in group_items if str(name).startswith("ansible_")]
    # Nothing logs in to a host with the local connection.
    return any(item != ("ansible_connection", "local") for item in items)


def _decrypt(value: Any) -> Any:
    """Return the value with all that ansible-vault has encrypted in it decrypted; older templars do not decrypt it."""
    if isinstance(value, dict):
        return {name: _decrypt(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_decrypt(item) for item in value]
    return str(value) if hasattr(value, "__ENCRYPTED__") else value
