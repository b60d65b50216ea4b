#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/release.sh check: check that the checkout can be released. tests/tools/release.sh build: build the release and
# print the remaining steps. "make test" runs in between. Both are called through run.sh.

set -euo pipefail

version=$(sed -n 's/^version: //p' galaxy.yml)
artifact=dist/clickhouse-cloud-$version.tar.gz

refuse() {
    echo "make release: $1"
    exit 1
}

check() {
    [ -z "$(git status --porcelain)" ] || refuse 'there are changes that are not committed: commit them, or put them aside.'
    [ -z "$(git tag --list "$version")" ] ||
        refuse "there is a tag $version already: raise the version in galaxy.yml and plugins/module_utils/_client/session.py."
    grep -q "^  $version:" changelogs/changelog.yaml ||
        refuse "there is no changelog of $version: .venv/bin/antsibull-changelog release --reload-plugins"
    [ -z "$(find changelogs/fragments -name '*.yml')" ] ||
        refuse "the changelog of $version lacks fragments: .venv/bin/antsibull-changelog release --reload-plugins --update-existing"
}

build() {
    rm -rf dist
    mkdir dist
    tests/tools/build.sh dist
    echo "make release: $artifact has $(du -k "$artifact" | cut -f 1) kB. What is left to do:"
    echo "    git tag --annotate --message 'Release $version' $version"
    echo "    git push origin $version"
    echo "    ansible-galaxy collection publish $artifact --token ..."
}

"$1"
