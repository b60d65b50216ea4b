# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the contract with a specification, or derive it again: see "make contract"."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from . import derive
from .compare import compare, report
from .contract import load


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if the specification differs from the contract, 2 if it cannot be read, and 0 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__)
    parser.add_argument("specification", type=Path, help="an OpenAPI description of the API, as JSON")
    parser.add_argument("--renew", metavar="DATE", help="derive the contract from it, with this date")
    options = parser.parse_args(arguments)
    try:
        found = derive.derive(_read(options.specification), options.renew or "")
    except derive.SpecificationError as error:
        print(f"{options.specification} cannot be used: {error}.", file=sys.stderr)
        return 2
    stated = load(corrected=False)
    changes = compare(stated, found)
    if changes:
        print(f"{len(changes)} changes since the specification of {stated.date}\n\n{report(changes)}")
    else:
        print(f"The specification states the same as that of {stated.date}.")
    if options.renew:
        derive.write(found)
        return 0
    return 1 if changes else 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise derive.SpecificationError(getattr(error, "strerror", None) or "it is not text") from error
    except ValueError as error:
        raise derive.SpecificationError(f"it is not JSON ({error})") from error


if __name__ == "__main__":
    sys.exit(main())
