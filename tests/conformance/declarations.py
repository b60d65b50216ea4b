# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the services that are declared for the modules and for each client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DIRECTORY = Path(__file__).parent / "declared"
#: A resource in a Terraform file: its type, its label and its body.
RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{$(.*?)^\}$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Declaration:
    """The same services, declared for the modules, for the command-line client and for Terraform."""

    name: str
    #: A module and its options, in this order.
    modules: list[dict[str, dict[str, Any]]]
    #: The commands that create the same, each alone or with its input.
    commands: list[str | dict[str, Any]]
    #: What these commands of the client must show then.
    expect: dict[str, Any]

    @property
    def configuration(self) -> Path:
        """Return the file of Terraform. It does not exist if the provider has no resource for what is declared."""
        return DIRECTORY / f"{self.name}.tf"

    def find_resources(self) -> dict[str, str]:
        """Return the name of the service to which each resource of the Terraform file belongs, by its address."""
        names = {
            f"{kind}.{label}": re.search(r'^  name += "(.+)"$', text, re.MULTILINE)
            for kind, label, text in RESOURCE.findall(self.configuration.read_text("utf-8"))
        }
        first = next(match[1] for match in names.values() if match)
        return {address: match[1] if match else first for address, match in names.items()}


def read_declarations() -> list[Declaration]:
    entries = yaml.safe_load((DIRECTORY / "declarations.yml").read_text("utf-8"))
    return [Declaration(name, **entry) for name, entry in entries.items()]
