# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the command line of the emulator: its flags, its output, its exit and the command it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import REPOSITORY, Emulator, EmulatorError

PROGRAM = [sys.executable, "-m", "tests.emulator"]
ORGANIZATION = "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f"
SECONDS = 200


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_prints_one_line_and_exits_quietly(number: int) -> None:
    flags = ["--port", "0", "--organization-id", ORGANIZATION, "--api-key", "key", "--api-secret", "secret"]
    with subprocess.Popen(
        [*PROGRAM, *flags], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        connection = json.loads(process.stdout.readline())
        response = requests.get(connection["api_url"] + "/organizations", auth=("key", "secret"), timeout=100)
        process.send_signal(number)
        output, errors = process.communicate(timeout=SECONDS)
    assert connection.keys() == {"api_url", "organization_id", "api_key", "api_secret"}
    assert connection["api_url"].startswith("http://127.0.0.1:")
    assert connection["api_url"].endswith("/v1")
    assert (connection["organization_id"], connection["api_key"], connection["api_secret"]) == (
        ORGANIZATION,
        "key",
        "secret",
    )
    assert response.json()["result"][0]["id"] == ORGANIZATION
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--port", "many"], "'many' is not a valid port"),
        (["--port", "70000"], "'70000' is not a valid port"),
        (["--step", "soon"], "'soon' is not a number of seconds"),
        (["--visibility-lag", "-1"], "'-1' is not a number of seconds"),
        (["--page-size", "0"], "'0' is not a number of elements"),
        (["--page-size", "all"], "'all' is not a number of elements"),
        (["--rate-limit", "fast"], "'fast' is not a valid rate"),
        (["--organization-id", "x"], "'x' is not a UUID of version 4"),
        (["--api-key", ""], "not be empty"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_invalid_flags(flags: list[str], sentence: str) -> None:
    ended = run(*flags)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_port_in_use() -> None:
    with Emulator() as emulator:
        port = emulator.api_url.split(":")[2].split("/")[0]
        ended = run("--port", port)
    assert ended.returncode == 1
    assert ended.stderr == f"The emulator cannot listen on 127.0.0.1:{port}: Address already in use.\n"


def test_command_gets_environment_and_sets_exit_status() -> None:
    script = (
        "import os, requests, sys\n"
        "auth = (os.environ['CLICKHOUSE_CLOUD_API_KEY'], os.environ['CLICKHOUSE_CLOUD_API_SECRET'])\n"
        "answer = requests.get(os.environ['CLICKHOUSE_API_URL'] + '/organizations', auth=auth, timeout=100)\n"
        "print(answer.json()['result'][0]['id'] == os.environ['CLICKHOUSE_ORG_ID'])\n"
        "sys.exit(7)\n"
    )
    ended = run("--port", "0", "--", sys.executable, "-c", script)
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "True\n", "")


def test_missing_command() -> None:
    ended = run("--port", "0", "--", "./no-such-command")
    assert ended.returncode == 127
    assert ended.stderr == "The command './no-such-command' cannot be run: No such file or directory.\n"


@pytest.mark.parametrize("group", [True, False])
def test_interrupt_ends_emulator_and_command(tmp_path: Path, group: bool) -> None:
    """Assert that an interrupt of both, or of the emulator alone, ends the command."""
    mark = tmp_path / "pid"
    script = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(60)"
    process = subprocess.Popen(
        [*PROGRAM, "--port", "0", "--", sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + SECONDS
        while not (mark.exists() and mark.read_text()):
            assert time.monotonic() < end
            time.sleep(0.05)
        if group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(SECONDS)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_emulator_environment() -> None:
    with Emulator(0.01, "--organization-id", ORGANIZATION) as emulator:
        assert emulator.environment == {
            "CLICKHOUSE_API_URL": emulator.api_url,
            "CLICKHOUSE_ORG_ID": ORGANIZATION,
            "CLICKHOUSE_CLOUD_API_KEY": emulator.api_key,
            "CLICKHOUSE_CLOUD_API_SECRET": emulator.api_secret,
        }
        url = emulator.api_url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=100)


def test_start_failure_includes_stderr() -> None:
    with pytest.raises(EmulatorError, match="'x' is not a UUID"), Emulator(0.01, "--organization-id", "x"):
        pass


def test_tier_and_forbid_flags_survive_reset() -> None:
    with Emulator(0.05, "--tier", "BASIC", "--forbid", "view-backups", "--forbid", "manage-password") as emulator:
        service = emulator.create(name="small")["service"]
        path = f"{emulator.api_url}/organizations/{emulator.organization_id}/services/{service['id']}"
        credentials = (emulator.api_key, emulator.api_secret)
        for _number in range(2):
            assert service["numReplicas"] == 1
            assert requests.get(f"{path}/backups", auth=credentials, timeout=100).status_code == 403
            assert requests.patch(f"{path}/password", json={}, auth=credentials, timeout=100).status_code == 403
            # A reset keeps both.
            emulator.reset()
            service = emulator.create(name="small")["service"]
            path = f"{emulator.api_url}/organizations/{emulator.organization_id}/services/{service['id']}"
