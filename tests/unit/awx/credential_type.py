# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential type, and the environment that AWX renders from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(__file__).resolve().parents[3]
TYPE: dict[str, Any] = json.loads((ROOT / "playbooks/credential_type.json").read_text())
FIELDS: dict[str, dict[str, Any]] = {field["id"]: field for field in TYPE["inputs"]["fields"]}
#: For HashiCorp Vault, in which rotate_api_key stores keys.
VAULT_TYPE: dict[str, Any] = json.loads((ROOT / "playbooks/vault_credential_type.json").read_text())


def injected(
    values: dict[str, str], undefined: type[Undefined] = Undefined, kind: dict[str, Any] = TYPE
) -> dict[str, str]:
    """Return the environment of a job with a credential of these values.

    AWX leaves empty values out of what the templates may name, and is strict only when the type is saved.
    """
    environment = ImmutableSandboxedEnvironment(undefined=undefined)
    known = {name: value for name, value in values.items() if value}
    return {name: environment.from_string(text).render(known) for name, text in kind["injectors"]["env"].items()}


def saved(kind: dict[str, Any]) -> dict[str, str]:
    """Return what AWX renders when the type is saved: every field is EXAMPLE, and no other name is defined."""
    return injected({field["id"]: "EXAMPLE" for field in kind["inputs"]["fields"]}, StrictUndefined, kind)
