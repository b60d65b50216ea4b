# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definition of a scenario, and what scenarios consist of: setups and checks of the desired state.

The scenarios of a module are the list SCENARIOS in tests/unit/scenarios/MODULE.py. The first one is the most common use
of the module, which other tests run, too. All tables of modules in the tests come from these files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from ansible_collections.clickhouse.cloud.tests.emulator.organization import MEMBERS
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import BACKUP_ID, Environment

Setup = Callable[[Environment], object]

#: The user IDs of the members of every organization.
OWNER, COLLEAGUE = MEMBERS

PASSWORD = "correct horse battery"
IP_ACCESS_LIST = [{"source": "203.0.113.0/24"}]
NEW_SERVICE: Mapping[str, Any] = {
    "name": "analytics",
    "provider": "aws",
    "region": "us-east-1",
    "ip_access_list": IP_ACCESS_LIST,
}
#: A folder with a program that returns its input.
ECHO_SOURCE = str(Path(__file__).resolve().parents[1] / "functions/echo")
SAVED_QUERY_ID = "0b9d2f3c-5a71-4d08-9c64-210fedcba987"
SAVED_QUERY: Mapping[str, Any] = {
    "name": "report",
    "sql": "SELECT 1",
    "database": "default",
    "parameters": {"rows": "5"},
}


@dataclass(frozen=True)
class Scenario:
    """A use of a module.

    In the values of `options`, {id} is the ID of the service that `setup` adds first, {warehouse} that of its
    warehouse, {password_file} and {secret_file} the path of a file, and others, such as {role}, are those that `setup`
    defines.
    `requests` are the requests without faults, each as "METHOD path-in-organization", with {id} for each ID. `verify`
    raises AssertionError unless the desired state is reached after the last run. `subresource` is the return value that
    is null if the key may not read it, and `optional_part` the one that is null or empty if the service has no such
    part: the API reports that as status 404. `unset_variable` is the environment variable to unset. `module` is the
    name of the file.
    """

    name: str
    options: Mapping[str, Any]
    requests: Sequence[str]
    verify: Callable[[Environment], None]
    setup: Setup
    subresource: str = ""
    optional_part: str = ""
    unset_variable: str = ""
    module: str = ""


def add_nothing(_env: Environment) -> None:
    """Leave the organization empty."""


def add_running_service(env: Environment) -> str:
    return env.add_service(ipAccessList=IP_ACCESS_LIST)


def add_service_with_upgrade_window(env: Environment) -> str:
    service_id = add_running_service(env)
    window = {"weekday": 3, "startHourUtc": 12}
    env.emulator.request("PUT", f"services/{service_id}/upgradeWindow", window)
    return service_id


def add_service_with_settings(env: Environment) -> str:
    service_id = add_running_service(env)
    settings = {"max_threads": 4, "max_query_size": 1000}
    env.emulator.request("PATCH", f"services/{service_id}/clickhouseSettings", {"settings": settings})
    return service_id


def add_query_endpoint(env: Environment, service_id: str, key_id: str, role: str) -> None:
    endpoint = {"openApiKeys": [key_id], "roles": [role], "allowedOrigins": "*"}
    env.emulator.request("POST", f"services/{service_id}/serviceQueryEndpoint", endpoint)


def add_service_with_query_endpoint(env: Environment) -> str:
    """Add a service whose query endpoint admits a key that is called reports."""
    service_id = add_running_service(env)
    key_id = env.emulator.request("POST", "keys", {"name": "reports"})["key"]["id"]
    add_query_endpoint(env, service_id, key_id, "sql_console_read_only")
    return service_id


def add_service_that_runs_sql(env: Environment) -> str:
    """Add a service whose query endpoint admits the key of the environment."""
    service_id = add_running_service(env)
    add_query_endpoint(env, service_id, get_key_id(env), "sql_console_admin")
    return service_id


def add_service_with_snapshots(env: Environment) -> str:
    service_id = add_running_service(env)
    config = {"enabled": True, "gap": 60, "timeFrame": 2880}
    env.emulator.request("PATCH", f"services/{service_id}/snapshotConfiguration", config)
    env.emulator.set_service(service_id, snapshots=[{"id": BACKUP_ID}])
    return service_id


def add_service_with_schedule(env: Environment) -> str:
    service_id = add_running_service(env)
    night = {"name": "night", "weekdays": [3], "startHourUtc": 22, "endHourUtc": 4, "numReplicas": 5}
    env.emulator.request("POST", f"services/{service_id}/scalingSchedule", {"entries": [night]})
    return service_id


def add_service_with_saved_queries(env: Environment) -> str:
    service_id = add_running_service(env)
    queries = [{"id": SAVED_QUERY_ID, **SAVED_QUERY}]
    env.emulator.set_service(service_id, collections={"saved-queries": queries})
    return service_id


def add_service_with_query_api_endpoint(env: Environment) -> str:
    """Add a service with an endpoint that admits the key of the environment."""
    service_id = add_running_service(env)
    endpoint = {"id": SAVED_QUERY_ID, **SAVED_QUERY, "roles": ["reader"], "apiKeyIds": [get_key_id(env)]}
    env.emulator.set_service(service_id, collections={"query-api-endpoints": [endpoint]})
    return service_id


def get_key_id(env: Environment) -> str:
    """Return the ID of the key of the environment."""
    return str(env.emulator.request("GET", "keys")[0]["id"])


