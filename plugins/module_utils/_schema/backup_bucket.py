# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of the backup bucket of a service, which depend on the cloud. The API does not return all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

from .._errors import InvalidOption
from .._texts import enumerate_names
from .backup_config import ResettableField
from .bucket_location import may_overlap
from .fields import Field, Schema


class BucketProvider(NamedTuple):
    """The options of a backup bucket in one cloud.

    location is the option that names the bucket, required are those without which none is created, optional the others,
    and secret is the one that the API never returns, "" if it returns all of them.
    """

    location: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    secret: str = ""


BUCKET_PROVIDERS: Mapping[str, BucketProvider] = {
    "aws": BucketProvider(
        "bucket_path",
        ("bucket_path", "iam_role_arn"),
        ("iam_role_session_name", "iam_role_external_id", "reset"),
    ),
    "gcp": BucketProvider(
        "bucket_path", ("bucket_path", "access_key_id", "secret_access_key"), secret="secret_access_key"
    ),
    "azure": BucketProvider("container_name", ("container_name", "connection_string"), secret="connection_string"),
}


@dataclass(frozen=True)
class BucketProviderField(Field):
    """The cloud of the bucket, which the API has in upper case."""

    def current(self, resource: Mapping[str, Any]) -> Any:
        value = super().current(resource)
        return value.lower() if isinstance(value, str) else value

    def to_create(self, desired: Any) -> Any:
        return desired.upper()


class BackupBucketSchema(Schema):
    """Fields of which the option reset names those to remove."""

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        names = [field.option for field in self.options() if isinstance(field, ResettableField)]
        return {**super().argument_spec(), "reset": {"type": "list", "elements": "str", "choices": names}}

    def desired(self, options: Mapping[str, Any]) -> dict[str, Any]:
        desired = super().desired(options)
        _check_provider(options)
        for option in options.get("reset") or []:
            if option in desired:
                raise InvalidOption(f"{option} is both set and named in reset: leave one of them out.")
            desired[option] = None
        return desired


def _check_provider(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for an option of another cloud, and for a secret to be set that is missing."""
    name = options.get("bucket_provider")
    if name is None:
        return
    provider = BUCKET_PROVIDERS[name]
    own = {*provider.required, *provider.optional}
    others = {option for other in BUCKET_PROVIDERS.values() for option in (*other.required, *other.optional)}
    wrong = sorted(option for option in others - own if options.get(option) is not None)
    if wrong:
        raise InvalidOption(
            f"{enumerate_names(wrong)} cannot be set for a bucket with bucket_provider: {name}, whose options are"
            f" {enumerate_names([*provider.required, *provider.optional])}."
        )
    if provider.secret and options.get("update_credentials") == "always" and options.get(provider.secret) is None:
        raise InvalidOption(f"update_credentials: always requires {provider.secret} for bucket_provider: {name}.")


BACKUP_BUCKET = BackupBucketSchema(
    options=[
        BucketProviderField("bucket_provider", spec={"choices": list(BUCKET_PROVIDERS)}),
        Field("bucket_path"),
        Field("iam_role_arn"),
        ResettableField("iam_role_session_name"),
        ResettableField("iam_role_external_id"),
        # The ID alone gives no access.
        Field("access_key_id", spec={"no_log": False}),
        Field("secret_access_key", readable=False, spec={"no_log": True}),
        Field("container_name"),
        Field("connection_string", readable=False, spec={"no_log": True}),
    ],
    read_only=["id"],
)


def bucket_location(bucket: Mapping[str, Any]) -> str:
    """Return what names a bucket, in the form of the API: its path or its container."""
    return str(bucket.get("bucketPath") or bucket.get("containerName") or "")


def _equal_texts(text: str, other: str) -> bool:
    return text.lower() == other.lower()


#: How the fields that tell buckets apart are compared.
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "bucketProvider": _equal_texts,
    "bucketPath": may_overlap,
    "containerName": may_overlap,
}


def may_be_held(backup: Mapping[str, Any], bucket: Mapping[str, Any]) -> bool:
    """Return whether the backup may be in the bucket: false only if it failed, or is certainly elsewhere."""
    if backup.get("status") == "error":
        return False
    place = backup.get("bucket")
    if not isinstance(place, Mapping):
        # One that ClickHouse keeps has neither.
        return place is not None or backup.get("backupName") is not None
    return all(
        is_same(str(place[name]), str(bucket[name]))
        for name, is_same in _COMPARISONS.items()
        if place.get(name) and bucket.get(name)
    )
