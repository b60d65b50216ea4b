# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The archive contains main.py, which returns its input in capital letters.
resource "clickhouse_udf" "this" {
  function_name       = "shout"
  runtime             = "python3.11"
  type                = ["executable", "executable_pool"][var.stage]
  return_type         = "String"
  arguments           = [{ name = "text", type = "String" }]
  source_archive_path = "${path.module}/shout.zip"
  source_archive_hash = filebase64sha256("${path.module}/shout.zip")
}
