# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions give the same, of the same type, on each ansible-core.

Before ansible-core 2.19 an inventory renders an expression to text, and takes that for a list or a truth if it looks
like one: a number that is computed becomes text, and the text of a tag becomes what it is not.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from ansible import template
from ansible.errors import AnsibleError
from jinja2 import Undefined

#: Why a template cannot be rendered, without any of its text, which may be a secret: by the names of classes of errors,
#: since some of them are private. The first that fits is taken.
REASONS = {
    "AnsibleVaultError UndecryptableVaultError": (
        "it is encrypted, and none of the given vault passwords decrypts it. Use --ask-vault-pass or"
        " --vault-password-file with the right one"
    ),
    "AnsibleUndefinedVariable": "it uses a variable that is not defined. Only those given with -e are known here",
    "AnsibleLookupError AnsibleTemplatePluginError": "a plugin that it uses, such as a lookup, has failed",
    "TemplateSyntaxError": "its syntax is wrong",
}


def why_not_rendered(error: BaseException) -> str:
    """Return why a template cannot be rendered, without any of its text."""
    names = {kind.__name__ for cause in _causes(error) for kind in type(cause).__mro__}
    found = (reason for kinds, reason in REASONS.items() if names.intersection(kinds.split()))
    return next(found, "it is a template that cannot be rendered")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that it was raised from."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        yield cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__


def evaluating(templar: Any) -> Any:
    """The templar, with the evaluate_expression of ansible-core 2.19 and newer if it has none."""
    return templar if hasattr(templar, "evaluate_expression") else _Evaluating(templar)


class _Evaluating:
    """A templar of an ansible-core before 2.19 that can tell what an expression gives."""

    def __init__(self, templar: Any) -> None:
        self.available_variables: Any = {}
        self._templar = templar
        self._native = templar.copy_with_new_env(environment_class=_environment())

    def template(self, variable: Any, **options: Any) -> Any:
        self._templar.available_variables = self.available_variables
        return self._templar.template(variable, **options)

    def evaluate_expression(self, expression: Any) -> Any:
        """What the expression gives. Raises AnsibleError if it is none, or if something in it is undefined."""
        self._native.available_variables = self.available_variables
        # A list is not taken for anything else, and neither is what is in it.
        in_list = f"{{{{ [{expression}] }}}}"
        # Backslashes mean what they mean to newer ones: what they escape is told by the expression alone.
        found = self._native.template(in_list, escape_backslashes=False, disable_lookups=True)
        if not (isinstance(found, list) and len(found) == 1):
            raise AnsibleError(f"{expression!r} is not one expression.")
        return found[0]


def _environment() -> type:
    """A Jinja that keeps types.

    It lists at once what can be gone through: the templar would make a set, without order, of the keys of a dictionary.
    """
    native = template.AnsibleNativeEnvironment
    return type("Environment", (native,), {"concat": staticmethod(lambda nodes: _listed(native.concat(nodes)))})


def _listed(value: Any) -> Any:
    """The value, in which all that can be gone through, perhaps only once, is a list.

    Raises AnsibleError if a part of it is what an if without an else gives, which nobody could print.
    """
    if isinstance(value, Undefined):
        raise AnsibleError("The expression gives nothing, as an if without an else does.")
    if isinstance(value, dict):
        return {name: _listed(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, range, Iterator, KeysView, ValuesView, ItemsView)):
        return [_listed(item) for item in value]
    return value
