# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a program."""

from __future__ import annotations

import argparse
import sys

from . import permissions
from .limiter import Rate
from .server import HOST, Program, listen
from .state import TIERS, Origin
from .validation import is_uuid4

DEFAULT_PORT = 8123
DEFAULT_STEP = 0.2
DEFAULT_ORGANIZATION = "0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
DEFAULT_KEY = "emulatorApiKey000001"
DEFAULT_SECRET = "4b1dEmulatorApiSecretThatOpensNothingElse0"


def _port(text: str) -> int:
    port = int(text) if text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: give a number from 0 to 65535, 0 for a free one.")
    return port


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds from 0 to 86400.")
    return seconds


def _rate(text: str) -> Rate:
    try:
        return Rate.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _organization(text: str) -> str:
    if not is_uuid4(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no UUID of version 4.")
    return text.lower()


def _word(text: str) -> str:
    if not text or ":" in text:
        raise argparse.ArgumentTypeError("A key or a secret is not empty and has no colon.")
    return text


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(
        prog="python -m tests.emulator",
        usage="%(prog)s [flags] [-- COMMAND ARG...]",
        description="Emulate the ClickHouse Cloud API on this machine. With a command, run it against the emulator "
        "and end with its exit status; without one, print where the emulator is as one line of JSON.",
    )
    flags.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes a free port (default: %(default)s)")
    flags.add_argument(
        "--step",
        type=_seconds,
        default=DEFAULT_STEP,
        metavar="SECONDS",
        help="length of a transition (default: %(default)s)",
    )
    flags.add_argument(
        "--visibility-lag",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long a new service is not visible (default: %(default)s)",
    )
    flags.add_argument("--rate-limit", type=_rate, metavar="N/SECONDS", help="requests of a key (default: no limit)")
    flags.add_argument("--until-eof", action="store_true", help="end when the standard input does")
    flags.add_argument("--organization-id", type=_organization, default=DEFAULT_ORGANIZATION, metavar="UUID")
    flags.add_argument("--api-key", type=_word, default=DEFAULT_KEY, metavar="KEY")
    flags.add_argument("--api-secret", type=_word, default=DEFAULT_SECRET, metavar="SECRET")
    flags.add_argument("--tier", choices=TIERS, default="ENTERPRISE", help="of the organization (default: %(default)s)")
    flags.add_argument(
        "--forbid",
        action="append",
        choices=sorted(permissions.RULES),
        default=[],
        metavar="PERMISSION",
        help="a permission that the key lacks; may be given again",
    )
    return flags


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The flags and the command after them."""
    if "--" not in arguments:
        return arguments, []
    index = arguments.index("--")
    return arguments[:index], arguments[index + 1 :]


def main(arguments: list[str] | None = None) -> int:
    flags, command = split(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(flags)
    origin = Origin(
        options.organization_id,
        options.api_key,
        options.api_secret,
        options.step,
        options.tier,
        frozenset(options.forbid),
        options.visibility_lag,
    )
    try:
        listener = listen(options.port)
    except OSError as error:
        sys.stderr.write(f"The emulator cannot listen on {HOST}:{options.port}: {error.strerror}.\n")
        return 1
    return Program(origin, listener, options.rate_limit, command, options.until_eof).run()


if __name__ == "__main__":
    sys.exit(main())
