# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "horizontal"
  cloud_provider        = "gcp"
  region                = "europe-west4"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []
  autoscaling_mode      = "horizontal"
  min_replicas          = 2
  max_replicas          = 6
  min_replica_memory_gb = 32
  max_replica_memory_gb = 32
  idle_scaling          = false
  backup_configuration = {
    backup_retention_period_in_hours = 168
    backup_start_time                = "03:00"
  }

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
