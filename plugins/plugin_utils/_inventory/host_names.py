# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts and groups of the inventory are called."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from .._template_safety import may_be_trusted

#: Each host of the inventory has this variable, whose value is the host's own name. A variable of a play or of a group
#: holds the same for every host, so it cannot make another host look like one of these.
MARK = "clickhouse_cloud_inventory_hostname"
#: What has a meaning of its own in an inventory, or as the name of a file of variables or facts.
RESERVED = frozenset({"", ".", "..", "all", "ungrouped", "localhost", "127.0.0.1"})
#: Of what may be trusted, what a host name cannot hold: ":" begins a port and "," another pattern, and "/" leads to the
#: variables of others. All other characters at which Ansible splits or matches patterns may not be trusted either.
UNFIT = frozenset(":,/")
#: With one of these at its beginning, a name would be a file or an option of the command line.
LEADING = ("@", "-")
LONGEST = 255
#: The length of a UUID.
ID_LENGTH = 36


def host_names(
    wanted: Sequence[str], ids: Sequence[str], taken: Collection[str] = (), known: Mapping[str, str] | None = None
) -> list[str]:
    """Return a name for each host that an inventory can hold: the wanted one, or else one with its id behind it.

    The ids begin with UUIDs, and are all different. The names do not depend on the order. Those that are known have the
    id of another host, unless it is the same: that one keeps its name. It is empty for a machine.
    """
    known = known or {}
    names = [_first_name(name, identity, known) for name, identity in zip(wanted, ids)]
    step = 0
    while True:
        step += 1
        often = Counter(names)
        ambiguous = [
            index
            for index, name in enumerate(names)
            if name in taken
            or (name in known and not is_same(known[name], ids[index]))
            or (often[name] > 1 and known.get(name) != ids[index])
        ]
        if not ambiguous:
            return names
        for index in ambiguous:
            names[index] = _with_id(wanted[index], ids[index], step)


def is_same(one: str, other: str) -> bool:
    """Return whether two ids are of one host: a service and its endpoint may be, two of its endpoints are not."""
    shorter, longer = sorted((one, other), key=len)
    return shorter == longer or (len(shorter) == ID_LENGTH and longer.startswith(f"{shorter}_"))


def _first_name(wanted: str, identity: str, known: Mapping[str, str]) -> str:
    """Return the name that the host has already, or else the wanted one as an inventory can hold it."""
    fit = make_fit(wanted)
    candidates = [fit, *(_with_id(wanted, identity, step) for step in (1, 2))]
    if fit in RESERVED or len(fit) > LONGEST:
        del candidates[0]
    there = (name for name in candidates if name in known and is_same(known[name], identity))
    return next(there, candidates[0])


def make_fit(name: str) -> str:
    """Return the name of a host that is nearest to this one and can be written in an inventory."""
    # A letter and its accent are one character where they can be.
    whole = unicodedata.normalize("NFC", name)
    fit = "".join(char if may_be_trusted(char) and char not in UNFIT else "_" for char in whole)
    return f"_{fit[1:]}" if fit.startswith(LEADING) else fit


def _with_id(name: str, identity: str, step: int) -> str:
    """The name with the beginning of the id at the first step, then with all of it, then with ever more behind it.

    The id keeps it unique, and the same whatever else is in the inventory.
    """
    tail = identity[:8] if step == 1 else identity + "_" * (step - 2)
    return f"{make_fit(name)[: LONGEST - max(40, len(tail) + 1)]}_{tail}"


def group_name(name: str) -> str:
    """The name of a group, which holds letters, digits and underscores already, as an inventory can have it."""
    if name in ("", "localhost"):
        # Plays for this machine are not to go to services.
        return f"{name}_"
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{digest}"
