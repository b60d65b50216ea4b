# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a saved query of a service."""

from __future__ import annotations

from .fields import Field, Schema
from .sql_fields import ParametersField, SqlField

SAVED_QUERY = Schema(
    options=[
        Field("query_id", api="id", result="id", patch_path=None, in_create=False),
        Field("query_name", api="name", result="name"),
        SqlField("sql"),
        Field("database"),
        ParametersField("parameters"),
    ],
    initial={"parameters": {}},
)
