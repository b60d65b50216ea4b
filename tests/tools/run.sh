#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/run.sh PROGRAM [ARGUMENT ...]: run a program with those of the venv VENV (.venv) first in PATH, and with a
# home directory inside the checkout: Ansible, pip and the linters write to their home, and the user's is to stay as it is.

set -euo pipefail

home=$PWD/.cache/home

if [ "${HOME:-$home}" != "$home" ]; then
    mkdir -p "$home/.config"
    # pip still has to find the user's package index and the way in, also where ansible-test runs it, which hands on
    # HOME but no variable of pip's; git has to find whom it may trust.
    for name in .pip .netrc .gitconfig; do
        [ ! -e "$HOME/$name" ] || ln -sfn "$HOME/$name" "$home/$name"
    done
    for name in pip git; do
        config=${XDG_CONFIG_HOME:-$HOME/.config}/$name
        [ ! -e "$config" ] || ln -sfn "$config" "$home/.config/$name"
    done
fi

unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
export HOME=$home PATH=$PWD/${VENV:-.venv}/bin:$PATH
exec "$@"
