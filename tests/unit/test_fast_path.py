# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fast path returns the same results as a separate process with fewer requests, and is only used where possible."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.clickhouse.cloud.plugins.action.service import ActionModule
from ansible_collections.clickhouse.cloud.plugins.plugin_utils import _fast_path
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible
from ansible_collections.clickhouse.cloud.tests.unit.conftest import wait_until
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.scenario import ECHO_SOURCE
from ansible_collections.clickhouse.cloud.tests.unit.modules.conftest import run_in_worker

Play = Callable[..., subprocess.CompletedProcess[str]]
Command = Callable[..., list[str]]
Sent = Callable[[], list[str]]

NAME = {"name": "analytics"}
NEW = {"provider": "aws", "region": "eu-central-1", "ip_access_list": []}
OPEN = [{"source": "0.0.0.0/0"}]
ENTRY = {"name": "night", "weekdays": ["sunday"], "start_hour": 22, "end_hour": 6, "num_replicas": 2}

POLICY = {"permissions": "control-plane:service:view", "services": "analytics"}

#: Tasks with the same result each time: the module, its options, and other keywords of the task.
TASKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("service_info", NAME, {}),
    ("service_info", {"naem": "analytics"}, {}),
    ("service_info", {**NAME, "service_id": "x"}, {}),
    ("service_info", {"states": ["running"], "state": ["idle"]}, {}),
    ("service_info", {"validate_certs": False}, {}),
    ("service_info", {"name": "{{ 'ana' }}lytics", "read_timeout": "{{ 7 }}"}, {}),
    ("service_info", {"name": 5, "states": "running,idle"}, {}),
    ("service_info", {}, {"environment": {"CLICKHOUSE_CLOUD_API_SECRET": "not the one"}}),
    ("service_info", {}, {"loop": [1, 2]}),
    ("service_info", {}, {"no_log": True}),
    ("service_info", {}, {"until": "true", "retries": 1}),
    ("service_info", {"api_secret": "running"}, {}),
    ("organization_info", {"caller": True}, {}),
    ("organization", {"name": "Example Ltd."}, {"check_mode": True, "diff": True}),
    ("service_profile_info", {"region": "us-east-1"}, {}),
    ("api_key_info", {}, {}),
    ("api_key", {"name": "First key", "expire_at": "2050-01-31"}, {"check_mode": True, "diff": True}),
    ("backup_info", NAME, {}),
    ("backup_config_info", NAME, {}),
    ("snapshot_info", NAME, {}),
    ("snapshot_config_info", NAME, {}),
    ("private_endpoint_config_info", NAME, {}),
    ("private_endpoint_info", NAME, {}),
    ("private_endpoint", {**NAME, "private_endpoint_id": "vpce-01234567"}, {"check_mode": True, "diff": True}),
    ("service_metrics_info", {"name": "nobody"}, {}),
    ("service_metrics_info", {"targets_only": True}, {}),
    ("fleet", {"services": [{**NAME, "tags": {"a": "b"}}]}, {"check_mode": True, "diff": True}),
    ("service", {**NAME, "tags": {"a": "b"}, "ip_access_list": OPEN}, {"check_mode": True, "diff": True}),
    ("service", {**NAME, "state": "absent"}, {"check_mode": True}),
    ("service", {**NAME, "region": "us-east-2"}, {}),
    ("service", {**NAME, "password": "analytics"}, {"check_mode": True}),
    ("service_scaling", {**NAME, "min_total_memory_gb": 48}, {"check_mode": True, "diff": True}),
    ("service_scaling", {**NAME, "min_replica_memory_gb": 10}, {}),
    # Long enough that the first poll meets the condition, even on a slow machine.
    ("service_state", {**NAME, "state": "stopped", "wait_interval": 0.5}, {}),
    ("service_state", {**NAME, "state": "started", "wait_interval": 0.5}, {}),
    ("saved_query_info", NAME, {}),
    (
        "saved_query",
        {**NAME, "query_name": "q", "sql": "SELECT 1\n", "database": "d"},
        {"check_mode": True, "diff": True},
    ),
    ("query_api_endpoint_info", NAME, {}),
    (
        "query_api_endpoint",
        {
            **NAME,
            "endpoint_name": "q",
            "sql": "SELECT 1\n",
            "database": "d",
            "api_keys": ["First key"],
            "roles": ["reader"],
        },
        {"check_mode": True, "diff": True},
    ),
    ("member_info", {"email": "Owner@example.com"}, {}),
    ("member", {"email": "a@example.com", "roles": "Member"}, {"check_mode": True, "diff": True}),
    ("member", {"email": "a", "roles": "Member"}, {}),
    ("invitation_info", {}, {}),
    ("usage_cost_info", {"from_date": "2026-10-01", "to_date": "2026-11-30"}, {}),
    ("usage_cost_info", {"from_date": "2026-10-01", "to_date": "2026-9-30"}, {}),
    ("credit_balance_info", {}, {}),
    ("quota_info", {}, {}),
    ("activity_info", {"types": "service_create"}, {}),
    ("activity_info", {"to_date": "2026-9-30"}, {}),
    ("notification_info", {"include_types": True}, {}),
    ("role_info", {"name": "Admin"}, {}),
    (
        "role",
        {"name": "r", "policies": [POLICY], "actors": {"api_keys": "First key"}},
        {"check_mode": True, "diff": True},
    ),
    ("role", {"name": "r", "policies": [{**POLICY, "services": None}]}, {}),
    ("udf_info", {}, {}),
    (
        "udf",
        {"function_name": "f", "source": ECHO_SOURCE, "arguments": [], "return_type": "String"},
        {"check_mode": True, "diff": True},
    ),
    ("udf_attachment", {**NAME, "function_name": "f", "version": "{{ 1 }}"}, {}),
    ("backup_bucket_info", NAME, {}),
    (
        "backup_bucket",
        {**NAME, "bucket_provider": "aws", "bucket_path": "https://b", "iam_role_arn": "arn"},
        {"check_mode": True, "diff": True},
    ),
    ("backup_bucket", {**NAME, "bucket_provider": "azure", "connection_string": "a secret of the bucket"}, {}),
    ("backup_config", {**NAME, "backup_period_in_hours": 12}, {"check_mode": True, "diff": True}),
    ("service_settings", {**NAME, "settings": {"max_threads": "{{ 4 }}"}}, {"check_mode": True, "diff": True}),
    ("service_settings", {**NAME, "settings": {"max_thread": 4, "keep_alive_timeout": None}}, {}),
    ("service_settings_info", {**NAME, "schema": True}, {}),
    ("replica_aware_routing", {**NAME, "http_enabled": True}, {"check_mode": True, "diff": True}),
    ("replica_aware_routing_info", NAME, {}),
    (
        "service_query_endpoint",
        {**NAME, "api_keys": ["First key"], "roles": ["sql_console_admin"]},
        {"check_mode": True, "diff": True},
    ),
    ("service_query_endpoint", {**NAME, "api_keys": ["Frst key"], "roles": ["sql_console_admin"]}, {}),
    ("service_query_endpoint_info", NAME, {}),
    ("snapshot_config", {**NAME, "enabled": True, "gap": 30, "time_frame": 1440}, {"check_mode": True, "diff": True}),
    ("scaling_schedule", {**NAME, "entries": [ENTRY]}, {"check_mode": True, "diff": True}),
    ("scaling_schedule", {**NAME, "entries": [ENTRY], "timezone": "Europe/Berln"}, {}),
    ("scaling_schedule_info", NAME, {}),
    ("service_query", {**NAME, "sql": "SELECT\n1", "readonly": False}, {"check_mode": True, "diff": True}),
    ("service_query", {**NAME, "sql": "SELECT 1", "parameters": {"a": "{{ 5 }}"}}, {}),
    (
        "service_query",
        {**NAME, "sql": "SELECT 'concealed'", "readonly": False},
        {"no_log": True, "check_mode": True, "diff": True},
    ),
    ("service_query", {**NAME, "sql": "SELECT 'concealed'"}, {"no_log": True}),
    ("service_password", {**NAME, "password": "secret of mine", "password_file": "kept"}, {}),
    ("service_password", {**NAME, "password": "{{ '\\udcff' }}"}, {}),
    ("service_password", {**NAME, "password_file": "~/kept"}, {"environment": {"HOME": "/nowhere"}}),
]


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """Return the Python that runs the tests, at a path without a space, which ansible-core does not always quote."""
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the arguments of ansible-playbook for a play, in another directory than that of the playbook."""
    monkeypatch.setenv("ANSIBLE_LOCALHOST_WARNING", "false")
    monkeypatch.setenv("ANSIBLE_INVENTORY_UNPARSED_WARNING", "false")
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")
    directory = tmp_path / "project"
    directory.mkdir()

    def _command(tasks: list[Any], *arguments: str, **keywords: Any) -> list[str]:
        playbook = directory / "play.yml"
        playbook.write_text(
            yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, **keywords, "tasks": tasks}], width=1000)
        )
        return [str(playbook), *arguments]

    return _command


@pytest.fixture
def play(command: Command) -> Play:
    """Run a play with real Ansible."""

    def _play(tasks: list[Any], *arguments: str, **keywords: Any) -> subprocess.CompletedProcess[str]:
        return run_ansible("playbook", *command(tasks, *arguments, **keywords))

    return _play


#: Loaded before Ansible forks: keeps the shared list of services fresh, even on a slow machine.
STEADY = """
from ansible.plugins.callback import CallbackBase
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.cache import SharedClient
SharedClient.api.__kwdefaults__["max_age"] = 3600
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_NAME = "steady"
"""


@pytest.fixture
def steady(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the list that the items of a loop share fresh, even on a slow machine."""
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks/steady.py").write_text(STEADY)
    monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", str(tmp_path / "callbacks"))
    monkeypatch.setenv("ANSIBLE_CALLBACKS_ENABLED", "steady")


