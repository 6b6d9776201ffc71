# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the commands of one page, one after the other in one shell, in the folder it is started in:
#   bash page.bash STEPS RESULTS SCRATCH
# STEPS has a line each: "sh TAB LINE TAB TEXT" a line of a block, "end" its end, "file TAB LINE TAB
# NAME TAB COPY" a file that the page shows, "printed TAB LINE TAB COPY" output that it shows, "full TAB 1" or "0":
# with all samples or few, "interrupted TAB 1" or "0": commands get a Ctrl-C after a while.
# RESULTS gets "ok TAB LINE" for each command, or "bad TAB LINE TAB CODE TAB EXPECTED" and what it printed,
# each line after a TAB, or "unsaid TAB LINE TAB FIGURE". A command ends where bash can read what stands so far.
docs_steps=$1 docs_results=$2 docs_scratch=$3
set --
export WEIR_CONCURRENCY=128 # results are the same with any
docs_few() { export WEIR_LIMIT=6 WEIR_TRIALS=1; }

docs_bad() { # LINE CODE EXPECTED
  printf 'bad\t%s\t%s\t%s\n' "$1" "$2" "$3" >>"$docs_results"
  tail -n 25 "$docs_out" | cut -c 1-300 | sed 's/^/\t/' >>"$docs_results"
}

# What a command leaves in the background says something when it is ready, and either runs to the end of
# the page, or ends well, or by a signal.
declare -A docs_left=()
docs_look_behind() {
  local line code
  for line in "${!docs_left[@]}"; do
    kill -0 "${docs_left[$line]}" 2>/dev/null && continue
    wait "${docs_left[$line]}"
    code=$?
    docs_out=$docs_scratch/out.$line
    [ "$code" = 0 ] || [ "$code" -gt 128 ] || docs_bad "$line" "$code" 0
  done
}

docs_wait() {
  local left=4000
  while [ ! -s "$docs_out" ] && [ $((left--)) -gt 0 ]; do sleep 0.05; done
}

docs_run() { # LINE COMMAND
  docs_out=$docs_scratch/out.$1
  local docs_expected=0 docs_code
  [[ $2 =~ \#\ exits\ ([0-9]+)[^$'\n']*$ ]] && docs_expected=${BASH_REMATCH[1]}
  if [ "$docs_interrupted" = 1 ]; then
    eval "timeout -s INT 4 $2" >"$docs_out" 2>&1 </dev/null
    docs_code=$?
    [ "$docs_code" = 124 ] && docs_code=0 || docs_expected=124 # it must not end before
  else
    eval "$2" >"$docs_out" 2>&1 </dev/null
    docs_code=$?
  fi
  if [[ $2 =~ \&[[:space:]]*(\#[^$'\n']*)?$ && ! $2 =~ \&\&[[:space:]]*$ ]]; then
    docs_left[$1]=$!
    docs_wait
  fi
  if [ "$docs_code" = "$docs_expected" ]; then
    printf 'ok\t%s\n' "$1" >>"$docs_results"
  else
    docs_bad "$1" "$docs_code" "$docs_expected"
  fi
}

# Shares, points, money, p and counts are the same on every machine; times and what follows from them are not.
docs_figures='[0-9.]+ [^ ]+ [0-9.]+ %|[0-9.]+ (%|points)|\$[0-9]+\.[0-9]+|p [=<]* ?[0-9.]+| n [0-9]+|[0-9]+ (samples|messages)'
# Those of one line must be printed in that order and near each other, wherever lines were broken.
docs_printed() { # LINE COPY
  local line figures pattern seen=0 out
  for out in "$docs_scratch"/out.*; do
    tr -s '[:space:]' ' ' <"$out"
    echo
  done >"$docs_scratch/flat"
  while read -r line; do
    figures=$(LC_ALL=C grep -oE -- "$docs_figures" <<<"$line") || continue
    seen=1
    pattern="\\Q${figures//$'\n'/'\E.{0,200}?\Q'}\\E"
    LC_ALL=C grep -qP -- "$pattern" "$docs_scratch/flat" ||
      printf "unsaid\t%s\t'%s'\n" "$1" "${figures//$'\n'/"' … '"}" >>"$docs_results"
  done <"$2"
  [ "$seen" = 1 ] || printf 'unsaid\t%s\ta figure: there is none\n' "$1" >>"$docs_results"
}

docs_whole() { # TEXT
  [[ $1 != *\\ ]] && [ -z "$("$BASH" -n <<<"$1" 2>&1)" ]
}

docs_few
docs_text='' docs_from=0 docs_interrupted=0
while IFS=$'\t' read -r docs_what docs_line docs_rest <&9; do
  case $docs_what in
  sh)
    if [ -z "$docs_text" ]; then
      [[ $docs_rest =~ ^[[:space:]]*(\#.*)?$ ]] && continue
      docs_from=$docs_line docs_text=$docs_rest
    else
      docs_text+=$'\n'$docs_rest
    fi
    docs_whole "$docs_text" && { docs_run "$docs_from" "$docs_text"; docs_text=''; }
    ;;
  end)
    [ -n "$docs_text" ] && docs_run "$docs_from" "$docs_text"
    docs_text=''
    ;;
  file)
    docs_out=$docs_scratch/out.$docs_line
    { mkdir -p -- "$(dirname -- "${docs_rest%%$'\t'*}")" &&
      cp -- "${docs_rest#*$'\t'}" "${docs_rest%%$'\t'*}"; } >"$docs_out" 2>&1 || docs_bad "$docs_line" $? 0
    ;;
  interrupted)
    docs_interrupted=$docs_line
    ;;
  printed)
    docs_printed "$docs_line" "$docs_rest"
    ;;
  full)
    if [ "$docs_line" = 1 ]; then unset WEIR_LIMIT WEIR_TRIALS; else docs_few; fi
    ;;
  esac
done 9<"$docs_steps"
docs_look_behind
printf 'end\n' >>"$docs_results"
