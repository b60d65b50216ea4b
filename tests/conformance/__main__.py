# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of the conformance tests: ``python -m tests.conformance [PART ...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from . import clients, generated_requests

#: The parts by name. Each prints what it has done, and returns what is wrong.
PARTS: Mapping[str, Callable[[], list[str]]] = {
    "generated-requests": generated_requests.run,
    "clients": clients.run,
}


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if any part has found a fault, and 0 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all by default: {', '.join(PARTS)}")
    parts = parser.parse_args(arguments).parts or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    found: list[str] = []
    for part in parts:
        print(f"== {part}", flush=True)
        faults = PARTS[part]()
        for fault in faults:
            print(fault)
        found += faults
    print(f"make conformance: {len(found)} faults" if found else f"make conformance: {', '.join(parts)} passed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
