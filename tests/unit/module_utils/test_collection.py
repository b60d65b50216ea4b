# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flow for elements of a collection, with one of the organization: roles, which PATCH changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.api import Api
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.collection import CollectionEndpoints
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.options import ClientOptions
from ansible_collections.clickhouse.cloud.plugins.module_utils._client.transport import Transport
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import AmbiguousName, ApiError, InvalidOption
from ansible_collections.clickhouse.cloud.plugins.module_utils._module.context import ModuleContext
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.fields import Change, Field, Schema
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.collection import (
    Collection,
    find_element,
    report_elements,
)
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Perform = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]


class PoliciesField(Field):
    """Policies, to which the API adds fields. They are only set at creation here."""

    def diff(self, resource: Mapping[str, Any], desired: Any) -> Change | None:
        return None if resource else super().diff(resource, desired)


ROLES = Collection(
    name="role",
    plural="roles",
    result="role",
    results="roles",
    schema=Schema(
        options=[
            Field("role_id", api="id", result="id", patch_path=None, in_create=False),
            Field("role_name", api="name", result="name"),
            Field("actors", "list", required_by_post=True),
            PoliciesField("policies", "list"),
        ]
    ),
    endpoints=CollectionEndpoints("roles", id_option="role_id", replaces=False),
    id_option="role_id",
    name_option="role_name",
    required=("policies",),
    of_service=False,
    listed_in_full=True,
)
UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"


@pytest.fixture
def perform(emulator: Emulator) -> Perform:
    """Return a function that changes a role, or lists roles, and returns the result."""
    options = ClientOptions(emulator.api_key, emulator.api_secret, url=emulator.api_url.removesuffix("/v1"))

    def _perform(listed: bool = False, **given: Any) -> dict[str, Any]:
        api = Api(Transport(options), emulator.organization_id)
        unset = dict.fromkeys(("role_id", "role_name", "confirm_name", "policies", "actors"))
        ctx = ModuleContext(
            {**unset, "state": "present", "wait_interval": 0.05, "wait_timeout": 20, **given}, api, new_api=Api
        )
        if listed:
            report_elements(ctx, ROLES)
            return ctx.result
        desired = ROLES.schema.desired(ctx.options)
        element = find_element(ctx, ROLES)
        if ctx.options["state"] == "absent":
            element.delete()
        else:
            element.create_or_update(desired)
        return ctx.result

    return _perform


@pytest.fixture
def policies(emulator: Emulator) -> list[dict[str, Any]]:
    resources = [f"organization/{emulator.organization_id}"]
    return [{"allowDeny": "ALLOW", "permissions": ["control-plane:organization:view"], "resources": resources}]


def test_element_of_the_organization(emulator: Emulator, perform: Perform, policies: list[Any], sent: Sent) -> None:
    created = perform(role_name="readers", policies=policies, actors=[])
    assert (created["changed"], "service_id" in created) == (True, False)
    role = created["role"]
    element = f"roles/{role['id']}"
    assert sent() == ["GET roles", "POST roles", f"GET {element}"]

    renamed = perform(role_id=role["id"], role_name="viewers")
    assert (renamed["changed"], renamed["role"]["name"]) == (True, "viewers")
    bodies = [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"]
    # PATCH keeps what the body leaves out.
    assert bodies == [{"name": "viewers"}]
    assert sent() == [f"GET {element}", "GET roles", f"PATCH {element}", f"GET {element}"]

    # The list shows all fields, so that no further request is necessary.
    assert perform(role_name="viewers")["changed"] is False
    (listed,) = perform(listed=True, role_name="viewers")["roles"]
    assert (listed["id"], listed["actors"]) == (role["id"], [])
    assert sent() == ["GET roles"] * 2

    assert perform(role_name="viewers", state="absent")["role"] is None
    assert sent() == ["GET roles", f"DELETE {element}", f"GET {element}"]
    assert perform(role_name="viewers", state="absent")["changed"] is False


def test_element_of_the_organization_that_is_missing(emulator: Emulator, perform: Perform) -> None:
    with pytest.raises(InvalidOption, match="The organization has no role 'x'. To create it, set policies"):
        perform(role_name="x")
    absent = perform(role_id=UNKNOWN, state="absent", confirm_name="x")
    assert (absent["changed"], absent["role"]) == (False, None)


def test_lost_deletion_is_explained(
    emulator: Emulator, perform: Perform, policies: list[Any], fast_clock: None
) -> None:
    perform(role_name="readers", policies=policies, actors=[])
    emulator.fault(path="/roles/", method="DELETE", disconnect="after")
    deleted = perform(role_name="readers", state="absent")
    assert (deleted["changed"], deleted["role"]) == (True, None)


def test_ambiguous_name_in_the_organization(emulator: Emulator, perform: Perform) -> None:
    roles = [{"id": UNKNOWN, "name": "x"}, {"id": UNKNOWN.replace("6", "7"), "name": "x"}]
    emulator.fault(path="/roles$", status=200, body={"result": roles})
    with pytest.raises(AmbiguousName, match="2 roles of the organization are named 'x': .* Select one .* role_id"):
        perform(role_name="x")


def test_forbidden_read_in_the_organization(emulator: Emulator, perform: Perform) -> None:
    emulator.fault(path="/roles", status=403, times=2)
    with pytest.raises(ApiError) as failure:
        perform(role_name="x")
    assert failure.value.is_forbidden
    assert perform(listed=True)["roles"] is None
