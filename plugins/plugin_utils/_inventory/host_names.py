# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of hosts and groups in the inventory."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from .._template_safety import may_be_trusted

#: Each host of the inventory has this variable, whose value is the name of the host. A variable of a play or of a group
#: has the same value for every host, so it cannot make another host look like one of these.
HOST_MARKER_VARIABLE = "clickhouse_cloud_inventory_hostname"
#: Names that have a special meaning in an inventory, or as the name of a file of variables or facts.
RESERVED = frozenset({"", ".", "..", "all", "ungrouped", "localhost", "127.0.0.1"})
#: The characters that may be trusted, but are invalid in a host name: ":" precedes a port, "," separates patterns, and
#: "/" leads to the files of variables of other hosts. All others at which Ansible splits patterns may not be trusted.
INVALID_CHARS = frozenset(":,/")
#: With one of these at its beginning, a name would be a file or an option of the command line.
INVALID_PREFIXES = ("@", "-")
MAX_HOST_NAME_LENGTH = 255
#: The length of a UUID.
ID_LENGTH = 36


def unique_host_names(
    desired: Sequence[str],
    ids: Sequence[str],
    reserved: Collection[str] = (),
    existing: Mapping[str, str] | None = None,
) -> list[str]:
    """Return a valid and unique name for each host: the desired one if possible, or else one that ends with its ID.

    The IDs begin with UUIDs, and are all different. The names do not depend on the order. existing has the ID of each
    host that is in the inventory already, an empty one for a machine. A host keeps its name if the IDs are the same.
    """
    existing = existing or {}
    names = [_first_name(name, host_id, existing) for name, host_id in zip(desired, ids)]
    step = 0
    while True:
        step += 1
        counts = Counter(names)
        ambiguous = [
            index
            for index, name in enumerate(names)
            if name in reserved or not _may_have(name, ids[index], existing, is_unique=counts[name] == 1)
        ]
        if not ambiguous:
            return names
        for index in ambiguous:
            names[index] = _append_id(desired[index], ids[index], step)


def is_same_host(first_id: str, second_id: str) -> bool:
    """Return whether two IDs may be those of one host: a service and its endpoint may, two of its endpoints may not."""
    shorter, longer = sorted((first_id, second_id), key=len)
    return shorter == longer or (len(shorter) == ID_LENGTH and longer.startswith(f"{shorter}_"))


def _first_name(desired: str, host_id: str, existing: Mapping[str, str]) -> str:
    """Return the name that the host has already, or else the desired one, made valid."""
    name = sanitize_host_name(desired)
    candidates = [name, *(_append_id(desired, host_id, step) for step in (1, 2))]
    if name in RESERVED or len(name) > MAX_HOST_NAME_LENGTH:
        del candidates[0]
    own_names = (name for name in candidates if name in existing and is_same_host(existing[name], host_id))
    return next(own_names, candidates[0])


def sanitize_host_name(name: str) -> str:
    """Return the name with an underscore in place of each character that is invalid in the name of a host."""
    # Compose a letter and its accent into one character where possible.
    composed = unicodedata.normalize("NFC", name)
    valid = "".join(char if may_be_trusted(char) and char not in INVALID_CHARS else "_" for char in composed)
    return f"_{valid[1:]}" if valid.startswith(INVALID_PREFIXES) else valid


def _append_id(name: str, host_id: str, step: int) -> str:
    """Return the name with the beginning of the ID at step 1, with all of it at step 2, then with underscores as well.

    Because of the ID, the name is unique, and does not depend on the other hosts of the inventory.
    """
    suffix = host_id[:8] if step == 1 else host_id + "_" * (step - 2)
    return f"{sanitize_host_name(name)[: MAX_HOST_NAME_LENGTH - max(40, len(suffix) + 1)]}_{suffix}"


def valid_group_name(name: str) -> str:
    """Return a valid name for a group; the given one consists only of letters, digits and underscores."""
    if name in ("", "localhost"):
        # A play for this machine must not run for services.
        return f"{name}_"
    if len(name) <= MAX_HOST_NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: MAX_HOST_NAME_LENGTH - 9]}_{digest}"


def _may_have(name: str, host_id: str, existing: Mapping[str, str], *, is_unique: bool) -> bool:
    """Return whether the host may have the name: no other host has it, or it is that of the host in the inventory."""
    if name in existing and not is_same_host(existing[name], host_id):
        return False
    return is_unique or existing.get(name) == host_id
