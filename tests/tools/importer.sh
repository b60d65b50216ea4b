#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Import a build of the collection as Galaxy and Automation Hub do it; called through run.sh.

set -euo pipefail

mkdir -p .cache
work=$(mktemp -d "$PWD/.cache/importer.XXXXXX")
trap 'rm -rf "$work"' EXIT
tests/tools/build.sh "$work"
# The importer runs ansible-doc, ansible-lint and flake8 from PATH, and skips those that are missing.
export PATH=$PWD/.venv/importer/bin:$PATH GALAXY_IMPORTER_CONFIG=$PWD/tests/importer/galaxy-importer.cfg
cd "$work"
python -m galaxy_importer.main clickhouse-cloud-*.tar.gz >log 2>&1 || { cat log; echo 'make importer: the import failed'; exit 1; }

# The importer succeeds even if there are warnings.
if grep -E '^(WARNING|ERROR)' log; then
    echo 'make importer: Galaxy would show the warnings above'
    exit 1
fi
for part in 'Linting module' 'ansible-lint run complete' 'processing completed successfully'; do
    grep -q "$part" log || { cat log; echo "make importer: the log does not have '$part', so a step was skipped"; exit 1; }
done
echo "make importer: $(sed -n 1p log | sed 's/.*with //') has no warnings for $(basename clickhouse-cloud-*.tar.gz)"
