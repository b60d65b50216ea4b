# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run against an emulator in the place of the API: what it prints, and that it deletes what it has made."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ENVIRONMENT_VARIABLES
from ansible_collections.clickhouse.cloud.tests.emulator.client import REPOSITORY, Emulator
from ansible_collections.clickhouse.cloud.tests.live import __main__ as live
from ansible_collections.clickhouse.cloud.tests.live import client
from ansible_collections.clickhouse.cloud.tests.live.record import PREFIX, Record
from ansible_collections.clickhouse.cloud.tests.live.story import load_questions
from ansible_collections.clickhouse.cloud.tests.unit.conftest import HOLD_SECONDS, wait_until
from ansible_collections.clickhouse.cloud.tests.unit.live.conftest import LyingProxy

RunLive = Callable[[], "tuple[int, str]"]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


#: Resources that the run did not make. One has a name that looks as if it did.
FOREIGN_NAME = f"{PREFIX}of-a-colleague"
#: A request in the middle of the story: the service exists, and the run has made keys and roles.
IN_THE_MIDDLE = {"path": "/saved-queries$", "method": "POST"}


@pytest.fixture
def foreign(emulator: Emulator) -> dict[str, list[str]]:
    """Create resources that the run did not make; return what exists."""
    emulator.limit_pages(1000)
    emulator.create(name=FOREIGN_NAME)
    emulator.request("POST", "keys", {"name": FOREIGN_NAME, "ipAccessList": []})
    emulator.request("POST", "roles", {"name": FOREIGN_NAME, "actors": [], "policies": []})
    return existing(emulator)


def existing(emulator: Emulator) -> dict[str, list[str]]:
    """Return the IDs of everything that is or could be made by a run."""
    emulator.advance(60)
    return {
        kind: sorted(element["id"] for element in emulator.request("GET", kind))
        for kind in ("services", "keys", "roles")
    }


def differing(output: str) -> list[str]:
    """Return the IDs of the questions below whose heading there is a diff."""
    parts = re.split(r"^== ([\w-]+): .*\n", output, flags=re.M)[1:]
    return [name for name, text in zip(parts[::2], parts[1::2]) if not text.startswith("same\n")]


def test_no_difference(emulator: Emulator, foreign: dict[str, list[str]], consent: None, run_live: RunLive) -> None:
    emulator.clear_journal()
    status, output = run_live()
    asked = [question for question in load_questions() if question.steps]
    assert (status, differing(output)) == (0, [])
    assert re.findall(r"^== ([\w-]+):", output, re.M) == [question.id for question in asked]
    assert f"make live: {len(asked)} questions, of which 0 differ\n" in output
    assert re.search(r"^make live: \d{4}-\d\d-\d\d, version [\d.]+, tier ENTERPRISE, aws us-east-1$", output, re.M)
    assert output.endswith("make live: everything is deleted\n")
    assert sum(entry["path"].endswith("/services") for entry in emulator.journal() if entry["method"] == "POST") == 4
    # Nothing of others is touched, and not even the organization itself.
    changed = [entry["path"] for entry in emulator.journal() if entry["method"] not in ("GET", "POST")]
    others = [emulator.organization_id, *(identifier for found in foreign.values() for identifier in found)]
    assert [path for path in changed if path.rpartition("/")[2] in others] == []
    assert [path for path in changed if foreign["services"][0] in path] == []
    assert f"services/{foreign['services'][0]} is of another run" in output
    assert existing(emulator) == foreign


def test_the_output_has_no_secrets_and_no_ids(emulator: Emulator, consent: None, run_live: RunLive) -> None:
    _status, output = run_live()
    assert not UUID.search(output)
    secrets = {emulator.api_key, emulator.api_secret, emulator.organization_id, PREFIX}
    assert [secret for secret in secrets if secret in re.sub(r"^make live: .*", "", output, flags=re.M)] == []
    assert "keySecret" not in output


