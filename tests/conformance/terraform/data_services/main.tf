# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  count                 = [1, 2][var.stage]
  name                  = "listed ${count.index}"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = [{ source = "192.0.2.0/24", description = "office" }]
  tags                  = { index = tostring(count.index) }

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

data "clickhouse_service" "this" {
  id = clickhouse_service.this[0].id
}

data "clickhouse_services" "all" {
  depends_on = [clickhouse_service.this]
}

data "clickhouse_services" "tagged" {
  tags       = { index = "0" }
  depends_on = [clickhouse_service.this]
}

output "first" {
  value = data.clickhouse_service.this.name
}

output "counts" {
  value = [length(data.clickhouse_services.all.services), length(data.clickhouse_services.tagged.services)]

  precondition {
    condition     = length(data.clickhouse_services.tagged.services) == 1
    error_message = "the filter by tag finds another number of services"
  }

  precondition {
    condition     = length(data.clickhouse_services.all.services) == var.stage + 1
    error_message = "the list has another number of services"
  }
}
