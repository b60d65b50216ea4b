# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a Query API endpoint of a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import InvalidOption
from .fields import Field, Schema
from .query_endpoint import TextSetField
from .sql_fields import ParametersField, SqlField


@dataclass(frozen=True)
class NonemptyTextSetField(TextSetField):
    """An unordered list of texts with at least one element. noun is what an element is, for messages."""

    noun: str = ""

    def desired(self, options: Mapping[str, Any]) -> Any:
        value = super().desired(options)
        if value == []:
            raise InvalidOption(
                f"{self.option} is empty. Name at least one {self.noun}, or delete the endpoint with state: absent."
            )
        return value


QUERY_API_ENDPOINT = Schema(
    options=[
        Field("endpoint_id", api="id", result="id", patch_path=None, in_create=False),
        Field("endpoint_name", api="name", result="name"),
        SqlField("sql"),
        Field("database"),
        ParametersField("parameters"),
        # As an option, it may also hold names of keys.
        NonemptyTextSetField("api_keys", api="apiKeyIds", spec={"elements": "str", "no_log": False}, noun="API key"),
        NonemptyTextSetField("roles", spec={"elements": "str"}, noun="database role"),
        TextSetField("allowed_origins", spec={"elements": "str"}),
    ],
    read_only=["url", "ownerType"],
    initial={"parameters": {}, "allowedOrigins": []},
)