#: Values that may differ: the ID of each request, the age of a backup, and the minute in which a key was used.
OTHER = re.compile(
    r'(?<=request id is )[0-9a-f-]{36}|(?<="request_id": ")[0-9a-f-]{36}|(?<="age_in_seconds": )\d+'
    r'|(?<="used_at": ")[^"]+'
)


#: Each change of state that is shown while a task waits. Two of TASKS have a secret that is a word of it, which Ansible
#: masks from then on, since 2.22.
PROGRESS = re.compile(
    r"^(?:analytics|\$REDACTED\$) \([0-9a-f]{8}\): "
    r"(stopping -> stopped|starting -> (?:running|\$REDACTED\$)), after \d+ seconds?$",
    re.M,
)


def results_and_output(play: Play, directory: Path, fast: bool) -> tuple[list[Any], str]:
    """Return the results of TASKS, and what is printed."""
    tasks: list[Any] = [
        {f"clickhouse.cloud.{module}": options, "register": f"r{number}", "ignore_errors": True, **keywords}
        for number, (module, options, keywords) in enumerate(TASKS)
    ]
    path = directory / "registered"
    content = "{{ [" + ", ".join(f"r{number}" for number in range(len(TASKS))) + "] | to_json }}"
    tasks.append({"ansible.builtin.copy": {"content": content, "dest": str(path)}, "no_log": True})
    switch = json.dumps({_fast_path.ENABLE_VARIABLE: fast})
    defaults = {"clickhouse.cloud.service": {"wait": False}, "group/clickhouse.cloud.all": {"connect_timeout": 3}}
    ended = play(tasks, "-e", switch, "--diff", "-v", module_defaults=defaults)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    progress = PROGRESS.findall(ended.stderr)
    assert len(progress) == (2 if fast else 0)
    results = json.loads(OTHER.sub("0", path.read_text()))
    for result in results:
        # Ansible looks for an interpreter only when it needs one.
        if not result.get("ansible_facts", {"more": 1}).keys() - {"discovered_interpreter_python"}:
            del result["ansible_facts"]
    return results, ended.stdout


