#!/bin/sh
# Appends every change since the last run to changes.jsonl, and remembers how far it came.
set -eu
umask 077
cd "$(dirname "$0")"
server={{ base_url }}

while :; do
    set --
    if [ -s cursor ]; then set -- --data-urlencode "cursor@cursor"; fi
    curl --silent --show-error --fail-with-body --netrc-file netrc --retry 3 --output page.json \
        --get "$server/api/v1/changes" --data limit=500 "$@"
    jq --compact-output '.items[]' page.json >> changes.jsonl
    jq --raw-output --join-output .next_cursor page.json > cursor.new
    mv cursor.new cursor
    if [ "$(jq '.items | length' page.json)" -eq 0 ]; then break; fi
done
rm page.json
