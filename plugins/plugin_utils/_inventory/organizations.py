# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of one or more organizations, which are read side by side."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from ...module_utils._client.api import Api, is_uuid
from ...module_utils._client.options import ClientOptions
from ...module_utils._client.transport import Transport
from ...module_utils._errors import CloudError, InvalidOption, UnexpectedResponse
from ...module_utils._json import Resource, is_empty

#: The options that an entry of organizations may have.
OF_ORGANIZATION = frozenset({"api_key", "api_secret", "organization_id"})
#: So many organizations are read side by side.
MOST_AT_ONCE = 16


def connections_of(option: Callable[[str], Any]) -> list[ClientOptions]:
    """One to each of the organizations that the options name. Raises InvalidOption."""
    listed = option("organizations")
    return [_connection(number, one, option) for number, one in enumerate(listed, 1)] or [ClientOptions.of(option)]


def _connection(number: int, given: object, option: Callable[[str], Any]) -> ClientOptions:
    """That to the organization of this number."""
    if not (isinstance(given, dict) and given.keys() <= OF_ORGANIZATION):
        raise InvalidOption(
            f"organizations: number {number} must be a dictionary with {', '.join(sorted(OF_ORGANIZATION))},"
            " or some of them."
        )
    own = {name: value for name, value in given.items() if not is_empty(value)}
    if "api_key" in own:
        # It belongs to an organization of its own.
        own.setdefault("organization_id", "")
    try:
        return ClientOptions.of(lambda name: own[name] if name in own else option(name))
    except InvalidOption as error:
        raise InvalidOption(f"organizations: of number {number}, {error}") from None


def services_of(
    connections: Sequence[ClientOptions], tags: dict[str, Any], warn: Callable[[str], None]
) -> tuple[list[Resource], list[CloudError]]:
    """The services that bear the tags, and the organizations that cannot be read, each as an error that names it.

    Raises InvalidOption for what reading again does not mend.
    """
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        answers = list(pool.map(_tried, connections, itertools.repeat(tags), itertools.repeat(warn)))
    services: list[Resource] = []
    errors: list[CloudError] = []
    for number, answer in enumerate(answers, 1):
        if isinstance(answer, list):
            services += answer
        else:
            errors.append(_named(number, answer) if len(connections) > 1 else answer)
    for error in errors:
        if isinstance(error, InvalidOption):
            raise error
    return services, errors


def are_services(listed: object) -> bool:
    """Whether this is a list of services with ids that hosts can be told apart by; a cache may hold anything."""
    return isinstance(listed, list) and all(isinstance(one, dict) and is_uuid(one.get("id")) for one in listed)


def _tried(connection: ClientOptions, tags: dict[str, Any], warn: Callable[[str], None]) -> list[Resource] | CloudError:
    try:
        return _listed(connection, tags, warn)
    except CloudError as error:
        return error


def _listed(connection: ClientOptions, tags: dict[str, Any], warn: Callable[[str], None]) -> list[Resource]:
    """The services of one organization, each with the id of that."""
    api = Api(Transport(connection, warn=warn), connection.organization)
    services = api.list_services(tags)
    if not are_services(services):
        raise UnexpectedResponse("The API lists services whose id is no UUID, by which hosts could be told apart.")
    return [{**service, "organizationId": api.organization} for service in services]


def _named(number: int, error: CloudError) -> CloudError:
    """The error, which need not say by itself which of several organizations it is of."""
    kind = InvalidOption if isinstance(error, InvalidOption) else CloudError
    return kind(f"organizations: number {number} cannot be read: {error}")
