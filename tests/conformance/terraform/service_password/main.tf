# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

resource "clickhouse_service" "plain" {
  name                  = "plain"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  ip_access             = []
  password              = ["Aa1!aaaaaaaa", "Bb2!bbbbbbbb"][var.stage]
}

resource "clickhouse_service" "hashed" {
  name                  = "hashed"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  ip_access             = []
  password_hash = [
    "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
    "YNk1JvA2KL7ppH+wVG3qZ0BO1LKZGvPANVS1C2+5dCE=",
  ][var.stage]
  double_sha1_password_hash = [
    "94bdcebe19083ce2a1f959fd02f964c7af4cfc29",
    "04bdcebe19083ce2a1f959fd02f964c7af4cfc29",
  ][var.stage]
}

resource "clickhouse_service" "write_only" {
  name                  = "write only"
  cloud_provider        = "aws"
  region                = "us-east-1"
  min_replica_memory_gb = 8
  max_replica_memory_gb = 24
  ip_access             = []
  password_wo           = ["Aa1!aaaaaaaa", "Bb2!bbbbbbbb"][var.stage]
  password_wo_version   = [1, 2][var.stage]
}
