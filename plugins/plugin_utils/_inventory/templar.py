# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templar of an inventory, which does not find out for each host again what it has found out for another one.

To compile and render an expression costs about a millisecond, and an inventory has some for each of its hosts. So a
result is kept by the values of the variables that the expression reads, if it depends on nothing else.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from jinja2 import Environment, TemplateError, meta, nodes


def _words(text: str) -> frozenset[str]:
    """The words, and each as it is called with the name of its collection."""
    return frozenset(name for word in text.split() for name in (word, f"ansible.builtin.{word}"))


#: What gives the same for the same, and does nothing else. All others may look at the clock, at files or at dice.
FILTERS = _words(
    """
    abs b64decode b64encode basename batch bool capitalize combine count d default dict2items dictsort
    difference dirname e escape extract first flatten float format from_json groupby hash indent int intersect
    items items2dict join last length list lower map mandatory max min quote regex_escape regex_findall
    regex_replace regex_search reject rejectattr replace reverse round select selectattr slice sort split string
    sum symmetric_difference ternary title to_json tojson trim truncate type_debug union unique upper urlencode
    wordcount zip
    """
)
TESTS = _words(
    """
    != < <= == > >= all any boolean contains defined divisibleby eq equalto even false falsy float ge gt in
    integer issubset issuperset iterable le lower lt mapping match ne none number odd regex search sequence
    string subset superset true truthy undefined upper version version_compare
    """
)
METHODS = _words(
    """
    capitalize count endswith find format get index isdigit items join keys lower lstrip partition removeprefix
    removesuffix replace rpartition rsplit rstrip split splitlines startswith strip title upper values
    """
)
#: Filters that are told the name of another filter or test, and as which of their arguments.
BY_NAME = {"map": 0, "reject": 0, "rejectattr": 1, "select": 0, "selectattr": 1}
#: Names that stand for all variables at once, or for another thing each time.
UNKNOWN = frozenset({"hostvars", "omit", "vars"})
#: What a template is made of that only tells something.
TELLING = (nodes.Expr, nodes.Helper, nodes.If, nodes.Output, nodes.Template)
#: Text that ansible-core before 2.19 takes for nothing else, however it is set up.
NOTHING_BUT_TEXT = re.compile(r"(?!(?:True|False|None)$)[A-Za-z][A-Za-z0-9._-]*")

#: For a variable that is not there.
MISSING = object()

#: The steps to a value: the name of a variable, and then the keys that lead into it.
Path = tuple[str, ...]


class Unfit(Exception):
    """The value cannot be compared with others, or is perhaps a template itself."""


class Expression:
    """What is known of an expression without rendering it.

    names are the variables that it reads, in order; None if it depends on something else. path is the way to its value
    if it is no more than that.
    """

    def __init__(self, source: str) -> None:
        self.names: tuple[str, ...] | None = None
        self.path: Path | None = None
        try:
            tree = _JINJA.parse(source)
        except TemplateError:
            return
        if all(_is_telling(node) for node in _all(tree)):
            names = meta.find_undeclared_variables(tree)
            self.names = tuple(sorted(names)) if names.isdisjoint(UNKNOWN) else None
        output = tree.body[0] if len(tree.body) == 1 else None
        if isinstance(output, nodes.Output) and len(output.nodes) == 1:
            self.path = _path(output.nodes[0])

    def follow(self, variables: Mapping[str, Any]) -> Any:
        """The value at the end of the path; MISSING if there is none."""
        found: Any = variables if self.path else MISSING
        for key in self.path or ():
            found = found.get(key, MISSING) if isinstance(found, dict) else MISSING
        return found


#: It only has to know which names there are, and renders nothing.
_JINJA = Environment(autoescape=False, optimized=False)
_JINJA.filters, _JINJA.tests = dict.fromkeys(FILTERS, _words), dict.fromkeys(TESTS, _words)


def _all(tree: nodes.Template) -> list[nodes.Node]:
    return [tree, *tree.find_all(nodes.Node)]


