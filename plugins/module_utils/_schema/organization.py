# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of an organization, and of who sends a request."""

from __future__ import annotations

from .fields import Field, Schema

ORGANIZATION = Schema(
    options=[Field("name", max_length=50), Field("enable_core_dumps", "bool")],
    read_only=["id", "createdAt", "privateEndpoints", "byocConfig", "capabilities"],
)

CALLER = Schema(options=[], read_only=["actorType", "keyId", "name", "organizationId"])
