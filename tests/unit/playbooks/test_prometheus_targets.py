# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of targets that Prometheus reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest
import requests

from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.playbooks.conftest import Play

Make = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

DISCOVERY = "GET prometheus/discovery"
#: Runs of the role, one after the other, of which only the last one can succeed.
ATTEMPTS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_tasks: attempt.yml
      loop:
        - {prometheus_targets_file: targets.yml}
        - {prometheus_targets_file: targets.json, prometheus_targets_tags: env=nothing}
        - {prometheus_targets_file: targets.json}
        - prometheus_targets_file: empty.json
          prometheus_targets_tags: env=nothing
          prometheus_targets_allow_empty: "true"
"""
ATTEMPT = """
- block:
    - ansible.builtin.include_role:
        name: clickhouse.cloud.prometheus_targets
      vars:
        prometheus_targets_file: "{{ item.prometheus_targets_file }}"
        prometheus_targets_tags: "{{ item.prometheus_targets_tags | default('') }}"
        prometheus_targets_allow_empty: "{{ item.prometheus_targets_allow_empty | default('') }}"
  rescue:
    - ansible.builtin.debug:
        msg: "{{ ansible_failed_result.msg }}"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run playbooks in an empty directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def test_file_of_targets(play: Play, fleet: Make, emulator: Emulator, sent: Sent, here: Path) -> None:
    fleet("{{ 7 * 7 }}", {"env": "test"})
    fleet("analytics", {"env": "test"}, state="stopped")
    fleet("reports", {"env": "production"})
    sent()
    file = here / "targets.json"
    answers = {"prometheus_targets_file": "targets.json", "prometheus_targets_tags": "env=test"}
    planned = play("prometheus_targets", "--check", "--diff", **answers)
    assert (planned.code, planned.changed) == (0, 1), planned.output
    assert f"2 targets would be in {file}" in planned.output
    assert '+    "labels": {' in planned.output
    assert not file.exists()
    assert sent() == [DISCOVERY, "GET services"]

    done = play("prometheus_targets", **answers)
    assert (done.code, done.changed) == (0, 1), done.output
    assert f"2 targets are in {file}" in done.output
    assert sent() == [DISCOVERY, "GET services"]
    text = file.read_text()
    groups = json.loads(text)
    ids = [group["labels"]["clickhouse_service_id"] for group in groups]
    assert ids == sorted(ids)
    names = {group["labels"]["clickhouse_discovery_service_name"]: group["labels"] for group in groups}
    assert sorted(names) == ["analytics", "{{ 7 * 7 }}"]
    assert names["analytics"]["__meta_clickhouse_tag_env"] == "test"
    assert names["analytics"]["__param_filtered_metrics"] == "true"
    assert emulator.api_key not in text
    assert emulator.api_secret not in text
    assert file.stat().st_mode & 0o777 == 0o644

    # The order of the API does not matter.
    listed = requests.get(
        f"{emulator.api_url}/organizations/{emulator.organization_id}/prometheus/discovery",
        auth=(emulator.api_key, emulator.api_secret),
        timeout=100,
    ).json()
    emulator.fault(path="/discovery$", status=200, body=listed[::-1])
    written = file.stat()
    again = play("prometheus_targets", **answers)
    assert (again.code, again.changed) == (0, 0), again.output
    assert f"2 targets already are in {file}" in again.output
    assert file.stat() == written

    # With the labels, Prometheus can read the metrics.
    labels = groups[0]["labels"]
    url = f"{labels['__scheme__']}://{groups[0]['targets'][0]}{labels['__metrics_path__']}"
    credentials = (emulator.api_key, emulator.api_secret)
    assert "ClickHouse_ServiceInfo" in requests.get(url, auth=credentials, timeout=100).text

    everything = play("prometheus_targets", prometheus_targets_file=str(file), prometheus_targets_filtered="false")
    assert (everything.code, everything.changed) == (0, 1), everything.output
    groups = json.loads(file.read_text())
    assert [group["labels"]["__param_filtered_metrics"] for group in groups] == ["false"] * 3
    # The file is replaced, so that no reader sees a part of it.
    assert file.stat().st_ino != written.st_ino


def test_file_is_kept_if_there_is_nothing_to_write(
    play: Play, emulator: Emulator, sent: Sent, here: Path, fleet: Make
) -> None:
    fleet("analytics")
    sent()
    (here / "targets.json").write_text("kept")
    (here / "attempts.yml").write_text(ATTEMPTS)
    (here / "attempt.yml").write_text(ATTEMPT)
    emulator.fault(path="/discovery$", skip=1, status=403)
    ended = play("prometheus_targets", book=str(here / "attempts.yml"))
    assert (ended.code, ended.changed) == (0, 1), ended.output
    for message in (
        'Prometheus reads no others as JSON; \\"targets.yml\\" is not.',
        'There is no service with the tags {\\"env\\": \\"nothing\\"} that the API key may view, so',
        "was not written, and Prometheus keeps its targets.",
        "use a key that has the permission control-plane:service:view",
    ):
        assert message in ended.output, ended.output
    assert (here / "targets.json").read_text() == "kept"
    assert json.loads((here / "empty.json").read_text()) == []
    assert sent() == [DISCOVERY, "GET services", DISCOVERY, DISCOVERY, "GET services"]
