# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configure Sphinx for the documentation site: see "make docs"."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

HERE = Path(__file__).resolve().parent
ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
#: The targets in the documentation of Ansible that the pages of the plugins refer to: role, target, page.
OF_ANSIBLE = (
    ("std:label", "ansible_configuration_settings", "reference_appendices/config.html#ansible-configuration-settings"),
    ("std:label", "action_plugins", "plugins/action.html#action-plugins"),
    ("std:label", "common_return_values", "reference_appendices/common_return_values.html#common-return-values"),
    *(
        ("std:envvar", f"ANSIBLE_{name}", f"reference_appendices/config.html#envvar-ANSIBLE_{name}")
        for name in (
            "CACHE_PLUGIN",
            "CACHE_PLUGIN_CONNECTION",
            "CACHE_PLUGIN_PREFIX",
            "CACHE_PLUGIN_TIMEOUT",
            "INVENTORY_ANY_UNPARSED_IS_FAILED",
            "INVENTORY_USE_EXTRA_VARS",
        )
    ),
)


def inventory_of_ansible() -> str:
    """Write OF_ANSIBLE as a Sphinx inventory, without downloading the complete one, and return its path."""
    path = HERE / "_build/ansible.inv"
    head = [
        "# Sphinx inventory version 2",
        "# Project: Ansible",
        "# Version: devel",
        "# The remainder of this file is compressed using zlib.",
    ]
    lines = [f"{target} {role} -1 {page} -" for role, target, page in OF_ANSIBLE]
    path.write_bytes("\n".join([*head, ""]).encode() + zlib.compress("\n".join([*lines, ""]).encode()))
    return str(path)


def without_contents(_app: Sphinx, page: nodes.document) -> None:
    """Remove the table of contents at the top of a plugin page: the theme shows one beside each page."""
    for topic in list(page.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)
    for title in page.findall(nodes.title):
        # The link to its entry in the table of contents.
        title.attributes.pop("refid", None)


#: Options that come first, and those that come last, as in all modules; between them are those of the module.
FIRST_OPTIONS = ("name", "service_id", "state")
LAST_OPTIONS = (
    *("wait", "wait_timeout", "wait_interval"),
    *("api_key", "api_secret", "organization_id", "api_url", "ca_path", "validate_certs", "allow_http"),
    *("connect_timeout", "read_timeout", "rate_limit", "rate_limit_window"),
)


def by_use(_app: Sphinx, page: nodes.document) -> None:
    """Put the options of a module in the order in which they are of use; they are written in that of the alphabet."""
    for table in page.findall(nodes.table):
        if "ansible-option-table" not in table["classes"]:
            continue
        (body,) = table.findall(nodes.tbody)
        options: dict[str, list[nodes.Node]] = {}
        for row in body.children:
            anchor = re.search(r'id="parameter-([^"/]+)', "".join(raw.astext() for raw in row.findall(nodes.raw)))
            if not anchor:
                break
            options.setdefault(anchor[1], []).append(row)
        else:
            body[:] = [row for name in sorted(options, key=use_of) for row in options[name]]


def use_of(option: str) -> int:
    """Return the place of the option: options with the same one keep their order."""
    if option in FIRST_OPTIONS:
        return FIRST_OPTIONS.index(option) - len(FIRST_OPTIONS)
    return LAST_OPTIONS.index(option) + 1 if option in LAST_OPTIONS else 0


def with_captions(_app: Sphinx, page: nodes.document) -> None:
    """Give each part of the list of pages the heading that it has on the first page, and that page a title."""
    contents = list(page.findall(addnodes.toctree))
    if not contents:
        return
    next(page.findall(nodes.title))[:] = [nodes.Text(project)]
    for part in contents:
        heading = part.parent.parent.next_node(nodes.title).astext()
        part["caption"] = part["rawcaption"] = heading.removesuffix(" Index") + "s" * heading.endswith(" Index")


def with_short_titles(_app: Sphinx, environment: BuildEnvironment) -> None:
    """Call plugins in the list of pages by what tells them apart; on their pages they keep the whole title."""
    for contents in environment.tocs.values():
        title = next(contents.findall(nodes.reference), None)
        short = title and re.match(r"clickhouse\.cloud\.(\w+) \w+ \S ", title.astext())
        if title and short:
            title[:] = [nodes.Text(short[1])]


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", without_contents)
    app.connect("doctree-read", by_use)
    # Before Sphinx itself takes its copy of the list.
    app.connect("doctree-read", with_captions, priority=400)
    app.connect("env-updated", with_short_titles)


project = "ClickHouse Cloud collection for Ansible"
copyright = "The clickhouse.cloud collection contributors"

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
intersphinx_mapping = {"ansible_devel": (ANSIBLE, inventory_of_ansible())}
# A reference that leads nowhere is a warning, and "make docs" takes none.
nitpicky = True
# So that "#by-hand" leads to that heading in Markdown, as it does on GitHub.
myst_heading_anchors = 3

html_theme = "furo"
html_title = "clickhouse.cloud"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_use_smartypants = False
pygments_style = "ansible"
