# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which text from the API Ansible may trust, and how the rest is marked.

What Ansible trusts, it renders as a template and evaluates as a condition: braces, a header such as "#jinja2:", or an
expression without either, as "not false", are then code that was written by anyone who may name a service.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template
except ImportError:
    # ansible-core before 2.19 trusts every string that is not wrapped, but wraps all that a template returns if any of
    # its input was wrapped.
    def trust_as_template(value: str) -> str:
        return str.__str__(value)


#: Besides letters and digits, all that a trusted string consists of. With these alone, text cannot open a template or a
#: comment, call anything, quote anything, or put an operator that is a word between two names.
HARMLESS = "._:/@+-,"
_WITHOUT_HARMLESS = str.maketrans("", "", HARMLESS)


def may_be_trusted(text: str) -> bool:
    """Return whether the text is no more than a bare name, whatever evaluates it.

    It may be empty. A combining mark is not a letter.
    """
    rest = text.translate(_WITHOUT_HARMLESS)
    return (rest.isascii() and rest.isalnum()) or all(char.isalpha() or char.isdecimal() for char in rest)


def inert(value: Any) -> Any:
    """Return the value for an inventory, in which no string can be code.

    A string that may be trusted is marked so: unmarked, ansible-core 2.19 and newer would export it as a dictionary,
    which AWX stores as one, where a state is wanted. All other strings are marked as unsafe.
    """
    return _marked(value, trust_as_template)


def untrusted(value: Any) -> Any:
    """Return the value for the result of a task, in which no string can be code, and nothing is marked as trusted."""
    return _marked(value, str.__str__)


def _marked(value: Any, trust: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return dict(_marked_item(name, item, trust) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_marked(item, trust) for item in value]
    if isinstance(value, str):
        return trust(value) if may_be_trusted(value) else wrap_var(value)
    return value


def _marked_item(name: Any, value: Any, trust: Callable[[str], str]) -> tuple[Any, Any]:
    """Return the key and the value of a dictionary, both unsafe if the key is.

    ansible-core before 2.19 looks only at the values to find out whether what a template returns is unsafe.
    """
    marked = _marked(value, trust)
    if isinstance(name, str) and not may_be_trusted(name):
        return wrap_var(name), wrap_var(marked)
    return name, marked