def test_results_are_identical(
    service: dict[str, Any], emulator: Emulator, play: Play, tmp_path: Path, steady: None
) -> None:
    by_process, shown_by_process = results_and_output(play, tmp_path, fast=False)
    kept = tmp_path / "project/kept"
    assert kept.read_text() == "secret of mine"
    kept.unlink()
    before = emulator.journal()
    emulator.clear_journal()
    here, shown_here = results_and_output(play, tmp_path, fast=True)
    assert kept.read_text() == "secret of mine"
    for (module, options, keywords), one, other in zip(TASKS, by_process, here):
        assert json.dumps(other) == json.dumps(one), (module, options, keywords)
    assert "concealed" not in shown_by_process + shown_here
    # Ansible detects no interpreter, and words the failure differently.
    facts = re.compile(r'"ansible_facts": \{"discovered_interpreter_python": "[^"]*"\}, ')
    here_only = shown_here.replace("Task failed: Action failed", "Task failed: Module failed")
    there_only = facts.sub("", shown_by_process)
    assert OTHER.sub("0", here_only) == OTHER.sub("0", there_only)
    # The second item of the loop uses the shared list, which a separate process has to request again.
    assert len(before) - len(emulator.journal()) == 1
    for secret in ("secret of mine", emulator.api_secret):
        assert secret not in shown_here


def test_loop_costs_one_request_and_one_connection(emulator: Emulator, play: Play, steady: None) -> None:
    for number in range(50):
        emulator.create(name=f"s{number}", provider="aws", region="eu-central-1", ipAccessList=[])
    for service in emulator.raw_services():
        emulator.set_service(service["id"], state="running")
    emulator.clear_journal()
    loop = [f"s{number}" for number in range(50)]
    ended = play([{"clickhouse.cloud.service": {"name": "{{ item }}", "release_channel": "default"}, "loop": loop}])
    assert "ok=1    changed=0" in ended.stdout
    assert [request["path"].rsplit("/", 1)[1] for request in emulator.journal()] == ["services"]
    # A second connection would have sent a second list; with the writes below, there is still only one.
    options = {"name": "{{ item }}", "state": "stopped", "wait": False}
    play([{"clickhouse.cloud.service_state": options, "loop": loop[:3]}])
    assert len({sent_request["client"] for sent_request in emulator.journal()}) == 2


def test_loop_lists_services_again_after_a_change(emulator: Emulator, play: Play, sent: Sent) -> None:
    new = {**NEW, "wait": False}
    loop = ["one", "two", "one"]
    ended = play([{"clickhouse.cloud.service": {"name": "{{ item }}", **new}, "loop": loop}])
    assert "ok=1    changed=1" in ended.stdout
    requests = sent()
    assert [request for request in requests if request.startswith("POST")] == ["POST services", "POST services"]
    assert [service["name"] for service in emulator.services()] == ["one", "two"]


@pytest.mark.parametrize(("platform", "expected"), [("darwin", 0), ("linux", 1)])
def test_fork_on_macos_does_not_use_the_system_log(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, platform: str, expected: int
) -> None:
    """A forked process may crash there when it uses the system for more than files and sockets."""
    logged: list[str] = []

    def record(module: AnsibleModule, text: str, *arguments: Any, **keywords: Any) -> None:
        if not module.no_log:
            logged.append(text)

    monkeypatch.setattr(AnsibleModule, "log", record)
    monkeypatch.setattr(_fast_path.sys, "platform", platform)
    assert "services" in run_in_worker("service_info", False, {})
    assert len([text for text in logged if text.startswith("Invoked")]) == expected


@pytest.mark.parametrize(
    ("module", "options", "state"),
    [
        ("service_info", NAME, "seen.services[0].state"),
        ("fleet", {"services": [NAME]}, "seen.services[0].service.state"),
    ],
)
def test_until_loop_detects_a_change(
    emulator: Emulator, play: Play, service: dict[str, Any], module: str, options: dict[str, Any], state: str
) -> None:
    tasks = [
        {"clickhouse.cloud.service_state": {**NAME, "state": "stopped", "wait": False}},
        {
            f"clickhouse.cloud.{module}": options,
            "register": "seen",
            "until": f"{state} == 'stopped'",
            "retries": 20,
            "delay": 0.05,
        },
    ]
    ended = play(tasks)
    assert ended.returncode == 0, ended.stdout


