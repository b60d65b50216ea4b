# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "compliant"
  cloud_provider        = "aws"
  region                = "us-east-1"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = [{ source = "0.0.0.0/0", description = "anywhere" }]
  compliance_type       = "hipaa"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 8
  num_replicas          = 2
  idle_scaling          = true
  idle_timeout_minutes  = 5

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
