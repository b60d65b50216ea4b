# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All examples of the guides are run against the emulator, and all quoted messages exist."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest
import requests
import yaml

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client, Queries
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import MODULES
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import specification

ROOT = Path(__file__).resolve().parents[2]
GUIDES = {path.stem[len("guide_") :]: path for path in sorted((ROOT / "docs/docsite/rst").glob("guide_*.rst"))}
BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n(?:\1   :caption: (\S+)\n)?((?:\n|\1   .*\n)+)", re.MULTILINE)
#: Examples that are not run: other languages, commands that need the internet, and the setup of the shell.
NOT_RUN = {
    "hcl": r".",
    "shell": r"^((ansible-galaxy collection install|export|git clone|make|pip|terraform state rm) |RUNNER_ADDRESS=)",
}
#: Recipes that need what the tests do not have. The text before them says so.
NOT_RUN_RECIPES = {"hashicorp-vault.yml", "users.yml"}
#: The ID of a second organization in the guides.
STAGING = "1c1d1e1f-2a3b-4c4d-8e5f-6a7b8c9d0e1f"
#: A service as in the guides.
ANALYTICS = {
    "name": "analytics",
    "provider": "aws",
    "region": "eu-central-1",
    "ipAccessList": [{"source": "203.0.113.0/24", "description": "office"}],
    "minReplicaMemoryGb": 16,
    "maxReplicaMemoryGb": 16,
    "idleTimeoutMinutes": 15,
    "tags": [{"key": "env", "value": "production"}],
}
#: Tasks poll every ten seconds by default, and the emulator is much faster.
WAITING = re.compile(
    r"^( +)clickhouse\.cloud\.(?:service|service_scaling|service_state|backup_config|fleet):\n", re.MULTILINE
)
IMPATIENT = r"\g<0>\1  wait_interval: 0.1\n"
#: The address of a controller in the guides, and that of the tests.
ADDRESS = ("203.0.113.7", "127.0.0.1")


@dataclass
class Block:
    language: str
    caption: str
    text: str


def blocks(guide: Path) -> Iterator[Block]:
    for _indent, language, caption, text in BLOCK.findall(guide.read_text()):
        yield Block(language, caption, textwrap.dedent(text).strip() + "\n")


def running(emulator: Emulator, **fields: Any) -> str:
    """Return the ID of a service like analytics that runs, and so has a backup."""
    service_id: str = emulator.create(**{**ANALYTICS, **fields})["service"]["id"]
    emulator.set_service(service_id, state="running")
    return service_id


def before_start(emulator: Emulator, home: Path) -> None:
    running(emulator, name="reports", provider="gcp", region="europe-west4")


def before_authentication(emulator: Emulator, home: Path) -> None:
    running(emulator)
    (home / ".vault-password").write_text("open sesame\n")
    emulator.add_organization(
        id=emulator.organization_id, api_key="the-id-of-the-key", api_secret="the-secret-of-the-key"
    )


def before_inventory(emulator: Emulator, home: Path) -> None:
    running(emulator)
    emulator.set_service(running(emulator, name="reports", tags=[{"key": "env", "value": "test"}]), state="idle")
    add_staging(emulator)


def add_staging(emulator: Emulator) -> None:
    """Add the organization whose key is in the variables STAGING_KEY and STAGING_SECRET, with a service."""
    second = emulator.add_organization(
        id=STAGING, name="Staging", api_key="the-other-key", api_secret="the-other-secret"
    )
    url = f"{emulator.api_url}/organizations/{second['organization_id']}/services"
    order = {"name": "try-out", "provider": "aws", "region": "eu-central-1", "ipAccessList": []}
    requests.post(url, json=order, auth=("the-other-key", "the-other-secret"), timeout=30).raise_for_status()


def before_fleet(emulator: Emulator, home: Path) -> None:
    running(emulator)
    running(emulator, name="training")
    attic = running(emulator, name="attic", tags=[{"key": "team", "value": "platform"}])
    emulator.set_service(attic, state="stopped", backups=[{}])


def before_playbooks(emulator: Emulator, home: Path) -> None:
    running(emulator)
    add_staging(emulator)
    running(emulator, name="training", tags=[{"key": "office-hours", "value": "true"}])
    running(emulator, name="reports", ipAccessList=[{"source": "0.0.0.0/0", "description": "everybody"}])