def test_progress_is_hidden_with_no_log(play: Play, service: dict[str, Any]) -> None:
    options = {**NAME, "state": "stopped", "wait_interval": 0.05}
    ended = play([{"clickhouse.cloud.service_state": options, "no_log": True}])
    assert "changed=1" in ended.stdout
    assert "analytics" not in ended.stdout + ended.stderr


#: A callback whose output is one JSON document, as that of ansible.posix.json.
JSON_CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = "name: only_json\\ntype: stdout\\nshort_description: JSON"

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "only_json"

    def v2_runner_on_ok(self, result):
        self._display.display(json.dumps({"changed": result.is_changed()}))
"""


def test_standard_output_belongs_to_the_callback(
    play: Play, tmp_path: Path, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    callbacks = tmp_path / "project/callback_plugins"
    callbacks.mkdir()
    (callbacks / "only_json.py").write_text(JSON_CALLBACK)
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "only_json")
    ended = play([{"clickhouse.cloud.service_state": {**NAME, "state": "stopped", "wait_interval": 0.05}}])
    assert json.loads(ended.stdout) == {"changed": True}
    assert PROGRESS.search(ended.stderr)


def test_play_over_services_needs_no_settings(
    service: dict[str, Any], emulator: Emulator, play: Play, tmp_path: Path, sent: Sent
) -> None:
    source = tmp_path / "inventory.yml"
    source.write_text("plugin: clickhouse.cloud.services\n")
    options = {"service_id": "{{ clickhouse_cloud_id }}", "state": "stopped", "wait_interval": 0.05}
    ended = play([{"clickhouse.cloud.service_state": options}], "-i", str(source), hosts="all")
    assert "analytics                  : ok=1    changed=1" in ended.stdout
    assert "stopping -> stopped" in ended.stderr


def test_runs_in_a_deleted_working_directory(
    play: Play, tmp_path: Path, interpreter: Path, service: dict[str, Any]
) -> None:
    deleted = tmp_path / "deleted"
    deleted.mkdir()
    tasks = [
        {"ansible.builtin.file": {"path": str(deleted), "state": "absent"}},
        {"clickhouse.cloud.service_info": NAME},
    ]
    # Without a list of hosts, ansible-core 2.15 itself fails: it looks for group_vars in the working directory.
    hosts = ("-i", "localhost,", "-e", f"ansible_python_interpreter={interpreter}")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(deleted)
        ended = play(tasks, *hosts, connection="local")
    assert "ok=2    changed=1" in ended.stdout, ended.stdout + ended.stderr


def test_working_directory_may_be_deleted_before_a_module_runs(
    service: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = tmp_path / "deleted"
    deleted.mkdir()
    # Loads the plugins of Ansible, for which ansible-core 2.15 needs the working directory.
    run_in_worker("service_info", False, NAME)
    monkeypatch.chdir(deleted)
    deleted.rmdir()
    assert run_in_worker("service_info", False, NAME)["services"][0]["id"] == service["id"]


def test_inaccessible_working_directory_does_not_lose_the_password(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after "sudo -u deploy" in a directory that the user deploy may not enter."""
    entered: list[str] = []

    def enter(path: str) -> None:
        entered.append(path)
        if len(entered) == 2:
            raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "chdir", enter)
    result = run_in_worker("service", False, {**NEW, **NAME, "wait": False})
    assert entered[1] == os.getcwd()
    assert result["changed"] is True
    assert result["password"]


@pytest.mark.parametrize("line", ['{"tags": {"__ansible_type": "x"}, "password": "p"}', '{"password": "p"}'])
def test_result_with_reserved_keys_is_returned_as_json(line: str) -> None:
    """A tag may have any name, including that of an internal marker of Ansible."""
    assert _fast_path._parse_result(f"noise\n\n{line}\nmore noise\n") == json.loads(line)


@contextlib.contextmanager
def alarm_of_ansible() -> Iterator[None]:
    """Return the context in which Ansible runs a task with a timeout."""

    class TimeoutOfAnsible(BaseException):
        pass

    def expire(number: int, frame: Any) -> None:
        raise TimeoutOfAnsible

    before = signal.signal(signal.SIGALRM, expire)
    try:
        signal.alarm(1000)
        yield
        # No alarm remains that could fire after the task.
        assert signal.alarm(0) == 0
        assert signal.getsignal(signal.SIGALRM) is expire
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_timeout_interrupts_only_the_module(service: dict[str, Any]) -> None:
    """Before or after the module, it would lose the result, which may contain a password."""
    limit = _fast_path.TaskTimeout(1000)
    with alarm_of_ansible(), limit.handle_alarm():
        with limit.interruptible():
            pass
        signal.raise_signal(signal.SIGALRM)
    assert limit.explain_timeout({"changed": True}) == {"changed": True}
    with alarm_of_ansible(), limit.handle_alarm():
        signal.raise_signal(signal.SIGALRM)
        with pytest.raises(KeyboardInterrupt), limit.interruptible():
            raise AssertionError("The time is over already.")
    assert limit.explain_timeout({"msg": "Interrupted."})["msg"] == (
        "The task has reached its timeout of 1000 seconds. Interrupted."
    )


