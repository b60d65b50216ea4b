#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/ansible_test.sh sanity|integration [ARGUMENT ...]: run ansible-test of the venv VENV (.venv); called through
# run.sh. ansible-test requires a directory .../ansible_collections/clickhouse/cloud and tests the files that git lists
# there. It therefore runs in a copy of the files that git would commit here.

set -euo pipefail

what=$1
shift
venv=$PWD/${VENV:-.venv}
version=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
site_packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pip_version=$(sed -n "s/^ *pip='\([0-9.]*\)',.*/\1/p" "$site_packages/ansible_test/_internal/python_requirements.py" | sed -n 1p)
[ -n "$pip_version" ] || { echo "make $what: cannot find out which pip version this ansible-test requires"; exit 1; }

# ansible-test would download get-pip.py, but uses the file in its cache if there is one.
mkdir -p "$HOME/.ansible/test/cache"
cp tests/tools/get_pip.py "$HOME/.ansible/test/cache/get_pip_${pip_version//./_}.py"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy=$work/ansible_collections/clickhouse/cloud
tests/tools/copy.sh "$copy" --cached --others --exclude-standard
git -C "$copy" init -q
git -C "$copy" add -A

# ansible-test cannot run programs from a path that contains a space.
ln -s "$venv" "$work/venv"

# Use only programs of the venv and of the system: the shims of a Python version manager may not run.
export PATH=$work/venv/bin:/usr/local/bin:/usr/bin:/bin

run() {
    (cd "$copy" && python "$work/venv/bin/ansible-test" "$what" --local --python "$version" "${options[@]}" "$@") > "$work/log" 2>&1 ||
        { cat "$work/log"; exit 1; }
    grep '^Running' "$work/log" || true
    # ansible-test succeeds even if there is nothing to test or a required program is missing.
    if grep -E 'All targets skipped|Excluding tests|Required program .* not found' "$work/log"; then
        echo "make $what: a test was skipped"
        exit 1
    fi
    count=$(grep -Ec '^Running (sanity test|[a-z_]+ integration test role)' "$work/log" || true)
}

# Newer versions install a package for a sanity test from a URL that not every machine can reach.
skip_unreachable() {
    local requirements url name
    for requirements in "$site_packages"/ansible_test/_data/requirements/sanity.*.txt; do
        url=$(sed -n 's/^[^#]* @ \(https:[^#]*\).*/\1/p' "$requirements" | sed -n 1p)
        if [ -n "$url" ] && ! python -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=30)' "$url" 2>/dev/null; then
            name=${requirements##*/sanity.}
            name=${name%.txt}
            options+=(--skip-test "$name")
            echo "sanity test $name: cannot reach $url, from which ansible-test installs a requirement" >> .cache/not-run
        fi
    done
}

options=(--color no)
case $what in
    sanity)
        mkdir -p .cache
        : > .cache/not-run
        skip_unreachable
        run "$@"
        sed 's/^/make sanity: NOT RUN: /' .cache/not-run
        minimum=20
        ;;
    integration)
        # Git ignores this file, as it has a key.
        config=tests/integration/integration_config.yml
        [ ! -e "$config" ] || cp "$config" "$copy/$config"
        run --continue-on-error "$@"
        minimum=$(($# ? 1 : $(grep -Lx hidden tests/integration/targets/*/aliases | wc -l)))
        ;;
esac
[ "$count" -ge "$minimum" ] || { echo "make $what: only $count of $minimum tests ran"; exit 1; }
core=$("$venv/bin/python" -c 'import ansible; print(ansible.__version__)')
echo "make $what: $count tests of ansible-test passed in $SECONDS s on Python $version with ansible-core $core"
