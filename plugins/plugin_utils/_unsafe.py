# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: not for use from outside, may change at any time.
"""Make data from the API fit for an inventory."""

from __future__ import annotations

from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template
except ImportError:
    # ansible-core before 2.19 trusts every string that is not wrapped, but wraps all that a template gives if it
    # was given anything wrapped.
    def trust_as_template(value: str) -> str:
        return str.__str__(value)


def inert(value: Any) -> Any:
    """The value, in which no string is ever a template.

    Strings with a brace are marked as unsafe. All others render to themselves, so they are marked as trusted: unmarked
    they would be exported as dictionaries by ansible-core 2.19 and newer, which inventory sources of AWX cannot read.
    """
    if isinstance(value, dict):
        return {name: inert(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [inert(item) for item in value]
    if isinstance(value, str):
        return wrap_var(value) if "{" in value or "}" in value else trust_as_template(value)
    return value
