# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "private"
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

data "clickhouse_private_endpoint_config" "this" {
  cloud_provider = clickhouse_service.this.cloud_provider
  region         = clickhouse_service.this.region
  depends_on     = [clickhouse_service.this]
}

resource "clickhouse_service_private_endpoints_attachment" "this" {
  service_id = clickhouse_service.this.id
  private_endpoint_ids = [
    ["vpce-0123456789abcdef0"],
    ["vpce-0123456789abcdef0", "vpce-0123456789abcdef1"],
    ["vpce-0123456789abcdef1"],
  ][var.stage]
}
