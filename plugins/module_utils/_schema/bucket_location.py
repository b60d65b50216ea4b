# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Compare the locations of buckets, each of which can be written in several ways."""

from __future__ import annotations

import re
from urllib.parse import unquote

#: A host of the object storage of AWS or Google, which begins with the bucket unless the path does.
_STORAGE_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?(?:s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|storage\.(?:cloud\.google|googleapis)\.com)"
)


def may_overlap(location: str, other: str) -> bool:
    """Return whether what is in one of the locations may be in the other one, too.

    A location is a bucket with an optional prefix, as a URL in any form, or a container. Case is ignored. This returns
    true if one is a prefix of the other, and in case of doubt.
    """
    return any(
        all(part == other_part for part, other_part in zip(parts, other_parts))
        for parts in _possible_parts(location)
        for other_parts in _possible_parts(other)
    )


def _possible_parts(location: str) -> list[list[str]]:
    """Return the bucket with the parts of the prefix, in each way in which the location can be understood."""
    scheme, _separator, rest = unquote(location).strip().lower().rpartition("://")
    host, *path = [part for part in rest.split("/") if part] or [""]
    container, _separator, host = host.rpartition("@")
    if container and not scheme.startswith("http"):
        # abfss://container@account.dfs.core.windows.net
        return [[container, *path]]
    host = host.partition(":")[0].rstrip(".")
    storage = _STORAGE_HOST.fullmatch(host)
    if storage:
        return [[storage["bucket"], *path] if storage["bucket"] else path]
    if not host:
        # What overlaps with any other location.
        return [[]]
    return _parts_of_unknown_host(host, path) if scheme.startswith("http") else [[host, *path]]


def _parts_of_unknown_host(host: str, path: list[str]) -> list[list[str]]:
    """Return the same for another storage, or an alias: the bucket begins the path, or the host."""
    labels = host.split(".")
    hosts = [".".join(labels[:number]) for number in range(1, len(labels) + 1)]
    return [*([path] if path else []), *([name, *path] for name in hosts)]