def test_exactly_the_five_lies_are_shown(emulator: Emulator, proxy: LyingProxy, run_live: RunLive) -> None:
    def rename(status: int, content: Any) -> tuple[int, Any]:
        return (status, {"error": "Key is not found"}) if status == 401 else (status, content)

    def merge(status: int, content: Any) -> tuple[int, Any]:
        content["result"]["ipAccessList"] = content["result"]["ipAccessList"][-1:]
        return status, content

    def hide_new(status: int, content: Any) -> tuple[int, Any]:
        content["result"] = [service for service in content["result"] if service["state"] != "provisioning"]
        return status, content

    def explain(status: int, content: Any) -> tuple[int, Any]:
        return status, {**content, "error": content["error"].replace("'stopped' cannot take", "'stopped' ignores")}

    proxy.lie("GET /v1/organizations/[^/]+$", "", rename)
    proxy.lie("PATCH /v1/organizations/[^/]+/services/[^/]+$", '"two"', merge)
    proxy.lie("GET .*/services$", "", hide_new)
    proxy.lie("PATCH .*/state$", "awake", explain)
    proxy.lie("POST .*/scalingSchedule$", r"\[\]", lambda status, content: (400, {"error": "BAD_REQUEST: no entries"}))
    status, output = run_live()
    lies = ["unauthorized", "visibility", "duplicate-address", "awake-while-stopped", "empty-schedule"]
    assert (status, differing(output)) == (0, lies)
    assert f"questions, of which 5 differ: {', '.join(lies)}\n" in output
    assert "--- the emulator\n+++ the API\n" in output
    assert "-401 UNAUTHORIZED\n" in output
    assert "+401 Key is not found\n" in output
    assert '-  id: ["<service>"]\n+  id: []\n' in output
    assert "-200\n-  entries: []\n+400 BAD_REQUEST: no entries\n" in output
    assert "+400 BAD_REQUEST: Instance in state 'stopped' ignores the command 'awake'\n" in output


@pytest.mark.parametrize("missing", [*ENVIRONMENT_VARIABLES.values(), "LIVE"])
def test_nothing_is_sent_without_the_variables(
    emulator: Emulator, consent: None, monkeypatch: pytest.MonkeyPatch, run_live: RunLive, missing: str
) -> None:
    monkeypatch.delenv(missing)
    status, output = run_live()
    assert status == 2
    assert output.startswith(f"make live: Set {missing}")
    assert output.endswith("Nothing was sent.\n")
    assert (output.count("\n"), emulator.journal()) == (1, [])


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("LIVE", "yes", "Set LIVE=yes-this-costs-money"),
        ("CLICKHOUSE_API_URL", "http://192.0.2.1", "would send the API key in the clear"),
        ("CLICKHOUSE_CLOUD_RATE_LIMIT", "many", "CLICKHOUSE_CLOUD_RATE_LIMIT must be a number"),
    ],
)
def test_nothing_is_sent_with_invalid_variables(
    emulator: Emulator,
    consent: None,
    monkeypatch: pytest.MonkeyPatch,
    run_live: RunLive,
    variable: str,
    value: str,
    message: str,
) -> None:
    monkeypatch.setenv(variable, value)
    status, output = run_live()
    assert status == 2
    assert message in output
    assert emulator.journal() == []


