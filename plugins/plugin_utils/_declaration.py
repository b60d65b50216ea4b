# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write declarations as YAML, as a person would."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ..module_utils._texts import printable

#: Ansible evaluates text that contains one of these. The last one is a header that changes the syntax of templates.
TEMPLATE_MARKS = ("{{", "{%", "{#", "#jinja2:")
#: YAML reads these as line breaks, and the first one as another character, unless they are escaped.
LINE_BREAKS = "\x85\u2028\u2029"


class _Dumper(yaml.SafeDumper):
    """Writes lists indented, and text that could be a template with the tag !unsafe."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        # The same value twice is written twice.
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_template = any(mark in text for mark in TEMPLATE_MARKS)
    tag = "!unsafe" if is_template else "tag:yaml.org,2002:str"
    # Only double quotes allow escapes.
    style = '"' if any(char in text for char in LINE_BREAKS) else None
    return dumper.represent_scalar(tag, str.__str__(text), style)


def _represent_mapping(dumper: yaml.SafeDumper, mapping: Mapping[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping.items())


_Dumper.add_representer(str, _represent_text)
# Ansible has subclasses of the types, which mark values as unsafe or as trusted.
_Dumper.add_multi_representer(str, _represent_text)
_Dumper.add_multi_representer(dict, _represent_mapping)
_Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)


def to_yaml(
    variable: str,
    declarations: Iterable[tuple[Mapping[str, Any], Iterable[str]]],
    comments: Iterable[str] = (),
) -> str:
    """Return YAML that sets the variable to the declarations, each with its comments before it, as the variable has."""
    texts = [textwrap.indent(_comment(lines) + _dump([item]), "  ") for item, lines in declarations]
    return _comment(comments) + (f"{variable}:\n" + "\n".join(texts) if texts else f"{variable}: []\n")


def write_mapping(values: Mapping[str, Any]) -> str:
    """Return YAML that sets several variables."""
    return _dump(values)


def _comment(lines: Iterable[str]) -> str:
    return "".join(f"# {printable(str(line))}\n" for line in lines)


def _dump(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=float("inf")
    )
    return text
