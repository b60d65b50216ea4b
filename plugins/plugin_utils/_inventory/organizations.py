# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the services of one or more organizations, in parallel."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from ...module_utils._client.api import Api, is_uuid
from ...module_utils._client.options import ClientOptions
from ...module_utils._client.transport import Transport
from ...module_utils._errors import CloudError, InvalidOption, UnexpectedResponse
from ...module_utils._json import Resource
from ...module_utils._texts import is_empty

#: The options that an entry of organizations may have.
ORGANIZATION_OPTIONS = frozenset({"api_key", "api_secret", "organization_id"})
MAX_PARALLEL_ORGANIZATIONS = 16


def client_options(get_option: Callable[[str], Any]) -> list[ClientOptions]:
    """Return the client options for each organization. Raise InvalidOption."""
    entries = get_option("organizations")
    options = [_organization_options(number, entry, get_option) for number, entry in enumerate(entries, 1)]
    return options or [_client_options(get_option)]


def _organization_options(number: int, entry: object, get_option: Callable[[str], Any]) -> ClientOptions:
    if not (isinstance(entry, dict) and entry.keys() <= ORGANIZATION_OPTIONS):
        raise InvalidOption(
            f"organizations, number {number}, must be a dictionary with any of the keys"
            f" {', '.join(sorted(ORGANIZATION_OPTIONS))}."
        )
    overrides = {name: value for name, value in entry.items() if not is_empty(value)}
    if "api_key" in overrides:
        # The key may belong to another organization than the option organization_id.
        overrides.setdefault("organization_id", "")
    try:
        return _client_options(lambda name: overrides[name] if name in overrides else get_option(name))
    except InvalidOption as error:
        raise InvalidOption(f"organizations, number {number}: {error}") from None


def _client_options(get_option: Callable[[str], Any]) -> ClientOptions:
    """Return the client options; a blank, which an environment variable may contain, counts as not set."""

    def _get_nonempty(name: str) -> Any:
        value = get_option(name)
        return None if is_empty(value) else value

    return ClientOptions.from_options(_get_nonempty)


def list_services(
    organizations: Sequence[ClientOptions],
    tags: dict[str, Any],
    warn: Callable[[str], None],
    complete: Callable[[Api, list[Resource]], list[Resource]],
) -> tuple[list[Resource], list[CloudError]]:
    """Return the services that have the tags, and an error for each organization that cannot be read.

    complete adds what the list lacks to the services of an organization. Raise InvalidOption for an error that a retry
    would not resolve.
    """
    read = functools.partial(_list_or_error, tags=tags, warn=warn, complete=complete)
    with ThreadPoolExecutor(MAX_PARALLEL_ORGANIZATIONS) as pool:
        results = list(pool.map(read, organizations))
    services: list[Resource] = []
    errors: list[CloudError] = []
    for number, result in enumerate(results, 1):
        if isinstance(result, list):
            services += result
        else:
            errors.append(_prefix_error(number, result) if len(organizations) > 1 else result)
    for error in errors:
        if isinstance(error, InvalidOption):
            raise error
    return services, errors


def is_service_list(value: object) -> bool:
    """Return whether the value is a list of services that all have an ID; a cache may contain anything."""
    return isinstance(value, list) and all(isinstance(item, dict) and is_uuid(item.get("id")) for item in value)


def _list_or_error(
    options: ClientOptions,
    tags: dict[str, Any],
    warn: Callable[[str], None],
    complete: Callable[[Api, list[Resource]], list[Resource]],
) -> list[Resource] | CloudError:
    try:
        api = Api(Transport(options, warn=warn), options.organization)
        return complete(api, _list_organization(api, tags))
    except CloudError as error:
        return error


def _list_organization(api: Api, tags: dict[str, Any]) -> list[Resource]:
    """Return the services of one organization, each with the ID of the organization."""
    services = api.list_services(tags)
    if not is_service_list(services):
        raise UnexpectedResponse("The API returned services whose ID is not a UUID, which the inventory needs.")
    return [{**service, "organizationId": api.organization} for service in services]


def _prefix_error(number: int, error: CloudError) -> CloudError:
    """Return the error with a message that says which of the organizations it is about."""
    cls = InvalidOption if isinstance(error, InvalidOption) else CloudError
    return cls(f"organizations, number {number}, cannot be read: {error}")
