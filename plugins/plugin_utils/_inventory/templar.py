# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A templar that does not evaluate the same expression for each host.

Ansible needs up to a millisecond to compile and render an expression, and an inventory evaluates several for each host.
So a path is resolved without Ansible. An expression that only combines paths and constants by operators is evaluated
once for the same values. All others, such as those with a filter, are evaluated for each host.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, TemplateError, nodes

#: The parts of a template whose result depends on their own parts alone.
PURE_NODES = (
    *(nodes.Template, nodes.Output, nodes.If, nodes.TemplateData),
    *(nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair),
    *(nodes.BinExpr, nodes.UnaryExpr, nodes.Compare, nodes.Operand, nodes.Concat, nodes.CondExpr),
)
#: Names that Ansible itself defines, whatever the variables are.
IMPURE_NAMES = frozenset({"hostvars", "omit", "vars"})

#: The name of a variable, and then the keys that lead to a value in it.
Path = tuple[str, ...]

_PARSER = Environment(autoescape=False, optimized=False)


class NotCacheable(Exception):
    """The result may depend on more than the values of variables, or one of them is not there, or not a scalar."""


class Expression:
    """A parsed expression.

    paths are those that it reads; None if its result may depend on anything else. path is the only one if the
    expression consists of nothing but it.
    """

    def __init__(self, source: str) -> None:
        self.paths: tuple[Path, ...] | None = None
        self.path: Path | None = None
        try:
            tree = _PARSER.parse(source)
            self.paths = tuple(_paths(tree))
        except (TemplateError, NotCacheable):
            return
        if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) and len(tree.body[0].nodes) == 1:
            self.path = _path(tree.body[0].nodes[0])


def _paths(node: nodes.Node) -> Iterator[Path]:
    """Yield the paths that the node reads. Raise NotCacheable if it may depend on anything else."""
    path = _path(node)
    if path:
        yield path
    elif isinstance(node, PURE_NODES):
        for child in node.iter_child_nodes():
            yield from _paths(child)
    else:
        raise NotCacheable


def _path(node: nodes.Node) -> Path | None:
    """Return the path that a.b or a['b'] stands for; None for anything else."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr) and not hasattr(dict, node.attr):
        key = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        key = node.arg.value
    else:
        return None
    parent = _path(node.node)
    return parent and (*parent, key)


def lookup(variables: Mapping[str, Any], path: Path) -> Any:
    """Return the value at the path. Raise NotCacheable if there is none, or if Ansible may have to render it."""
    value: Any = variables
    for key in path:
        if not isinstance(value, dict) or key not in value:
            raise NotCacheable
        value = value[key]
    if not _is_plain(value):
        raise NotCacheable
    return value


def _is_plain(value: Any) -> bool:
    """Return whether there is no template in the value, and no type that Ansible could convert."""
    if isinstance(value, str):
        return not ("{" in value or value.startswith("#jinja2:"))
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float))


class MemoizingTemplar:
    """A templar with the same results as the one that it wraps. It caches nothing that reads one of extra_vars."""

    def __init__(self, templar: Any, extra_vars: Iterable[str] = ()) -> None:
        self.available_variables: Mapping[str, Any] = {}
        self._templar = templar
        self._impure_names = IMPURE_NAMES.union(extra_vars)
        self._parse = functools.cache(Expression)
        self._results: dict[Hashable, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._templar, name)

    def evaluate_expression(self, expression: Any, **options: Any) -> Any:
        with contextlib.suppress(NotCacheable):
            return self._lookup(expression)
        return self._cached("evaluate_expression", expression, options)

    def evaluate_conditional(self, conditional: Any, **options: Any) -> Any:
        return self._cached("evaluate_conditional", conditional, options)

    def template(self, variable: Any, **options: Any) -> Any:
        return self._cached("template", variable, options)

    def _lookup(self, expression: Any) -> Any:
        """Return the value of an expression that is a path. Raise NotCacheable if Ansible has to evaluate it."""
        path = self._parse(f"{{{{ {expression} }}}}").path if isinstance(expression, str) else None
        if path is None or path[0] in self._impure_names:
            raise NotCacheable
        return lookup(self.available_variables, path)

    def _cached(self, method: str, text: Any, options: Mapping[str, Any]) -> Any:
        try:
            key = (method, text, tuple(options.items()), self._values(method, text))
        except NotCacheable:
            return self._evaluate(method, text, options)
        if key not in self._results:
            self._results[key] = self._evaluate(method, text, options)
        return self._results[key]

    def _values(self, method: str, text: Any) -> Hashable:
        """Return all that the result depends on besides the text. Raise NotCacheable if that is not known."""
        if not _is_template_text(text):
            raise NotCacheable
        paths = self._parse(text if method == "template" else f"{{{{ {text} }}}}").paths
        if paths is None or any(path[0] in self._impure_names for path in paths):
            raise NotCacheable
        return tuple(_to_key(lookup(self.available_variables, path)) for path in paths)

    def _evaluate(self, method: str, text: Any, options: Mapping[str, Any]) -> Any:
        self._templar.available_variables = self.available_variables
        return getattr(self._templar, method)(text, **options)


def _to_key(value: Any) -> Hashable:
    """Return a key for a scalar value: 1, 1.0 and True are equal, but are not printed the same. Raise NotCacheable."""
    if isinstance(value, (dict, list)):
        raise NotCacheable
    return type(value), str(value)


def _is_template_text(text: Any) -> bool:
    return isinstance(text, str) and not text.startswith("#jinja2:")
