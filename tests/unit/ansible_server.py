# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import Ansible once, and fork a process for each program to run: see ansible_programs.py, which starts this file."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import traceback
from typing import Any

PROGRAMS = ("doc", "inventory", "playbook")


def serve(requests: int, responses: int) -> None:
    """Run the program of each line from a descriptor, and write its exit status as a line to the other one."""
    for program in PROGRAMS:
        importlib.import_module(f"ansible.cli.{program}")
    # The collection needs it for each request. A test may hide it.
    with contextlib.suppress(ImportError):
        importlib.import_module("requests")
    # What is there now is never freed, so that a forked process need not copy it.
    gc.freeze()
    with os.fdopen(requests) as lines:
        for line in lines:
            child = os.fork()
            if not child:
                run(json.loads(line))
            _child, status = os.waitpid(child, 0)
            os.write(responses, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def run(request: dict[str, Any]) -> None:
    """Run a program in this process, and end it."""
    status: Any = 0
    try:
        _apply(request)
        sys.modules[f"ansible.cli.{request['program']}"].main(sys.argv)
    except SystemExit as exit_request:
        status = exit_request.code
    except BaseException:  # As Python does at the end of a program.
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing else: the directory for temporary files belongs to the server, which deletes it in the end.
    os._exit(status if isinstance(status, int) else status is not None)


def _apply(request: dict[str, Any]) -> None:
    """Make this process what a new one for this program would be."""
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for descriptor, (path, flags) in enumerate(
        [(os.devnull, os.O_RDONLY), (request["stdout"], os.O_WRONLY), (request["stderr"], os.O_WRONLY)]
    ):
        opened = os.open(path, flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    # As "python -m" sets them.
    sys.path[0] = request["directory"]
    sys.argv = [str(sys.modules[f"ansible.cli.{request['program']}"].__file__), *request["arguments"]]


if __name__ == "__main__":
    # Not the directory of this file, whose modules must not hide others.
    sys.path[0] = os.getcwd()
    serve(int(sys.argv[1]), int(sys.argv[2]))