def before_backups(emulator: Emulator, home: Path) -> None:
    """Add a service that has lost the rows of its backup."""
    key_id = emulator.request("GET", "keys")[0]["id"]
    emulator.request("PATCH", f"keys/{key_id}", {"name": "automation"})
    original = Queries(Client(emulator), running(emulator))
    original.run("CREATE TABLE events (id UInt32) ENGINE = MergeTree ORDER BY id")
    original.run("INSERT INTO events SELECT number FROM numbers(1000)")
    emulator.set_service(original.service_id, backups=[{}])
    original.run("TRUNCATE TABLE events")


def before_terraform(emulator: Emulator, home: Path) -> None:
    running(emulator, minReplicaMemoryGb=8, idleTimeoutMinutes=60)


def before_memory(emulator: Emulator, home: Path) -> None:
    running(emulator)


def before_recipes(emulator: Emulator, home: Path) -> None:
    """Add what the recipes expect: services, files of their users, and the state of Terraform."""
    before_backups(emulator, home)
    analytics = emulator.request("GET", "services")[0]["id"]
    Queries(Client(emulator), analytics).run("INSERT INTO events SELECT 1")
    emulator.set_service(analytics, backups=[{}])
    running(emulator, name="shop")
    running(emulator, name="shop-next")
    for name in ("training-a", "training-b"):
        emulator.set_service(running(emulator, name=name), state="stopped")
    for script in ("migrate.sh", "prepare.sh"):
        (home / script).write_text("#!/bin/sh\n")
        (home / script).chmod(0o755)
    (home / ".vault-password").write_text("open sesame\n")
    service = {
        "mode": "managed",
        "type": "clickhouse_service",
        "name": "analytics",
        "instances": [{"attributes": {"id": analytics}}],
    }
    data = {**service, "mode": "data", "instances": [{"attributes": {"id": "0"}}]}
    (home / "terraform.tfstate").write_text(json.dumps({"version": 4, "resources": [data, service]}))


#: The setup of each guide, and the writes that it sends, each as "METHOD path".
STORIES: dict[str, tuple[Callable[[Emulator, Path], None], list[str]]] = {
    "start": (before_start, ["POST services", "PATCH state", "DELETE service"]),
    "authentication": (
        before_authentication,
        [
            "PATCH password with the-id-of-the-key",
            "POST keys",
            "POST keys",
            "PATCH service",
            "PATCH password",
        ],
    ),
    "inventory": (before_inventory, ["PATCH state"]),
    "fleet": (
        before_fleet,
        ["PATCH replicaScaling", "PATCH backupConfiguration", "POST services", "PATCH state", "DELETE service"],
    ),
    "playbooks": (before_playbooks, ["POST invitations", "POST keys", "POST roles", "POST scalingSchedule"]),
    "backups": (
        before_backups,
        [
            "PATCH backupConfiguration",
            "PATCH snapshotConfiguration",
            "POST services",
            "POST serviceQueryEndpoint",
            "POST run",
            "PATCH state",
            "DELETE service",
        ],
    ),
    "terraform": (before_terraform, ["PATCH replicaScaling", "PATCH backupConfiguration"]),
    "memory": (before_memory, ["PATCH scaling"]),
    "recipes": (
        before_recipes,
        [
            # The address is admitted, and removed. Two services are renamed.
            *["PATCH service"] * 4,
            # Two services are started. The copy is stopped, and deleted.
            *["PATCH state"] * 3,
            "DELETE service",
            "PATCH password",
            *["POST services"] * 2,
            *["POST serviceQueryEndpoint"] * 2,
            *["POST run"] * 4,
        ],
    ),
    # It starts its own emulators.
    "testing": (lambda emulator, home: None, []),
}


