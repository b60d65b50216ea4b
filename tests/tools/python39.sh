#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Run the tests of modules, inventory and fast path with Python 3.9, the oldest supported version; called through run.sh.
# The newest ansible-core for it is 2.15, which the default execution environment of AWX 24.6.1 has as well.

set -euo pipefail

venv=.venv/python39

# The shims of pyenv may not run, but its installed Pythons do.
found=
for python in python3.9 "$(pyenv root 2>/dev/null || true)"/versions/3.9.*/bin/python3.9; do
    if "$python" -c '' 2>/dev/null; then
        found=$python
        break
    fi
done
if [ -z "$found" ]; then
    echo 'make python39: SKIPPED, as there is no Python 3.9, neither as python3.9 in PATH nor in pyenv'
    exit 0
fi

case $PWD in
    *' '*)
        echo 'make python39: SKIPPED, as ansible-core 2.15 does not support a checkout path that contains a space'
        exit 0
        ;;
esac

requirements=(requirements.txt tests/emulator/requirements.txt tests/unit/requirements.txt)
if [ ! -e "$venv/made" ] || [ -n "$(find "${requirements[@]}" -newer "$venv/made")" ]; then
    echo 'Installing the test requirements in .venv/python39' >&2
    "$found" -m venv --clear "$venv"
    # ansible-builder does not support Python 3.9.
    grep -v '^ansible-builder' tests/unit/requirements.txt >"$venv/unit.txt"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check 'ansible-core>=2.15' 'pytest>=8.0' 'pytest-xdist>=3.5' \
        -r requirements.txt -r tests/emulator/requirements.txt -r "$venv/unit.txt"
    site_packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir -p "$site_packages/ansible_collections/clickhouse"
    ln -sfn "$PWD" "$site_packages/ansible_collections/clickhouse/cloud"
    touch "$venv/made"
fi

PATH=$PWD/$venv/bin:$PATH exec "$venv/bin/python" -m pytest -p no:cacheprovider --numprocesses auto \
    tests/unit/modules tests/unit/inventory/test_services.py tests/unit/test_fast_path.py
