# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: services
short_description: ClickHouse Cloud services, or their endpoints, as hosts
description:
  - Lists the services of one or more organizations as hosts, with all that is known of them as host variables; or else
    each endpoint of each service, to log in to.
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
    description:
      - Says that the file is for this plugin. The file may have any name that ends in C(.yml) or C(.yaml).
      - AWX does not offer such a file in the list of an inventory source. Type its path there.
    type: str
    required: true
    choices: [clickhouse.cloud.services]
  hosts:
    description:
      - What is a host, a V(service) or an V(endpoint) of a service. An endpoint is called as its service, with C(_) and
        its protocol behind it.
    type: str
    choices: [service, endpoint]
    default: service
  organizations:
    description:
      - The organizations to list the services of, instead of the one of O(api_key). All are read side by side.
      - What an entry leaves out is taken from the option of that name, but not the ID of the organization if the entry
        has a key of its own.
      - If one of them cannot be read, nothing is listed, unless O(ignore_failed_organizations) says otherwise.
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
  ignore_failed_organizations:
    description:
      - Whether to leave out those of O(organizations) that cannot be read, with a warning, rather than fail. What is
        left is not kept in the cache. If none can be read, it fails.
      - Whoever takes the inventory for the whole then takes their services for deleted. An inventory source of AWX with
        I(overwrite) deletes these hosts.
    type: bool
    default: false
  tags:
    description: Only services that bear all these tags. A tag without a value fits whatever its value is.
    type: dict
    default: {}
  filters:
    description:
      - Only hosts for which all these Jinja2 conditions over their variables are true. They are looked at after the
        cache, and cost no request.
      - A condition that cannot be told for a host is an error, whatever O(strict) says, since a host that vanishes
        without a word looks as if it were deleted. Use the filter C(default) for what a host may
        lack.
    type: list
    elements: str
    default: []
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
  - With O(hosts=endpoint), C(clickhouse_cloud_endpoint_protocol), C(clickhouse_cloud_endpoint_host),
    C(clickhouse_cloud_endpoint_port) and C(clickhouse_cloud_endpoint_username) are those of the host itself.
    C(clickhouse_cloud_endpoint_secure) is true where it takes nothing but TLS. C(ansible_host) and C(ansible_port) say
    the same to plugins that go by these.
  - C(clickhouse_cloud_running) is true for a service whose state is V(running). C(clickhouse_cloud_id) stays the same
    as long as the service lives, whatever it is called.
  - What is exported is the same with all releases of Ansible, but for what O(compose) computes and is not text, such as
    a sum; ansible-core before 2.19 makes text of it.
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

# inventory/sql.clickhouse_cloud.yml
# What can be logged in to by the native protocol, of all that is not stopped.
# plugin: clickhouse.cloud.services
# hosts: endpoint
# filters:
#   - clickhouse_cloud_endpoint_protocol == 'nativesecure'
#   - clickhouse_cloud_state in ('running', 'idle')
#   - clickhouse_cloud_tags.env | default('') == 'production'
# compose:
#   ansible_connection: "'local'"

# A playbook for these hosts, which sets services up and then talks SQL to them.
# - hosts: all
#   gather_facts: false
#   module_defaults:
#     community.clickhouse.clickhouse_db:
#       login_host: "{{ clickhouse_cloud_endpoint_host }}"
#       login_port: "{{ clickhouse_cloud_endpoint_port }}"
#       login_user: "{{ clickhouse_cloud_endpoint_username }}"
#       login_password: "{{ vault_password }}"
#       client_kwargs:
#         secure: "{{ clickhouse_cloud_endpoint_secure }}"
#   tasks:
#     - name: Wake the service up
#       clickhouse.cloud.service_state:
#         service_id: "{{ clickhouse_cloud_id }}"
#         state: awake
#     - name: Create a database
#       community.clickhouse.clickhouse_db:
#         name: sales
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
from ansible_collections.clickhouse.cloud.plugins.module_utils._data import short
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import (
    CloudError,
    InvalidOption,
    UnexpectedAnswer,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._lookup import GONE, state
from ansible_collections.clickhouse.cloud.plugins.module_utils._transport import Transport
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._hosts import (
    NAME,
    PROTOCOL,
    endpoint_hosts,
    group_name,
    host_names,
    service_host,
)
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._memo import Memo
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._unsafe import inert

#: All that a group which is made here can be called.
WORD = re.compile(r"\w+")
#: The options that an entry of organizations may have.
OF_ORGANIZATION = frozenset({"api_key", "api_secret", "organization_id"})
#: What is made of a service, by the option hosts: variables of hosts, by what tells the hosts apart.
AS_HOSTS = {"service": service_host, "endpoint": endpoint_hosts}
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
        as_hosts = AS_HOSTS[self.get_option("hosts")]
        found = {key: inert(of_host) for one in living.items() for key, of_host in as_hosts(*one).items()}
        hosts = {key: of_host for key, of_host in found.items() if self._passes(of_host)}
        variables = list(hosts.values())
        wanted = [self._wanted_name(of_host) for of_host in variables]
        self._add_hosts(dict(zip(self._names(wanted, list(hosts), variables), variables)))

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

    def _passes(self, variables: dict[str, Any]) -> bool:
        """Whether all filters are true. Raises AnsibleParserError for one that is neither true nor false."""
        for condition in self.get_option("filters"):
            try:
                told = self._compose(condition, variables)
            except AnsibleError as error:
                raise AnsibleParserError(_cannot_be_told(condition, variables, f"{error}")) from None
            if not isinstance(told, bool):
                raise AnsibleParserError(_cannot_be_told(condition, variables, f"it gives {short(told)}"))
            if not told:
                return False
        return True

    def _wanted_name(self, variables: dict[str, Any]) -> str:
        """What a host is to be called, before it is made fit for an inventory."""
        name = self._first_name(variables)
        protocol = variables.get(PROTOCOL)
        return f"{name}_{protocol}" if protocol else name

    def _first_name(self, variables: dict[str, Any]) -> str:
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
            answers = list(pool.map(_attempt, connections, itertools.repeat(tags)))
        failures = [answer for answer in answers if isinstance(answer, CloudError)]
        if failures and (len(failures) == len(answers) or not self.get_option("ignore_failed_organizations")):
            raise failures[0]
        for failure in failures:
            self.display.warning(f"{path}: an organization is left out, as ignore_failed_organizations says: {failure}")
        services = [service for answer in answers if not isinstance(answer, CloudError) for service in answer]
        if cached and not failures:
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


def _cannot_be_told(condition: str, variables: dict[str, Any], why: str) -> str:
    return (
        f"filters: whether {condition!r} is true cannot be told for {variables[NAME]!r}: {why}."
        " Use the filter default for what a host may lack."
    )


def _attempt(connection: Connection, tags: dict[str, Any]) -> list[Resource] | CloudError:
    """What _listed() gives or raises."""
    try:
        return _listed(connection, tags)
    except CloudError as error:
        return error


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
