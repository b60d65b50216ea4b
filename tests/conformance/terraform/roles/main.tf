# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

data "clickhouse_roles" "all" {
  depends_on = [clickhouse_role.this, clickhouse_role.empty]
}

data "clickhouse_role" "admin" {
  name = "Admin"
}

data "clickhouse_role" "member" {
  name = "Member"
}

data "clickhouse_role" "by_id" {
  id = data.clickhouse_role.admin.id
}

data "clickhouse_user" "colleague" {
  email = "colleague@example.com"
}

data "clickhouse_user" "by_id" {
  id = data.clickhouse_user.colleague.id
}

data "clickhouse_api_key_id" "current" {}

resource "clickhouse_service" "this" {
  name                  = "guarded"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

locals {
  instance = "instance/${clickhouse_service.this.id}"
  policies = [
    {
      effect      = "ALLOW"
      permissions = ["control-plane:service:view-backups", "control-plane:service:view"]
      resources   = [local.instance]
      tags        = null
    },
    var.stage == 0 ? null : {
      effect      = "ALLOW"
      permissions = concat(["control-plane:service:manage"], var.stage == 1 ? [] : ["control-plane:service:delete"])
      resources   = ["instance/*"]
      tags        = null
    },
    var.stage == 0 ? null : {
      effect      = "ALLOW"
      permissions = ["sql-console:database:access"]
      resources   = [local.instance]
      tags        = { role = var.stage == 1 ? "sql-console-readonly" : "sql-console-admin" }
    },
  ]
}

resource "clickhouse_role" "this" {
  name     = ["operator", "operators", "operators"][var.stage]
  policies = [for policy in local.policies : policy if policy != null]
}

resource "clickhouse_role" "empty" {
  name = "empty"
}

resource "clickhouse_role_assignment" "custom" {
  role_id     = clickhouse_role.this.id
  user_ids    = [[data.clickhouse_user.colleague.id], [], [data.clickhouse_user.colleague.id]][var.stage]
  api_key_ids = [[], [data.clickhouse_api_key_id.current.id], []][var.stage]
}

output "roles" {
  value = [for role in data.clickhouse_roles.all.roles : role.name]
}