def worker_of(process: subprocess.Popen[str]) -> int:
    """Return the process of the task that a play is running."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    processes = [line.split() for line in listed.stdout.splitlines()]
    (worker,) = (int(pid) for pid, parent in processes if int(parent) == process.pid)
    return worker


@pytest.mark.parametrize("keyword", [True, False], ids=["keyword", "configuration"])
def test_timeout_returns_the_changes_made(
    emulator: Emulator, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyword: bool
) -> None:
    """The alarm fires early, so that no test waits for it."""
    kept = tmp_path / "result"
    task: dict[str, Any] = {
        "clickhouse.cloud.service": {**NEW, **NAME, "wait_interval": 0.05},
        "register": "made",
        "ignore_errors": True,
        **({"timeout": 1000} if keyword else {}),
    }
    keep = {"ansible.builtin.copy": {"content": "{{ made | to_json }}", "dest": str(kept)}, "timeout": 0}
    # It keeps waiting.
    emulator.fault(path="/services/[^/]+$", method="GET", delay=300)
    if not keyword:
        monkeypatch.setenv("ANSIBLE_TASK_TIMEOUT", "1000")
    command_line = [sys.executable, "-m", "ansible.cli.playbook", *command([task, keep])]
    with subprocess.Popen(command_line, stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: any("/services/" in request["path"] for request in emulator.journal()))
            os.kill(worker_of(process), signal.SIGALRM)
            output = process.communicate(timeout=600)[0]
        finally:
            process.kill()
    emulator.clear_faults()
    assert process.returncode == 0, output
    result = json.loads(kept.read_text())
    assert result["password"]
    assert [service["id"] for service in emulator.services()] == [result["service"]["id"]]
    assert (result["changed"], result["failed"]) == (True, True)
    assert result["timedout"] == {"period": 1000}
    assert result["msg"].startswith("The task has reached its timeout of 1000 seconds. Interrupted after ")
    assert "When last seen: Service 'analytics'" in result["msg"]


SUNDAY = {"weekday": "sunday", "start_hour_utc": 0}
SNAPSHOTS = {"enabled": True, "gap": 60, "time_frame": 2880}
SCHEDULE = {"entries": [{**ENTRY, "min_replica_memory_gb": 16, "max_replica_memory_gb": 16}]}
READ_ONLY = {"api_keys": [], "roles": ["sql_console_read_only"]}
SETTINGS = {"settings": {"max_threads": 8, "async_insert": True}}
#: Tasks that change parts of that service, either with its module or with theirs.
PART_TASKS: list[tuple[str, dict[str, Any], bool]] = [
    (
        "service",
        {
            "upgrade_window": SUNDAY,
            "query_endpoint": READ_ONLY,
            "clickhouse_settings": SETTINGS,
            "snapshot_config": SNAPSHOTS,
            "scaling_schedule": SCHEDULE,
        },
        True,
    ),
    ("upgrade_window", SUNDAY, False),
    ("snapshot_config", SNAPSHOTS, False),
    ("scaling_schedule", SCHEDULE, False),
    ("service_query_endpoint", READ_ONLY, False),
    ("service_settings", SETTINGS, False),
    ("upgrade_window", {"state": "absent"}, True),
    ("service_query_endpoint", {"state": "absent"}, True),
    ("service_settings", {"settings": {"max_threads": None}}, True),
    ("service", {"tags": {"team": "data"}, "upgrade_window": {"state": "absent"}}, True),
    ("fleet", {"services": [{"name": "new", "query_endpoint": {"state": "absent"}}]}, False),
    ("fleet", {"services": [{"name": "new", "clickhouse_settings": SETTINGS, "scaling_schedule": SCHEDULE}]}, True),
    ("service", {"scaling_schedule": {"state": "absent"}}, True),
    ("scaling_schedule", {"state": "absent"}, False),
]
#: Tasks with a service that the first of them creates, and whether each changes something.
NEW_SERVICE_TASKS: list[tuple[str, dict[str, Any], bool]] = [
    ("service", {**NEW, "wait_interval": 0.05, "tags": {"env": "test"}}, True),
    ("service", {"tags": {"env": "test"}}, False),
    ("service", {"tags": {"team": "web"}, "tags_mode": "add", "mysql_endpoint": True}, True),
    ("service", {**NEW, "mysql_endpoint": True, "release_channel": "default"}, False),
    ("backup_config", {"backup_period_in_hours": 12}, True),
    ("backup_config", {"backup_period_in_hours": 12}, False),
    ("backup_config_info", {}, False),
    ("backup_info", {}, False),
    ("snapshot_config_info", {}, False),
    ("snapshot_info", {}, False),
    ("private_endpoint_config_info", {}, False),
    ("service_metrics_info", {}, False),
    ("service_info", {"tags": {"team": "web", "env": None}}, False),
    ("service_scaling", {"min_replica_memory_gb": 8, "max_replica_memory_gb": 64, "wait_interval": 0.05}, True),
    ("service_scaling", {"max_replica_memory_gb": 64}, False),
    ("service_password", {"password": "not shown anywhere"}, True),
    ("service_state", {"state": "started"}, False),
    ("service_state", {"state": "stopped", "wait_interval": 0.05}, True),
    ("service_state", {"state": "stopped"}, False),
    (
        "fleet",
        {"services": [{"name": "new", "state": "started", "backup_config": {"backup_period_in_hours": 12}}]},
        True,
    ),
    ("fleet", {"services": [{"name": "new", "state": "started", "tags": {"team": "web", "env": "test"}}]}, False),
    ("service_state", {"state": "stopped", "wait_interval": 0.05}, True),
    *PART_TASKS,
    ("replica_aware_routing_info", {}, False),
    ("replica_aware_routing", {"http_enabled": True}, True),
    ("service", {"state": "absent"}, True),
    ("service", {"state": "absent"}, False),
]


def test_check_mode_continues_with_planned_services(emulator: Emulator, play: Play, tmp_path: Path, sent: Sent) -> None:
    """Each task of a run in check mode predicts its real result, and only requests the list."""
    path = tmp_path / "results"

    def results(*arguments: str) -> list[Any]:
        tasks: list[Any] = [
            {
                f"clickhouse.cloud.{module}": {**({} if module == "fleet" else {"name": "new"}), **options},
                "register": f"r{number}",
            }
            for number, (module, options, _changed) in enumerate(NEW_SERVICE_TASKS)
        ]
        content = "{{ [" + ", ".join(f"r{number}" for number in range(len(tasks))) + "] | to_json }}"
        tasks.append({"ansible.builtin.copy": {"content": content, "dest": str(path)}, "check_mode": False})
        ended = play(tasks, *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        found: list[Any] = json.loads(path.read_text())
        return found

    predicted = results("--check")
    assert {request.split("?")[0] for request in sent()} == {"GET services"}
    done = results()
    expected = [changed for _module, _options, changed in NEW_SERVICE_TASKS]
    assert [result["changed"] for result in predicted] == expected
    assert [result["changed"] for result in done] == expected
    for result in predicted:
        assert result.get("service_id") is None
        assert (result.get("service") or {}).get("id") is None
        assert "00000000" not in json.dumps(result)
    assert predicted[4]["backup_config"]["backup_period_in_hours"] == 12
    assert predicted[7]["backups"] == []
    assert [service["name"] for service in predicted[12]["services"]] == ["new"]
    assert predicted[17]["service"]["state"] == "stopped"


def test_planned_api_key_is_found_by_its_name(
    emulator: Emulator, play: Play, service: dict[str, Any], tmp_path: Path
) -> None:
    """By modules that name API keys, in the same order as outside check mode, but not before it is planned."""
    roles, common = ["sql_console_read_only"], {"name": service["name"], "api_keys": ["New"]}
    key = {"name": "New", "ip_access_list": [], "secret_file": str(tmp_path / "secret")}
    new = {"endpoint_name": "report", "sql": "SELECT 1", "database": "default"}
    tasks: list[Any] = [
        {"clickhouse.cloud.api_key": key},
        {"clickhouse.cloud.service_query_endpoint": {**common, "roles": roles}},
        {"clickhouse.cloud.query_api_endpoint": {**common, **new, "roles": roles}},
        {"clickhouse.cloud.role": {"name": "Reports", "policies": [], "actors": {"api_keys": ["New"]}}},
    ]
    ended = play(tasks[1:2], "--check")
    assert "api_keys: there is no API key 'New'." in ended.stdout
    planned = play(tasks, "--check", "--diff")
    assert "ok=4    changed=4" in planned.stdout, planned.stdout
    assert "New" in planned.stdout.partition("query_endpoint")[2]
    assert "ok=4    changed=4" in play(tasks).stdout
    assert "ok=4    changed=0" in play(tasks, "--check").stdout


def test_planned_service_is_found_by_its_future_id(emulator: Emulator, play: Play) -> None:
    """Unless several services are planned, since the ID is then ambiguous."""
    create = {"clickhouse.cloud.service": {**NEW, "name": "new"}, "register": "made"}
    stop = {"clickhouse.cloud.service_state": {"service_id": "{{ made.service.id }}", "state": "stopped"}}
    ended = play([create, stop], "--check")
    assert "ok=2    changed=2" in ended.stdout
    other = {"clickhouse.cloud.service": {**NEW, "name": "other"}}
    ended = play([create, other, stop], "--check")
    assert "one of the following is required: name, service_id" in ended.stdout


def test_only_services_planned_in_the_same_run_are_used(
    emulator: Emulator, play: Play, service: dict[str, Any], tmp_path: Path
) -> None:
    created = {"clickhouse.cloud.service": {**NEW, "name": "new"}}
    unknown = {"clickhouse.cloud.service_state": {"name": "new", "state": "stopped"}}
    stopped = {"clickhouse.cloud.service_state": {"name": "other", "state": "stopped"}}
    # Not before, not outside check mode, and not if the task that plans it fails.
    ended = play([unknown], "--check")
    assert "There is no service 'new'." in ended.stdout
    ended = play([created, {**unknown, "check_mode": False}], "--check")
    assert "There is no service 'new'." in ended.stdout
    broken = {"services": [{"name": "new", **NEW}, {"name": "other"}]}
    ended = play([{"clickhouse.cloud.fleet": broken, "ignore_errors": True}, unknown], "--check")
    assert "There is no service 'new'." in ended.stdout
    # An existing service is no longer planned.
    exists = {"clickhouse.cloud.service": {**NEW, "name": "new", "wait": False}, "check_mode": False}
    ended = play([created, exists, {"clickhouse.cloud.service_info": {"name": "new"}}], "--check", "-v")
    assert emulator.services()[-1]["id"] in ended.stdout.rpartition("TASK")[2]
    # Planned services are discarded once a task makes a change, in a separate process as well.
    for keywords in ({}, {"vars": {"clickhouse_cloud_fast_path": False}}):
        gone = {"clickhouse.cloud.service": {"name": "other", "state": "absent"}, "check_mode": False, **keywords}
        ended = play([{"clickhouse.cloud.service": {**NEW, "name": "other"}}, gone, stopped], "--check")
        assert "There is no service 'other'." in ended.stdout
    # Reading existing services does not discard planned ones.
    ended = play(
        [
            {"clickhouse.cloud.service": {**NEW, "name": "other"}},
            {"clickhouse.cloud.service_info": {}, "check_mode": False},
            stopped,
        ],
        "--check",
    )
    assert "ok=3    changed=2" in ended.stdout
    # The backup of a planned service is unknown, like one that does not exist.
    tasks = [
        {"clickhouse.cloud.service": {**NEW, "name": "newer"}},
        {"clickhouse.cloud.backup_info": {"name": "newer", "backup_id": service["id"]}},
        {"clickhouse.cloud.service": {"name": "restored", "restore_from": {"name": "newer"}, "ip_access_list": []}},
    ]
    ended = play(tasks, "--check")
    assert "Service 'newer' (planned) has no completed backup" in ended.stdout


@pytest.mark.parametrize("module", ["service", "backup_config_info"])
def test_id_that_looks_planned_is_unknown(emulator: Emulator, module: str) -> None:
    """IDs of planned services are never returned, but a task may name any ID."""
    result = run_in_worker(module, True, {"service_id": "00000000-0000-4000-8000-000000000000"})
    assert result["failed"] is True
    assert result["msg"].startswith("There is no service")


def action(transport: str = "ssh", become: Any = None, **keywords: Any) -> ActionModule:
    task = Task()
    for name, value in keywords.items():
        setattr(task, name, value)
    return ActionModule(
        task=task,
        connection=SimpleNamespace(transport=transport, become=become),
        play_context=PlayContext(),
        loader=DataLoader(),
        templar=Templar(loader=DataLoader(), variables={}),
        shared_loader_obj=None,
    )


ID = {"clickhouse_cloud_id": "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"}
OURS = {**ID, _fast_path.HOST_MARKER_VARIABLE: "analytics", "inventory_hostname": "analytics"}


def delegate_variables(host: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the variables of the host to which a task is delegated."""
    return {"ansible_delegated_vars": {host: variables}}


