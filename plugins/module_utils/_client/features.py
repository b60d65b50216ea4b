# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Features that not every organization has, and that some requests require: those of higher tiers, and betas."""

from __future__ import annotations

import re
from collections.abc import Mapping


def describe_beta(name: str) -> str:
    """Return the clause for a beta of the vendor, which ClickHouse support turns on."""
    return f"the beta of {name} is off for the organization: ask ClickHouse support to turn it on"


#: Why the API refuses a request about a part of a service if the organization lacks the feature. The key is the part
#: of the path after the service, or after the organization, after the method if the feature is only required for that.
#: Each file of endpoints adds its own.
FEATURES: dict[str, str] = {}
#: Error messages that name a missing feature, by status. With 400, most messages are about the values of options.
_REASONS: Mapping[int, re.Pattern[str]] = {
    400: re.compile(r"feature|\bbeta\b|entitle|pricing|not (available|enabled) (in|for) \w+ organization", re.I),
    403: re.compile(r"feature|\bbeta\b|entitle|pricing|package|tier|not (available|enabled|allowed in)", re.I),
}


def names_feature(status: int, error: str) -> bool:
    """Return whether the error message of the API says that the organization lacks a feature."""
    return status in _REASONS and bool(_REASONS[status].search(error))


def describe_missing_feature(method: str, path: str) -> str:
    """Return the clause of FEATURES for a request; empty if it requires no feature."""
    kind, *rest = [*path.split("/"), "", "", "", ""][3:]
    part = rest[1] if kind == "services" else kind
    return FEATURES.get(f"{method} {part}") or FEATURES.get(part, "")


def advise_on_feature(status: int, method: str, path: str) -> str | None:
    """Return advice on a refusal whose reason is a missing feature; None if the reason of the API says it all."""
    clause = describe_missing_feature(method, path)
    if not clause and status == 400:
        # The usual advice would be to check the options.
        clause = "not every organization has this: it depends on the tier, and on the betas that are turned on"
    return clause[:1].upper() + clause[1:] or None