def test_nothing_is_sent_with_a_region_of_another_provider(
    emulator: Emulator, consent: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert live.main(["--provider", "gcp", "--region", "us-east-1"]) == 2
    assert "The emulator has no region 'us-east-1' of gcp; it has us-east1, us-central1, " in capsys.readouterr().out
    assert emulator.journal() == []


def test_nothing_is_created_in_an_organization_that_cannot_be_read(
    emulator: Emulator, consent: None, monkeypatch: pytest.MonkeyPatch, run_live: RunLive
) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLOUD_API_SECRET", "wrong")
    status, output = run_live()
    assert status == 1
    assert "The organization cannot be read: 401 UNAUTHORIZED." in output
    assert [entry["method"] for entry in emulator.journal()] == ["GET"]


def test_without_a_service_the_run_ends(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, run_live: RunLive
) -> None:
    error = f"FORBIDDEN: {emulator.organization_id} has no credits"
    emulator.fault(path="/services$", method="POST", status=403, times=10, body={"status": 403, "error": error})
    status, output = run_live()
    assert status == 1
    assert output.endswith(
        "make live: the run has ended early. The API has created no service, so the other questions cannot be asked.\n"
    )
    assert "+403 FORBIDDEN: <organization ID> has no credits\n" in output
    assert emulator.organization_id not in output
    assert existing(emulator) == foreign


def test_the_rate_limit_is_kept(
    emulator: Emulator, consent: None, monkeypatch: pytest.MonkeyPatch, run_live: RunLive
) -> None:
    monkeypatch.delenv("CLICKHOUSE_CLOUD_RATE_LIMIT")
    # Both clocks stand still except for pauses.
    monkeypatch.setattr(time, "time", time.monotonic)
    sent: dict[str, list[float]] = {}

    def send(session: Any, options: Any, *arguments: Any, **content: Any) -> Any:
        if options.url in emulator.api_url:
            sent.setdefault(options.key, []).append(time.monotonic())
        return original(session, options, *arguments, **content)

    original = client.send
    monkeypatch.setattr(client, "send", send)
    assert run_live()[0] == 0
    times = sent[emulator.api_key]
    assert len(times) > 50
    assert [later - earlier for earlier, later in zip(times, times[10:]) if later - earlier < 10] == []


def start(records: Path) -> subprocess.Popen[str]:
    """Start a run as a separate process."""
    command = [sys.executable, "-m", "tests.live", "--records", str(records), "--interval", "0.1"]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def is_in_the_middle(emulator: Emulator) -> bool:
    return any(entry["status"] is None for entry in emulator.journal())


def test_the_next_run_deletes_what_a_killed_one_has_left(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, records: Path, run_live: RunLive
) -> None:
    emulator.fault(**IN_THE_MIDDLE, disconnect="delay", delay=HOLD_SECONDS)
    with start(records) as process:
        wait_until(lambda: is_in_the_middle(emulator))
        process.kill()
    emulator.clear_faults()
    assert existing(emulator) != foreign
    status, output = run_live()
    assert (status, differing(output)) == (0, [])
    assert "ended before it had deleted everything" in output
    assert existing(emulator) == foreign
    assert list(records.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_deletes_everything(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, records: Path, number: int
) -> None:
    emulator.fault(**IN_THE_MIDDLE, disconnect="delay", delay=HOLD_SECONDS)
    with start(records) as process:
        wait_until(lambda: is_in_the_middle(emulator))
        process.send_signal(number)
        output = process.communicate()[0]
    assert process.returncode == 1
    assert output.endswith("make live: everything is deleted\nmake live: interrupted\n")
    assert existing(emulator) == foreign
    assert list(records.iterdir()) == []


def test_a_signal_does_not_interrupt_the_deletion(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, records: Path
) -> None:
    # The story itself deletes two keys; this is the first one after it.
    emulator.fault(path="/keys/[^/]+$", method="DELETE", skip=2, disconnect="delay", delay=HOLD_SECONDS)
    with start(records) as process:
        wait_until(lambda: is_in_the_middle(emulator))
        process.send_signal(signal.SIGTERM)
        emulator.clear_faults()
        output = process.communicate()[0]
    assert (process.returncode, output.endswith("make live: everything is deleted\n")) == (0, True)
    assert existing(emulator) == foreign


def test_a_record_of_a_run_that_is_alive_is_left_alone(
    emulator: Emulator, consent: None, records: Path, run_live: RunLive
) -> None:
    owner = f"{emulator.api_url.removesuffix('/v1')}/organizations/{emulator.organization_id}"
    alive = Record.create(records, owner)
    created = emulator.create(name=alive.name)["service"]["id"]
    alive.add("services", created)
    assert run_live()[0] == 0
    assert existing(emulator)["services"] == [created]
    alive.close()
    assert run_live()[0] == 0
    assert existing(emulator)["services"] == []


def test_a_record_of_another_organization_is_left_alone(
    emulator: Emulator, consent: None, records: Path, run_live: RunLive
) -> None:
    Record.create(records, "https://api.clickhouse.cloud/organizations/another").close()
    assert run_live()[0] == 0
    assert len(list(records.iterdir())) == 1


def test_a_failed_deletion_is_reported_and_repeated_by_the_next_run(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, run_live: RunLive
) -> None:
    emulator.fault(path="/services/[^/]+$", method="DELETE", status=403, times=1000)
    status, output = run_live()
    left = set(existing(emulator)["services"]) - set(foreign["services"])
    assert status == 1
    assert emulator.organization_id not in output
    assert f"services/{left.pop()} could not be deleted. The API responded with 403 FORBIDDEN." in output
    assert output.endswith("make live: delete it yourself, or run make live again\n")
    # It creates nothing as long as the service exists.
    emulator.clear_journal()
    assert run_live()[0] == 1
    assert [entry for entry in emulator.journal() if entry["method"] == "POST"] == []
    emulator.clear_faults()
    assert run_live()[0] == 0
    assert existing(emulator) == foreign


def test_a_service_whose_id_is_unknown_is_deleted(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, run_live: RunLive
) -> None:
    # The connection breaks, so the run does not learn the ID, and the service is not in the list at first.
    emulator.fault(path="/services$", method="POST", skip=3, disconnect="after", lag=25)
    status, output = run_live()
    assert status == 1
    assert "the run has ended early" in output
    assert existing(emulator) == foreign


def test_a_service_that_is_not_visible_yet_is_deleted(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, run_live: RunLive
) -> None:
    emulator.fault(path="/services$", method="POST", skip=3, lag=25)
    emulator.fault(path="/services/[^/]+$", method="GET", times=4, status=504)
    status, output = run_live()
    assert "the run has ended early" not in output
    assert status == 0
    assert existing(emulator) == foreign


def test_a_closed_output_does_not_keep_a_run_from_cleaning_up(
    emulator: Emulator, foreign: dict[str, list[str]], consent: None, monkeypatch: pytest.MonkeyPatch, run_live: RunLive
) -> None:
    class ClosedPipe(io.StringIO):
        is_closed = False

        def write(self, text: str) -> int:
            self.is_closed = self.is_closed or "visibility" in text
            if self.is_closed:
                raise BrokenPipeError
            return super().write(text)

    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    assert run_live()[0] == 1
    assert existing(emulator) == foreign
