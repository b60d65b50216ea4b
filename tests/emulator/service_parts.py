# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a service that have one of two shapes, by the last part of their path."""

from __future__ import annotations

from .backup_bucket import BackupBucket
from .replica_aware_routing import ReplicaAwareRouting
from .saved_queries import QueryApiEndpoints, SavedQueries
from .service_collection import Collection
from .service_singleton import Singleton
from .snapshots import SnapshotConfiguration

SINGLETONS: dict[str, Singleton] = {
    part.path: part for part in (BackupBucket(), ReplicaAwareRouting(), SnapshotConfiguration())
}
COLLECTIONS: dict[str, Collection] = {part.path: part for part in (SavedQueries(), QueryApiEndpoints())}
