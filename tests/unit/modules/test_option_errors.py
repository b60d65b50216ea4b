# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that ansible-core rejects: which option it is, what is allowed, and what was probably intended."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._module.option_errors import OptionErrors
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import CONVERTERS
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]

#: Invalid options of a service, and the message; in a fleet, it is about the entry.
OF_A_SERVICE: list[tuple[dict[str, Any], str]] = [
    ({"nam": "x"}, "nam is not an option. Did you mean name?"),
    ({"ip_acces_list": []}, "ip_acces_list is not an option. Did you mean ip_access_list?"),
    ({"Tags": {}, "regoin": "x"}, "Tags is not an option. Did you mean tags? {place}regoin is not an option. Did you"),
    (
        {"ip_access_list": ["203.0.113.7"]},
        "ip_access_list: number 1 must be a dictionary such as {{source: 203.0.113.7}}; '203.0.113.7' is text.",
    ),
    (
        {"ip_access_list": [{"source": "203.0.113.7"}, "198.51.100.0/24"]},
        "ip_access_list: number 2 must be a dictionary such as {{source: 198.51.100.0/24}}; '198.51.100.0/24' is text.",
    ),
    (
        {"ip_access_list": "203.0.113.7"},
        "ip_access_list: number 1 must be a dictionary such as {{source: 203.0.113.7}};",
    ),
    ({"ip_access_list": [7]}, "ip_access_list: number 1 must be a dictionary such as {{source: ...}}; 7 is a number."),
    ({"ip_access_list": {"source": "203.0.113.7"}}, "ip_access_list must be a list; {{'source': '203.0.113.7'}} is a"),
    (
        {"ip_access_list": [{"description": "office"}]},
        "ip_access_list, number 1: source is missing.",
    ),
    (
        {"ip_access_list": [{"sorce": "203.0.113.7"}]},
        "ip_access_list, number 1: sorce is not an option. Did you mean source?",
    ),
    (
        {"ip_access_list": [{"source": "203.0.113.7", "color": "red"}]},
        "ip_access_list, number 1: color is not an option. The options are description, source.",
    ),
    ({"tags": ["a"]}, "tags must be a dictionary such as {{env: production}}; ['a'] is a list."),
    ({"tags": "prod"}, "tags must be a dictionary such as {{env: production}}; 'prod' is text."),
    ({"num_replicas": "three"}, "num_replicas must be a whole number; 'three' is text."),
    ({"num_replicas": [3]}, "num_replicas must be a whole number; [3] is a list."),
    ({"require_backup_within_hours": "a day"}, "require_backup_within_hours must be a number; 'a day' is text."),
    ({"idle_scaling": "perhaps"}, "idle_scaling must be true or false; 'perhaps' is text."),
    ({"ip_access_mode": "ad"}, "ip_access_mode must be set or add or remove; 'ad' is not. Did you mean add?"),
    ({"ip_access_mode": "x"}, "ip_access_mode must be set or add or remove; 'x' is not."),
    ({"private_endpoint_ids": {"a": "b"}}, "private_endpoint_ids must be a list; {{'a': 'b'}} is a dictionary."),
    ({"restore_from": "analytics"}, "restore_from must be a dictionary such as {{name: analytics}}; 'analytics' is"),
    ({"restore_from": 7}, "restore_from must be a dictionary such as {{name: ...}}; 7 is a number."),
    ({"backup_config": True}, "backup_config must be a dictionary such as {{name: ...}}; True is true or false."),
    ({"query_endpoint": [7]}, "query_endpoint must be a dictionary such as {{name: ...}}; [7] is a list."),
    ({"restore_from": {"nmae": "x"}}, "restore_from: nmae is not an option. Did you mean name?"),
    ({"restore_from": {"backup": "latest"}}, "restore_from: one of name and service_id is required."),
]


def test_other_failures_do_not_examine_options(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OptionErrors, "explain", lambda *_arguments: "An option is wrong.")
    result = run("service_state", name="web", state="stopped")
    assert result["msg"].startswith("There is no service 'web'.")


@pytest.mark.parametrize(("options", "sentence"), OF_A_SERVICE)
def test_error_names_the_invalid_option(emulator: Emulator, run: Run, options: dict[str, Any], sentence: str) -> None:
    for check in (True, False):
        result = run("service", check=check, name="web", **options)
        assert result["failed"] is True
        assert result["msg"].startswith(sentence.format(place=""))
    assert emulator.journal() == []


