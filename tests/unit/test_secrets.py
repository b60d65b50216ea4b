# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is displayed, not even with -vvvv, or is in a file or an object.

The fault matrix checks the results of modules.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import pickle
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.cache import SharedClient
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.rate_limiter import RateLimiter
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import open_session
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.context import ModuleContext
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.options import CONNECTION_SPEC
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import all_options, specification

#: Whether a result always has the options that the module was given: ansible-core before 2.21.
FULL = "inject_invocation" not in PASS_VARS

KEY, SECRET, PASSWORD = "canary-key-4711", "canary-secret-0815", "canary-password-1848"
BUCKET = {"bucket_path": "gs://backups", "access_key_id": "GOOG1E"}
NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": [{"source": "0.0.0.0/0"}]}


def encodings(secret: str) -> list[str]:
    """Return the secret and its encodings."""
    digests = list(password_hashes(secret).values())
    return [secret, base64.b64encode(secret.encode()).decode(), *digests]


FORBIDDEN = [
    *encodings(SECRET),
    *encodings(PASSWORD),
    base64.b64encode(f"{KEY}:{SECRET}".encode()).decode(),
]


def find_secrets(text: str) -> list[str]:
    return [secret for secret in FORBIDDEN if secret in text]


@pytest.fixture
def canary_key(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Return the emulator, with a key whose secret is easy to recognize."""
    emulator.add_organization(id=emulator.organization_id, api_key=KEY, api_secret=SECRET)
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_KEY", KEY)
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", SECRET)
    return emulator


def tasks(service_id: str, directory: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return modules and their options: each module, and several times those with passwords."""
    one = {"service_id": service_id}
    fleet = [
        {"name": "first", **NEW, "password_file": str(directory / "first")},
        {"name": "second", **NEW, "password": PASSWORD, "backup_config": {"backup_period_in_hours": 12}},
        {"name": "third", **NEW},
        {**one, "state": "stopped"},
    ]
    key = {"name": "new", "ip_access_list": [], "secret_file": str(directory / "key")}
    return [
        ("api_key", key),
        ("backup_bucket", {**one, "bucket_provider": "gcp", **BUCKET, "secret_access_key": PASSWORD, "wait": False}),
        ("backup_bucket", {**one, "bucket_provider": "azure", "container_name": "b", "connection_string": PASSWORD}),
        ("backup_config", {**one, "backup_period_in_hours": 12, "wait": False}),
        ("backup_config_info", one),
        ("backup_info", one),
        ("fleet", {"services": fleet, "wait": False}),
        ("organization_info", {}),
        ("private_endpoint_config_info", one),
        ("service", {"name": "kept", **NEW, "wait": False, "password_file": str(directory / "generated")}),
        ("service", {"name": "given", **NEW, "wait": False, "password": PASSWORD}),
        ("service", {"name": "shown", **NEW, "wait": False}),
        ("service_info", {"api_key": KEY, "api_secret": SECRET}),
        ("service_metrics_info", one),
        ("service_password", {**one, "password": PASSWORD, "password_file": str(directory / "given")}),
        ("service_password", {**one, "password_hash": password_hashes(PASSWORD)["newPasswordHash"]}),
        ("service_password", {**one, "password_file": str(directory / "fresh")}),
        ("service_password", one),
        ("service_scaling", {**one, "num_replicas": 4, "wait": False}),
        ("service_state", {**one, "state": "stopped", "wait": False}),
    ]


def has_secret_option(module: str) -> bool:
    """Return whether a module has an option that is a secret, beside those of the connection."""
    options = {name: rule for name, rule in specification(module).items() if name not in CONNECTION_SPEC}
    return any(rule.get("no_log") for _path, rule in all_options(options))


def test_every_module_with_a_secret_option_is_tried(tmp_path: Path) -> None:
    """The fault matrix looks for secrets in the results of the others."""
    missing = {*filter(has_secret_option, MODULES)} - {module for module, _options in tasks("", tmp_path)}
    assert not missing, f"add {', '.join(sorted(missing))} to tasks() in tests/unit/test_secrets.py"


#: A callback that prints each result, like those for JSON.
CALLBACK = """
import json
import pathlib
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_NAME = "written"
    def v2_runner_on_ok(self, result):
        with (pathlib.Path(__file__).parent / "written.json").open("a") as file:
            file.write(json.dumps(result._result) + "\\n")
    v2_runner_on_failed = v2_runner_on_ok
"""


def run_verbosely(program: str, directory: Path, *arguments: str, **variables: str) -> str:
    """Return the output and the files of an Ansible program."""
    environment = {
        **os.environ,
        **variables,
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_LOG_PATH": str(directory / "log"),
        "ANSIBLE_KEEP_REMOTE_FILES": "0",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_LOCAL_TEMP": str(directory / "local"),
    }
    command = [sys.executable, "-m", f"ansible.cli.{program}", *arguments, "-vvvv"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    places = [directory, Path(os.environ["XDG_STATE_HOME"])]
    kept = [directory / name for name in ("generated", "given", "fresh", "first", "playbook.yml")]
    files = [path for place in places for path in place.rglob("*") if path.is_file() and path not in kept]
    assert directory / "log" in files
    return "\n".join([ended.stdout, ended.stderr, *(path.read_text(errors="replace") for path in files)])


def differing(tried: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return one of tasks() for each set of secret options, with which a task fails as all others with this set do."""
    by_options: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
    for module, options in tried:
        given = sorted(options.keys() & {"api_key", "api_secret", "password", "password_hash", "services"})
        by_options.setdefault(tuple(given), (module, options))
    return list(by_options.values())


def play(directory: Path, tried: list[tuple[str, dict[str, Any]]], here: bool, **variables: str) -> str:
    """Return all that is to be read when each of these tasks has run, and its result was shown by debug."""
    (directory / "callbacks").mkdir()
    (directory / "callbacks/written.py").write_text(CALLBACK)
    played = [
        {f"clickhouse.cloud.{module}": options, "ignore_errors": True, "register": f"result{number}"}
        for number, (module, options) in enumerate(tried)
    ]
    results = "[" + ", ".join(f"result{number}" for number in range(len(played))) + "]"
    played += [{"ansible.builtin.debug": {"msg": "{{ " + shown + " }}"}} for shown in (results, f"{results} | to_json")]
    switch = {"clickhouse_cloud_fast_path": here}
    playbook = directory / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": switch, "tasks": played}]))
    plugins = {"ANSIBLE_CALLBACK_PLUGINS": str(directory / "callbacks"), "ANSIBLE_CALLBACKS_ENABLED": "written"}
    return run_verbosely("playbook", directory, str(playbook), "--diff", **plugins, **variables)


PATHS = pytest.mark.parametrize("here", [True, False], ids=["fast path", "module"])

#: Faults, and what a task reports that has one.
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"status": 401}, "HTTP status 401"),
    # Like a 500, but the request is not retried, so there are no pauses.
    ({"status": 501, "body": "<html>no</html>", "headers": {"Content-Type": "text/html"}}, "HTTP status 501"),
    ({"status": 200, "body": {"result": None}}, "returned null, but"),
    ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, "which is not followed"),
]


@PATHS
def test_failures_show_no_secret(canary_key: Emulator, service: dict[str, Any], tmp_path: Path, here: bool) -> None:
    # The more modules a playbook runs as separate processes, the longer it takes. Each prints the result that the fast
    # path returns; Ansible adds the options, in the same way for all modules.
    every = tasks(service["id"], tmp_path)
    tried = every if here else differing(every)
    failing = []
    for number, (fault, _message) in enumerate(FAULTS):
        organization = str(uuid.UUID(int=number, version=4))
        canary_key.fault(path=f"^/v1/organizations/{organization}", times=10_000, **fault)
        failing += [(module, {**options, "organization_id": organization}) for module, options in tried]
    output = play(tmp_path, failing, here, ANSIBLE_INJECT_INVOCATION="true")
    for _fault, message in FAULTS:
        assert output.count(message) >= len(tried)
    assert "Traceback" not in output
    assert not find_secrets(output)


@PATHS
# Before ansible-core 2.21, the variable has no effect.
@pytest.mark.parametrize("invocation", ["true"] if FULL else ["true", "false"], ids=lambda value: f"invocation {value}")
def test_output_shows_no_secret(
    canary_key: Emulator, service: dict[str, Any], tmp_path: Path, here: bool, invocation: str
) -> None:
    variables = {"ANSIBLE_INJECT_INVOCATION": invocation, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    output = play(tmp_path, tasks(service["id"], tmp_path), here, **variables)
    written = (tmp_path / "callbacks/written.json").read_text()
    assert "PLAY RECAP" in output
    assert "Traceback" not in output
    assert not find_secrets(output)
    assert ('"module_args": {' in written) is (invocation == "true" or FULL)
    for name in ("generated", "fresh", "first"):
        # A password in a file is not in the result.
        assert (tmp_path / name).read_text() not in output
    # A password without a file is in the result.
    readable = {
        password_hashes(password)["newPasswordHash"] for password in re.findall(r'"password": "([^"]+)"', written)
    }
    names = {item["name"] for item in canary_key.raw_services() if item["passwordHash"] in readable}
    assert names >= {"shown", "third", "analytics"}


@pytest.mark.parametrize(
    ("fault", "message"),
    [({}, "clickhouse_cloud_id"), ({"status": 401}, "HTTP status 401"), ({"body": "<html>"}, "HTTP status 200")],
    ids=["success", "401", "odd"],
)
def test_inventory_shows_no_secret(
    canary_key: Emulator, service: dict[str, Any], tmp_path: Path, fault: dict[str, Any], message: str
) -> None:
    if fault:
        canary_key.fault(path="^/v1", times=10_000, **fault)
    source = tmp_path / "my.clickhouse_cloud.yml"
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    source.write_text(json.dumps({"plugin": "clickhouse.cloud.services", **cache}))
    output = run_verbosely("inventory", tmp_path, "-i", str(source), "--list", "--export")
    assert message in output
    assert not find_secrets(output)
    assert any((tmp_path / "cache").iterdir()) is not bool(fault)


CONNECTION = ClientOptions(key=KEY, secret=SECRET, organization="6f0b7c9e-1d2a-4c3b-8e4f-123456789abc")
TRANSPORT = Transport(CONNECTION)
API = Api(TRANSPORT, CONNECTION.organization)
OBJECTS: list[Any] = [
    CONNECTION,
    TRANSPORT,
    API,
    ModuleContext({"api_secret": SECRET, "password": PASSWORD}, API, new_api=SharedClient(CONNECTION, print).api),
    RateLimiter.from_options(CONNECTION, print),
    open_session(CONNECTION),
    open_session(CONNECTION).auth,
]


@pytest.mark.parametrize("known", OBJECTS, ids=lambda known: type(known).__name__)
def test_repr_has_no_secret(known: Any) -> None:
    assert not find_secrets(repr(known) + str(known) + f"{known}")
    for copied in (lambda: pickle.dumps(known).decode("latin-1"), lambda: repr(copy.deepcopy(known))):
        assert not find_secrets(attempt(copied))


def attempt(copied: Callable[[], str]) -> str:
    """Return the copy, or why there is none."""
    try:
        return copied()
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize("known", OBJECTS[:4] + OBJECTS[5:], ids=lambda known: type(known).__name__)
def test_objects_with_secrets_cannot_be_pickled(known: Any) -> None:
    with pytest.raises(TypeError, match="contains a secret, and cannot be pickled or copied"):
        pickle.dumps(known)


def failure(act: Callable[[], object]) -> CloudError:
    with pytest.raises(CloudError) as caught:
        act()
    return caught.value


@pytest.mark.parametrize(
    "fault",
    [{"status": 403}, {"disconnect": "before"}, {"body": "<html>", "status": 200}],
    ids=["refused", "broken", "odd"],
)
def test_traceback_has_no_secret(canary_key: Emulator, fault: dict[str, Any], fast_clock: None) -> None:
    connection = ClientOptions(key=KEY, secret=SECRET, url=canary_key.api_url[: -len("/v1")], rate_limit=0)
    canary_key.fault(path="^/v1", times=99, **fault)
    error = failure(lambda: Transport(connection).call("GET", "/organizations"))
    assert not find_secrets(repr(error) + repr(vars(error)) + pickle.dumps(vars(error)).decode("latin-1"))
    chain: BaseException | None = error
    while chain is not None:
        assert not find_secrets(f"{chain!r} {chain}")
        chain = chain.__cause__ or chain.__context__
