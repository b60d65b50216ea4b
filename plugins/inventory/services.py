# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: services
short_description: ClickHouse Cloud services as hosts
description:
  - Lists the services of one or more organizations as hosts, with all that is known of them as host variables.
  - Costs one request for each organization where O(organization_id) is set.
  - A service that is being deleted is left out.
  - Fails, and lists nothing, when the API cannot be asked. Ansible then goes on with the other inventory sources, and
    only warns; set E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true) to have it stop.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.connection
  - clickhouse.cloud.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Says that the file is for this plugin. The file may have any name that ends in C(.yml) or C(.yaml).
    type: str
    required: true
    choices: [clickhouse.cloud.services]
  organizations:
    description:
      - The organizations to list the services of, instead of the one of O(api_key). All are read side by side.
      - What an entry leaves out is taken from the option of that name, but not the ID of the organization if the entry
        has a key of its own.
      - If one of them cannot be read, nothing is listed.
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
        description: ID of the organization, which saves a request.
        type: str
  tags:
    description: Only services that bear all these tags. A tag without a value fits whatever its value is.
    type: dict
    default: {}
  hostnames:
    description:
      - What a host is called, as Jinja2 expressions over its variables. The first one that gives something is taken.
      - A name that is not unique, or that an inventory cannot hold, gets the beginning of the service ID behind it.
    type: list
    elements: str
    default: [clickhouse_cloud_name]
notes:
  - Host variables are what M(clickhouse.cloud.service_info) returns of a service, each with the prefix
    C(clickhouse_cloud_). C(clickhouse_cloud_organization_id) is the organization that it belongs to.
  - C(clickhouse_cloud_https_host), C(clickhouse_cloud_https_port), C(clickhouse_cloud_nativesecure_host),
    C(clickhouse_cloud_nativesecure_port), C(clickhouse_cloud_mysql_host) and C(clickhouse_cloud_mysql_port) say where
    the service can be reached, each only where the service has this endpoint.
  - C(clickhouse_cloud_running) is true for a service whose state is V(running).
  - A service is nothing to log in to. Set C(ansible_connection) to V(local) for plays over these hosts, as in the
    examples.
"""

EXAMPLES = r"""
# inventory/production.clickhouse_cloud.yml
# Only the plugin is required when the API key is in the environment.
plugin: clickhouse.cloud.services
api_key: "{{ lookup('ansible.builtin.env', 'PRODUCTION_KEY') }}"
api_secret: "{{ lookup('ansible.builtin.env', 'PRODUCTION_SECRET') }}"
tags:
  env: production
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
cache_connection: /tmp/clickhouse_cloud_inventory
cache_timeout: 300

