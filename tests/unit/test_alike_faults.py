# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of faults of which the fault matrix tests one per request differ in nothing that a module sees.

The client of the API treats them alike: it sends the request again or not, raises the same error, and logs the same
writes. The effect on the service is the same as well.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any, Callable, NamedTuple

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.retry import Retry
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import ApiError, CloudError
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.conftest import instant_timeouts_for
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.assertions import assert_clear_failure
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.environment import to_template
from ansible_collections.clickhouse.cloud.tests.unit.fault_matrix.faults import FAULT_KINDS, FaultKind, list_alike

Send = Callable[[Api, str, Retry], object]

WINDOW = {"weekday": 3, "startHourUtc": 12}


class Sent(NamedTuple):
    """A request: its method, the end of its path after the ID of a service, and how it is sent, as modules do it."""

    method: str
    end: str
    send: Send


def send_object(method: str, body: dict[str, Any] | None = None, **expected: Any) -> Send:
    return lambda api, path, retry: api.request_object(method, path, body, retry=retry, **expected)


REQUESTS = [
    Sent("GET", "", send_object("GET", required_keys=("id",))),
    Sent("GET", "", lambda api, path, retry: api.call("GET", path, retry=retry)),
    Sent("POST", "/scalingSchedule", send_object("POST", {"entries": []}, required_keys=("entries",))),
    Sent("PUT", "/upgradeWindow", send_object("PUT", WINDOW, required_keys=("weekday",))),
    Sent("PATCH", "", send_object("PATCH", {"name": "renamed"}, required_keys=("id",))),
    Sent("DELETE", "", lambda api, path, retry: api.call("DELETE", path, retry=retry)),
]


def set_up(emulator: Emulator) -> str:
    """Return the path of a new service that is stopped, so that it can be deleted, and has an upgrade window."""
    emulator.reset()
    service_id = emulator.create(name="analytics")["service"]["id"]
    emulator.request("PUT", f"services/{service_id}/upgradeWindow", WINDOW)
    emulator.set_service(service_id, state="stopped")
    return f"/organizations/{emulator.organization_id}/services/{service_id}"


def open_transport(emulator: Emulator) -> Transport:
    url = emulator.api_url.replace("/v1", "")
    return Transport(ClientOptions(emulator.api_key, emulator.api_secret, url=url, rate_limit=0))


def describe_error(error: CloudError) -> tuple[object, ...]:
    """Return all of an error that the code of a module decides by."""
    assert_clear_failure({"failed": True, "msg": str(error)})
    of_api = (error.is_forbidden, error.may_be_explained) if isinstance(error, ApiError) else ()
    return type(error), error.is_transient, error.may_have_been_applied, of_api


def observe(emulator: Emulator, patch: pytest.MonkeyPatch, send: Callable[[Api], object], kind: FaultKind) -> object:
    """Return all that a module sees of a request with this fault, and its effect."""
    pauses: list[float] = []
    patch.setattr(time, "sleep", pauses.append)
    transport = open_transport(emulator)
    outcome: object = "success"
    with instant_timeouts_for(emulator) if kind.holds_request else nullcontext():
        try:
            send(Api(transport, emulator.organization_id))
        except CloudError as error:
            outcome = describe_error(error)
    emulator.clear_faults()
    services = [(service["name"], service["upgradeWindow"], service["state"]) for service in emulator.raw_services()]
    return outcome, len(pauses), [to_template(line) for line in transport.write_log], services


@pytest.mark.parametrize(
    ("request_", "retry"),
    # Only a POST can be sent again like a PUT.
    [
        pytest.param(request, retry, id=f"{request.method} {request.end}, {retry.name}")
        for request in REQUESTS
        for retry in Retry
        if retry is not Retry.LIKE_PUT or request.method == "POST"
    ],
)
def test_alike_faults_have_the_same_effect(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, request_: Sent, retry: Retry
) -> None:
    for group in list_alike(request_.method):
        observed = {}
        for kind in group:
            path = set_up(emulator)
            emulator.fault(method=request_.method, path=f"{path}{request_.end}$", **kind.fault)
            with monkeypatch.context() as patch:
                observed[kind.name] = observe(
                    emulator, patch, lambda api, path=path: request_.send(api, path + request_.end, retry), kind
                )
        assert len({repr(outcome) for outcome in observed.values()}) == 1, observed


@pytest.mark.parametrize("kind", [kind for group in list_alike("GET") for kind in group if "list" in kind.name])
@pytest.mark.parametrize("end", ["services", "keys"])
def test_wrong_lists_are_refused_by_every_list(emulator: Emulator, kind: FaultKind, end: str) -> None:
    emulator.fault(path=f"/{end}$", **kind.fault)
    api = Api(open_transport(emulator), emulator.organization_id)
    with pytest.raises(CloudError, match="a list of objects with an id was expected"):
        api.request_list(f"/organizations/{emulator.organization_id}/{end}")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_groups_name_kinds_that_exist(method: str) -> None:
    groups = list_alike(method)
    assert all(len(group) > 1 for group in groups)
    assert all(kind in FAULT_KINDS and not kind.lasting for group in groups for kind in group)
