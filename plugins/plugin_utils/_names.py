# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: not for use from outside, may change at any time.
"""What hosts and groups of the inventory are called."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

#: What has a meaning of its own in an inventory, or as the name of a file of variables or facts.
RESERVED = frozenset({"", ".", "..", "all", "ungrouped", "localhost", "127.0.0.1"})
#: What a host name cannot hold: ":" would begin a port, braces a template, brackets, commas, asterisks and question
#: marks a pattern, and "/" leads to the variables of others.
UNFIT = frozenset(":{}[],*?/")
#: The categories of Unicode of what cannot be seen: control characters, marks of direction, halves of characters, and
#: ends of lines.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: With one of these at its beginning, a name would be a pattern, a file or an option of the command line.
LEADING = "!&~@-"
LONGEST = 255


def host_names(wanted: Sequence[str], ids: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """A name for each host that an inventory can hold: the wanted one, or else one with its id behind it.

    The ids begin with UUIDs, and are all different. The names do not depend on the order.
    """
    names = [name if _is_fit(name) else _with_id(name, identity, 1) for name, identity in zip(wanted, ids)]
    step = 0
    while True:
        step += 1
        often = Counter(names)
        ambiguous = [index for index, name in enumerate(names) if often[name] > 1 or name in taken]
        if not ambiguous:
            return names
        for index in ambiguous:
            names[index] = _with_id(wanted[index], ids[index], step)


def _is_fit(name: str) -> bool:
    return name not in RESERVED and _made_fit(name) == name and len(name) <= LONGEST


def _made_fit(name: str) -> str:
    seen = "".join("_" if char in UNFIT or unicodedata.category(char) in UNSEEN else char for char in name).strip()
    return f"_{seen[1:]}" if seen.startswith(tuple(LEADING)) else seen


def _with_id(name: str, identity: str, step: int) -> str:
    """The name with the beginning of the id at the first step, then with all of it, then with ever more behind it.

    The id keeps it unique, and the same whatever else is in the inventory.
    """
    tail = identity[:8] if step == 1 else identity + "_" * (step - 2)
    return f"{_made_fit(name)[: LONGEST - max(40, len(tail) + 1)]}_{tail}"


def group_name(name: str) -> str:
    """The name of a group, which holds letters, digits and underscores already, as an inventory can have it."""
    if name in ("", "localhost"):
        # Plays for this machine are not to go to services.
        return f"{name}_"
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{digest}"
