# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Read backups and the backup configuration of a service, and change the configuration."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable

from .._client.api import Api
from .._client.backups import BACKUP_CONFIG_ENDPOINTS, fetch_backup, fetch_backups
from .._errors import ApiError
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.backup_config import BACKUP_CONFIG, check_start_time_and_period
from .._schema.backups import backup_to_result, check_ages, select_backups, sort_backups
from .find import get_subresource, none_if_forbidden, resolve_service_id
from .singleton import Singleton

BACKUP_CONFIG_PART = Singleton(
    name="backup configuration",
    result="backup_config",
    schema=BACKUP_CONFIG,
    fetch=BACKUP_CONFIG_ENDPOINTS.fetch,
    send=BACKUP_CONFIG_ENDPOINTS.send,
    secondary="Only the primary service of a data warehouse has a backup configuration: change that one.",
    check=check_start_time_and_period,
)


@dataclass(frozen=True)
class BackupList:
    """The definition of the backups or snapshots of a service.

    result is the return value, id_option the option with the ID of one of them, fetch_all and fetch are the endpoints.
    """

    result: str
    id_option: str
    fetch_all: Callable[[Api, str], list[Resource]]
    fetch: Callable[[Api, str, str], Resource]

    def read(self, api: Api, service_id: str, identity: str | None = None) -> list[Resource]:
        """Return all of the service, the newest first, or only the one of this ID, if it exists.

        Raise NotFound when there is no such service.
        """

        def fetch() -> list[Resource]:
            if identity is None:
                return sort_backups(self.fetch_all(api, service_id))
            return [self.fetch(api, service_id, identity)]

        try:
            return get_subresource(f"the {self.result}", service_id, fetch)
        except ApiError as error:
            if identity is not None and error.is_not_found(identity):
                return []
            raise


BACKUPS = BackupList("backups", "backup_id", fetch_backups, fetch_backup)


def report_backups(ctx: ModuleContext, backups: BackupList) -> None:
    """Return the backups of the service that match the options; null if the key may not read them."""
    check_ages(ctx.options)
    service_id = resolve_service_id(ctx.api, ctx.options)
    now = time.time()
    ctx.set_result(service_id=service_id)
    found = none_if_forbidden(ctx, lambda: backups.read(ctx.api, service_id, ctx.options[backups.id_option]))
    if found is not None:
        found = [backup_to_result(backup, now) for backup in select_backups(found, ctx.options, now)]
    ctx.set_result(**{backups.result: found})
