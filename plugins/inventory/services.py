# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: services
short_description: ClickHouse Cloud services, or their endpoints, as hosts
version_added: 1.0.0
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
      - If one of them cannot be read, nothing is listed, unless O(skip_unreadable=true).
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
  skip_unreadable:
    description:
      - Whether those of O(organizations) that cannot be read are left out, each with a warning that names it. It still
        fails if none of them can be read, or if an option is missing or malformed.
      - Whatever takes the inventory for the whole truth then takes the hosts of such an organization for gone. An
        inventory source of AWX that has C(overwrite) set deletes them, although the update is successful.
      - A list that lacks an organization is not kept in the cache.
    type: bool
    default: false
  hosts:
    description:
      - What is a host. With V(service), each service is one.
      - With V(endpoint), each endpoint of each service is one, with all variables of the service and those of the
        endpoint. A service for which the API tells no endpoint has no host then.
    type: str
    choices: [service, endpoint]
    default: service
  tags:
    description: Only services that bear all these tags. A tag without a value fits whatever its value is.
    type: dict
    default: {}
  filters:
    description:
      - Only hosts for which all these conditions are true, as Jinja2 expressions over the variables that this plugin
        gives a host, and not over those of O(compose).
      - They are applied to what the API or the cache gave, so that the same cache serves whatever they are.
      - A condition that cannot tell is an error and nothing is listed, whatever O(strict) is, since a host that is left
        out by mistake may be deleted elsewhere. A variable that a host lacks needs a default, as in
        V(clickhouse_cloud_tags.env | default(''\) == 'production'), and what is neither true nor false has to be
        compared with something.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - What a host is called, as Jinja2 expressions over its variables. The first one that gives something is taken.
      - If not set, it is C(clickhouse_cloud_name), and with O(hosts=endpoint) C(clickhouse_cloud_endpoint_name), which
        is the name of the service, an underscore and the protocol.
      - A host name consists of letters, digits and V(._@+-). Each other character, such as a space, becomes an
        underscore, since Ansible splits lists of hosts at some of them and matches patterns with others. The name as
        it is in ClickHouse Cloud is in C(clickhouse_cloud_name).
      - The beginning of the service ID is put behind a name that is then not unique among the hosts that O(filters)
        leave, that is the name of a group, that Ansible uses for something else, such as V(all), or that another
        inventory source has given to a service with another ID, or to a machine. A host that another
        source has made of the same service keeps its name, and gets the variables of both.
      - A host of another source is the same service if C(clickhouse_cloud_id) says so, or if it is only listed there,
        without variables. With variables in that source, or in a group of a name other than V(all) that has a variable
        of Ansible, as C(ansible_user), it is another host, and there is a warning. C(ansible_connection) does not count
        if it is V(local), since there is nothing to log in to then. Variables in C(host_vars) and
        C(group_vars), and those of sources that are read later, are not known yet. So list the file of this plugin
        last, where services and machines are in one inventory.
      - AWX knows a host by its name alone, and takes a service that was renamed for another host. Where that matters,
        set C(clickhouse_cloud_id), or C(clickhouse_cloud_endpoint_id) with O(hosts=endpoint), which never change.
    type: list
    elements: str
