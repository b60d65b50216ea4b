# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "horizontal"
  cloud_provider        = "aws"
  region                = "us-east-1"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = [{ source = "192.0.2.0/24", description = "office" }]
  idle_scaling          = true
  idle_timeout_minutes  = 5
  autoscaling_mode      = ["horizontal", "horizontal", "vertical"][var.stage]
  min_replicas          = [2, 3, null][var.stage]
  max_replicas          = [4, 8, null][var.stage]
  num_replicas          = [null, null, 3][var.stage]
  min_replica_memory_gb = [16, 32, 16][var.stage]
  max_replica_memory_gb = [16, 32, 64][var.stage]

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
