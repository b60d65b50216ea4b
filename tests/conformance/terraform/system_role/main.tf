# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

data "clickhouse_role" "billing" {
  name = "Billing"
}

data "clickhouse_user" "colleague" {
  email = "colleague@example.com"
}

data "clickhouse_user" "owner" {
  email = "owner@example.com"
}

resource "clickhouse_role_assignment" "billing" {
  role_id     = data.clickhouse_role.billing.id
  api_key_ids = []
  user_ids = [
    [data.clickhouse_user.colleague.id],
    [data.clickhouse_user.colleague.id, data.clickhouse_user.owner.id],
  ][var.stage]
}