notes:
  - What the API returns is text and never code. Only a string of letters, digits and V(._:/@+-,) is marked as trusted.
    Any other, also one that O(compose) makes, is marked as unsafe, so that Ansible neither renders it as a template nor
    evaluates it as a condition. In what C(ansible-inventory --export) prints, and so in AWX, it is a dictionary with
    the key C(__ansible_unsafe).
  - Host variables are what M(clickhouse.cloud.service_info) returns of a service, each with the prefix
    C(clickhouse_cloud_). C(clickhouse_cloud_organization_id) is the organization that it belongs to.
  - C(clickhouse_cloud_https_host), C(clickhouse_cloud_https_port), C(clickhouse_cloud_nativesecure_host),
    C(clickhouse_cloud_nativesecure_port), C(clickhouse_cloud_mysql_host) and C(clickhouse_cloud_mysql_port) say where
    the service can be reached, each only where the service has this endpoint.
  - C(clickhouse_cloud_running) is true for a service whose state is V(running).
  - With O(hosts=endpoint) a host has C(clickhouse_cloud_endpoint_protocol), C(clickhouse_cloud_endpoint_host),
    C(clickhouse_cloud_endpoint_port) and C(clickhouse_cloud_endpoint_username) too, which is null where the API tells
    no user. C(ansible_host) and C(ansible_port) are where the endpoint is.
  - A host of the protocol C(nativesecure) also has what the modules of C(community.clickhouse) have to be told to log
    in, each with the name of their option, C(clickhouse_cloud_login_host), C(clickhouse_cloud_login_port),
    C(clickhouse_cloud_login_user) and C(clickhouse_cloud_client_kwargs), which has them use TLS. The password is no
    variable of any host; have it in a vault.
  - A service is nothing to log in to, and neither is an endpoint. Set C(ansible_connection) to V(local) for plays over
    these hosts, as in the examples. The modules of this collection need no C(ansible_connection), unless they have the
    keyword C(async). They run on the controller for hosts with the variable C(clickhouse_cloud_inventory_hostname),
    which is the name of the host, and there C(become) has no effect. So do tasks that are delegated to such a host.
  - An expression gives the same on each ansible-core, but a lookup in it needs ansible-core 2.19 or newer. A backslash
    in its text is written twice, so that a reference to a group of a regular expression is C('\\1').
  - An option of the file may be a template that needs no variable of a host, as for example a lookup. An option that is
    empty, or that renders to nothing, counts as not set, and so does an environment variable that is set to nothing.
    Text of nothing but white space and invisible characters is empty, too.
  - In AWX, type the path of the file when the inventory source is made. Its list of files shows none that ends in
    C(.yml) or C(.yaml).
  - In AWX, C(enabled_var=clickhouse_cloud_running) with C(enabled_value=true), or
    C(enabled_var=clickhouse_cloud_state) with C(enabled_value=running), keeps the hosts of services that do not run,
    but leaves them out of jobs.
