# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tests/tools/links.py DIRECTORY: tell which links of a site lead to no page, no file or no place of a page of it.

Those to other sites are not followed, but for those to this repository, which are looked for in the checkout.
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
ONLINE = re.compile(r"https://github\.com/ansible-collections/clickhouse\.cloud/(?:blob|tree)/main/([^#]+)")


@functools.cache
def places(page: Path) -> set[str]:
    return {html.unescape(name) for name in re.findall(r'\b(?:id|name)="([^"]+)"', page.read_text())}


def leads_somewhere(page: Path, link: str) -> bool:
    parts = urlsplit(link)
    online = ONLINE.match(link)
    if online:
        return (CHECKOUT / online[1]).exists()
    if parts.scheme or parts.netloc:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return False
    return not parts.fragment or target.suffix != ".html" or unquote(parts.fragment) in places(target)


def broken(site: Path) -> Iterator[str]:
    for page in sorted(site.resolve().rglob("*.html")):
        for link in map(html.unescape, re.findall(r'\b(?:href|src)="([^"]+)"', page.read_text())):
            if not leads_somewhere(page, link):
                yield f"{page.name}: {link} leads nowhere"


if __name__ == "__main__":
    sys.exit("\n".join(broken(Path(sys.argv[1]))) or 0)
