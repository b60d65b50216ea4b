# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test members, roles, quotas and queries."""

from __future__ import annotations

import requests

from ansible_collections.clickhouse.cloud.tests.emulator.organization import MEMBERS
from ansible_collections.clickhouse.cloud.tests.unit.emulator.support import Client

UNKNOWN = "5b9d4c5e-2f0e-4a3c-9d7e-0123456789ab"


def test_update_member_roles(client: Client) -> None:
    members = f"{client.organization}/members"
    assert [member["userId"] for member in client.result("GET", members)] == list(MEMBERS)
    member = client.result("GET", f"{members}/{list(MEMBERS)[1]}")
    roles = client.result("GET", f"{client.organization}/roles")
    assert [role["roleName"] for role in member["assignedRoles"]] == ["Member"]
    path = f"{members}/{member['userId']}"
    changed = client.result("PATCH", path, {"assignedRoleIds": [roles[0]["id"]]})
    assert [role["roleName"] for role in changed["assignedRoles"]] == ["Admin"]
    assert client.error("PATCH", path, {"role": "admin"})[0] == 400
    assert client.error("PATCH", path, {"assignedRoleIds": [UNKNOWN]})[0] == 400
    assert client.request("DELETE", path).status_code == 200
    assert client.error("GET", path)[0] == 404


def test_create_and_delete_invitation(client: Client) -> None:
    invitations = f"{client.organization}/invitations"
    invitation = client.result("POST", invitations, {"email": "New@example.com", "role": "developer"})
    assert (invitation["email"], invitation["role"]) == ("new@example.com", "developer")
    assert client.result("GET", invitations) == [invitation]
    assert client.request("DELETE", f"{invitations}/{invitation['id']}").status_code == 200
    assert client.result("GET", invitations) == []
    assert client.error("POST", invitations, {"email": "nobody"})[0] == 400


def test_manage_custom_roles(client: Client) -> None:
    roles = f"{client.organization}/roles"
    system = client.result("GET", roles)[0]
    assert client.error("DELETE", f"{roles}/{system['id']}")[0] == 400
    policy = {"allowDeny": "ALLOW", "permissions": ["control-plane:service:view"], "resources": ["instance/*"]}
    role = client.result("POST", roles, {"name": "viewers", "actors": [], "policies": [policy]})
    assert role["type"] == "custom"
    assert role["policies"][0].items() >= policy.items()
    changed = client.result("PATCH", f"{roles}/{role['id']}", {"policies": [policy, policy]})
    assert len(changed["policies"]) == 2
    assert client.request("DELETE", f"{roles}/{role['id']}").status_code == 200
    assert client.error("GET", f"{roles}/{role['id']}")[0] == 404


def test_quota_usage_counts_services(client: Client) -> None:
    client.create()
    quota = client.result("GET", f"{client.organization}/quotas/services-per-organization")
    assert quota["usage"] == 1
    assert quota in client.result("GET", f"{client.organization}/quotas")
    assert client.error("GET", f"{client.organization}/quotas/none")[0] == 404


class Queries:
    """A service with a query endpoint and a key for it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.service_id = client.running()
        body = {"name": "queries", "ipAccessList": [{"source": "127.0.0.1"}]}
        created = client.result("POST", f"{client.organization}/keys", body)
        self.key_id = created["key"]["id"]
        self._credentials = (created["keyId"], created["keySecret"])

    def allow(self, role: str) -> None:
        body = {"roles": [role], "openApiKeys": [self.key_id], "allowedOrigins": "*"}
        self.client.result("POST", self.client.service(self.service_id, "/serviceQueryEndpoint"), body)

    def run(self, sql: str, form: str = "TabSeparated", **headers: str) -> requests.Response:
        url = f"{self.client.emulator.api_url[: -len('/v1')]}/service/{self.service_id}/run"
        return requests.post(
            url, json={"sql": sql}, params={"format": form}, auth=self._credentials, headers=headers, timeout=100
        )


def test_query_requires_endpoint_with_key(client: Client) -> None:
    queries = Queries(client)
    assert queries.run("SELECT 1").status_code == 404
    queries.allow("sql_console_admin")
    assert queries.run("SELECT 1").text == "1\n"
    assert queries.run("SELECT 1 AS one", "JSONEachRow").json() == {"one": 1}
    (queries.key_id,) = [key["id"] for key in client.result("GET", f"{client.organization}/keys")[:1]]
    queries.allow("sql_console_admin")
    assert queries.run("SELECT 1").status_code == 403


def test_query_writes_require_admin_role(client: Client) -> None:
    queries = Queries(client)
    queries.allow("sql_console_admin")
    assert queries.run("CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x").status_code == 200
    assert queries.run("INSERT INTO t VALUES (1), (2), (3)").status_code == 200
    queries.allow("sql_console_read_only")
    assert queries.run("SELECT sum(x) FROM t").text == "6\n"
    assert queries.run("DROP TABLE t").status_code == 400
    assert queries.run("ATTACH DATABASE '/tmp/x' AS x").status_code == 400


def test_query_wakes_idle_but_not_stopped_service(client: Client) -> None:
    queries = Queries(client)
    queries.allow("sql_console_admin")
    client.emulator.set_service(queries.service_id, state="stopped")
    assert (queries.run("SELECT 1").status_code, queries.run("SELECT 1").json()) == (
        206,
        {"data": "Service is stopped"},
    )
    client.emulator.set_service(queries.service_id, state="idle")
    assert queries.run("SELECT 1").json() == {"data": "Confirm wake service"}
    assert client.state(queries.service_id) == "idle"
    assert queries.run("SELECT 1", **{"wake-service": "true"}).text == "1\n"
    assert client.state(queries.service_id) in ("awaking", "running")