# inventory/all.clickhouse_cloud.yml
# Two organizations as one inventory, with a group for each.
# plugin: clickhouse.cloud.services
# organizations:
#   - api_key: "{{ lookup('ansible.builtin.env', 'PRODUCTION_KEY') }}"
#     api_secret: "{{ lookup('ansible.builtin.env', 'PRODUCTION_SECRET') }}"
#   - api_key: "{{ lookup('ansible.builtin.env', 'STAGING_KEY') }}"
#     api_secret: "{{ lookup('ansible.builtin.env', 'STAGING_SECRET') }}"
# keyed_groups:
#   - key: clickhouse_cloud_organization_id
#     prefix: organization
"""

import hashlib
import itertools
import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.clickhouse.cloud.plugins.module_utils._api import Api, Resource, is_id
from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import Connection
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    CloudError,
    InvalidOption,
    UnexpectedAnswer,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import GONE, state
from ansible_collections.clickhouse.cloud.plugins.module_utils._transport import Transport
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._hosts import group_name, host_names, host_variables
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._memo import Memo
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._unsafe import inert

#: All that a group which is made here can be called.
WORD = re.compile(r"\w+")
#: The options that an entry of organizations may have.
OF_ORGANIZATION = frozenset({"api_key", "api_secret", "organization_id"})
#: So many organizations are read side by side.
MOST_AT_ONCE = 16


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "clickhouse.cloud.services"

    inventory: Any
    templar: Any

    def _sanitize_group_name(self, name: str) -> str:
        """The name of a group; what Constructable would make of it may still be none."""
        return group_name(super()._sanitize_group_name(name))

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._in_file = self._read_config_data(path)
        try:
            services = self._services(path, cache)
        except CloudError as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        self.templar = Memo(self.templar, fixed=self._vars)
        self.add(services)

    def add(self, services: Iterable[Resource]) -> None:
        """Add those of the services that live."""
        # The same service may be on two pages of a list.
        living = {service["id"].lower(): service for service in services if state(service) not in GONE}
        variables = [inert(host_variables(service)) for service in living.values()]
        wanted = [self._wanted_name(of_host) for of_host in variables]
        self._add_hosts(dict(zip(self._names(wanted, list(living), variables), variables)))

    def _names(self, wanted: list[str], ids: list[str], variables: list[dict[str, Any]]) -> list[str]:
        """Names for the hosts that no group has.

        An inventory takes a host that is named like a group for the group: to add one would add the other's hosts.
        """
        taken: set[str] = set()
        while True:
            names = host_names(wanted, ids, taken)
            groups = self._groups(dict(zip(names, variables)))
            if groups.isdisjoint(names):
                return names
            # It comes to an end, since no group that is made here has a hyphen in its name, as a whole id has.
            taken |= groups

    def _groups(self, hosts: dict[str, dict[str, Any]]) -> set[str]:
        """The groups there are, and those like which a host may be named, found out in an inventory of its own."""
        inventory = self.inventory
        if not any(WORD.fullmatch(host) for host in hosts):
            return set(inventory.groups)
        self.inventory = InventoryData()
        try:
            for host, variables in hosts.items():
                self.inventory.add_host(host)
                # At once, which is much faster: nobody will see them here.
                self.inventory.get_host(host).vars.update(variables)
                self._construct(host, variables)
            return {*inventory.groups, *self.inventory.groups}
        finally:
            self.inventory = inventory

    def _add_hosts(self, hosts: dict[str, dict[str, Any]]) -> None:
        for host, variables in hosts.items():
            self.inventory.add_host(host)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._construct(host, variables)

    def _construct(self, host: str, variables: dict[str, Any]) -> None:
        """Set the composed variables of a host, and add it to its groups."""
        strict, compose = self.get_option("strict"), self.get_option("compose")
        self._set_composite_vars(compose, variables, host, strict=strict)
        known = self.inventory.get_host(host).get_vars()
        for name in compose.keys() & known.keys():
            self.inventory.set_variable(host, name, inert(known[name]))
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _wanted_name(self, variables: dict[str, Any]) -> str:
        """The first of hostnames that gives something; one whose variable a host lacks gives nothing."""
        for expression in self.get_option("hostnames"):
            try:
                name = self._compose(expression, variables)
            except AnsibleError:
                if self.get_option("strict"):
                    raise
                continue
            if name:
                return f"{name}"
        return ""

    def _services(self, path: str, cache: bool) -> list[Resource]:
        """The services as the API lists them, from the cache if it is wanted and holds them."""
        connections, tags = self._connections(), self._option("tags")
        cached = self.get_option("cache")
        # Another organization, key or filter is another list, even in the same file.
        asked = json.dumps([[(one.url, one.organization, one.key) for one in connections], tags], sort_keys=True)
        key = f"{self.get_cache_key(path)}_{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
        if cached and cache and _are_services(self._cache.get(key)):
            return list(self._cache[key])
        if not all(connection.validate_certs for connection in connections):
            self.display.warning("validate_certs is false: whoever answers at api_url is taken for the API.")
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            lists = list(pool.map(_listed, connections, itertools.repeat(tags)))
        services = [service for listed in lists for service in listed]
        if cached:
            self._cache[key] = services
        return services

    def _connections(self) -> list[Connection]:
        """One to each of the organizations. Raises InvalidOption."""
        listed = self._option("organizations")
        return [self._connection(number, one) for number, one in enumerate(listed, 1)] or [Connection.of(self._option)]

    def _connection(self, number: int, given: object) -> Connection:
        """That to the organization of this number."""
        if not (isinstance(given, dict) and given.keys() <= OF_ORGANIZATION):
            raise InvalidOption(
                f"organizations: number {number} must be a dictionary with {', '.join(sorted(OF_ORGANIZATION))},"
                " or some of them."
            )
        own = {name: value for name, value in given.items() if value not in (None, "")}
        if "api_key" in own:
            # It belongs to an organization of its own.
            own.setdefault("organization_id", "")
        try:
            return Connection.of(lambda name: own[name] if name in own else self._option(name))
        except InvalidOption as error:
            raise InvalidOption(f"organizations: of number {number}, {error}") from None

    def _option(self, name: str) -> Any:
        """The value of an option. In the file it may be a template; in the environment it is what it is."""
        value = self.get_option(name)
        # get_option_and_origin of ansible-core before 2.18 knows nothing of the file.
        if name not in self._in_file:
            return value
        try:
            return self.templar.template(value)
        except AnsibleError:
            # The error would show the value, which may be a secret.
            raise InvalidOption(f"{name} is a template that cannot be rendered.") from None


def _listed(connection: Connection, tags: dict[str, Any]) -> list[Resource]:
    """The services of one organization, each with the id of that."""
    api = Api(Transport(connection), connection.organization)
    services = api.services(tags)
    if not _are_services(services):
        raise UnexpectedAnswer("The API lists services whose id is no UUID, by which hosts could be told apart.")
    return [{**service, "organizationId": api.organization} for service in services]


def _are_services(listed: object) -> bool:
    """Whether this is a list of services with ids that hosts can be told apart by; a cache may hold anything."""
    return isinstance(listed, list) and all(isinstance(one, dict) and is_id(one.get("id")) for one in listed)
