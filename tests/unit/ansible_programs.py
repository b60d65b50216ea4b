# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run programs of Ansible without the time that each of them needs to import its code, most of half a second.

A server imports the code once, and forks a process for each program. The code reads its settings while it is imported,
so there is a server for each combination of the variables of the environment, except those that it does not read then,
and of the directory with ansible.cfg. A program that a test interrupts has to be a separate process instead, and so has
one whose start, or whose files in the directory for temporary files, are the subject of the test.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = Path(__file__).with_name("ansible_server.py")
#: In seconds. Only a failing test takes this long.
MAX_SECONDS = 600
#: The variables that neither Python nor Ansible reads while it is imported, as prefixes.
LATE_VARIABLES = ("CLICKHOUSE_", "PYTEST_", "XDG_STATE_HOME")
#: A server takes 60 MB.
MAX_SERVERS = 4

Key = tuple[frozenset[tuple[str, str]], str]


class AnsibleServer:
    """A process that has imported Ansible with an environment."""

    def __init__(self, environment: dict[str, str], directory: str) -> None:
        requests, self._requests = os.pipe()
        self._responses, responses = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, str(SERVER), str(requests), str(responses)],
            cwd=directory,
            env=environment,
            pass_fds=(requests, responses),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(requests)
        os.close(responses)

    def run(
        self, program: str, arguments: list[str], environment: dict[str, str], directory: str
    ) -> tuple[int, str, str]:
        """Run a program and return its exit status, standard output and standard error."""
        with tempfile.NamedTemporaryFile() as stdout, tempfile.NamedTemporaryFile() as stderr:
            request = {
                "program": program,
                "arguments": arguments,
                "environment": environment,
                "directory": directory,
                "stdout": stdout.name,
                "stderr": stderr.name,
            }
            os.write(self._requests, json.dumps(request).encode() + b"\n")
            poll = select.poll()
            poll.register(self._responses, select.POLLIN)
            if not poll.poll(MAX_SECONDS * 1000):
                self._process.kill()
                raise subprocess.TimeoutExpired([program, *arguments], MAX_SECONDS)
            status = os.read(self._responses, 100)
            assert status, f"the server of Ansible has ended with status {self._process.wait()}"
            return int(status), stdout.read().decode(), stderr.read().decode()

    def stop(self) -> None:
        os.close(self._requests)
        self._process.wait(MAX_SECONDS)
        os.close(self._responses)


_servers: dict[Key, AnsibleServer] = {}


def run_ansible(
    program: str, *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of Ansible, such as "playbook", and return its status and output, as subprocess.run() does.

    The environment is that of the test unless env is given, with a home directory of Ansible for the tests.
    """
    environment = {"ANSIBLE_HOME": _home(), **(os.environ if env is None else env)}
    directory = str(cwd or Path.cwd())
    status, stdout, stderr = _server(environment, directory).run(program, list(arguments), environment, directory)
    return subprocess.CompletedProcess([program, *arguments], status, stdout, stderr)


@functools.cache
def _home() -> str:
    """Return a directory for the files that Ansible would write to the home directory."""
    directory = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, directory)
    return directory


def _server(environment: dict[str, str], directory: str) -> AnsibleServer:
    """Return the server for this environment, started if needed."""
    settings = frozenset(item for item in environment.items() if not item[0].startswith(LATE_VARIABLES))
    key = (settings, directory if (Path(directory) / "ansible.cfg").exists() else "")
    server = _servers.pop(key, None) or AnsibleServer(environment, directory)
    # The server that was used last is the last to be stopped.
    _servers[key] = server
    if len(_servers) > MAX_SERVERS:
        _servers.pop(next(iter(_servers))).stop()
    return server


@atexit.register
def _stop_servers() -> None:
    while _servers:
        _servers.popitem()[1].stop()
