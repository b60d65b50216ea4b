# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

data "clickhouse_api_key_id" "current" {}

data "clickhouse_api_key_id" "named" {
  name = "First key"
}

resource "clickhouse_service" "this" {
  name                  = "queried"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []
  query_api_endpoints = {
    api_key_ids     = [data.clickhouse_api_key_id.current.id]
    roles           = [["sql_console_read_only"], ["sql_console_admin"]][var.stage]
    allowed_origins = ["https://example.com", "https://example.com,https://example.org"][var.stage]
  }

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

output "same" {
  value = data.clickhouse_api_key_id.named.id == data.clickhouse_api_key_id.current.id
}