@pytest.mark.parametrize(
    ("here", "plugged", "variables"),
    [
        (True, action("local"), {}),
        (True, action(), OURS),
        (True, action("local", delegate_to="localhost"), OURS),
        (True, action("local"), {_fast_path.ENABLE_VARIABLE: "yes"}),
        (False, action(), {}),
        (True, action(become="sudo"), OURS),
        (False, action(), {**ID, "inventory_hostname": "web1"}),
        (False, action(), {**OURS, "inventory_hostname": "web1"}),
        (
            False,
            action(),
            {**ID, _fast_path.HOST_MARKER_VARIABLE: "{{ inventory_hostname }}", "inventory_hostname": "web1"},
        ),
        (False, action(delegate_to="bastion"), OURS),
        (False, action(delegate_to="bastion"), {**OURS, **delegate_variables("bastion", {})}),
        (False, action(delegate_to="bastion"), {**OURS, **delegate_variables("bastion", OURS)}),
        (
            True,
            action(delegate_to="analytics"),
            {"inventory_hostname": "web1", **delegate_variables("analytics", OURS)},
        ),
        (True, action("local", delegate_to="analytics"), delegate_variables("analytics", OURS)),
        (True, action(delegate_to="analytics"), {**OURS, **delegate_variables("analytics", OURS)}),
        (False, action("local", become="sudo"), {}),
        (False, action("local", async_val=60), {}),
        (False, action("local"), {_fast_path.ENABLE_VARIABLE: False}),
        (False, action("local"), {_fast_path.ENABLE_VARIABLE: "no"}),
        (False, action(), {**OURS, _fast_path.ENABLE_VARIABLE: False}),
        (False, action(async_val=60), OURS),
    ],
)
def test_fast_path_is_used_only_without_another_process(
    here: bool, plugged: ActionModule, variables: dict[str, Any]
) -> None:
    assert (plugged._find_obstacle(variables, plugged._service_host(variables) is not None) is None) is here


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """Return an inventory file of the plugin."""
    source = tmp_path / "services.yml"
    source.write_text("plugin: clickhouse.cloud.services\n")
    return source


