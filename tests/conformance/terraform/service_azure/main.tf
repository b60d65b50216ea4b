# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "other cloud"
  cloud_provider        = "azure"
  region                = "germanywestcentral"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = [{ source = "0.0.0.0/0", description = "anywhere" }]
  idle_scaling          = true
  idle_timeout_minutes  = [5, 10][var.stage]
  min_replica_memory_gb = 8
  max_replica_memory_gb = 16

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
