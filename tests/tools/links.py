# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests/tools/links.py DIRECTORY: report links of a site whose page, file or anchor does not exist.

Links to other sites are not checked, except links to this repository, which are checked in the checkout.
"""

from __future__ import annotations

import functools
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]
REPOSITORY_LINK = re.compile(r"https://github\.com/ansible-collections/clickhouse\.cloud/(?:blob|tree)/main/([^#]+)")


@functools.cache
def find_anchors(page: Path) -> set[str]:
    return {html.unescape(name) for name in re.findall(r'\b(?:id|name)="([^"]+)"', page.read_text())}


def is_valid(page: Path, link: str) -> bool:
    parts = urlsplit(link)
    match = REPOSITORY_LINK.match(link)
    if match:
        return (CHECKOUT / match[1]).exists()
    if parts.scheme or parts.netloc:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return False
    return not parts.fragment or target.suffix != ".html" or unquote(parts.fragment) in find_anchors(target)


def find_broken_links(site: Path) -> Iterator[str]:
    for page in sorted(site.resolve().rglob("*.html")):
        for link in map(html.unescape, re.findall(r'\b(?:href|src)="([^"]+)"', page.read_text())):
            if not is_valid(page, link):
                yield f"{page.name}: the target of the link {link} does not exist"


if __name__ == "__main__":
    sys.exit("\n".join(find_broken_links(Path(sys.argv[1]))) or 0)
