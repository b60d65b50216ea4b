# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Modules: the only utility that knows AnsibleModule, and the only place that ends the process."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleFallbackNotFound, AnsibleModule, env_fallback
from ansible.module_utils.common.validation import check_mutually_exclusive, check_required_one_of

from ansible_collections.clickhouse.cloud.plugins.module_utils._connection import (
    DEFAULT_URL,
    Connection,
    seconds,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._outcome import told
from ansible_collections.clickhouse.cloud.plugins.module_utils._shared import FRESH, Shared
from ansible_collections.clickhouse.cloud.plugins.module_utils._task import Task
from ansible_collections.clickhouse.cloud.plugins.module_utils._wait import Patience

Spec = Mapping[str, Mapping[str, Any]]
Pairs = Sequence[Sequence[str]]


def _set_to(name: str) -> str:
    """The value of the environment variable, unless it is set to nothing."""
    value: str = env_fallback(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value


#: Documented by the fragment clickhouse.cloud.connection.
CONNECTION: Spec = {
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["CLICKHOUSE_CLOUD_API_KEY"])},
    "api_secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["CLICKHOUSE_CLOUD_API_SECRET"])},
    "organization_id": {"type": "str", "fallback": (env_fallback, ["CLICKHOUSE_ORG_ID"])},
    "api_url": {"type": "str", "default": DEFAULT_URL, "fallback": (env_fallback, ["CLICKHOUSE_API_URL"])},
    "connect_timeout": {"type": "float", "default": 10.0},
    "read_timeout": {"type": "float", "default": 60.0},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "allow_http": {"type": "bool", "default": False},
    "rate_limit": {"type": "int", "default": 10, "fallback": (_set_to, ["CLICKHOUSE_CLOUD_RATE_LIMIT"])},
    "rate_limit_window": {
        "type": "float",
        "default": 10.0,
        "fallback": (_set_to, ["CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW"]),
    },
}

#: Documented by the fragment clickhouse.cloud.wait.
WAIT: Spec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 5400.0},
    "wait_interval": {"type": "float", "default": 10.0},
}

#: Documented by the fragment clickhouse.cloud.lookup.
LOOKUP: Spec = {"service_id": {"type": "str"}, "name": {"type": "str"}}


class Runtime:
    """What modules run in: by itself a process that ends with the only one, and that nobody watches.

    shared is what tasks have left that ran here before, fresh how many seconds old may be what they have seen, and tell
    shows a line to whoever watches.
    """

    def __init__(
        self,
        shared: dict[Connection, Shared] | None = None,
        fresh: float = FRESH,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.fresh = fresh
        self.tell = tell
        self._shared = {} if shared is None else shared

    def shared(self, connection: Connection) -> Shared:
        """What the tasks share that run here and use this connection."""
        if connection not in self._shared:
            self._shared[connection] = Shared(connection)
        return self._shared[connection]


def run(
    runtime: Runtime | None,
    story: Callable[[Task], None],
    *specs: Spec,
    required_one_of: Pairs = (),
    mutually_exclusive: Pairs = (),
) -> None:
    """Run a story as a module: specs are its options beside CONNECTION.

    Without a runtime it is in a process of its own.
    """
    argument_spec = {option: spec for part in (CONNECTION, *specs) for option, spec in part.items()}
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True)
    options = meant(module.params)
    result: dict[str, Any] = {"changed": False}
    writes: list[str] = []
    with told(result, writes):
        check_together(set_beside_defaults(options, argument_spec), required_one_of, mutually_exclusive)
        story(_task(runtime or Runtime(), module, options, result, writes))
    if not module._diff:
        result.pop("diff", None)
    if "msg" in result:
        module.fail_json(**result)
    module.exit_json(**result)


def _task(
    runtime: Runtime,
    module: AnsibleModule,
    options: Mapping[str, Any],
    result: dict[str, Any],
    writes: list[str],
) -> Task:
    """What the story is given; what it leaves and does is found in result and writes, however it ends."""
    connection = Connection.of(options.get)
    if not connection.validate_certs:
        module.warn("validate_certs is false: whoever answers at api_url is taken for the API.")
    shared = runtime.shared(connection)
    return Task(
        options=options,
        api=shared.view(read_only=module.check_mode, writes=writes, fresh=runtime.fresh),
        view=shared.view,
        patience=_patience(options, runtime.tell),
        check_mode=module.check_mode,
        warn=module.warn,
        deprecation=functools.partial(module.deprecate, version="3.0.0", collection_name="clickhouse.cloud"),
        empty=frozenset(name for name, value in module.params.items() if value == ""),
        result=result,
    )


def meant(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options, without what is empty: what a survey was not answered asks for nothing."""
    return {name: None if value == "" else value for name, value in params.items()}


def set_beside_defaults(options: Mapping[str, Any], spec: Spec) -> set[str]:
    """The names of the options that are set, and not to their defaults."""
    return {name for name, rule in spec.items() if options[name] not in (None, rule.get("default"))}


def check_together(given: Collection[str], required_one_of: Pairs, mutually_exclusive: Pairs) -> None:
    """What AnsibleModule would check, had it known that an empty option asks for nothing. Raises InvalidOption."""
    try:
        check_required_one_of(required_one_of, given)
        check_mutually_exclusive(mutually_exclusive, given)
    except TypeError as error:
        raise InvalidOption(f"{error}.") from error


def _patience(options: Mapping[str, Any], tell: Callable[[str], None] | None) -> Patience:
    """The patience that the options of WAIT ask for; none for a module that never waits."""
    if "wait" not in options:
        return Patience(0, 0, enabled=False)
    timeout, interval = (seconds(name, options[name]) for name in ("wait_timeout", "wait_interval"))
    return Patience(timeout, interval, options["wait"], tell=tell)
