# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user-defined function is built, attached, called by SQL, changed and removed; the client shows it."""

from __future__ import annotations

import itertools
from pathlib import Path

from ansible_collections.clickhouse.cloud.tests.conformance.command_line_client import CommandLineClient
from ansible_collections.clickhouse.cloud.tests.conformance.conftest import STEP
from ansible_collections.clickhouse.cloud.tests.conformance.test_both_directions import run_module
from ansible_collections.clickhouse.cloud.tests.conformance.test_every_option import run_playbook
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

PLAYBOOK = Path(__file__).with_name("functions.yml")
PROGRAM = "import sys\nfor line in sys.stdin:\n    print(line.upper(), end='', flush=True)\n"
UPLOAD = ["POST udfUploads/url", "PUT /udf-uploads/UPLOAD"]
PLACE = "udfs/shout/attachments/SERVICE"


def list_requests(emulator: Emulator, service_id: str) -> list[str]:
    """Return the requests in order, without those that a poll repeats."""
    lines = []
    for entry in emulator.journal():
        path = (
            entry["path"].replace(f"/v1/organizations/{emulator.organization_id}/", "").replace(service_id, "SERVICE")
        )
        if path.startswith("/udf-uploads/"):
            path = "/udf-uploads/UPLOAD"
        lines.append(f"{entry['method']} {path}".replace(emulator.organization_id, "ORGANIZATION"))
    return [line for line, _repeated in itertools.groupby(lines)]


def test_function_is_built_attached_called_changed_and_removed(tmp_path: Path) -> None:
    source = tmp_path / "shout"
    source.mkdir()
    (source / "main.py").write_text(PROGRAM)
    with Emulator(STEP, "--contract") as emulator:
        service_id = emulator.create(name="analytics")["service"]["id"]
        emulator.set_service(service_id, state="running")
        key_id = emulator.request("GET", "keys")[0]["id"]
        endpoint = {"openApiKeys": [key_id], "roles": ["sql_console_read_only"]}
        emulator.request("POST", f"services/{service_id}/serviceQueryEndpoint", endpoint)
        emulator.clear_journal()
        variables = {
            "api_key": emulator.api_key,
            "api_secret": emulator.api_secret,
            "organization": emulator.organization_id,
            "url": emulator.api_url,
            "directory": str(tmp_path),
        }
        run_playbook(variables, playbook=PLAYBOOK)
        requests = list_requests(emulator, service_id)
        assert emulator.functions() == emulator.violations() == []
    assert requests == [
        "GET udfs/shout",
        "GET /v1/organizations/ORGANIZATION",
        *UPLOAD,
        "POST udfs",
        "GET udfs/shout",
        "GET services",
        f"GET {PLACE}",
        "GET udfs/shout",
        f"PUT {PLACE}",
        f"GET {PLACE}",
        "GET services",
        "POST /service/SERVICE/run",
        "GET udfs/shout",
        *UPLOAD,
        "POST udfs/shout/versions",
        "GET udfs/shout",
        "GET services",
        "POST /service/SERVICE/run",
        "GET services",
        f"GET {PLACE}",
        "GET udfs/shout",
        f"PUT {PLACE}",
        f"GET {PLACE}",
        "GET services",
        "POST /service/SERVICE/run",
        "GET udfs/shout",
        "GET udfs/shout/attachments",
        # For the name of the service in the message.
        "GET services",
        "GET udfs/shout",
        "DELETE udfs/shout",
        "GET udfs/shout",
        *requests[requests.index("DELETE udfs/shout") + 2 :],
    ]
    # It is called until its removal from the service is done.
    assert {*requests[requests.index("DELETE udfs/shout") + 2 :]} == {"GET services", "POST /service/SERVICE/run"}


def test_client_shows_what_the_modules_have_made(tmp_path: Path) -> None:
    source = tmp_path / "shout"
    source.mkdir()
    (source / "main.py").write_text(PROGRAM)
    arguments = [{"name": "text", "type": "String"}]
    with Emulator(0) as emulator:
        service_id = emulator.create(name="analytics")["service"]["id"]
        options = {"function_name": "shout", "source": str(source), "arguments": arguments, "return_type": "String"}
        assert run_module(emulator, "udf", {**options, "type": "executable_pool", "pool_size": 2})["changed"]
        assert run_module(emulator, "udf_attachment", {"name": "analytics", "function_name": "shout"})["changed"]
        client = CommandLineClient(emulator, tmp_path)
        function = client.get("udf", "get", "shout")
        expected = {"version": 1, "status": "ready", "poolSize": 2, "arguments": arguments, "returnType": "String"}
        assert function == {**function, **expected}
        attachment = {"functionName": "shout", "serviceId": service_id, "version": 1, "status": "deployed"}
        assert client.get("udf", "attachment", "get", "shout", service_id) == attachment
