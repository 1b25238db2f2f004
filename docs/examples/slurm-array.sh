#!/bin/bash
# A study in eight parts as a Slurm array, and one job that merges them when all are done:
#
#   parts=$(sbatch --parsable slurm-array.sh study.yaml)
#   sbatch --dependency=afterok:$parts --wrap 'wavetank merge results/part-* --out results/whole'
#
# A part that was cut off is sent again with --array=<its number> and goes on with what it had written.
#SBATCH --job-name=wavetank-study
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=01:00:00
#SBATCH --output=results/log-%a.txt
set -euo pipefail
study=${1:?usage: sbatch slurm-array.sh study.yaml}
parts=8 # as --array above: a part sent again alone is still one of eight
mkdir -p results
exec wavetank sweep "$study" \
  --shard "${SLURM_ARRAY_TASK_ID}/${parts}" \
  --out "results/part-${SLURM_ARRAY_TASK_ID}" \
  --workers "${SLURM_CPUS_PER_TASK:-1}" --resume --quiet
