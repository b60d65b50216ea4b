# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "primary" {
  name                  = "primary"
  cloud_provider        = "azure"
  region                = "germanywestcentral"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = [{ source = "192.0.2.0/24", description = "office" }]
  min_replica_memory_gb = 16
  max_replica_memory_gb = 32
  num_replicas          = 2
  idle_scaling          = true
  idle_timeout_minutes  = 15

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

resource "clickhouse_service" "reader" {
  name                  = "reader"
  cloud_provider        = "azure"
  region                = "germanywestcentral"
  ip_access             = []
  warehouse_id          = clickhouse_service.primary.warehouse_id
  readonly              = true
  min_replica_memory_gb = 8
  max_replica_memory_gb = 16
  num_replicas          = 1
  idle_scaling          = true
  idle_timeout_minutes  = 10
}
