# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The quotas of the organization."""

from __future__ import annotations

from .._client.quotas import fetch_quotas
from .._errors import CloudError, InvalidOption
from .._json import Resource
from .._module.context import ModuleContext
from .._schema.quota import QUOTA, describe_excess
from .._service.find import get_subresource, none_if_forbidden


def report_quotas(ctx: ModuleContext) -> None:
    """Return the quotas, or the one with the code in the options; null, with a warning, if they may not be read."""
    found = none_if_forbidden(ctx, lambda: _read(ctx))
    code = ctx.options["quota_code"]
    quotas = (
        None if found is None else [QUOTA.to_result(quota) for quota in found if code in (None, quota["quotaCode"])]
    )
    ctx.set_result(quotas=quotas)


def find_excess(ctx: ModuleContext, new: int, *, deletes: bool) -> str | None:
    """Return why this number of new services exceeds the quota, as describe_excess() does; None if it does not.

    Warn and return None if the quotas cannot be read: the API enforces them anyway.
    """
    try:
        return describe_excess(_read(ctx), new, deletes=deletes) if new else None
    except CloudError as error:
        ctx.warn(f"The quota of services is not checked before they are created. {error}")
        return None


def require_quota(ctx: ModuleContext) -> None:
    """Raise InvalidOption if the quota does not allow one more service. Warn if the quotas cannot be read."""
    excess = find_excess(ctx, 1, deletes=False)
    if excess:
        raise InvalidOption(f"{excess} Nothing was changed.")


def _read(ctx: ModuleContext) -> list[Resource]:
    return get_subresource("the quotas", "", lambda: fetch_quotas(ctx.api))