@pytest.mark.parametrize("name", GUIDES)
def test_every_example_is_run(name: str) -> None:
    listed = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text())["sections"]
    assert f"guide_{name}" in [page for section in listed for page in section["toctree"]]
    source = GUIDES[name].read_text()
    shown = list(blocks(GUIDES[name]))
    assert set(re.findall(r"([\w-]+)::(?: \w+)?$", source, re.MULTILINE)) <= {"code-block", "list-table"}
    assert len(shown) == source.count("code-block::")
    commands = "".join(block.text for block in shown if block.language == "console")
    read = "".join(re.findall(r"vars_files: .+", source))
    for block in shown:
        if block.language in NOT_RUN:
            assert all(re.search(NOT_RUN[block.language], line) for line in block.text.splitlines()), block.text
        elif block.language == "console":
            assert name in STORIES
            assert block.text.startswith("$ ")
        elif block.caption in NOT_RUN_RECIPES:
            before = source[: source.index(f":caption: {block.caption}\n")].split("\n\n")[-2]
            assert "is not run by the tests" in collapse_space(before)
        elif block.caption == ".gitlab-ci.yml":
            scripts = [job["script"] for job in yaml.safe_load(block.text).values()]
            assert all(line in collapse_space(commands.replace("\\\n", "")) for script in scripts for line in script)
        else:
            assert block.caption, block.text
            assert block.caption in commands + read, f"{block.caption} is not run"


@pytest.mark.parametrize("name", STORIES)
def test_guide_runs(name: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare, writes = STORIES[name]
    prepare(emulator, tmp_path)
    emulator.clear_journal()
    for variable, value in guide_environment(emulator, tmp_path).items():
        monkeypatch.setenv(variable, value)
    for block in blocks(GUIDES[name]):
        if block.language == "console":
            run_block(block, tmp_path)
        elif block.caption:
            (tmp_path / block.caption).write_text(WAITING.sub(IMPATIENT, block.text).replace(*ADDRESS))
    # Sorted, since a fleet is changed in parallel.
    assert sorted(
        describe_request(entry, emulator) for entry in emulator.journal() if entry["method"] != "GET"
    ) == sorted(writes)


def describe_request(entry: dict[str, Any], emulator: Emulator) -> str:
    """Return a request as "METHOD path", with its key unless it is the one in the environment."""
    what = re.sub(r"[0-9a-f-]{36}$", "service", entry["path"]).rsplit("/", 1)[1]
    key = "" if entry["key"] == emulator.api_key else f" with {entry['key']}"
    return f"{entry['method']} {what}{key}"


def guide_environment(emulator: Emulator, home: Path) -> dict[str, str]:
    """Return the environment in which the commands of a guide run."""
    return {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "PRODUCTION_KEY": emulator.api_key,
        "PRODUCTION_SECRET": emulator.api_secret,
        "STAGING_KEY": "the-other-key",
        "STAGING_SECRET": "the-other-secret",
    }


def run_block(block: Block, home: Path) -> None:
    """Run the command of a block, and compare its output with the lines below it. "..." matches anything."""
    command, shown = re.fullmatch(r"\$ ((?:.*\\\n)*.*)\n((?:.*\n)*)", block.text).groups()
    ended = subprocess.run(["bash", "-c", command], cwd=home, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = collapse_space(ended.stdout)
    for part in filter(None, map(collapse_space, re.split(r"\.\.\.|\n", shown))):
        assert part in said, f"{command} does not say {part!r} there:\n{ended.stdout}"
        said = said[said.index(part) + len(part) :]


def collapse_space(text: str) -> str:
    return " ".join(text.split())


def sentences() -> Iterator[str]:
    """Return all texts of the plugins, with NUL in place of inserted values, and of the roles."""
    for path in (ROOT / "roles").rglob("*.yml"):
        yield path.read_text()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in parts)


def test_explained_messages_exist() -> None:
    rows = re.findall(r"^   \* - (``.+``)$", GUIDES["troubleshooting"].read_text(), re.MULTILINE)
    quoted = [message for row in rows for message in re.findall("``(.+?)``", row)]
    said = list(sentences())
    assert len(quoted) > 20
    for message in quoted:
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in message.split("...")))
        assert any(pattern.search(sentence) for sentence in said), f"nothing says {message!r}"


def test_options_in_the_terraform_table_exist() -> None:
    rows = re.findall(
        r"^ +\* - (.+?)^     - (.+?)(?=^ +\* |\n\n)", GUIDES["terraform"].read_text(), re.MULTILINE | re.DOTALL
    )
    options = {option for module in MODULES for option in specification(module)}
    assert len(rows) > 10
    for attribute, option in rows:
        named = attribute if option.startswith("of the same name") else option
        assert set(re.findall(r"``(\w+)(?:: \w+)?``", named)) <= options