@pytest.mark.parametrize(("options", "sentence"), OF_A_SERVICE)
def test_invalid_fleet_option_names_the_entry(
    emulator: Emulator, run: Run, options: dict[str, Any], sentence: str
) -> None:
    where = "services, number 2 ('web')"
    joint = ", " if re.match(r"[\w, ]+: ", sentence) else ": "
    result = run("fleet", services=[{"name": "first"}, {"name": "web", **options}])
    assert result["msg"].startswith(f"{where}{joint}{sentence.format(place=f'{where}: ')}")
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("module", "options", "sentence"),
    [
        (
            "fleet",
            {"services": ["web"]},
            "services: number 1 must be a dictionary such as {name: ...}; the value is text.",
        ),
        ("fleet", {"services": {"web": {}}}, "services must be a list; the value is a dictionary."),
        (
            "fleet",
            {"services": [{"service_id": "x", "stat": "absent"}]},
            "services, number 1: stat is not an option. Did",
        ),
        (
            "fleet",
            {"services": [], "prune_filter": ["a"]},
            "prune_filter must be a dictionary such as {env: production};",
        ),
        ("fleet", {}, "one of the following is required: services, plan_file."),
        (
            "fleet",
            {"services": [{"name": "web", "state": "runing"}]},
            "services, number 1 ('web'): state must be present",
        ),
        (
            "service_state",
            {"name": "x", "state": "runing"},
            "state must be started or stopped or awake; 'runing' is not.",
        ),
        (
            "service_state",
            {"name": "x", "state": "Stopped"},
            "state must be started or stopped or awake; 'Stopped' is not. Did you mean stopped?",
        ),
        ("service_info", {"tags": [1]}, "tags must be a dictionary such as {env: production}; [1] is a list."),
        ("service_info", {"stats": ["idle"]}, "stats is not an option. Did you mean states?"),
        ("service_info", {"states": {"idle": 1}}, "states must be a list; {'idle': 1} is a dictionary."),
        (
            "backup_config",
            {"name": "x", "reset": ["backup_start"]},
            "reset: number 1 must be backup_period_in_hours or",
        ),
        ("backup_info", {"name": "x", "newest": "maybe"}, "newest must be true or false; 'maybe' is text."),
        ("organization_info", {"colour": "x"}, "colour is not an option. The options are allow_http, api_key,"),
        ("organization_info", {"rate_limit": "many"}, "rate_limit must be a whole number; 'many' is text."),
    ],
)
def test_invalid_options_of_any_module(
    emulator: Emulator, run: Run, module: str, options: dict[str, Any], sentence: str
) -> None:
    assert run(module, **options)["msg"].startswith(sentence)
    assert emulator.journal() == []


def test_message_has_no_secret() -> None:
    spec = {"password": {"type": "int", "no_log": True}}
    assert OptionErrors(CONVERTERS).explain(spec, {"password": "canary"}) == (
        "password must be a whole number; the value is text."
    )


@pytest.mark.parametrize(
    "services", [['{"name": "web", "password": "canary"'], {"name": "web", "password": "canary"}, [["canary"]]]
)
def test_value_that_may_contain_a_secret_is_not_shown(emulator: Emulator, run: Run, services: Any) -> None:
    result = run("fleet", services=services)
    assert result["msg"].startswith("services")
    assert "canary" not in result["msg"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tags": "y" * 500}, "tags must be a dictionary such as {env: production}; 'yyy"),
        ({"restore_from": "y" * 500}, "restore_from must be a dictionary such as {name: ...}; 'yyy"),
        ({"ip_access_list": ["y" * 500]}, "ip_access_list: number 1 must be a dictionary such as {source: ...}; 'yyy"),
        ({"tags_mode": "y" * 500}, "tags_mode must be set or add or remove; 'yyy"),
    ],
)
def test_long_value_is_abbreviated(emulator: Emulator, run: Run, options: dict[str, Any], sentence: str) -> None:
    message = run("service", name="web", **options)["msg"]
    assert message.startswith(sentence)
    assert "..." in message
    assert len(message) < 200


def test_error_names_the_environment_variable(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_RATE_LIMIT", "many")
    assert run("service_info")["msg"] == (
        "rate_limit must be a whole number; 'many' is text. It is from the environment variable"
        " CLICKHOUSE_CLOUD_RATE_LIMIT."
    )


def test_alias_is_accepted(service: dict[str, Any], run: Run) -> None:
    assert len(run("service_info", state=["running"])["services"]) == 1
    assert (
        OptionErrors(CONVERTERS).explain(
            {"states": {"type": "list", "elements": "str", "aliases": ["state"]}}, {"state": "x"}
        )
        == ""
    )


LONG = "y" * 3000
#: Options of modules for a part of a service, one of them very long.
LONG_VALUES: list[tuple[str, dict[str, Any]]] = [
    ("upgrade_window", {"name": LONG, "weekday": "sunday", "start_hour_utc": 6}),
    ("upgrade_window", {"weekday": LONG, "start_hour_utc": 6}),
    ("backup_config", {"backup_start_time": LONG}),
    ("private_endpoint", {"private_endpoint_id": LONG}),
    ("private_endpoint", {"private_endpoint_id": "vpce-0123456789abcdef0", "region": LONG}),
    ("private_endpoint", {"private_endpoint_id": LONG, "state": "registered", "name": None}),
    ("saved_query", {"query_name": LONG}),
    ("saved_query", {"query_name": "q", "sql": "SELECT 1", "database": "d", "parameters": {LONG: []}}),
    ("scaling_schedule", {"entries": [{"name": LONG, "weekdays": ["friday"], "start_hour": 3, "end_hour": 3}]}),
    ("scaling_schedule", {"timezone": LONG, "entries": []}),
    ("service_query", {"sql": "SELECT 1", "settings": {f"{LONG}!": 1}}),
    ("service_query_endpoint", {"api_keys": [LONG], "roles": ["sql_console_admin"]}),
    ("service_query_endpoint", {"api_keys": [], "roles": [LONG]}),
    ("service_settings", {"settings": {LONG: 1}}),
    ("service_settings", {"settings": {"max_threads": LONG}}),
    ("service_settings", {"settings": {"async_insert": LONG}}),
]


@pytest.mark.usefixtures("service")
def test_long_value_for_a_part_is_abbreviated(run: Run) -> None:
    for module, options in LONG_VALUES:
        result = run(module, **{"name": "analytics", **options})
        assert result["failed"] is True, (module, options)
        assert len(result["msg"]) < 500, (module, result["msg"])
