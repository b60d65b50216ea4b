# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No text from the API is code: hostile text goes through everything in Ansible that may render or evaluate it.

A batch of texts is a batch of services, so one run of a program shows what becomes of all of them. The environment
variable BATCHES says how many runs there are, which "make test-all" sets.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
import uuid
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ansible_collections.clickhouse.cloud.plugins.plugin_utils._template_safety import (
    mark_template_safety,
    mark_unsafe,
    may_be_trusted,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.ansible_programs import run_ansible
from ansible_collections.clickhouse.cloud.tests.unit.conftest import BATCHES
from ansible_collections.clickhouse.cloud.tests.unit.hostile_texts import BARE, CALLS, FIXED, FORMS

SOURCES = sorted((Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source").glob("*.py"))

HOSTILE = st.one_of(
    st.builds(lambda form, call: form.format(call), st.sampled_from(FORMS), st.sampled_from(CALLS)),
    st.builds(
        lambda before, form, call, after: before + form.format(call) + after,
        st.sampled_from(["", " ", "\n", "\t", "a", "{", "\\", "\u00a0", "\u200b", "- ", "!unsafe "]),
        st.sampled_from(FORMS),
        st.sampled_from(CALLS),
        st.sampled_from(["", " ", "\n", "}", "#", "{{", "%}"]),
    ),
    st.sampled_from(BARE),
    st.text(st.sampled_from("{}[]()%#'\"\\|~ \n=!<>abx_.-:/@+,0"), max_size=30),
)
SETTINGS = settings(
    deadline=None, derandomize=True, suppress_health_check=[*HealthCheck], max_examples=200 * BATCHES, database=None
)


def is_bare(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._:/@+,-]*", text) is not None


@given(st.text())
@SETTINGS
def test_only_letters_digits_and_harmless_characters_may_be_trusted(text: str) -> None:
    expected = all(char.isalpha() or char.isdecimal() or char in "._:/@+-," for char in text)
    assert may_be_trusted(text) is expected


@pytest.mark.parametrize(
    "text", ["", "x", "größe", "東京", "٣", "a.b_c:d/e@f+g-h,i", "2026-01-31T08:00:00Z", "10.0.0.0/8"]
)
def test_bare_name_in_any_script_may_be_trusted(text: str) -> None:
    assert may_be_trusted(text)


OTHERS = " \t\n\r\0\x1b\x7f\x85\u00a0\u2028\u3000'\"`()[]{}<>%#\\|&;!?*=~^$\u0301½²\ud800\u200b"


@pytest.mark.parametrize("char", OTHERS)
def test_no_other_character_may_be_trusted(char: str) -> None:
    assert not may_be_trusted(char)
    assert not may_be_trusted(f"a{char}b")


@pytest.mark.parametrize("mark", [mark_template_safety, mark_unsafe])
@given(text=HOSTILE)
@SETTINGS
def test_templar_returns_the_text_unchanged(mark: Callable[[Any], Any], text: str) -> None:
    """Rendered twice, since a condition is, and what a variable of a play holds."""
    text = text.replace("MARKER", "/nonexistent/marker")
    for value, read in (
        ({"x": text}, lambda found: found["x"]),
        ({text: "x"}, lambda found: next(iter(found))),
        ([{"a": [text]}], lambda found: found[0]["a"][0]),
    ):
        marked = mark(value)
        templar = Templar(loader=DataLoader(), variables={"marked": marked})
        once = templar.template(marked)
        assert read(once) == text
        assert read(templar.template(once)) == text


def service(number: int, text: str) -> dict[str, Any]:
    """Return a service in which each string is the text."""
    return {
        "id": str(uuid.UUID(int=number)),
        "name": text,
        "state": text,
        "provider": text,
        "region": text,
        "tags": [{"key": "value", "value": text}, {"key": text, "value": text}, {"key": f"{text} ", "value": "x"}],
        "ipAccessList": [{"source": text, "description": text}],
        "endpoints": [{"protocol": "https", "host": text, "port": 1, "username": text}],
        "unknownField": {text: [text]},
    }


INVENTORY: dict[str, Any] = {
    "plugin": "clickhouse.cloud.services",
    "compose": {
        "composed": "clickhouse_cloud_ip_access_list | map(attribute='description') | join(' ')",
        "joined": "clickhouse_cloud_tags | join(' ')",
        "template": "'{{ ' ~ clickhouse_cloud_name ~ ' }}'",
        "ansible_connection": "'local'",
    },
    "groups": {"ours": "clickhouse_cloud_name is defined"},
    "keyed_groups": [
        {"key": "clickhouse_cloud_tags", "prefix": "tag"},
        {"key": "clickhouse_cloud_state", "prefix": ""},
    ],
}


def batches(test: Any) -> Any:
    """Run a test with the fixed batch of texts, and with those that are drawn if there is to be more than one."""
    phases = [Phase.explicit] if BATCHES == 1 else [Phase.explicit, Phase.generate]
    drawn = given(texts=st.lists(HOSTILE, min_size=20, max_size=20, unique=True))
    return settings(SETTINGS, max_examples=BATCHES, phases=phases)(drawn(example(texts=FIXED)(test)))


def tasks(name: str, *values: str) -> list[dict[str, Any]]:
    """Return tasks that use the values in each way there is, the first of them as a text, and then check themselves."""
    conditions = [
        {**task, "register": f"r{kind}_{number}", "ignore_errors": True}
        for number, value in enumerate(values)
        for kind, task in enumerate(
            [
                {"debug": {"msg": "reached"}, "when": f"{{{{ {value} }}}}"},
                {"assert": {"that": f"{{{{ {value} }}}}"}},
                {"debug": {"var": f"{{{{ {value} }}}}"}},
            ]
        )
    ]
    # A condition that is more than a bare name is an error: neither true nor false. One of a bare name may be anything,
    # and is left alone: ansible-core 2.16 keeps a traceback with braces in the result of 0/0, and fails to render that.
    checks = [
        {
            "name": "Check",
            "assert": {
                "that": [f"{item} is failed and 'evaluated_to' not in {item}" for item in (f"r0_{n}", f"r1_{n}")]
            },
            "when": f"{value} is not match('^[\\w.:/@+,-]*$')",
        }
        for n, value in enumerate(values)
    ]
    return [
        {"debug": {"msg": f"{{{{ [{', '.join(values)}, of_play] }}}}"}},
        {"set_fact": {"fact": f"{{{{ {name} }}}}", "copied": f"{{{{ {values[-1]} }}}}"}},
        {"debug": {"msg": "{{ [fact, copied] }}"}},
        {"debug": {"msg": "{{ lookup('ansible.builtin.template', 'text.j2') }}"}},
        *conditions,
        *checks,
    ]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a program of Ansible that succeeds, and return what it prints; no text may have left the marker."""
    for name, value in {
        "ANSIBLE_FORKS": "4",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "PYTHONUTF8": "1",
    }.items():
        monkeypatch.setenv(name, value)

    def _run(program: str, *arguments: str, status: int = 0) -> str:
        ended = run_ansible(program, *arguments, cwd=tmp_path)
        assert ended.returncode == status, ended.stdout + ended.stderr
        assert not (tmp_path / "marker").exists()
        return ended.stdout

    return _run


def write_play(directory: Path, name: str, *values: str) -> str:
    """Write a play over all hosts, and return its path."""
    (directory / "text.j2").write_text(f"{{{{ {name} }}}} {{{{ [{', '.join(values)}] }}}}")
    play = {"hosts": "all", "gather_facts": False, "connection": "local", "vars": {"of_play": f"{{{{ {name} }}}}"}}
    path = directory / "play.yml"
    path.write_text(json.dumps([{**play, "tasks": tasks(name, *values)}]))
    return str(path)


@batches
def test_inventory_runs_no_text_as_code(
    emulator: Emulator, tmp_path: Path, run: Callable[..., str], texts: list[str]
) -> None:
    texts = [text.replace("MARKER", str(tmp_path / "marker")) for text in texts]
    listed = [service(number, text) for number, text in enumerate(texts)]
    emulator.reset()
    emulator.fault(path="/services$", method="GET", body=json.dumps({"result": listed}), times=99)
    source = tmp_path / "my.clickhouse_cloud.yml"
    source.write_text(json.dumps(INVENTORY))
    exported = json.loads(run("inventory", "-i", str(source), "--list", "--export"))["_meta"]["hostvars"]
    names = {item["clickhouse_cloud_id"]: item["clickhouse_cloud_name"] for item in exported.values()}
    assert names == {
        one["id"]: text if is_bare(text) else {"__ansible_unsafe": text} for one, text in zip(listed, texts)
    }
    assert all(is_bare(host) for host in exported)
    assert len(json.loads(run("inventory", "-i", str(source), "--list"))["_meta"]["hostvars"]) == len(texts)
    values = ("clickhouse_cloud_name", "clickhouse_cloud_tags.value", "composed", "joined", "template")
    run("playbook", "-i", str(source), write_play(tmp_path, *values[:1], *values))


@batches
def test_event_in_a_playbook_runs_no_text_as_code(tmp_path: Path, run: Callable[..., str], texts: list[str]) -> None:
    """As ansible-rulebook gives it to a playbook: as variables that Ansible trusts."""
    texts = [text.replace("MARKER", str(tmp_path / "marker")) for text in texts]
    hosts = {}
    for source in SOURCES:
        module = runpy.run_path(str(source))
        for number, text in enumerate(texts):
            event = module["_client"].escape_templates({"service": service(number, text)})
            assert is_bare(json.dumps(event["service"]["name"])[1:-1])
            hosts[f"{source.stem}{number}"] = {"event": event}
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": dict(list(hosts.items())[:: len(SOURCES)])}}))
    values = ("event.service.name", "event.service.tags[1].key")
    run("playbook", "-i", str(tmp_path / "hosts.yml"), write_play(tmp_path, *values[:1], *values))


@batches
def test_roles_run_no_text_as_code(
    emulator: Emulator, tmp_path: Path, run: Callable[..., str], texts: list[str]
) -> None:
    texts = [text.replace("MARKER", str(tmp_path / "marker")) for text in texts]
    listed = [
        {**service(number, text), "state": "running", "isPrimary": True, "ipAccessList": [{"source": "0.0.0.0/0"}]}
        for number, text in enumerate(texts)
    ]
    emulator.reset()
    emulator.fault(path="/services$", method="GET", body=json.dumps({"result": listed}), times=999)
    report = tmp_path / "report.html"
    run("playbook", "clickhouse.cloud.audit", "-e", json.dumps({"audit_report": str(report)}))
    assert "services need attention" in report.read_text(encoding="utf-8")
    run("playbook", "clickhouse.cloud.backup_check", status=2)
    stop = {"start_stop_tags": "value", "start_stop_state": "stopped"}
    run("playbook", "clickhouse.cloud.start_stop", "--check", "-e", json.dumps(stop))