def add_role(env: Environment) -> None:
    """Add a role that is called reporting, with one policy and one member. Its ID is {role}."""
    view = {"allowDeny": "ALLOW", "permissions": ["control-plane:organization:view"]}
    policy = {**view, "resources": [f"organization/{env.emulator.organization_id}"]}
    role = {"name": "reporting", "actors": [f"user/{OWNER}"], "policies": [policy]}
    env.placeholders["{role}"] = str(env.emulator.request("POST", "roles", role)["id"])


def add_api_key(env: Environment) -> None:
    """Add a key without roles that is called reports. Its ID is {key_id}."""
    key = {"name": "reports", "ipAccessList": IP_ACCESS_LIST}
    env.placeholders["{key_id}"] = env.emulator.request("POST", "keys", key)["key"]["id"]


def add_function(env: Environment) -> None:
    """Add a function with one version."""
    env.emulator.set_functions({"functionName": "echo"})


def add_function_with_versions(env: Environment) -> None:
    env.emulator.set_functions({"functionName": "echo", "versions": 3})


def add_service_and_function(env: Environment) -> str:
    service_id = add_running_service(env)
    add_function_with_versions(env)
    return service_id


def add_service_with_function(env: Environment) -> str:
    """Add a service to which a function is attached."""
    service_id = add_running_service(env)
    env.emulator.set_functions({"functionName": "echo", "versions": 3, "services": [service_id]})
    return service_id


BACKUP_BUCKET: Mapping[str, Any] = {
    "bucketProvider": "AWS",
    "bucketPath": "https://backups.s3.us-east-1.amazonaws.com",
    "iamRoleArn": "arn:aws:iam::123456789012:role/backups",
}


def add_service_with_backup_bucket(env: Environment) -> str:
    service_id = add_running_service(env)
    env.emulator.request("POST", f"services/{service_id}/backupBucket", BACKUP_BUCKET)
    return service_id


def add_service_in_state(state: str) -> Setup:
    return lambda env: env.add_service(state=state, ipAccessList=IP_ACCESS_LIST)


def get_initial_id(env: Environment) -> str:
    """Return the ID of the service that existed before the first run."""
    return str(next(iter(env.services_before)))


# Checks of the desired state


def returns(name: str, matches: Callable[[Environment, Any], bool]) -> Callable[[Environment], None]:
    """Return a check that the return value of the last run matches and nothing has changed."""

    def verify(env: Environment) -> None:
        result = env.results[-1]
        assert matches(env, result.get(name)), f"it returned {name}: {str(result.get(name))[:200]}"
        assert env.services == env.services_before, "a service was changed"

    return verify


def has_fields(name: str = "analytics", **expected: Any) -> Callable[[Environment], None]:
    """Return a check that the service has these fields."""

    def verify(env: Environment) -> None:
        assert_fields(env, expected, name)

    return verify


def has_state(*states: str) -> Callable[[Environment], None]:
    """Return a check that the service is in one of these states."""

    def verify(env: Environment) -> None:
        state = env.get_service()["state"]
        assert state in states, f"the service is {state}"

    return verify


def has_backup_config(**expected: Any) -> Callable[[Environment], None]:
    """Return a check that the backup configuration of the service has these values."""

    def verify(env: Environment) -> None:
        config = env.get_service()["backupConfiguration"]
        assert {name: config.get(name) for name in expected} == expected, f"the backup configuration is {config}"

    return verify


def assert_fields(env: Environment, expected: Mapping[str, Any], name: str = "analytics") -> dict[str, Any]:
    """Assert that the service has these fields, and return it."""
    service = env.get_service(name)
    actual = {field: service.get(field) for field in expected}
    assert actual == expected, f"the service has {actual}"
    return service


def assert_created(env: Environment) -> None:
    """Assert that the service exists, is up, and has the requested fields."""
    service = assert_fields(env, {"provider": "aws", "region": "us-east-1"})
    assert service["state"] in ("running", "idle"), f"the service is {service['state']}"
    assert [entry["source"] for entry in service["ipAccessList"]] == ["203.0.113.0/24"], (
        "addresses are missing or duplicate"
    )


def assert_password_in_file(env: Environment) -> None:
    """Assert that password_file has the password of the service."""
    assert env.password_file.exists(), "password_file was not written"
    assert env.has_password(env.password_file.read_text()), "password_file has another password"
    assert not list(env.directory.glob(".*.creation")), "a creation record is left"


def assert_given_password(env: Environment) -> None:
    """Assert that the service has the password of the option."""
    assert env.has_password(PASSWORD), "the service has another password"
    assert not list(env.directory.glob("XDG_STATE_HOME/*/record-*")), "a creation record is left"


def assert_password_returned(env: Environment) -> None:
    """Assert that a run has returned the password of the service."""
    passwords = [result["password"] for result in env.results if result.get("password")]
    assert any(env.has_password(password) for password in passwords), "no run has returned the password"


def assert_deleted(env: Environment) -> None:
    """Assert that no service has this name."""
    assert "analytics" not in [service["name"] for service in env.services.values()], "the service still exists"


def all_of(*checks: Callable[[Environment], None]) -> Callable[[Environment], None]:
    """Return a check that runs all of these."""

    def verify(env: Environment) -> None:
        for check in checks:
            check(env)

    return verify
