# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "primary" {
  name                  = "primary"
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

resource "clickhouse_service" "secondary" {
  name                  = "secondary"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  ip_access             = [{ source = "192.0.2.0/24", description = "office" }]
  warehouse_id          = clickhouse_service.primary.warehouse_id
  num_replicas          = [1, 2][var.stage]
}

resource "clickhouse_service" "reader" {
  name                  = ["reader", "library"][var.stage]
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  ip_access             = []
  warehouse_id          = clickhouse_service.primary.warehouse_id
  readonly              = true
}
