# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The backup bucket of a service: the bucket of the organization to which its backups go.

Its secret cannot be read, so that whether it differs is not known. The API requires it in each change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._client.api import Api
from .._client.backup_bucket import BACKUP_BUCKET_ENDPOINTS, NEW_BACKUP_BUCKET_ENDPOINTS
from .._errors import InvalidOption
from .._json import Resource, abbreviate
from .._module.options import Spec
from .._schema.backup_bucket import BACKUP_BUCKET, BUCKET_PROVIDERS, bucket_location, may_be_held
from .._texts import enumerate_names
from .backups import BACKUPS
from .singleton import Part, Singleton

BACKUP_BUCKET_PART = Singleton(
    name="backup bucket",
    result="backup_bucket",
    schema=BACKUP_BUCKET,
    fetch=NEW_BACKUP_BUCKET_ENDPOINTS.fetch,
    send=NEW_BACKUP_BUCKET_ENDPOINTS.send,
    delete=NEW_BACKUP_BUCKET_ENDPOINTS.delete,
    optional=True,
    replaces=True,
    required=("bucket_provider",),
    secondary="Only the primary service of a data warehouse has a backup bucket: change that one.",
)
#: The options of the bucket.
BACKUP_BUCKET_SPEC: Spec = {
    **BACKUP_BUCKET_PART.argument_spec(),
    "update_credentials": {"type": "str", "choices": ["on_create", "always"], "default": "on_create"},
    "confirm_name": {"type": "str"},
    "force": {"type": "bool", "default": False},
}


def check_deletion_options(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for a deletion by ID without confirm_name: the ID does not show what would be deleted."""
    if options["state"] == "absent" and options["service_id"] and not options["confirm_name"]:
        raise InvalidOption(
            "To delete a backup bucket by service_id, set confirm_name to its bucket_path or container_name, or select"
            " the service with name instead of service_id."
        )


def ensure_backup_bucket(part: Part) -> None:
    """Create, change or delete the backup bucket, as the options state; in check mode, predict it."""
    options = part.ctx.options
    if options["state"] == "absent":
        _check_bucket_deletion(part)
        part.delete()
        return
    desired = BACKUP_BUCKET.desired(options)
    if part.current is None:
        _require_options(part, desired)
        _check_provider_of_service(part, desired["bucket_provider"])
        part.create_or_update(desired)
    else:
        _change(part, part.current, desired)


def _require_options(part: Part, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if a value is missing without which no bucket can be created."""
    provider = desired["bucket_provider"]
    missing = [option for option in BUCKET_PROVIDERS[provider].required if option not in desired]
    if missing:
        raise InvalidOption(
            f"Service {part.service_id} has no backup bucket yet. To create one with bucket_provider: {provider}, set"
            f" {enumerate_names(missing)}."
        )


def _check_provider_of_service(part: Part, provider: str) -> None:
    """Raise InvalidOption if the bucket would be in another cloud than the service."""
    of_service = (part.service or {}).get("provider")
    if of_service not in (None, provider):
        raise InvalidOption(
            f"bucket_provider is {provider!r}, but service {part.service_id} is in {of_service!r}: its backups can only"
            " go to a bucket in the same cloud."
        )


def _change(part: Part, current: Resource, desired: Mapping[str, Any]) -> None:
    """Change the values that differ; with update_credentials: always, the secret counts as one of them."""
    _check_provider_stays(part, current, desired)
    secret = BUCKET_PROVIDERS[desired["bucket_provider"]].secret
    changed = [change.field.option for change in BACKUP_BUCKET.diff(current, desired)]
    if changed and secret and secret not in desired:
        raise InvalidOption(
            f"To change {enumerate_names(changed)}, set {secret}, too: the API requires it in each change."
        )
    _warn_of_older_backups(part, current, desired)
    kept = BACKUP_BUCKET.to_resource({**BACKUP_BUCKET.declaration(current), **desired})

    def send(api: Api, service_id: str, changes: Mapping[str, Any]) -> Resource:
        return BACKUP_BUCKET_ENDPOINTS.send(api, service_id, {**kept, **changes})

    is_renewal = bool(secret) and part.ctx.options["update_credentials"] == "always"
    unreadable = [BACKUP_BUCKET.unreadable_change(secret, desired[secret])] if is_renewal else []
    changing = replace(part.singleton, send=send, replaces=False)
    replace(part, singleton=changing).create_or_update(desired, unreadable)


def _check_provider_stays(part: Part, current: Resource, desired: Mapping[str, Any]) -> None:
    """Raise InvalidOption if the bucket is in another cloud than the desired one."""
    provider = BACKUP_BUCKET.checked_current(current, ["bucket_provider"])["bucket_provider"]
    if provider != desired["bucket_provider"]:
        raise InvalidOption(
            f"The backup bucket of service {part.service_id} has bucket_provider {abbreviate(provider)}, which is not"
            f" changed to {desired['bucket_provider']!r}. To replace the bucket, delete it first, with state: absent."
        )


def _warn_of_older_backups(part: Part, current: Resource, desired: Mapping[str, Any]) -> None:
    """Warn if the backups go to another bucket, where the existing ones are not."""
    option = BUCKET_PROVIDERS[desired["bucket_provider"]].location
    before = bucket_location(current)
    if desired.get(option, before) != before:
        part.ctx.warn(
            f"{option} changes from {abbreviate(before)} to {abbreviate(desired[option])}: the existing backups of"
            f" service {part.service_id} stay in the old bucket, which they need to be restored from."
        )


def _check_bucket_deletion(part: Part) -> None:
    """Raise InvalidOption if confirm_name is not the name of the bucket, or if it holds backups, unless forced."""
    if part.current is None:
        return
    name, confirmed = bucket_location(part.current), part.ctx.options["confirm_name"]
    if confirmed not in (None, name):
        raise InvalidOption(
            f"The backup bucket of service {part.service_id} is not deleted, since its name is {abbreviate(name)};"
            f" confirm_name is {abbreviate(confirmed)}."
        )
    held = [] if part.ctx.options["force"] else _read_held_backups(part, part.current)
    if held:
        raise InvalidOption(
            f"The backup bucket {abbreviate(name)} of service {part.service_id} is not deleted, since it holds"
            f" {len(held)} of its backups, the newest of which was started at {held[0].get('startedAt')}. To delete it"
            " anyway, set force: true; whether these backups can then be restored is not documented."
        )


def _read_held_backups(part: Part, bucket: Resource) -> list[Resource]:
    """Return the backups of the service that may be in the bucket, the newest first."""
    return [backup for backup in BACKUPS.read(part.ctx.api, part.service_id) if may_be_held(backup, bucket)]
