# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization that a story takes place in, and what is truly in it, whatever the API has answered."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.clickhouse.cloud.plugins.module_utils._service.password_file import password_hashes
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import display_text

Result = dict[str, Any]

GONE = frozenset({"gone", "terminating", "terminated", "softdeleting", "softdeleted", "deleted"})
#: What changes by itself, or follows from something else.
VOLATILE = frozenset({"backups", "currentScaling"})
BACKUP = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class World:
    """An empty organization with an empty directory.

    results are those of the runs so far, in order. before and truth are what was there before the first of them and
    after the last one: every service that lives, by its id, with what the API keeps to itself.
    """

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        emulator.reset()
        self.emulator = emulator
        self.directory = directory
        self.results: list[Result] = []
        self.before: dict[str, Any] = {}
        self.truth: dict[str, Any] = {}

    @property
    def password_file(self) -> Path:
        return self.directory / "password"

    def add(self, name: str = "analytics", state: str = "running", **fields: Any) -> str:
        """Add a service in a state that it stays in, and give its id."""
        service_id = str(self.emulator.create(name=name, **fields)["service"]["id"])
        self.emulator.set_service(service_id, state=state, backups=[{"id": BACKUP}])
        return service_id

    def ready(self) -> None:
        """All is as it is before the first run."""
        self.before = self.look()
        self.emulator.clear_journal()

    def look(self) -> dict[str, Any]:
        """See what is there; give every service that lives, by its id."""
        self.truth = {
            one["id"]: {name: value for name, value in one.items() if name not in VOLATILE}
            for one in self.emulator.raw_services()
            if one["state"] not in GONE
        }
        return self.truth

    def mend(self) -> None:
        """No more faults; what was held up is done, and somebody listens."""
        self.emulator.clear_faults()
        address = urlsplit(self.emulator.api_url)
        end = time.monotonic() + 10000
        while True:
            try:
                socket.create_connection((address.hostname or "", address.port or 0), 5).close()
            except ConnectionRefusedError:
                assert time.monotonic() < end, "nobody listens any more"
                time.sleep(1)
            else:
                return

    def named(self, name: str = "analytics") -> dict[str, Any]:
        """The one living service of this name, with what the API keeps to itself."""
        found: list[dict[str, Any]] = [one for one in self.truth.values() if one["name"] == name]
        assert len(found) == 1, f"{len(found)} services are named {name!r}"
        (service,) = found
        return service

    def accepts(self, password: str) -> bool:
        """Whether the one service has this password."""
        return bool(self.named()["passwordHash"] == password_hashes(password)["newPasswordHash"])


def template(path: str) -> str:
    """The path with {id} for each id, which are others in each world."""
    return _UUID.sub("{id}", path)


def pattern(path: str) -> str:
    """What finds this path, whatever its ids are."""
    return "^" + "[0-9a-f-]{36}".join(re.escape(part) for part in template(path).split("{id}")) + "$"


def text(result: Result) -> str:
    """Return all that is shown of the result of the last run, but for the password that is meant to be."""
    return display_text({name: value for name, value in result.items() if name != "password"})
