# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "this" {
  name                  = "scheduled"
  cloud_provider        = "aws"
  region                = "us-east-1"
  password_hash         = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
  ip_access             = []
  min_replica_memory_gb = 8
  max_replica_memory_gb = 32
  num_replicas          = 2

  # An import does not find it.
  lifecycle {
    ignore_changes = [password_hash]
  }
}

locals {
  day = {
    name           = "day"
    weekdays       = [1, 2, 3, 4, 5]
    start_hour_utc = 8
    end_hour_utc   = 18
    min_replicas   = 4
    max_replicas   = 4
  }
  night = {
    name                  = "night"
    weekdays              = [0, 1, 2, 3, 4, 5, 6]
    start_hour_utc        = 22
    end_hour_utc          = 6
    autoscaling_mode      = "vertical"
    min_replica_memory_gb = 8
    max_replica_memory_gb = 16
    idle_scaling          = true
    idle_timeout_minutes  = 5
  }
  wide = {
    name                  = "wide"
    weekdays              = [6]
    start_hour_utc        = 8
    end_hour_utc          = 20
    autoscaling_mode      = "horizontal"
    min_replicas          = 2
    max_replicas          = 8
    min_replica_memory_gb = 16
    max_replica_memory_gb = 16
    idle_scaling          = false
  }
}

resource "clickhouse_service_scheduled_scaling" "this" {
  service_id = clickhouse_service.this.id
  entries = concat(
    var.stage < 2 ? [local.day] : [],
    var.stage > 0 ? [local.night] : [],
    var.stage > 1 ? [local.wide] : [],
  )
}
