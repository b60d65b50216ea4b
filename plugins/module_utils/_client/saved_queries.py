# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Endpoints of the saved queries of a service."""

from __future__ import annotations

from .collection import CollectionEndpoints

SAVED_QUERY_ENDPOINTS = CollectionEndpoints("saved-queries", id_option="query_id")
