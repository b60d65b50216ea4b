# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "saved"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []
  backup_configuration = {
    backup_period_in_hours           = [24, 12, null, 6][var.stage]
    backup_retention_period_in_hours = [24, 72, 168, 720][var.stage]
    backup_start_time                = [null, null, "03:00", null][var.stage]
  }

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
