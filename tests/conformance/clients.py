# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the vendor's clients against the emulator: the tests in this directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run() -> list[str]:
    """Return a sentence if a test has failed; pytest prints which one, and why."""
    completed = subprocess.run([sys.executable, "-m", "pytest", "--tb=short", Path(__file__).parent], check=False)
    return [f"clients: pytest ended with the status {completed.returncode}"] if completed.returncode else []
