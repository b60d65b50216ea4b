#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/run.sh PROGRAM [ARGUMENT ...]: run a program with the venv VENV (.venv) first in PATH and with a home directory
# inside the checkout, as Ansible, pip and the linters write to the home directory and must not change the user's.

set -euo pipefail

home=$PWD/.cache/home

if [ "${HOME:-$home}" != "$home" ]; then
    mkdir -p "$home/.config"
    # pip still needs the user's package index and credentials, also below ansible-test, which passes HOME but no variables
    # of pip; git needs the user's safe.directory settings.
    for name in .pip .netrc .gitconfig; do
        [ ! -e "$HOME/$name" ] || ln -sfn "$HOME/$name" "$home/$name"
    done
    for name in pip git; do
        config=${XDG_CONFIG_HOME:-$HOME/.config}/$name
        [ ! -e "$config" ] || ln -sfn "$config" "$home/.config/$name"
    done
fi

unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
# Without compiled files, each process of the tests would compile all of them again. Git ignores them.
unset PYTHONDONTWRITEBYTECODE
export HOME=$home PATH=$PWD/${VENV:-.venv}/bin:$PATH
exec "$@"
