# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name           = ["vertical", "renamed", "renamed", "renamed"][var.stage]
  cloud_provider = "aws"
  region         = "us-east-1"
  password_hash  = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access = [
    [{ source = "192.0.2.0/24", description = "office" }],
    [{ source = "192.0.2.0/24", description = "office" }, { source = "198.51.100.7", description = "home" }],
    [{ source = "198.51.100.7", description = "home" }],
    [],
  ][var.stage]
  idle_scaling          = [true, true, false, true][var.stage]
  idle_timeout_minutes  = [5, 30, null, 15][var.stage]
  min_replica_memory_gb = [8, 16, 16, 32][var.stage]
  max_replica_memory_gb = [24, 32, 32, 356][var.stage]
  num_replicas          = [3, 3, 5, 2][var.stage]
  release_channel       = ["default", "fast", "slow", "default"][var.stage]
  enable_core_dumps     = [true, false, true, true][var.stage]
  tags                  = [{ env = "test" }, { env = "prod", team = "data" }, { team = "data" }, null][var.stage]

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
