# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

data "clickhouse_user" "colleague" {
  email = "colleague@example.com"
}

data "clickhouse_api_key_id" "this" {
  name = "First key"
}

resource "clickhouse_role" "this" {
  name = "operators"
  policies = [
    {
      effect      = "ALLOW"
      permissions = ["control-plane:service:view"]
      resources   = ["instance/*"]
    },
    {
      effect      = "DENY"
      permissions = ["control-plane:organization:view-billing"]
      resources   = ["organization/0b0c0d0e-1a2b-4c3d-8e4f-5a6b7c8d9e0f"]
    },
    {
      effect      = "ALLOW"
      permissions = ["sql-console:database:access"]
      resources   = ["instance/*"]
      tags        = { role = "sql-console-readonly" }
    },
  ]
}

resource "clickhouse_role_assignment" "this" {
  role_id     = clickhouse_role.this.id
  user_ids    = [data.clickhouse_user.colleague.id]
  api_key_ids = [data.clickhouse_api_key_id.this.id]
}
