#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The tests of modules, inventory and fast path on the oldest Python that runs a module, called through run.sh. The newest
# ansible-core for it is 2.15, which is also what the default execution environment of AWX 24.6.1 has.

set -euo pipefail

venv=.venv/python39

# The shims of pyenv look like Pythons, but may not run; its Pythons themselves do.
found=
for python in python3.9 "$(pyenv root 2>/dev/null || true)"/versions/3.9.*/bin/python3.9; do
    if "$python" -c '' 2>/dev/null; then
        found=$python
        break
    fi
done
if [ -z "$found" ]; then
    echo 'make python39: SKIPPED, since there is no Python 3.9 here, neither as python3.9 nor among those of pyenv'
    exit 0
fi

case $PWD in
    *' '*)
        echo 'make python39: SKIPPED, since ansible-core 2.15 starts no Python from a folder with a blank in its name'
        exit 0
        ;;
esac

requirements=(requirements.txt tests/emulator/requirements.txt tests/unit/requirements.txt)
if [ ! -e "$venv/made" ] || [ -n "$(find "${requirements[@]}" -newer "$venv/made")" ]; then
    echo 'Installing what the tests need into .venv/python39' >&2
    "$found" -m venv --clear "$venv"
    # ansible-builder is for makers of images, who have a newer Python.
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