def _is_telling(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Call):
        return isinstance(node.node, nodes.Getattr) and node.node.attr in METHODS
    if isinstance(node, nodes.Filter):
        named = node.args[BY_NAME[node.name] :][:1] if node.name in BY_NAME else []
        return node.name in FILTERS and all(
            isinstance(name, nodes.Const) and name.value in FILTERS | TESTS for name in named
        )
    if isinstance(node, nodes.Test):
        return node.name in TESTS
    return isinstance(node, TELLING)


def _path(node: nodes.Node) -> Path | None:
    """The path that a.b or a['b'] stands for; None for anything else."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr) and not hasattr(dict, node.attr):
        key = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        key = node.arg.value
    else:
        return None
    above = _path(node.node)
    return above and (*above, key)


def canonical(value: Any) -> Any:
    """Something hashable that is equal for equal values only. Raises Unfit."""
    if isinstance(value, str):
        if "{" in value:
            raise Unfit
        return type(value), str.__str__(value)
    if isinstance(value, dict):
        return type(value), tuple((canonical(name), canonical(item)) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return type(value), tuple(canonical(item) for item in value)
    if value is None or isinstance(value, (bool, int, float)):
        return type(value), repr(value)
    raise Unfit


def _is_nothing_but_text(value: Any) -> bool:
    return isinstance(value, str) and bool(NOTHING_BUT_TEXT.fullmatch(value))


class Memo:
    """A templar that gives what the one within it would give. fixed are variables that may be templates themselves."""

    def __init__(self, templar: Any, fixed: Iterable[str] = ()) -> None:
        self.available_variables: Mapping[str, Any] = {}
        self._templar = templar
        self._fixed = frozenset(fixed)
        self._expression = functools.cache(Expression)
        self._results: dict[Hashable, tuple[Any, Exception | None]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._templar, name)

    def evaluate_expression(self, expression: Any, **options: Any) -> Any:
        return self._recall("evaluate_expression", expression, options, lambda value: value is not MISSING)

    def evaluate_conditional(self, conditional: Any, **options: Any) -> Any:
        # What is not true or false is an error, or told of.
        return self._recall("evaluate_conditional", conditional, options, lambda value: isinstance(value, bool))

    def template(self, variable: Any, **options: Any) -> Any:
        return self._recall("template", variable, options, _is_nothing_but_text)

    def _recall(self, method: str, text: Any, options: Mapping[str, Any], is_itself: Callable[[Any], bool]) -> Any:
        """What the method gives for the text, as it is known already, or else as it is found out now."""
        try:
            expression, values = self._read(method, text)
        except Unfit:
            return self._ask(method, text, options)
        found = expression.follow(self.available_variables)
        if is_itself(found):
            return found
        key = (method, text, tuple(options.items()), values)
        if key not in self._results:
            self._results[key] = self._tried(method, text, options)
        result, error = self._results[key]
        if error:
            raise error.with_traceback(None)
        return result

    def _read(self, method: str, text: Any) -> tuple[Expression, Hashable]:
        """The expression, and the values of what it reads. Raises Unfit if it does not depend on them alone."""
        source = text if method == "template" else f"{{{{ {text} }}}}"
        if not isinstance(text, str) or source.count("{{") > 1:
            raise Unfit
        expression = self._expression(source)
        if expression.names is None or not self._fixed.isdisjoint(expression.names):
            raise Unfit
        variables = self.available_variables
        return expression, tuple(
            canonical(variables[name]) if name in variables else MISSING for name in expression.names
        )

    def _tried(self, method: str, text: str, options: Mapping[str, Any]) -> tuple[Any, Exception | None]:
        try:
            return self._ask(method, text, options), None
        except Exception as error:  # Whatever an expression raises, it raises it for each host with these values.
            return None, error

    def _ask(self, method: str, text: Any, options: Mapping[str, Any]) -> Any:
        self._templar.available_variables = self.available_variables
        return getattr(self._templar, method)(text, **options)
