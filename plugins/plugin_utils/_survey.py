# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people answer to a survey, as the options of a module want it.

A survey knows no lists: an answer that holds several things is a text with one of them a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..module_utils._schema.networks import normalize_source, parse_network


class BadAnswer(ValueError):
    """A sentence on what is wrong, and on what would be right."""


def lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1, without those that are blank or begin with "#"."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def tags_of(answer: object) -> dict[str, Any]:
    """The tags of a text with "key" or "key=value" in each line; a mapping is what it is, and nothing is no tags.

    Raises BadAnswer.
    """
    if answer is None:
        return {}
    if isinstance(answer, Mapping):
        return dict(answer)
    if not isinstance(answer, str):
        raise BadAnswer(f"Tags are a mapping, or a text with key=value in each line; {answer!r} is neither.")
    tags: dict[str, Any] = {}
    for number, line in lines(answer):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not key or (not equals and len(key.split()) > 1):
            raise BadAnswer(f"Line {number} must be a tag as key=value, or a key alone; {line!r} is not.")
        if key in tags:
            raise BadAnswer(f"Line {number} sets the tag {key!r} again. Set each one once.")
        # What a module takes for a tag without a value, or for one of any value.
        tags[key] = value if equals else None
    return tags


def ip_access_list_of(answer: object) -> list[Any]:
    """The entries of a text with an address, and what it is for, in each line; a list is what it is, nothing is [].

    Raises BadAnswer.
    """
    if answer is None:
        return []
    if not isinstance(answer, str):
        if isinstance(answer, Sequence):
            return list(answer)
        raise BadAnswer(f"An IP access list is a list, or a text with an address in each line; {answer!r} is neither.")
    return [_access(number, line) for number, line in lines(answer)]


def _access(number: int, line: str) -> dict[str, str]:
    source, *rest = line.split(maxsplit=1)
    try:
        parse_network(source)
    except ValueError:
        raise BadAnswer(
            f"Line {number} must begin with an IP address or a network in CIDR notation, such as 203.0.113.0/24,"
            f" and may go on with what it is for; {line!r} does not."
        ) from None
    try:
        normalize_source(source)
    except ValueError as error:
        raise BadAnswer(f"Line {number}: {source!r} {error}.") from None
    # An entry that is there already keeps its description if none is given.
    return {"source": source, "description": rest[0]} if rest else {"source": source}
