#!/usr/bin/env bash
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# tests/tools/contract_issue.sh FILE: compare the contract with the specification in FILE. If they differ, list the changes
# in the open issue with the title below, or in a new one. Called through run.sh; needs gh, and GH_TOKEN and GH_REPO for it.

set -euo pipefail

title='The specification of the API has changed'
# GitHub refuses longer texts.
max_characters=65000

mkdir -p .cache
body=.cache/contract-issue.md
status=0
changes=$(python -m tests.contract "$1") || status=$?
case $status in
    0)
        echo "$changes"
        exit 0
        ;;
    1) ;;
    *) exit "$status" ;;
esac

echo "$changes"
{
    echo "\`make contract\` lists these changes in the published specification. tests/contract/README.md says what to do."
    echo
    if [ "${#changes}" -gt "$max_characters" ]; then
        echo "${changes:0:max_characters}"
        echo
        echo 'The list is longer than an issue may be: the log of the workflow has all of it.'
    else
        echo "$changes"
    fi
} >"$body"

number=$(gh issue list --state open --limit 1000 --json number,title \
    --jq "map(select(.title == \"$title\")) | first | .number // empty")
if [ -n "$number" ]; then
    gh issue edit "$number" --body-file "$body"
else
    gh issue create --title "$title" --body-file "$body"
fi
