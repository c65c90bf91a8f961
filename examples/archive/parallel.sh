#!/bin/sh
# An archive in PARTS parts with GNU parallel, or with xargs where that is not there; then what they came to together. On one
# machine one `ebl verify` uses all cores by itself: parts are for several, with parallel's --sshlogin.
set -u
export ARCHIVE RESULTS PARTS
# Else summaries of an earlier run would be put together below.
if [ ! -d "$ARCHIVE" ]; then
  echo "$0: ARCHIVE is no folder: $ARCHIVE" >&2
  exit 2
fi
part=$(dirname "$0")/part.sh
if command -v parallel >/dev/null; then
  seq "$PARTS" | parallel --jobs "${JOBS:-2}" PART={} sh "$part" "$@"
else
  seq "$PARTS" | xargs -P "${JOBS:-2}" -I{} env PART={} sh "$part" "$@"
fi
# Its exit code is the worst of all documents; a part that did not end counts as not judged.
ebl summary "$RESULTS"/*.summary.json
