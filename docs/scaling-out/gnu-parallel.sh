#!/bin/sh
# A run in N shards on this machine, then joined: GNU parallel, or xargs where that is missing.
#
#     gnu-parallel.sh EXP N OUT.db [options of weir run]
#
# Exit code: 0, or 3 when a shard did not finish: its file is named, and nothing is joined.
set -eu
experiment=$1 shards=$2 out=$3
shift 3
parts=$(mktemp -d)
trap 'rm -r "$parts"' EXIT

# With --quiet a run prints its path and nothing else; an unfinished one too.
cat >"$parts/shard" <<'SHARD'
#!/bin/sh
parts=$1 experiment=$2 shards=$3 shard=$4
shift 4
weir run "$experiment" --quiet --shard "$shard/$shards" "$@" >"$parts/$shard.path" ||
  echo "shard $shard/$shards ended with $?: $(cat "$parts/$shard.path")" >>"$parts/unfinished"
SHARD
chmod +x "$parts/shard"

if command -v parallel >/dev/null; then
  seq "$shards" | parallel --jobs "$shards" --quote "$parts/shard" "$parts" "$experiment" "$shards" {} "$@"
else
  seq "$shards" | xargs -P "$shards" -I {} "$parts/shard" "$parts" "$experiment" "$shards" {} "$@"
fi

if [ -s "$parts/unfinished" ]; then
  cat "$parts/unfinished" >&2
  echo "resume them (weir run --resume RUN), then: weir merge $out RUN..." >&2
  exit 3
fi
set --
for shard in $(seq "$shards"); do set -- "$@" "$(cat "$parts/$shard.path")"; done
weir merge "$out" "$@"
