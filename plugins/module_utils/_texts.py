# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Texts from any source: names in messages, invisible characters, and characters that control a terminal."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Callable

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