"""

# Several files, which ansible-test of ansible-core 2.16 does not take for YAML.
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
# inventory/sql.clickhouse_cloud.yml
# Where each service takes SQL, by the name of the service.
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
- name: Make the services ready for the application
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

    - name: Wake up an idle service
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

from ..module_utils._errors import CloudError, InvalidOption
from ..module_utils._json import Resource, is_empty, printable
from ..module_utils._schema.service import tag_filters
from ..module_utils._service.find import DELETED_STATES, service_state
from ..plugin_utils._inventory.expressions import evaluating, why_not_rendered
from ..plugin_utils._inventory.host_names import MARK, group_name, host_names, make_fit
from ..plugin_utils._inventory.hosts import KINDS, PREFIX
from ..plugin_utils._inventory.organizations import are_services, connections_of, services_of
from ..plugin_utils._inventory.templar import Memo
from ..plugin_utils._template_safety import inert

#: All that a group which is made here can be called.
WORD = re.compile(r"\w+")
#: The variables that Ansible gives each host of an inventory source.
BOOKKEEPING = frozenset({"inventory_file", "inventory_dir"})
#: The variables of the options that are numbers: ansible-core would refuse one that holds white space.
NUMBERS = {"rate_limit": "CLICKHOUSE_CLOUD_RATE_LIMIT", "rate_limit_window": "CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW"}
#: The options that hold expressions over the variables of a host; all others may be templates.
EXPRESSIONS = frozenset({"compose", "filters", "groups", "hostnames", "keyed_groups"})


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "clickhouse.cloud.services"

    inventory: Any
    templar: Any

    def _sanitize_group_name(self, name: str) -> str:
        """The name of a group; what Constructable would make of it may still be none."""
        return group_name(super()._sanitize_group_name(name))

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Set the options of the file, rendered, without those that are empty, which count as not set.

        Raises InvalidOption.
        """
        self._check_names(direct or {})
        given = {name: self._rendered(name, value) for name, value in (direct or {}).items()}
        not_empty = {name: value for name, value in given.items() if not (is_empty(value) or value in ([], {}))}
        known = C.config.get_configuration_definitions("inventory", self._load_name)
        defaults = {name: known[name]["default"] for name, one in NUMBERS.items() if is_empty(os.environ.get(one))}
        super().set_options(task_keys, var_options, {**defaults, **not_empty})

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            self._read_config_data(path)
            services = self._services(path, cache)
        except CloudError as error:
            raise AnsibleParserError(f"{path}: {error}") from None
        self.templar = Memo(evaluating(self.templar), fixed=self._vars)
        self.add(services)

    def add(self, services: list[Resource]) -> None:
        """Add those of the services that live, or their endpoints."""
        kind, called = KINDS[self.get_option("hosts")]
        hosts = kind(service for service in services if service_state(service) not in DELETED_STATES)
        filters, hostnames = self.get_option("filters"), self.get_option("hostnames") or [called]
        kept = {
            identity: variables
            for identity, variables in hosts.items()
            if all(self._holds(condition, variables) for condition in filters)
        }
        variables = list(kept.values())
        wanted = [self._wanted_name(hostnames, of_host) for of_host in variables]
        self._add_hosts(self._named(wanted, list(kept), variables))

    def _named(self, wanted: list[str], ids: list[str], variables: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return the hosts by names that no group has, and no other host of the inventory.

        An inventory takes a host that is named like a group for the group: to add one would add the other's hosts.
        """
        taken: set[str] = set()
        known = self._known_ids()
        while True:
            names = host_names(wanted, ids, taken, known)
            hosts = {name: {**of_host, MARK: inert(name)} for name, of_host in zip(names, variables)}
            groups = self._groups(hosts)
            if groups.isdisjoint(names):
                self._warn_of_strangers(wanted, names, known)
                return hosts
            # It comes to an end, since no group that is made here has a hyphen in its name, as a whole id has.
            taken |= groups

    def _known_ids(self) -> dict[str, str]:
        """Return what is known of the hosts of other inventory sources: the ID of the service, or of its endpoint.

        A host that is something else has an empty one. One that is only listed may be a service, and has none.
        """
        known = {}
        for name, host in self.inventory.hosts.items():
            identity = host.vars.get(f"{PREFIX}endpoint_id") or host.vars.get(f"{PREFIX}id")
            if identity or _is_stranger(host):
                known[name] = str(identity or "").lower()
        return known

    def _warn_of_strangers(self, wanted: list[str], names: list[str], known: dict[str, str]) -> None:
        """Warn of services whose host got another name, since a machine has the one that it would have."""
        for preferred, name in zip(map(make_fit, wanted), names):
            if known.get(preferred) == "":
                self.display.warning(
                    f"The host {preferred} is in the inventory already, so the service of that name is the host {name}."
                    f" If both are the same, set {PREFIX}id to the ID of the service there, or move the"
                    f" variables of {preferred} to host_vars."
                )

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

    def _compose(self, template: Any, variables: Any, *_args: Any, **_options: Any) -> Any:
        """What an expression gives, as Constructable of ansible-core 2.19 and newer tells it."""
        extra = self._vars if self.get_option("use_extra_vars") else {}
        self.templar.available_variables = combine_vars(variables, extra) if extra else variables
        return self.templar.evaluate_expression(template)

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

    def _holds(self, condition: str, variables: dict[str, Any]) -> bool:
        """Whether the condition is true for a host.

        Raises AnsibleParserError if it cannot tell: what is left out by mistake may be deleted elsewhere, as in AWX.
        """
        try:
            answer = self._compose(condition, variables)
            if isinstance(answer, bool):
                return answer
            why = "it is neither true nor false; compare it with something"
        except Exception as error:  # Whatever a condition raises, whoever wrote it has to be told which one it was.
            why = f"{error}".rstrip(".")
        message = (
            f"{condition} cannot be evaluated for {variables[f'{PREFIX}name']} ({variables[f'{PREFIX}id']}): {why}."
        )
        raise AnsibleParserError(
            f"filters: {printable(message)} What a host may lack needs a default, as in"
            " clickhouse_cloud_tags.env | default('')."
        )

    def _wanted_name(self, hostnames: list[str], variables: dict[str, Any]) -> str:
        """The first of hostnames that gives something; one whose variable a host lacks gives nothing."""
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

    def _services(self, path: str, cache: bool) -> list[Resource]:
        """The services as the API lists them, from the cache if it is wanted and holds them."""
        connections, tags = connections_of(self.get_option), tag_filters(self.get_option("tags"))
        cached = self.get_option("cache")
        # Another organization, key or tag is another list, even in the same file.
        asked = json.dumps([[(one.url, one.organization, one.key) for one in connections], tags], sort_keys=True)
        key = f"{self.get_cache_key(path)}_{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
        if cached and cache and are_services(kept := self._read_cache(key)):
            return list(kept)
        if not all(connection.validate_certs for connection in connections):
            self.display.warning("validate_certs is false: whoever answers at api_url is taken for the API.")
        services, errors = services_of(connections, tags, self.display.warning)
        if errors and not (self.get_option("skip_unreadable") and len(errors) < len(connections)):
            raise errors[0]
        for error in errors:
            self.display.warning(f"{path}: {error} Its services are left out, since skip_unreadable is true.")
        if cached and not errors:
            self._cache[key] = services
        return services

    def _read_cache(self, key: str) -> Any:
        """Return what the cache holds; None where it cannot be read, and is to be written again."""
        try:
            return self._cache.get(key)
        except Exception as error:  # Whatever a cache plugin makes of a file that was cut short, or is not its own.
            self.display.warning(f"The cache cannot be read, so the API is asked: {printable(str(error))}")
            return None

    def _check_names(self, given: Iterable[str]) -> None:
        """Raises InvalidOption for what is no option: a filter that is misspelt would leave a play with all hosts."""
        known = C.config.get_configuration_definitions("inventory", self._load_name)
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(str(name), known, 1)
                advice = f"Did you mean {near[0]}?" if near else f"ansible-doc -t inventory {self.NAME} shows all."
                raise InvalidOption(f"{name!r} is no option of {self.NAME}. {advice}")

    def _rendered(self, name: str, value: object) -> object:
        """The value of an option in the file. What is in the environment never comes here, and is no template."""
        if name in EXPRESSIONS:
            return value
        try:
            return _decrypted(self.templar.template(value))
        except Exception as error:  # The text of any error could show the value, which may be a secret.
            raise InvalidOption(f"{name} cannot be read: {why_not_rendered(error)}.") from None


def _is_stranger(host: Any) -> bool:
    """Return whether the variables of a host that has no ID of a service say that it is another machine."""
    groups = [group for group in host.get_groups() if group.name != "all"]
    telling = [(name, value) for name, value in host.vars.items() if name not in BOOKKEEPING]
    of_groups = [item for group in groups for item in group.vars.items()]
    telling += [(name, value) for name, value in of_groups if str(name).startswith("ansible_")]
    # A host with that connection is none to log in to.
    return any(item != ("ansible_connection", "local") for item in telling)


def _decrypted(value: Any) -> Any:
    """Return the value with all that ansible-vault has encrypted in it, which older templates leave as it is."""
    if isinstance(value, dict):
        return {name: _decrypted(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_decrypted(item) for item in value]
    return str(value) if hasattr(value, "__ENCRYPTED__") else value
