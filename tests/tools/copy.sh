#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/copy.sh DIRECTORY [OPTION ...]: copy the files that "git ls-files OPTION ..." lists to a directory, by default
# the files that git tracks. Programs that build or test a whole directory then do not see the venvs, caches and private
# files of this checkout, and leave no files in it.

set -euo pipefail

directory=$1
shift
mkdir -p "$directory"
git ls-files -z "$@" |
    while IFS= read -r -d '' file; do
        # Skip files that are deleted, but still in the index.
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done |
    tar -cf - --null -T - | tar -xf - -C "$directory"
