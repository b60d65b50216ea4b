# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that would run a command, or be a condition, if they became a template or an expression."""

from __future__ import annotations

#: A call that would create a file, with each way to reach it; MARKER is replaced with the path of the file.
CALLS = [
    "lookup('pipe', 'touch MARKER')",
    'lookup("ansible.builtin.pipe", "touch MARKER")',
    "query('pipe', 'touch MARKER')",
    "q('pipe', 'touch MARKER')",
    "'' | map('extract', lookup('pipe', 'touch MARKER')) | list",
    "cycler.__init__.__globals__.os.system('touch MARKER')",
    "lookup('template', '/dev/null') ~ lookup('pipe', 'touch MARKER')",
]
#: The forms of a template or a condition; {} is the call.
FORMS = [
    "{{{{ {} }}}}",
    "{{{{- {} -}}}}",
    "{{%- if {} -%}}x{{%- endif -%}}",
    "{{% set x = {} %}}",
    "{{# x #}}{{{{ {} }}}}",
    "{{% raw %}}{{% endraw %}}{{{{ {} }}}}",
    "#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ {} ]]",
    '#jinja2:variable_start_string:"<",variable_end_string:">"\n<{}>',
    "#jinja2: block_start_string:'(%', block_end_string:'%)'\n(% if {} %)(% endif %)",
    "#jinja2: line_statement_prefix:'%'\n% set x = {}",
    "{}",
    "{} == ''",
    "not {}",
    "x is defined or {}",
    "[{}]",
    "({})",
    "'{{{{' ~ {}",
    "}}}}{{{{ {} }}}}{{{{",
]
#: Conditions without a brace, a quote or a call.
BARE = [
    "not false",
    "x is defined",
    "true or false",
    "1 == 1",
    "clickhouse_cloud_id is defined",
    "not x",
    "1 < 2",
    "true and true",
    "0/0",
]
#: Every form once, and the conditions: what "make test" runs.
FIXED = [*(form.format(CALLS[index % len(CALLS)]) for index, form in enumerate(FORMS)), *BARE, "bare-name"]
