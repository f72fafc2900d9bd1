#!/usr/bin/env bash
# Proves a folder of blocks as a Slurm array: each task takes its part, and skips what is proved already.
# usage: sbatch --array=0-7 deploy/slurm.sh BLOCKS PROOFS [option of `foldproof prove` ...]
#
# All tasks see BLOCKS, PROOFS and the cache ($FOLDPROOF_CACHE, or --cache as an option) on a file system they share.
# To start some tasks again: SHARDS=8 sbatch --array=3,5 deploy/slurm.sh ... - SHARDS is how many parts there are in all.
#SBATCH --job-name=foldproof
#SBATCH --array=0-7
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --requeue
#SBATCH --output=foldproof-%A_%a.jsonl
#SBATCH --error=foldproof-%A_%a.log
set -euo pipefail

fail() { echo "slurm.sh: $*" >&2; exit 2; }
[ $# -ge 2 ] || fail "usage: sbatch --array=0-7 slurm.sh BLOCKS PROOFS [option of \`foldproof prove\` ...]"
blocks=$1 proofs=$2
shift 2

index=${SLURM_ARRAY_TASK_ID:-}
[ -n "$index" ] || fail "SLURM_ARRAY_TASK_ID is not set: start this with sbatch --array=0-N"
if [ -n "${SHARDS:-}" ]; then
  shards=$SHARDS
else
  shards=${SLURM_ARRAY_TASK_COUNT:-}
  [ -n "$shards" ] || fail "neither SHARDS nor SLURM_ARRAY_TASK_COUNT is set: how many parts are there?"
  # Of an array such as 3,5 or 1-8 the count is no number of parts that its indices count from 0.
  last=${SLURM_ARRAY_TASK_MAX:-$((shards - 1))}
  [ "${SLURM_ARRAY_TASK_MIN:-0}" = 0 ] && [ "$last" = "$((shards - 1))" ] ||
    fail "an array from 0 without gaps was expected, found ${SLURM_ARRAY_TASK_MIN:-0} to $last with $shards tasks:" \
      "say with SHARDS=N how many parts there are in all"
fi

memory=()
# What Slurm grants, less what the file cache and the shell take. In MiB; 0 stands for the whole node.
if [ "${SLURM_MEM_PER_NODE:-0}" -gt 0 ]; then
  memory=(--memory "$((SLURM_MEM_PER_NODE * 9 / 10))MiB")
elif [ "${SLURM_MEM_PER_CPU:-0}" -gt 0 ]; then
  memory=(--memory "$((SLURM_MEM_PER_CPU * ${SLURM_CPUS_PER_TASK:-1} * 9 / 10))MiB")
fi
# Where tasks are not bound to their cores.
[ -z "${SLURM_CPUS_PER_TASK:-}" ] || export RAYON_NUM_THREADS=$SLURM_CPUS_PER_TASK

exec "${FOLDPROOF:-foldproof}" prove "$blocks" --out "$proofs" --shard "$index/$shards" \
  ${memory[@]+"${memory[@]}"} --json "$@"
