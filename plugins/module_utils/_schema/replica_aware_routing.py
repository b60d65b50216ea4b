# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the replica aware routing of a service."""

from __future__ import annotations

from .fields import Field, Schema

ROUTING = Schema(options=[Field("http_enabled", "bool"), Field("native_enabled", "bool")])
