#!/bin/sh
#SBATCH --job-name=ebl-archive
#SBATCH --array=1-64
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
# sbatch slurm.sh, in the folder of this file. A minute before its time is over a task is asked to end; started again
# (scontrol requeue), it goes on from there. When all are through: ebl summary "$RESULTS"/*.summary.json, then *.jsonl
export ARCHIVE="${ARCHIVE:-/archive}" RESULTS="${RESULTS:-/results}" PARTS="${PARTS:-64}"
exec sh "$SLURM_SUBMIT_DIR/part.sh" "$@"
