#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/build.sh DIRECTORY: build the collection in that directory; called through run.sh. It contains only files
# that git tracks, as other files of the checkout may be private.

set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests/tools/copy.sh "$work/copy"
ansible-galaxy collection build --force --output-path "$1" "$work/copy" >"$work/log" || { cat "$work/log"; exit 1; }
