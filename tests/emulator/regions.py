# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud providers, their regions, and the host names of services there."""

from __future__ import annotations

import random
import string
import uuid

REGIONS: dict[str, tuple[str, ...]] = {
    "aws": (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "il-central-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    ),
    "gcp": ("us-east1", "us-central1", "europe-west2", "europe-west4", "asia-southeast1", "asia-northeast1"),
    "azure": ("eastus", "eastus2", "westus3", "germanywestcentral", "centralus"),
}
PROVIDERS: tuple[str, ...] = tuple(REGIONS)
ALL_REGIONS: tuple[str, ...] = tuple(region for regions in REGIONS.values() for region in regions)

_ENDPOINT_SERVICES: dict[str, str] = {
    "aws": "com.amazonaws.vpce.{region}.vpce-svc-{hex:.17}",
    "gcp": "projects/dataplane-production/regions/{region}/serviceAttachments/production-{region}-clickhouse-cloud",
    "azure": "production-{region}-0-0.{guid}.{region}.azure.privatelinkservice",
}
_PRIVATE_ZONES: dict[str, str] = {
    "aws": "{name}.{region}.vpce.aws.clickhouse.cloud",
    "gcp": "{name}.{region}.p.gcp.clickhouse.cloud",
    "azure": "{name}.{region}.privatelink.azure.clickhouse.cloud",
}
_ROLES: dict[str, str] = {
    "aws": "arn:aws:iam::000000000000:role/CH-S3-{name}-{region}",
    "gcp": "{name}@clickhouse-cloud.iam.gserviceaccount.com",
}


def generate_host_prefix() -> str:
    """Return the first label of a service's host name: ten letters and digits."""
    return "".join(random.choice(string.ascii_lowercase + string.digits) for _number in range(10))


def format_host(name: str, region: str, provider: str) -> str:
    return f"{name}.{region}.{provider}.clickhouse.cloud"


def format_iam_role(name: str, region: str, provider: str) -> str:
    return _ROLES.get(provider, "").format(name=name, region=region)


def format_endpoint_service(region: str, provider: str) -> str:
    """Return the endpoint service of a region, which all its services share."""
    guid = uuid.uuid5(uuid.NAMESPACE_DNS, f"{region}.{provider}.clickhouse.cloud")
    return _ENDPOINT_SERVICES[provider].format(region=region, hex=guid.hex, guid=guid)


def format_private_host(name: str, region: str, provider: str) -> str:
    return _PRIVATE_ZONES[provider].format(name=name, region=region)
