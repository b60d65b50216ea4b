# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "hipaa" {
  name                  = "hipaa"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []
  compliance_type       = "hipaa"

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

resource "clickhouse_service" "pci" {
  name                  = "pci"
  cloud_provider        = "gcp"
  region                = "us-east1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = [[], [{ source = "192.0.2.1", description = "" }]][var.stage]
  compliance_type       = "pci"

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}
