# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

data "clickhouse_api_key_id" "this" {
  name = "First key"
}

resource "clickhouse_service" "this" {
  name                  = "parts"
  cloud_provider        = "aws"
  region                = "us-east-1"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []
  min_replica_memory_gb = 8
  max_replica_memory_gb = 32
  num_replicas          = 2
  idle_scaling          = true
  idle_timeout_minutes  = 15
  query_api_endpoints = {
    api_key_ids     = [data.clickhouse_api_key_id.this.id]
    roles           = ["sql_console_read_only"]
    allowed_origins = "https://example.com"
  }

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

resource "clickhouse_service_upgrade_window" "this" {
  service_id     = clickhouse_service.this.id
  weekday        = 3
  start_hour_utc = 12
}

resource "clickhouse_service_private_endpoints_attachment" "this" {
  service_id           = clickhouse_service.this.id
  private_endpoint_ids = ["vpce-0123456789abcdef0"]
}

resource "clickhouse_service_scheduled_scaling" "this" {
  service_id = clickhouse_service.this.id
  entries = [
    {
      name           = "day"
      weekdays       = [1, 2, 3, 4, 5]
      start_hour_utc = 8
      end_hour_utc   = 18
      min_replicas   = 4
      max_replicas   = 4
    },
    {
      name                  = "night"
      weekdays              = [0, 1, 2, 3, 4, 5, 6]
      start_hour_utc        = 22
      end_hour_utc          = 6
      min_replica_memory_gb = 8
      max_replica_memory_gb = 16
      idle_scaling          = true
      idle_timeout_minutes  = 5
    },
  ]
}
