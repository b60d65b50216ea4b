# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests/tools/site.py DIRECTORY: complete the sources of the site that antsibull-docs has written there.

The first page gets docs/landing.rst at its top. Pages that the repository has in Markdown, with pictures or tables that
programs write, replace the guides that link to them.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ONLINE = "https://github.com/ansible-collections/clickhouse.cloud/blob/main/"
CHANGELOG = "\nChangelog\n---------\n\n.. toctree::\n    :maxdepth: 1\n\n    changelog\n"
#: By the name of the guide.
PAGES = {
    "guide_awx": "docs/awx.md",
    "guide_benchmarks": "docs/benchmarks.md",
    "guide_conformance": "docs/conformance.md",
    "guide_events": "extensions/eda/README.md",
}


def replace_top(index: Path) -> None:
    """Put the landing page in place of what antsibull-docs writes above the list of guides."""
    text = index.read_text(encoding="utf-8")
    start = text.index("\nGuides\n------\n")
    landing = (CHECKOUT / "docs/landing.rst").read_text(encoding="utf-8")
    index.write_text(f"{landing}{text[start:]}{CHANGELOG}", encoding="utf-8")


def link_online(text: str, directory: Path) -> str:
    """Return Markdown in which links to files that are not on the site lead to the repository."""

    def replace(match: re.Match[str]) -> str:
        target = (directory / match[1]).resolve()
        return f"]({ONLINE}{target.relative_to(CHECKOUT)}{match[2] or ''})"

    return re.sub(r"\]\((?!https?:|#|images/)([^)#]+)(#[^)]*)?\)", replace, text)


def add_page(directory: Path, guide: str, path: Path) -> None:
    """Replace a guide by a page in Markdown, which gets its label."""
    (directory / f"{guide}.rst").unlink()
    text = link_online(path.read_text(encoding="utf-8"), path.parent)
    label = f"(ansible_collections.clickhouse.cloud.docsite.{guide})=\n\n"
    (directory / f"{guide}.md").write_text(label + text, encoding="utf-8")


if __name__ == "__main__":
    source = Path(sys.argv[1])
    replace_top(source / "index.rst")
    shutil.copytree(CHECKOUT / "docs/images", source / "docsite/images")
    for name, page in PAGES.items():
        add_page(source / "docsite", name, CHECKOUT / page)
