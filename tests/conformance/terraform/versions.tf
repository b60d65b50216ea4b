# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The version of the provider that "make conformance" runs, for all configurations.
terraform {
  required_providers {
    clickhouse = {
      source  = "ClickHouse/clickhouse"
      version = "3.25.3"
    }
  }
}

# The environment has the URL, the organization and the key.
provider "clickhouse" {}

# 0 when the configuration is created, and one more for each change.
variable "stage" {
  type = number
}
