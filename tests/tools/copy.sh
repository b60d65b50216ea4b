#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/copy.sh DIRECTORY [OPTION ...]: copy there what "git ls-files OPTION ..." lists, which without an option is
# what git tracks. A program that builds or tests all that it finds then neither sees the venvs, the caches and the private
# files of this checkout, nor leaves anything in it.

set -euo pipefail

directory=$1
shift
mkdir -p "$directory"
git ls-files -z "$@" |
    while IFS= read -r -d '' file; do
        # A file that was removed, but not yet in git, is still listed.
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done |
    tar -cf - --null -T - | tar -xf - -C "$directory"
