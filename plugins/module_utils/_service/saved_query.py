# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The saved queries of a service."""

from __future__ import annotations

from .._client.saved_queries import SAVED_QUERY_ENDPOINTS
from .._schema.saved_query import SAVED_QUERY
from .collection import Collection

SAVED_QUERIES = Collection(
    name="saved query",
    plural="saved queries",
    result="saved_query",
    results="saved_queries",
    schema=SAVED_QUERY,
    endpoints=SAVED_QUERY_ENDPOINTS,
    id_option="query_id",
    name_option="query_name",
    required=("sql", "database"),
)
