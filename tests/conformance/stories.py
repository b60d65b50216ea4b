# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the commands of the client that are run, and what is expected of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DIRECTORY = Path(__file__).parent / "commands"
OUT_OF_SCOPE = DIRECTORY / "out_of_scope.yml"


@dataclass(frozen=True)
class Step:
    """One command of a story. The steps of a story share one emulator and the names that they keep.

    Texts contain names in braces, such as ``{service}``. In ``expect`` and ``until`` a text may be one of
    ``expectation.PATTERNS``.
    """

    #: The subcommand, and its arguments as a shell would split them.
    command: str
    arguments: str = ""
    #: Standard input, as text or as a value to send as JSON.
    input: Any = ""
    #: Set these fields of the service with this ``id`` in the emulator first.
    before: dict[str, Any] = field(default_factory=dict)
    #: Enable or disable these features of the organization in the emulator first.
    features: dict[str, bool] = field(default_factory=dict)
    #: Replace the user-defined functions in the emulator by these first.
    functions: list[dict[str, Any]] = field(default_factory=list)
    exit: int = 0
    #: What the JSON output contains, or the error if the command fails.
    expect: Any = None
    #: Like ``expect``, but repeat the command until it does.
    until: Any = None
    #: Whether the output is JSON.
    json: bool = True
    #: A regular expression to find in the output.
    output: str = ""
    #: Names for values in the JSON output, given by their paths.
    keep: dict[str, str] = field(default_factory=dict)
    #: The statuses of the requests that may fail although the command succeeds.
    statuses: list[int] = field(default_factory=list)
    #: What the page of results says about this command.
    note: str = ""


def read_stories() -> dict[str, list[Step]]:
    """Return the steps of each story by its name."""
    files = sorted(set(DIRECTORY.glob("*.yml")) - {OUT_OF_SCOPE})
    return {path.stem: [Step(**step) for step in yaml.safe_load(path.read_text("utf-8"))] for path in files}


def read_out_of_scope() -> dict[str, str]:
    """Return why the commands that begin with these words are not run."""
    commands: dict[str, str] = yaml.safe_load(OUT_OF_SCOPE.read_text("utf-8"))
    return commands
