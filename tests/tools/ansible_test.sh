#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/ansible_test.sh sanity|integration [ARGUMENT ...]: ansible-test of the venv VENV (.venv), called through
# run.sh. It insists on a directory .../ansible_collections/clickhouse/cloud and takes the files that git knows there, so
# it is given a copy of what git would commit here.

set -euo pipefail

what=$1
shift
venv=$PWD/${VENV:-.venv}
version=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
site_packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pip_version=$(sed -n "s/^ *pip='\([0-9.]*\)',.*/\1/p" "$site_packages/ansible_test/_internal/python_requirements.py" | sed -n 1p)
[ -n "$pip_version" ] || { echo "make $what: cannot tell which pip this ansible-test asks for"; exit 1; }

# It would fetch get-pip.py from a server of its own, but takes the file if it is there already.
mkdir -p "$HOME/.ansible/test/cache"
cp tests/tools/get_pip.py "$HOME/.ansible/test/cache/get_pip_${pip_version//./_}.py"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy=$work/ansible_collections/clickhouse/cloud
tests/tools/copy.sh "$copy" --cached --others --exclude-standard
git -C "$copy" init -q
git -C "$copy" add -A

# What ansible-test starts programs by cannot have blanks in it.
ln -s "$venv" "$work/venv"

# Only the venv's programs and the system's: the shims of a Python version manager look like Pythons, but may not run.
export PATH=$work/venv/bin:/usr/local/bin:/usr/bin:/bin

run() {
    (cd "$copy" && python "$work/venv/bin/ansible-test" "$what" --local --python "$version" "${options[@]}" "$@") > "$work/log" 2>&1 ||
        { cat "$work/log"; exit 1; }
    grep '^Running' "$work/log" || true
    # ansible-test is content with nothing to test, and with a test whose program is missing.
    if grep -E 'All targets skipped|Excluding tests|Required program .* not found' "$work/log"; then
        echo "make $what: a test was skipped"
        exit 1
    fi
    ran=$(grep -Ec '^Running (sanity test|[a-z_]+ integration test role)' "$work/log" || true)
}

# Newer ones install a package for a test of theirs from outside the package index, which not every machine can reach.
leave_out_unreachable() {
    local requirements url name
    for requirements in "$site_packages"/ansible_test/_data/requirements/sanity.*.txt; do
        url=$(sed -n 's/^[^#]* @ \(https:[^#]*\).*/\1/p' "$requirements" | sed -n 1p)
        if [ -n "$url" ] && ! python -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=30)' "$url" 2>/dev/null; then
            name=${requirements##*/sanity.}
            name=${name%.txt}
            options+=(--skip-test "$name")
            echo "sanity test $name, which this ansible-test installs from $url, which cannot be reached" >> .cache/not-run
        fi
    done
}

options=(--color no)
case $what in
    sanity)
        mkdir -p .cache
        : > .cache/not-run
        leave_out_unreachable
        run "$@"
        sed 's/^/make sanity: NOT RUN: /' .cache/not-run
        least=20
        ;;
    integration)
        # Git does not know it, since it holds a key.
        config=tests/integration/integration_config.yml
        [ ! -e "$config" ] || cp "$config" "$copy/$config"
        run --continue-on-error "$@"
        least=$(($# ? 1 : $(grep -Lx hidden tests/integration/targets/*/aliases | wc -l)))
        ;;
esac
[ "$ran" -ge "$least" ] || { echo "make $what: only $ran of $least tests ran"; exit 1; }
core=$("$venv/bin/python" -c 'import ansible; print(ansible.__version__)')
echo "make $what: $ran tests of ansible-test passed in $SECONDS s on Python $version with ansible-core $core"
