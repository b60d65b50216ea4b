# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse answers to surveys into the options of modules.

A survey has no lists: an answer with several items is a text with one item per line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..module_utils._schema.networks import normalize_source, parse_network


class SurveyError(ValueError):
    """The answer is invalid. The message says what is wrong, and what is allowed."""


def content_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number, from 1, and the text of each line that is not blank and does not begin with "#"."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def parse_tags(answer: object) -> dict[str, Any]:
    """Return the tags in a text with "key" or "key=value" in each line. Return a mapping unchanged, and None as {}.

    Raise SurveyError.
    """
    if answer is None:
        return {}
    if isinstance(answer, Mapping):
        return dict(answer)
    if not isinstance(answer, str):
        raise SurveyError(f"Tags must be a mapping, or text with key=value in each line; {answer!r} is neither.")
    tags: dict[str, Any] = {}
    for number, line in content_lines(answer):
        key, value = _parse_tag(number, line)
        if key in tags:
            raise SurveyError(f"Line {number} sets the tag {key!r} again. Set each tag only once.")
        tags[key] = value
    return tags


def _parse_tag(number: int, line: str) -> tuple[str, str | None]:
    """Return the key and the value; to a module, None is a tag without a value, or one with any value."""
    key, equals, value = (part.strip() for part in line.partition("="))
    if not key or (not equals and len(key.split()) > 1):
        raise SurveyError(f"Line {number} must be a tag as key=value, or a key alone; {line!r} is not.")
    return key, value if equals else None


def parse_ip_access_list(answer: object) -> list[Any]:
    """Return the entries in a text with an address and its description in each line. Return a list unchanged.

    None is an empty list. Raise SurveyError.
    """
    if answer is None:
        return []
    if not isinstance(answer, str):
        if isinstance(answer, Sequence):
            return list(answer)
        raise SurveyError(
            f"An IP access list must be a list, or text with an address in each line; {answer!r} is neither."
        )
    return [_parse_entry(number, line) for number, line in content_lines(answer)]


def _parse_entry(number: int, line: str) -> dict[str, str]:
    source, *rest = line.split(maxsplit=1)
    try:
        parse_network(source)
    except ValueError:
        raise SurveyError(
            f"Line {number} must begin with an IP address or a network in CIDR notation, such as 203.0.113.0/24;"
            f" {line!r} does not. A description may follow after a space."
        ) from None
    try:
        normalize_source(source)
    except ValueError as error:
        raise SurveyError(f"Line {number}: {source!r} {error}.") from None
    # Without a description, an existing entry keeps the one that it has.
    return {"source": source, "description": rest[0]} if rest else {"source": source}
