# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name           = "vertical"
  cloud_provider = "aws"
  region         = "us-east-1"
  password_hash  = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access = [
    { source = "192.0.2.0/24", description = "office" },
    { source = "198.51.100.7/32", description = "home" },
  ]
  autoscaling_mode      = "vertical"
  min_replica_memory_gb = 16
  max_replica_memory_gb = 48
  num_replicas          = 3
  idle_scaling          = true
  idle_timeout_minutes  = 20
  release_channel       = "fast"
  tags                  = { env = "test" }
  enable_core_dumps     = false
  endpoints = {
    mysql = { enabled = true }
  }
  transparent_data_encryption = {
    enabled = true
  }
  backup_configuration = {
    backup_period_in_hours           = 12
    backup_retention_period_in_hours = 72
  }

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

resource "clickhouse_service_private_endpoints_attachment" "this" {
  service_id           = clickhouse_service.this.id
  private_endpoint_ids = ["vpce-0123456789abcdef0"]
}

resource "clickhouse_service_transparent_data_encryption_key_association" "this" {
  service_id = clickhouse_service.this.id
  key_id     = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}
