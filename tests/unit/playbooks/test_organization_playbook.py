# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that applies the declaration of an organization."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.clickhouse.cloud.plugins.filter.organization_steps import organization_steps
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play

Make = Callable[..., dict[str, Any]]
Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

COLLEAGUE = "colleague@example.com"
ADDRESSES = [{"source": "203.0.113.7", "description": "controller"}]
DECLARATION = {
    "settings": {"name": "Example Ltd.", "enable_core_dumps": False},
    "roles": [
        {"name": "retired", "state": "absent"},
        {
            "name": "operators",
            "policies": [
                {
                    "permissions": ["control-plane:service:view", "control-plane:service:view-backups"],
                    "services": ["analytics"],
                }
            ],
        },
    ],
    "members": [
        {"email": COLLEAGUE, "roles": ["operators"]},
        {"email": "Alice@example.com", "roles": ["Member", "operators"]},
        {"email": "gone@example.com", "state": "absent"},
    ],
    "api_keys": [
        {"name": "old", "state": "absent"},
        {"name": "nightly stop", "roles": ["operators"], "ip_access_list": ADDRESSES, "expire_in_days": 90},
    ],
}
#: The writes, in the order of the steps.
WRITES = [
    "PATCH organization",
    "POST roles",
    "PATCH members/ID",
    "POST invitations",
    "POST keys",
    "DELETE keys/ID",
    "DELETE invitations/ID",
    "DELETE roles/ID",
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks in an empty directory, with a directory for secrets."""
    directory = tmp_path / "here"
    (directory / "secrets").mkdir(parents=True)
    monkeypatch.chdir(directory)
    return directory


def write(here: Path, declaration: Mapping[str, Any]) -> dict[str, str]:
    """Write the declaration to a file, and return the variables of the playbook."""
    (here / "organization.yml").write_text(yaml.safe_dump({"clickhouse_organization": declaration}))
    return {"organization_declaration": "organization.yml", "organization_secrets": "secrets"}


def writes(sent: Sent) -> list[str]:
    """Return the requests that are no GET, with ID in place of IDs."""
    lines = [re.sub("[0-9a-f-]{36}$", "ID", line) for line in sent() if not line.startswith("GET")]
    return ["PATCH organization" if line.startswith("PATCH /v1/organizations/") else line for line in lines]


@pytest.fixture
def organization(emulator: Emulator, fleet: Make, run: Run, sent: Sent, tmp_path: Path) -> None:
    """Prepare an organization with a service, and with what the declaration changes and removes."""
    fleet("analytics")
    policies = [{"permissions": ["control-plane:organization:view"]}]
    members = {"members": [COLLEAGUE]}
    assert run("role", name="retired", policies=policies, actors=members)["changed"]
    assert run("role", name="kept", policies=policies)["changed"]
    secret = str(tmp_path / "old.json")
    assert run("api_key", name="old", ip_access_list=[], secret_file=secret)["changed"]
    assert run("member", email="gone@example.com", roles=["Member"])["changed"]
    sent()


@pytest.mark.usefixtures("organization")
def test_declaration_is_applied(play: Play, emulator: Emulator, sent: Sent, here: Path) -> None:
    variables = write(here, DECLARATION)
    planned = play("organization", "--check", "--diff", **variables)
    assert (planned.code, planned.changed) == (0, 7), planned.output
    assert "there is no role 'operators'." in planned.output
    assert writes(sent) == []
    assert list((here / "secrets").iterdir()) == []

    done = play("organization", **variables)
    assert (done.code, done.changed) == (0, 7), done.output
    assert writes(sent) == WRITES
    secret = json.loads((here / "secrets/nightly-stop.json").read_text())
    assert secret["api_secret"] not in done.output
    assert re.search(r'"role        kept  [0-9a-f-]{36}"', done.output)

    again = play("organization", **variables)
    assert (again.code, again.changed) == (0, 0), again.output
    lines = sent()
    assert [line for line in lines if not line.startswith("GET")] == []
    # What exists; the settings; the role and the names of services; a member; a member or an invitation; and a key.
    assert len(lines) == 4 + 1 + 2 + 1 + 2 + 1, lines


ROLES = [
    {"id": "1", "name": "Member", "type": "system", "actors": {"members": [], "api_keys": []}},
    {"id": "2", "name": "ops", "type": "custom", "actors": {"members": ["7"], "api_keys": ["8"]}},
]
MEMBERS = [{"id": "7", "email": "a@example.com"}]
KEYS = [{"id": "8", "name": "key"}]
EXISTING = {"roles": ROLES, "members": MEMBERS, "invitations": [], "api_keys": KEYS}


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ([], "clickhouse_organization must be a dictionary with the keys organization_id, settings, roles, members,"),
        ({"member": []}, "clickhouse_organization has an unknown key, member. Did you mean members?"),
        ({"settings": {"nme": "x"}}, "settings has an unknown key, nme. Did you mean name?"),
        ({"settings": {"enable_core_dumps": "x"}}, "settings is invalid: .*enable_core_dumps"),
        ({"roles": {}}, "roles must be a list of dictionaries, one for each role"),
        ({"roles": ["x"]}, "roles, number 1, must be a dictionary"),
        ({"roles": [{"name": "x", "actors": {}}]}, "roles, number 1, must not have actors. Declare who has the role"),
        ({"roles": [{"name": "x", "policies": [{"effect": "x"}]}]}, "roles, number 1, is invalid: "),
        ({"roles": [{"force": True}]}, "roles, number 1, needs name or role_id"),
        ({"members": [{"roles": []}]}, "members, number 1, needs email."),
        (
            {"members": [{"email": "A@example.com"}, {"email": "a@example.com "}]},
            "members, number 2, declares a@example.com again. Declare each member once.",
        ),
        ({"api_keys": [{"name": "x", "secret": "y"}]}, "api_keys, number 1, has an unknown key, secret."),
    ],
)
def test_mistakes_in_the_file_are_found_first(declaration: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        organization_steps(declaration)


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (
            {"members": [{"email": "a@example.com", "roles": ["Membr"]}]},
            "members, number 1, has the role 'Membr', which neither exists nor is declared. Did you mean 'Member'?",
        ),
        (
            {"roles": [{"name": "ops", "state": "absent"}], "api_keys": [{"name": "key", "roles": ["ops"]}]},
            "api_keys, number 1, has the role 'ops', which neither exists nor is declared.",
        ),
        (
            {"roles": [{"name": "ops", "state": "absent"}]},
            "roles, number 1, declares 'ops' as absent, but a@example.com, key would still have it",
        ),
        (
            {
                "roles": [{"name": "ops", "state": "absent"}],
                "members": [
                    {"email": "b@example.com", "roles": ["Member"]},
                    {"email": "a@example.com", "roles": ["Member"], "roles_mode": "add"},
                ],
                "api_keys": [{"name": "key", "state": "absent"}],
            },
            "but a@example.com would still have it",
        ),
        ({"roles": [{"name": "x"}]}, "roles, number 1, is a new role. Set policies."),
        ({"members": [{"email": "b@example.com"}]}, "members, number 1, is a new member. Set roles."),
        ({"api_keys": [{"name": "x"}]}, "api_keys, number 1, is a new API key. Set ip_access_list."),
        (
            {"api_keys": [{"name": "x", "ip_access_list": []}]},
            "api_keys, number 1, is a new API key. Set organization_secrets to a directory",
        ),
    ],
)
def test_mistakes_are_found_before_the_first_change(declaration: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        organization_steps(declaration, EXISTING)


def test_key_of_another_organization_changes_nothing(play: Play, emulator: Emulator, sent: Sent, here: Path) -> None:
    other = emulator.add_organization()["organization_id"]
    ended = play("organization", **write(here, {"organization_id": other, "settings": {"name": "x"}}))
    assert ended.code != 0
    assert f"The declaration is for the organization {other}, to which the API key does not belong." in ended.output
    assert sent() == ["GET /v1/organizations"]


def test_two_keys_need_two_files() -> None:
    keys = [{"name": name, "ip_access_list": []} for name in ("a b", "A-b")]
    with pytest.raises(AnsibleFilterError, match="numbers 1 and 2, would have the same file, /s/A-b.json. Set"):
        organization_steps({"api_keys": keys}, EXISTING, "/s")


def test_what_may_exist_is_not_checked() -> None:
    """A key that may not list the roles or the keys can still apply the declaration."""
    declaration = {"members": [{"email": "b@example.com", "roles": ["x"]}], "api_keys": [{"name": "x"}]}
    steps = organization_steps(declaration, {"roles": None, "members": None, "api_keys": None})
    assert steps["present"]["members"] == declaration["members"]
    assert steps["undeclared"] == []


def test_roles_may_be_removed_in_each_way() -> None:
    role = {"name": "ops", "state": "absent"}
    takers: list[dict[str, Any]] = [{"roles": []}, {"roles": ["2"], "roles_mode": "remove"}, {"state": "absent"}]
    for taker in takers:
        members = [{"email": "A@example.com", **taker}]
        keys = [{"key_id": "8", "roles": []}]
        steps = organization_steps({"roles": [role], "members": members, "api_keys": keys}, EXISTING)
        assert steps["absent"]["roles"] == [role]
    forced = {**role, "force": True}
    assert organization_steps({"roles": [forced]}, EXISTING)["absent"]["roles"] == [forced]


def test_secret_file_is_passed_where_it_is_needed(tmp_path: Path) -> None:
    """Not for an existing key whose secret is somewhere else, about which the module would warn in each run."""
    (tmp_path / "begun.json").touch()
    (tmp_path / ".pending.json.new").touch()
    names = ["key", "begun", "pending", "..."]
    existing = [{"id": str(number), "name": name} for number, name in enumerate(names[:3], 10)]
    keys = [{"name": name, "ip_access_list": []} for name in names] + [
        {"name": "own", "ip_access_list": [], "secret_file": "f"}
    ]
    steps = organization_steps({"api_keys": keys}, {"api_keys": existing}, str(tmp_path))
    files = [key.get("secret_file") for key in steps["present"]["api_keys"]]
    assert files == [None, f"{tmp_path}/begun.json", f"{tmp_path}/pending.json", f"{tmp_path}/key.json", "f"]


def test_other_declarations_are_rejected(play: Play, sent: Sent, here: Path) -> None:
    ended = play("organization", **write(here, {"members": [{"email": "a@example.com", "role": "Member"}]}))
    assert ended.code != 0
    assert "members, number 1, has an unknown key, role. Did you mean roles?" in ended.output
    assert sent() == []


def test_exported_organization_is_as_declared(play: Play, run: Run, sent: Sent, fleet: Make, here: Path) -> None:
    """Applying what was exported changes nothing, and a second export is equal to the byte."""
    services = {name: fleet(name)["id"] for name in ("analytics", "twin")}
    fleet("twin")
    policies = [{"permissions": ["control-plane:service:view"], "services": [*services.values()]}]
    assert run("role", name="{{ 7 * 7 }}", policies=policies)["changed"]
    assert run("member", email="alice@example.com", roles=["Member"])["changed"]
    sent()
    done = play("export", export_organization_file="organization.yml")
    assert (done.code, done.changed) == (0, 1), done.output
    assert len(sent()) == 6
    written = (here / "organization.yml").read_text()
    assert "- name: !unsafe '{{ 7 * 7 }}'" in written
    assert f"          - {services['twin']}\n" in written
    assert "          - analytics\n" in written
    again = play("export", export_organization_file="organization.yml")
    assert (again.code, again.changed) == (0, 0), again.output
    sent()
    applied = play("organization", organization_declaration="organization.yml")
    assert (applied.code, applied.changed) == (0, 0), applied.output
    assert writes(sent) == []
    assert "Undeclared objects: 0." in applied.output
