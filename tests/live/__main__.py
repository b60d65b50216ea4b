# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a real organization what the emulator guesses: ``make live``."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import functools
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import (
    ENVIRONMENT_VARIABLES,
    ClientOptions,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.session import VERSION
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.regions import REGIONS

from .cleanup import delete_everything
from .client import Api, LiveError
from .masking import Mask
from .record import PREFIX, Record
from .story import Forgetful, Question, Story, load_questions

CONSENT = "yes-this-costs-money"
RECORDS = Path(".cache/live")
#: Those in which the API can create a service without the deprecated `tier` of the service.
TIERS = ("BASIC", "SCALE", "ENTERPRISE")
DEFAULT_REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "azure": "eastus2"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WRONG_SECRET = "notTheSecretOfThisKey"
#: Seconds by which the clock of the emulator advances while the story waits.
_EMULATOR_SECONDS = 10


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if all questions were asked and everything is deleted, and 2 if nothing was sent."""
    options = create_parser().parse_args(arguments)
    options.region = options.region or DEFAULT_REGIONS[options.provider]
    try:
        check_environment(os.environ)
        check_region(options.provider, options.region)
        client_options = read_client_options(os.environ)
    except InvalidOption as error:
        say(f"{error} Nothing was sent.")
        return 2
    with interruptible():
        return run(client_options, options)


def create_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    parser.add_argument("--tier", choices=TIERS, default="ENTERPRISE", help="of the organization")
    parser.add_argument("--provider", choices=DEFAULT_REGIONS, default="aws", help="of the service")
    parser.add_argument("--region", help="of the service")
    parser.add_argument("--interval", type=float, default=10, help="seconds between two looks at a state")
    parser.add_argument("--records", type=Path, default=RECORDS, help="where to note what was made")
    return parser


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise InvalidOption unless the user has agreed to the costs, and named the organization."""
    missing = [name for name in ENVIRONMENT_VARIABLES.values() if not environment.get(name)]
    if missing:
        raise InvalidOption(f"Set {', '.join(missing)} to use a real organization.")
    if environment.get("LIVE") != CONSENT:
        raise InvalidOption(f"Set LIVE={CONSENT} to create a service, which costs money while it exists.")


def check_region(provider: str, region: str) -> None:
    """Raise InvalidOption for a region in which the emulator can create no service."""
    if region not in REGIONS[provider]:
        raise InvalidOption(
            f"The emulator has no region {region!r} of {provider}; it has {', '.join(REGIONS[provider])}."
        )


def read_client_options(environment: Mapping[str, str]) -> ClientOptions:
    """Return the options of the client. Raise InvalidOption."""
    options = {
        **{name: environment[variable] for name, variable in ENVIRONMENT_VARIABLES.items()},
        "allow_http": False,
        "connect_timeout": 10.0,
        "read_timeout": 60.0,
        "validate_certs": True,
        "rate_limit": read_rate_limit(environment.get("CLICKHOUSE_CLOUD_RATE_LIMIT", "10")),
        "rate_limit_window": 10.0,
    }
    return ClientOptions.from_options(options.get)


def read_rate_limit(text: str) -> int:
    """Return the number of requests in ten seconds. Raise InvalidOption if it is none."""
    if not text.isdigit():
        raise InvalidOption(f"CLICKHOUSE_CLOUD_RATE_LIMIT must be a number of requests; {text!r} is not.")
    return int(text)


def ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal that asks to end, and ignore all others: cleaning up takes time."""

    def interrupt(*_arguments: object) -> None:
        ignore_signals()
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def say(line: str) -> None:
    """Print a line at once. A closed terminal or pipe must not keep a run from cleaning up."""
    with contextlib.suppress(OSError):
        print(f"make live: {line}", flush=True)


def run(client_options: ClientOptions, options: argparse.Namespace) -> int:
    """Delete what earlier runs have left, ask all questions, and delete what this run has made."""
    mask = Mask()
    for text, placeholder in ((client_options.secret, "secret"), (client_options.key, "key")):
        mask.add(text, placeholder)
    api = Api(client_options, lambda: time.sleep(options.interval))
    api.add_key("wrong", client_options.key, _WRONG_SECRET)
    owner = f"{client_options.url}{api.organization}"
    try:
        if not prepare(api, options.records, owner):
            return 1
        questions = load_questions()
        expected = ask_emulator(questions, options)
        say(describe_run(options))
        record = Record.create(options.records, owner)
        story = Story(api, record, mask, describe_service(options, record.name))
        try:
            compare(story, questions, expected)
        finally:
            ignore_signals()
            deleted = clean_up(api, record)
    except KeyboardInterrupt:
        say("interrupted")
    except BrokenPipeError:
        say("the output was closed")
    except LiveError as error:
        say(f"the run has ended early. {mask.apply(str(error))}")
    else:
        return 0 if deleted else 1
    return 1


def prepare(api: Api, directory: Path, owner: str) -> bool:
    """Check the access, and delete what earlier runs have left. Return whether this run can begin."""
    organization = api.request("GET", api.organization)
    if not organization.ok:
        raise LiveError(f"The organization cannot be read: {organization.status} {organization.error}.")
    for record in Record.find_abandoned(directory, owner):
        say(f"{record.name} ended before it had deleted everything")
        if not clean_up(api, record):
            return False
    for service in api.list_all("services"):
        if str(service.get("name")).startswith(PREFIX):
            say(f"services/{service['id']} is of another run, perhaps on another machine; delete it if that has ended")
    return True


def clean_up(api: Api, record: Record) -> bool:
    """Delete what a run has made. Return whether nothing is left."""
    say(f"deleting everything that {record.name} has made, which can take minutes")
    problems = delete_everything(api, record)
    for problem in problems:
        say(problem)
    say("delete it yourself, or run make live again" if problems else "everything is deleted")
    return not problems


def describe_run(options: argparse.Namespace) -> str:
    """Return what a reader of the differences has to know."""
    today = datetime.now(timezone.utc).date().isoformat()
    return f"{today}, version {VERSION}, tier {options.tier}, {options.provider} {options.region}"


def describe_service(options: argparse.Namespace, name: str) -> dict[str, str]:
    """Return the variables of the story."""
    other = next(provider for provider in ("GCP", "AWS") if provider != options.provider.upper())
    return {
        "name": name,
        "provider": options.provider,
        "region": options.region,
        "bucket_provider": options.provider.upper(),
        "other_provider": other,
    }


def ask_emulator(questions: Iterable[Question], options: argparse.Namespace) -> dict[str, list[str]]:
    """Return what a new emulator does, by the ID of the question."""
    with Emulator(1.0, "--tier", options.tier) as emulator:
        emulator.hold()
        client_options = read_client_options({**emulator.environment, "CLICKHOUSE_CLOUD_RATE_LIMIT": "0"})
        api = Api(client_options, functools.partial(emulator.advance, _EMULATOR_SECONDS))
        api.add_key("wrong", client_options.key, _WRONG_SECRET)
        story = Story(api, Forgetful(), Mask(), describe_service(options, f"{PREFIX}emulator"))
        return {question.id: story.answer(question) for question in questions}


def compare(story: Story, questions: Iterable[Question], expected: Mapping[str, list[str]]) -> None:
    """Ask the questions, and print what the API does beside what the emulator does."""
    asked, different, cases = 0, [], 0
    for question in questions:
        if not question.steps:
            cases += len(question.cases)
            continue
        asked += 1
        answer = story.answer(question)
        diff = [*difflib.unified_diff(expected[question.id], answer, "the emulator", "the API", lineterm="", n=99)]
        print(f"== {question.id}: {'; '.join(question.cases)}", *(diff or ["same"]), sep="\n", flush=True)
        if diff:
            different.append(question.id)
    say(f"{asked} questions, of which {len(different)} differ{': ' if different else ''}{', '.join(different)}")
    say(f"{cases} more cases need something else than a run; tests/live/questions.yml says what")


if __name__ == "__main__":
    sys.exit(main())
