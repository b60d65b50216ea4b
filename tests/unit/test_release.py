# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release has exactly the files that users need, and works without the checkout."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import VERSION

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
#: What git tracks and a user of the collection never runs: whole directories, and files.
UNPUBLISHED = {
    ".ci",
    ".github",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".yamllint",
    "CONTRIBUTING.md",
    "Makefile",
    "awx",
    "changelogs/fragments",
    "docs/architecture.md",
    "docs/awx.md",
    "docs/benchmarks.md",
    "docs/conf.py",
    "docs/conformance.md",
    "docs/decisions",
    "docs/images",
    "docs/landing.rst",
    "docs/requirements.txt",
    "docs/static",
    "examples",
    "extensions/molecule",
    "galaxy.yml",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "tests",
}
#: Part of the above, but needed to run ansible-test on what is published, as Automation Hub does.
PUBLISHED = {"tests/config.yml"}
#: What the build adds.
ADDED = {"FILES.json", "MANIFEST.json"}
#: What may lie in a checkout without being tracked by git: keys, passwords, and what programs leave behind.
PRIVATE = [
    ".env",
    ".env.production",
    ".aws/credentials",
    ".ansible/tmp/facts.json",
    ".ansible-navigator.log",
    ".netrc",
    ".vault_pass",
    "ansible.cfg",
    "api_key",
    "backup.tar.gz",
    "cert.pem",
    "credentials.json",
    "docker-compose.yml",
    "environment.yml",
    "id_ed25519",
    "integration_config.yml",
    "inventory.yml",
    "mine.yml",
    "node_modules/x/index.js",
    "notes.md",
    "password",
    "password.txt",
    "plan.json",
    "playbook.yml",
    "private.key",
    "roster.md",
    "secrets.yml",
    "site.retry",
    "terraform.tfstate",
    "test.yml",
    "tasks.md",
    "token.json",
    "vault.yml",
    "venv/bin/activate",
    "changelogs/.plugin-cache.yaml",
    "docs/.env",
    "docs/_build/index.html",
    "docs/download.rst",
    "extensions/eda/rulebooks/run.log",
    "extensions/vars.yml",
    "meta/secrets.yml",
    "playbooks/.env",
    "playbooks/group_vars/all/key.pem",
    "playbooks/inventory/services.log",
    "playbooks/password.txt",
    "playbooks/production.env",
    "plugins/modules/password",
    "plugins/modules/service.py.orig",
    "plugins/modules/__pycache__/service.cpython-313.pyc",
    "plugins/modules/key",
    "roles/audit/files/key.pem",
    "roles/audit/vars/.vault",
    "roles/audit/vars/main.yml~",
    "tests/integration/integration_config.yml",
    "tests/output/junit/sanity.xml",
]
#: What the content of a collection may make use of.
RELIABLE = {"meta", "playbooks", "plugins", "roles"}


def output(directory: Path, *command: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
        # The venv of the tests has the checkout as the collection, which is what has to stay unseen here.
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
    }
    ended = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("built")
    command = [str(ROOT / "tests/tools/build.sh"), str(directory)]
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, cwd=ROOT, env=environment, timeout=600, check=True)
    return directory / f"clickhouse-cloud-{VERSION}.tar.gz"


