# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Values from JSON: checks and conversions for numbers, timestamps, names and texts from any source."""

from __future__ import annotations

import difflib
import functools
import math
import re
import reprlib
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Callable

#: A resource as the API returns it, with the API's field names.
Resource = dict[str, Any]

#: A message names at most this many networks, services or private endpoints.
MAX_LISTED = 4

#: Invisible characters that are a part of words in some scripts, and of emoji.
JOINERS = "\u200c\u200d"

#: Invisible characters in the categories of letters, marks and symbols: fillers, the blank Braille pattern, variation
#: selectors, and code points that Unicode reserves for such characters.
_FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)

#: Invisible characters around a name: all white space, of which U+3000 is the last, and joiners.
_BLANKS = JOINERS + "".join(char for char in map(chr, range(0x3001)) if char.isspace())

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:[Zz]|([+-]\d\d):?(\d\d))?", re.ASCII)


def is_finite_number(value: object) -> bool:
    """Return whether the value is a number other than a boolean, infinity or NaN, in the range of a float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def parse_timestamp(timestamp: object) -> float | None:
    """Return an ISO 8601 timestamp as whole seconds since 1970; None for anything else. The default zone is UTC."""
    match = _TIMESTAMP.fullmatch(timestamp.strip()) if isinstance(timestamp, str) else None
    if match is None:
        return None
    date, time, hours, minutes = match.groups(default="")
    zone = f"{hours}:{minutes}" if hours else "+00:00"
    try:
        # The oldest Python understands this form only.
        return datetime.fromisoformat(f"{date}T{time}{zone}").timestamp()
    except (ValueError, OverflowError):
        return None


def identity(name: str) -> str:
    """Return the name unchanged."""
    return name


def to_json_safe(value: Any, rename: Callable[[str], str] = identity) -> Any:
    """Return the value with renamed keys, and with text in place of the numbers that strict JSON lacks.

    A value that is nested too deeply for Python is abbreviated.
    """
    try:
        return _to_json_safe(value, rename)
    except RecursionError:
        return abbreviate(value)


def _to_json_safe(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(str(key)): _to_json_safe(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_json_safe(item, rename) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that differs from the word only in case and white space, or else the most similar one."""
    names = list(candidates)
    for name in names:
        if normalize_name(name) == normalize_name(word):
            return name
    return next(iter(difflib.get_close_matches(word, names, 1)), None)


def join_names(names: Sequence[str]) -> str:
    """Return the names for a sentence: the first few, and the number of the others."""
    more = len(names) - MAX_LISTED
    return " and ".join([*names[:MAX_LISTED], *([f"{more} more"] if more > 0 else [])])


def enumerate_names(names: Sequence[str]) -> str:
    """Return all names for a sentence: "a", "a and b", or "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def is_identifier(value: object) -> bool:
    """Return whether the value consists of ASCII letters, digits and underscores, and does not start with a digit."""
    return isinstance(value, str) and value.isascii() and value.isidentifier()


@functools.lru_cache(maxsize=1000)
def normalize_name(text: str) -> str:
    """Return the text in lower case, without white space and invisible characters."""
    return "".join(
        char
        for char in unicodedata.normalize("NFKC", text).casefold()
        if not (char.isspace() or _is_invisible(char) or char in JOINERS)
    )


def is_empty(value: object) -> bool:
    """Return whether the value is None, or text that consists of white space and invisible characters.

    Text with other control characters, or with surrogates, is not empty, so that it is refused later.
    """
    return value is None or (isinstance(value, str) and all(map(_is_blank, value)))


def _is_blank(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cf" or bool(_FILLERS.match(char))


@functools.lru_cache(maxsize=1000)
def strip_invisible(text: str) -> str:
    """Return the text without invisible characters, and without white space around it."""
    return "".join(char for char in text if not _is_invisible(char)).strip(_BLANKS)


def reveal(text: str) -> str:
    """Return the text with invisible characters escaped, except joiners, which are a part of words."""
    return _escape(text, _is_invisible)


def printable(text: str) -> str:
    """Return the text with characters escaped that control a terminal, break a line or change its direction."""
    return _escape(text, _is_control)


def _escape(text: str, needs_escape: Callable[[str], bool]) -> str:
    return "".join(char.encode("unicode_escape").decode() if needs_escape(char) else char for char in text)


def _is_invisible(char: str) -> bool:
    return _is_control(char) or bool(_FILLERS.match(char))


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in JOINERS


def abbreviate(value: object) -> str:
    """Return the value as text of at most 80 characters, for a message."""
    text = "null" if value is None else _SHORT.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _make_repr() -> reprlib.Repr:
    """Return a repr() that reads only the beginning of large or deep values."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = brief.maxlong = 60
    return brief


_SHORT = _make_repr()


@functools.cache
def to_camel_case(name: str) -> str:
    """Convert ip_access_list to ipAccessList."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


@functools.lru_cache(maxsize=1000)
def to_snake_case(name: str) -> str:
    """Convert ipAccessList to ip_access_list."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
