# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The fields of a private endpoint as the organization registers it, and the form of its ID."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from .._errors import InvalidOption
from .._json import abbreviate
from .fields import Field, Schema


class IdForm(NamedTuple):
    """The form of the IDs of private endpoints: a description with an example, and a pattern; and of their regions."""

    description: str
    pattern: str
    region_example: str
    region_pattern: str


#: By cloud provider. The API accepts any text, and registers it.
ID_FORMS: Mapping[str, IdForm] = {
    "aws": IdForm(
        "the ID of a VPC endpoint, such as vpce-0123456789abcdef0",
        "vpce-([0-9a-f]{8}|[0-9a-f]{17})",
        "eu-central-1",
        "[a-z]{2}(-[a-z]+)+-[0-9]+",
    ),
    "gcp": IdForm(
        "the ID of a PSC connection, a number such as 102600141743718403",
        "[0-9]+",
        "europe-west4",
        "[a-z]+-[a-z]+[0-9]+",
    ),
    "azure": IdForm(
        "the resource ID of a private endpoint, which ends in /privateEndpoints/NAME, or its resourceGuid",
        "(?i)/subscriptions/[^ ]+/privateEndpoints/[^ /]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "westus3",
        "[a-z]+[0-9]*",
    ),
}

PRIVATE_ENDPOINT = Schema(
    options=[
        Field("description"),
        Field("cloud_provider", spec={"choices": list(ID_FORMS)}),
        Field("region"),
    ],
    read_only=["id"],
)


def check_endpoint_id(endpoint_id: str, provider: str) -> None:
    """Raise InvalidOption for an ID that no private endpoint of this cloud provider has."""
    form = ID_FORMS.get(provider)
    if form and not re.fullmatch(form.pattern, endpoint_id):
        raise InvalidOption(
            f"private_endpoint_id must be, for {provider}, {form.description}; {abbreviate(endpoint_id)} is not."
        )


def check_region(region: str, provider: str) -> None:
    """Raise InvalidOption for what cannot be a region of this cloud provider."""
    form = ID_FORMS.get(provider)
    if form and not re.fullmatch(form.region_pattern, region):
        raise InvalidOption(
            f"region must be one of {provider}, such as {form.region_example}; {abbreviate(region)} is not."
        )