@pytest.fixture(scope="module")
def place(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory that has only the collection, installed in its collections/.

    And nothing of that but the parts which alone a collection may rely on: who packages it may leave out the others.
    """
    directory = tmp_path_factory.mktemp("place")
    install = ("collection", "install", "--offline", "--collections-path", "collections", str(artifact))
    output(directory, str(BIN / "ansible-galaxy"), *install)
    for part in (directory / "collections/ansible_collections/clickhouse/cloud").iterdir():
        if part.is_file():
            part.unlink()
        elif part.name not in RELIABLE:
            shutil.rmtree(part)
    return directory


def published(names: Iterable[str]) -> set[str]:
    """Return those of the tracked files that belong into a release."""
    hidden = {name for name in names if any(name == top or name.startswith(f"{top}/") for top in UNPUBLISHED)}
    return {*names} - hidden | PUBLISHED


def content(artifact: Path) -> set[str]:
    with tarfile.open(artifact) as archive:
        return {member.name for member in archive if member.isfile()}


def test_release_is_small_and_has_exactly_the_files_for_users(artifact: Path) -> None:
    command = ["git", "ls-files", "-z"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]
    assert content(artifact) == ADDED | {name for name in published(tracked) if (ROOT / name).exists()}
    assert artifact.stat().st_size < 1_000_000


def test_changelog_lists_the_modules_of_each_release() -> None:
    releases = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text())["releases"]
    listed = {(module["name"], version) for version, one in releases.items() for module in one.get("modules", [])}
    texts = {path.stem: path.read_text() for path in (ROOT / "plugins/modules").glob("*.py")}
    since = {(name, text.split("\nversion_added: ")[1].split("\n")[0]) for name, text in texts.items()}
    assert listed == {(name, version) for name, version in since if version in releases}
    assert listed


def test_checkout_is_not_used(place: Path) -> None:
    shown = json.loads(output(place, str(BIN / "ansible-doc"), "--json", "clickhouse.cloud.service"))
    assert Path(shown["clickhouse.cloud.service"]["doc"]["filename"]).is_relative_to(place)


def test_no_link_leads_out_of_the_release(place: Path) -> None:
    collection = place / "collections/ansible_collections/clickhouse/cloud"
    files = [path for part in RELIABLE for path in (collection / part).rglob("*") if path.is_file()]
    assert [path.name for path in files if path.suffix not in (".md", ".pyc") and "../" in path.read_text()] == []
    assert len(files) > 100


def test_first_play_runs_from_installed_release(
    place: Path, service: dict[str, Any], sent: Callable[[], list[str]]
) -> None:
    text = re.search(r"## The first play\n+```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert text
    play = place / "first.yml"
    play.write_text(text[1])
    shown = output(place, sys.executable, "-m", "ansible.cli.playbook", str(play))
    assert "analytics (aws eu-central-1) is running" in shown
    assert sent() == ["GET services"]


def test_playbook_with_role_runs_from_installed_release(
    place: Path, service: dict[str, Any], sent: Callable[[], list[str]]
) -> None:
    shown = output(place, sys.executable, "-m", "ansible.cli.playbook", "clickhouse.cloud.audit")
    assert "analytics" in shown
    assert "GET services" in sent()


def test_inventory_runs_from_installed_release(
    place: Path, service: dict[str, Any], sent: Callable[[], list[str]]
) -> None:
    (place / "clickhouse_cloud.yml").write_text("plugin: clickhouse.cloud.services\n")
    listed = output(place, sys.executable, "-m", "ansible.cli.inventory", "-i", "clickhouse_cloud.yml", "--list")
    assert list(json.loads(listed)["_meta"]["hostvars"]) == ["analytics"]
    assert sent() == ["GET services"]


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a committed copy of this checkout, in which a command can be run."""
    subprocess.run([str(ROOT / "tests/tools/copy.sh"), str(tmp_path)], cwd=ROOT, timeout=600, check=True)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)

    command("git", "init", "--quiet")
    command("git", "add", "--all")
    for name, value in {"user.name": "test", "user.email": "test@example.com", "commit.gpgsign": "false"}.items():
        command("git", "config", name, value)
    assert command("git", "commit", "--quiet", "--message", "all").returncode == 0
    return command


@pytest.mark.parametrize(
    "command",
    ["tests/tools/build.sh built", "ansible-galaxy collection build --output-path built"],
    ids=["make release", "by hand"],
)
def test_untracked_files_are_not_released(
    checkout: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, command: str
) -> None:
    for name in PRIVATE:
        path = tmp_path / name
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# canary\n")
    built = checkout("bash", "-ec", f"mkdir built; PATH={shlex.quote(str(BIN))}:$PATH {command}")
    assert built.returncode == 0, built.stdout + built.stderr
    tracked = checkout("git", "ls-files", "-z").stdout.split("\0")[:-1]
    assert content(tmp_path / f"built/clickhouse-cloud-{VERSION}.tar.gz") == ADDED | published(tracked)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("git tag {version}", "there is a tag {version} already"),
        ("touch new", "there are changes that are not committed"),
        (
            "sed -i /{version}:/d changelogs/changelog.yaml; git commit -qam x --allow-empty",
            "there is no changelog of {version}",
        ),
        ("touch changelogs/fragments/a.yml; git add .; git commit -qm x", "lacks fragments"),
    ],
)
def test_incomplete_release_is_refused(
    checkout: Callable[..., subprocess.CompletedProcess[str]], spoil: str, why: str
) -> None:
    spoiled = checkout("bash", "-ec", spoil.format(version=VERSION))
    assert spoiled.returncode == 0, spoiled.stderr
    refused = checkout("tests/tools/release.sh", "check")
    assert refused.returncode == 1
    assert why.format(version=VERSION) in refused.stdout


def test_workflows_pin_each_action_by_commit() -> None:
    workflows = list((ROOT / ".github/workflows").glob("*.yml"))
    used = [line for path in workflows for line in path.read_text().splitlines() if re.match(r"[ -]*uses:", line)]
    assert used
    # The version is for people, and for programs that propose a newer one.
    assert [line for line in used if not re.fullmatch(r"[ -]*uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
