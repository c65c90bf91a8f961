#!/bin/sh
# One part of an archive, as one task of a job: ARCHIVE is the folder of documents, RESULTS where results go, PARTS how many
# parts there are. Which part this is says the engine: PART, or the variable of Slurm or Kubernetes. More flags of
# `ebl verify` may follow, such as --config.
set -u
if [ -z "${PART:-}" ]; then
  # Slurm counts from where --array says, here from 1; Kubernetes from 0.
  PART=${SLURM_ARRAY_TASK_ID:-$((${JOB_COMPLETION_INDEX:?no part is named} + 1))}
fi
# A name that is mistyped, or a volume that is not mounted, is no archive without documents.
if [ ! -d "$ARCHIVE" ]; then
  echo "$0: ARCHIVE is no folder: $ARCHIVE" >&2
  exit 2
fi
mkdir -p "$RESULTS"

# Started again, a task goes on where it was ended: the journal knows what is judged.
ebl verify --recursive "$ARCHIVE" --shard "$PART/$PARTS" --format jsonl --output "$RESULTS/$PART.jsonl" \
  --resume "$RESULTS/$PART.journal" --summary "$RESULTS/$PART.summary.json" "$@" &
run=$!
# An engine that takes the machine away sends SIGTERM to this shell: the run has to hear of it.
trap 'kill -TERM "$run" 2>/dev/null' INT TERM
wait "$run"
code=$?
while kill -0 "$run" 2>/dev/null; do
  wait "$run"
  code=$?
done

# Engines start a failed task again. That helps where something could not be found out, or the run did not come to its end;
# a forgery stays one, and stands in the results.
case $code in
  0 | 1 | 3 | 4 | 5 | 6)
    if grep -Eq '"(indeterminate|not_fetched|left)": [1-9]' "$RESULTS/$PART.summary.json"; then exit 3; fi
    exit 0
    ;;
  *) exit "$code" ;;
esac
