# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replica aware routing of a service."""

from __future__ import annotations

from typing import Any, ClassVar

from .request_context import RequestContext
from .service import Service
from .service_singleton import Singleton, check_not_empty
from .validation import Table, boolean

Fields = dict[str, Any]


class ReplicaAwareRouting(Singleton):
    path = "replicaAwareRouting"
    methods = ("GET", "PATCH")
    table: ClassVar[Table] = {"httpEnabled": boolean, "nativeEnabled": boolean}
    initial: ClassVar[Fields] = {"httpEnabled": False, "nativeEnabled": False}

    def check(self, ctx: RequestContext, service: Service, body: Fields) -> None:
        ctx.require_feature(self.path)
        check_not_empty(self.table, body)
