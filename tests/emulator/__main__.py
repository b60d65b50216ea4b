# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the emulator."""

from __future__ import annotations

import argparse
import sys

from . import permissions
from .contract_check import create_check
from .limiter import Rate
from .network import HOST, open_socket
from .server import Program
from .state import TIERS, EmulatorConfig
from .validation import is_uuid4

DEFAULT_PORT = 8123
DEFAULT_STEP = 0.2
DEFAULT_ORGANIZATION = "0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
DEFAULT_KEY = "emulatorApiKey000001"
DEFAULT_SECRET = "4b1dEmulatorApiSecretThatOpensNothingElse0"


def _parse_port(text: str) -> int:
    port = int(text) if text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a valid port: give a number from 0 to 65535, 0 for a free one."
        )
    return port


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds from 0 to 86400.")
    return seconds


def _parse_rate(text: str) -> Rate:
    try:
        return Rate.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parse_size(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of elements: give 1 or more.")
    return int(text)


def _parse_organization(text: str) -> str:
    if not is_uuid4(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a UUID of version 4.")
    return text.lower()


def _parse_credential(text: str) -> str:
    if not text or ":" in text:
        raise argparse.ArgumentTypeError("A key or a secret must not be empty or contain a colon.")
    return text


def create_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulator",
        usage="%(prog)s [flags] [-- COMMAND ARG...]",
        description="Emulate the ClickHouse Cloud API on this machine. With a command, run it against the emulator "
        "and end with its exit status; without one, print where the emulator is as one line of JSON.",
    )
    parser.add_argument(
        "--port", type=_parse_port, default=DEFAULT_PORT, help="0 takes a free port (default: %(default)s)"
    )
    parser.add_argument(
        "--step",
        type=_parse_seconds,
        default=DEFAULT_STEP,
        metavar="SECONDS",
        help="length of a transition (default: %(default)s)",
    )
    parser.add_argument(
        "--visibility-lag",
        type=_parse_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long a new service is not visible (default: %(default)s)",
    )
    parser.add_argument(
        "--rate-limit", type=_parse_rate, metavar="N/SECONDS", help="requests of a key (default: no limit)"
    )
    parser.add_argument(
        "--page-size", type=_parse_size, metavar="N", help="elements on a page of a list at most (default: no limit)"
    )
    parser.add_argument(
        "--contract", action="store_true", help="check requests and responses by the contract, which needs jsonschema"
    )
    parser.add_argument("--until-eof", action="store_true", help="end when the standard input does")
    parser.add_argument("--organization-id", type=_parse_organization, default=DEFAULT_ORGANIZATION, metavar="UUID")
    parser.add_argument("--api-key", type=_parse_credential, default=DEFAULT_KEY, metavar="KEY")
    parser.add_argument("--api-secret", type=_parse_credential, default=DEFAULT_SECRET, metavar="SECRET")
    parser.add_argument(
        "--tier", choices=TIERS, default="ENTERPRISE", help="of the organization (default: %(default)s)"
    )
    parser.add_argument(
        "--forbid",
        action="append",
        choices=sorted(permissions.RULES),
        default=[],
        metavar="PERMISSION",
        help="a permission that the key lacks; may be given again",
    )
    return parser


def split_command(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split the arguments into the flags and the command that follows `--`."""
    if "--" not in arguments:
        return arguments, []
    index = arguments.index("--")
    return arguments[:index], arguments[index + 1 :]


def main(arguments: list[str] | None = None) -> int:
    """Run the emulator and return its exit status."""
    flags, command = split_command(sys.argv[1:] if arguments is None else arguments)
    options = create_parser().parse_args(flags)
    config = EmulatorConfig(
        options.organization_id,
        options.api_key,
        options.api_secret,
        options.step,
        options.tier,
        frozenset(options.forbid),
        options.visibility_lag,
        options.page_size,
    )
    check = create_check() if options.contract else None
    try:
        listener = open_socket(options.port)
    except OSError as error:
        sys.stderr.write(f"The emulator cannot listen on {HOST}:{options.port}: {error.strerror}.\n")
        return 1
    return Program(config, listener, options.rate_limit, command, options.until_eof, check).run()


if __name__ == "__main__":
    sys.exit(main())
