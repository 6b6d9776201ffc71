#!/bin/sh
# A run in N shards as a Slurm array, then joined by a job that waits for all of them.
#
#     slurm.sh EXP N OUT.db [options of weir run]
#
# EXP and OUT lie on a file system that all nodes see. SBATCH_OPTIONS is handed to both jobs, for
# instance "--partition=short --mem=512M"; secrets (OPENAI_API_KEY) come with the environment,
# which sbatch hands on. Prints the number of the job that joins.
set -eu
experiment=$(realpath "$1") shards=$2 out=$(realpath -m "$3")
shift 3
parts=$(mktemp -d "$PWD/weir-shards-XXXXXX")

cat >"$parts/shard" <<'SHARD'
#!/bin/sh
parts=$1 experiment=$2
shift 2
shard=$SLURM_ARRAY_TASK_ID
exec weir run "$experiment" --quiet --shard "$shard/$SLURM_ARRAY_TASK_COUNT" "$@" >"$parts/$shard.path"
SHARD
cat >"$parts/join" <<'JOIN'
#!/bin/sh
parts=$1 out=$2 shards=$3
set --
for shard in $(seq "$shards"); do set -- "$@" "$(cat "$parts/$shard.path")"; done
exec weir merge "$out" "$@"
JOIN

# shellcheck disable=SC2086
array=$(sbatch --parsable ${SBATCH_OPTIONS:-} --job-name=weir --array="1-$shards" \
  --output="$parts/%a.log" "$parts/shard" "$parts" "$experiment" "$@")
# afterok: when a shard fails, the join never starts. Resume that shard, then join by hand.
# shellcheck disable=SC2086
sbatch --parsable ${SBATCH_OPTIONS:-} --job-name=weir-join --dependency="afterok:$array" \
  --kill-on-invalid-dep=yes --output="$parts/join.log" "$parts/join" "$parts" "$out" "$shards"
