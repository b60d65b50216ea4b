# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which strings from the API Ansible may trust, and mark the others.

Ansible renders a trusted string as a template, and evaluates it as a condition. Braces, a header such as "#jinja2:", or
an expression without either, such as "not false", would then be code, written by anyone who may name a service.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible.utils.unsafe_proxy import wrap_var

from ._compat import trust_as_template

#: All that a trusted string may consist of besides letters and digits. With these alone, text cannot open a template or
#: a comment, call a function, quote anything, or put an operator that is a word between two names.
HARMLESS = "._:/@+-,"
_WITHOUT_HARMLESS = str.maketrans("", "", HARMLESS)


def may_be_trusted(text: str) -> bool:
    """Return whether the text is only a bare name, however it is evaluated.

    It may be empty. A combining mark is not a letter.
    """
    rest = text.translate(_WITHOUT_HARMLESS)
    return (rest.isascii() and rest.isalnum()) or all(char.isalpha() or char.isdecimal() for char in rest)


def mark_template_safety(value: Any) -> Any:
    """Return the value for an inventory, in which no string can be code.

    A string that may be trusted is marked as trusted: otherwise, ansible-core 2.19 and newer would export it as a
    dictionary, and AWX would store that in place of a state, for example. All other strings are marked as unsafe.
    """
    return _mark(value, trust_as_template)


def mark_unsafe(value: Any) -> Any:
    """Return the value for the result of a task, in which no string can be code and none is marked as trusted."""
    return _mark(value, str.__str__)


def _mark(value: Any, trust: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return dict(_mark_item(name, item, trust) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_mark(item, trust) for item in value]
    if isinstance(value, str):
        return trust(value) if may_be_trusted(value) else wrap_var(value)
    return value


def _mark_item(name: Any, value: Any, trust: Callable[[str], str]) -> tuple[Any, Any]:
    """Return the key and the value of a dictionary, both unsafe if the key is.

    ansible-core before 2.19 considers only values to decide whether the result of a template is unsafe.
    """
    marked = _mark(value, trust)
    if isinstance(name, str) and not may_be_trusted(name):
        return wrap_var(name), wrap_var(marked)
    return name, marked
