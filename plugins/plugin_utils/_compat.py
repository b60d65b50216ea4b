# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Support older versions of ansible-core on the controller. Delete each part with the last version that needs it."""

from __future__ import annotations

import functools
import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from ansible import template
from ansible.errors import AnsibleError
from ansible.release import __version__ as ansible_version
from jinja2 import Undefined

try:
    from ansible.template import trust_as_template
except ImportError:
    # ansible-core before 2.19 trusts every string that is not wrapped, but wraps all that a template returns if any of
    # its input was wrapped.
    def trust_as_template(value: str) -> str:
        """Return the plain string."""
        return str.__str__(value)


try:
    from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
except ImportError:  # ansible-core before 2.19
    from ansible.parsing.ajson import AnsibleJSONEncoder

    encode_arguments = functools.partial(json.dumps, cls=AnsibleJSONEncoder, vault_to_text=True)
    decode_result = json.loads
else:
    encode_arguments = functools.partial(json.dumps, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE))
    decode_result = functools.partial(json.loads, cls=get_module_decoder("legacy", Direction.MODULE_TO_CONTROLLER))

__all__ = [
    "RESULT_MARKERS",
    "LegacyTemplar",
    "decode_result",
    "encode_arguments",
    "ensure_evaluate_expression",
    "trust_as_template",
]

#: Since ansible-core 2.22, each result of a module says that it could be parsed.
RESULT_MARKERS = {"ansible_parsed": True} if tuple(map(int, ansible_version.split(".")[:2])) >= (2, 22) else {}


def ensure_evaluate_expression(templar: Any) -> Any:
    """Return a templar that has the method evaluate_expression, as each has since ansible-core 2.19."""
    return templar if hasattr(templar, "evaluate_expression") else LegacyTemplar(templar)


class LegacyTemplar:
    """A templar of ansible-core before 2.19 that keeps the types of the results of expressions.

    By itself, it renders an expression to text, and converts text that looks like a list or a boolean to one.
    """

    def __init__(self, templar: Any) -> None:
        self.available_variables: Any = {}
        self._templar = templar
        self._native = templar.copy_with_new_env(environment_class=_environment())

    def template(self, variable: Any, **options: Any) -> Any:
        self._templar.available_variables = self.available_variables
        return self._templar.template(variable, **options)

    def evaluate_expression(self, expression: Any) -> Any:
        """Return the result of the expression. Raise AnsibleError if it is invalid or a part of it is undefined."""
        self._native.available_variables = self.available_variables
        # Neither a list nor its items are converted.
        in_list = f"{{{{ [{expression}] }}}}"
        # Newer templars do not escape backslashes either: only the expression determines what they escape.
        result = self._native.template(in_list, escape_backslashes=False, disable_lookups=True)
        if not (isinstance(result, list) and len(result) == 1):
            raise AnsibleError(f"{expression!r} is not a single expression.")
        return result[0]


def _environment() -> type:
    """Return a class of Jinja environments that keep types.

    They convert iterables at once: the templar would convert the keys of a dictionary to a set, which has no order.
    """
    native = template.AnsibleNativeEnvironment
    return type("Environment", (native,), {"concat": staticmethod(lambda nodes: _materialize(native.concat(nodes)))})


def _materialize(value: Any) -> Any:
    """Return the value with a list in place of each iterable, which may allow only one iteration.

    Raise AnsibleError if a part of it is undefined, as the result of an if without an else is.
    """
    if isinstance(value, Undefined):
        raise AnsibleError("The expression has no result, as an if without an else.")
    if isinstance(value, dict):
        return {name: _materialize(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, range, Iterator, KeysView, ValuesView, ItemsView)):
        return [_materialize(item) for item in value]
    return value