@pytest.mark.parametrize("given", ["play", "group"])
def test_machine_with_a_service_id_is_not_a_service(
    service: dict[str, Any], play: Play, tmp_path: Path, sent: Sent, given: str
) -> None:
    """Its tasks and files belong on that machine, which is unreachable here, not on the controller."""
    source, kept = tmp_path / "machines.yml", tmp_path / "kept"
    variables = {"clickhouse_cloud_id": service["id"], "ansible_ssh_common_args": "-o ConnectTimeout=1"}
    of_group = variables if given == "group" else {}
    source.write_text(json.dumps({"all": {"hosts": {"web1.invalid": {}}, "vars": of_group}}))
    task = {"clickhouse.cloud.service_password": {"service_id": service["id"], "password_file": str(kept)}}
    ended = play([task], "-i", str(source), hosts="all", vars={} if of_group else variables)
    assert "unreachable=1" in ended.stdout
    assert sent() == []
    assert not kept.exists()


def test_become_has_no_effect_for_a_service(
    service: dict[str, Any], play: Play, services: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_BECOME", "true")
    ended = play([{"clickhouse.cloud.service_info": NAME}], "-i", str(services), hosts="all")
    assert "analytics                  : ok=1    changed=0    unreachable=0    failed=0" in ended.stdout


@pytest.mark.parametrize(
    ("keywords", "variables", "obstacle"),
    [
        ({"async": 60, "poll": 1}, {}, "it has the keyword async"),
        ({"async": 60, "poll": 0}, {}, "it has the keyword async"),
        ({}, {_fast_path.ENABLE_VARIABLE: False}, f"the variable {_fast_path.ENABLE_VARIABLE} is false"),
        ({}, {"odd": "{{ lookup('ansible.builtin.env', 'ODD') }}"}, "one of its options is not text in UTF-8"),
    ],
)
def test_unsupported_keyword_for_a_service_is_explained(
    service: dict[str, Any],
    play: Play,
    services: Path,
    sent: Sent,
    keywords: dict[str, Any],
    variables: dict[str, Any],
    obstacle: str,
    interpreter: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ODD", "\udcff")
    # The directory of an async job would depend on the home directory.
    monkeypatch.setenv("ANSIBLE_ASYNC_DIR", str(services.parent))
    task = {"clickhouse.cloud.service_info": {"name": "{{ odd | default('analytics') }}"}, **keywords}
    flags = ("-i", str(services), "-e", json.dumps(variables))
    ended = play([task], *flags, hosts="all")
    said = " ".join(ended.stdout.split())
    assert "unreachable=0 failed=1" in said
    assert f"but this one cannot, since {obstacle}. Change that, or" in said
    assert "set ansible_connection to local" in said
    assert sent() == ["GET services"]
    # A task in the background would send its request during the next test.
    if not variables.get("odd") and keywords.get("poll") != 0:
        here = {"ansible_connection": "local", "ansible_python_interpreter": str(interpreter)}
        ended = play([task], *flags, "-e", json.dumps(here), hosts="all")
        assert "failed=0" in ended.stdout, ended.stdout


@pytest.mark.parametrize("hosts", ["localhost", "analytics", "other"])
def test_task_can_be_delegated_to_a_service(
    service: dict[str, Any], emulator: Emulator, play: Play, services: Path, hosts: str
) -> None:
    """It runs like one for that host, whether the delegating host is a service or not, and in a loop."""
    emulator.create(name="other", provider="aws", region="eu-central-1", ipAccessList=[])
    info = {"clickhouse.cloud.service_info": {"service_id": "{{ hostvars['analytics'].clickhouse_cloud_id }}"}}
    loop = {"delegate_to": "{{ item }}", "loop": ["analytics", "other"]}
    ended = play([{**info, "delegate_to": "analytics"}, {**info, **loop}], "-i", str(services), hosts=hosts)
    assert "ok=2    changed=0    unreachable=0    failed=0" in ended.stdout, ended.stdout


def test_impossible_delegation_to_a_service_is_explained(service: dict[str, Any], play: Play, services: Path) -> None:
    task = {
        "clickhouse.cloud.service_info": {},
        "delegate_to": "analytics",
        "vars": {_fast_path.ENABLE_VARIABLE: False},
    }
    said = " ".join(play([task], "-i", str(services), hosts="localhost").stdout.split())
    assert "analytics is a service of ClickHouse Cloud, to which Ansible cannot log in." in said
    assert "unreachable=0 failed=1" in said


def test_invalid_switch_is_reported(play: Play, sent: Sent) -> None:
    ended = play([{"clickhouse.cloud.service_info": {}}], "-e", f"{_fast_path.ENABLE_VARIABLE}=")
    assert f"The variable {_fast_path.ENABLE_VARIABLE} must be true or false; '' is not." in ended.stdout
    assert sent() == []


def test_module_runs_normally_without_requests(play: Play, tmp_path: Path, service: dict[str, Any]) -> None:
    """The Python of Ansible lacks requests, and that of the module has it."""
    bare = tmp_path / "bare"
    (bare / "requests").mkdir(parents=True)
    (bare / "requests/__init__.py").write_text("raise ImportError('as if it were not there')\n")
    hidden = {"PYTHONPATH": f"{bare}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", hidden["PYTHONPATH"])
        ended = play([{"clickhouse.cloud.service_info": NAME, "environment": {"PYTHONPATH": ""}}], "-vvv")
    assert "ok=1" in ended.stdout
    assert "AnsiballZ_service_info" in ended.stdout


def test_undecodable_text_is_rejected_by_the_module(
    play: Play, emulator: Emulator, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte that is not UTF-8, as from the environment."""
    monkeypatch.setenv("ODD", "\udcff")
    ended = play([{"clickhouse.cloud.service_info": {"name": "{{ lookup('ansible.builtin.env', 'ODD') }}"}}], "-v")
    assert "failed=1" in ended.stdout
    assert emulator.journal() == []


def test_task_restores_the_environment(play: Play, tmp_path: Path, service: dict[str, Any]) -> None:
    """The second item of a loop has a separate environment."""
    tasks = [
        {
            "clickhouse.cloud.service_info": NAME,
            "environment": "{{ item }}",
            "loop": [{"CLICKHOUSE_CLOUD_API_SECRET": "not the one"}, {}],
            "ignore_errors": True,
            "register": "seen",
        },
        {"ansible.builtin.assert": {"that": ["seen.results[0] is failed", "seen.results[1] is not failed"]}},
    ]
    ended = play(tasks)
    assert ended.returncode == 0, ended.stdout
