#!/bin/bash
# halves.sh MAPPER REDUCER INPUT OUTPUT: two processes, each with one half of the lines: map, sort; then merge, reduce.
set -euo pipefail
export LC_ALL=C
mapper=$1 reducer=$2 input=$3 output=$4
size=$(stat -c %s "$input")
middle=$((size / 2))
# head closes the pipe early, which is no failure of tail's.
middle=$((middle + $(set +o pipefail; tail -c +$((middle + 1)) "$input" 2> /dev/null | head -n 1 | wc -c)))
folder=$(mktemp -d -p "$(dirname "$output")")
trap 'rm -r "$folder"' EXIT
head -c "$middle" "$input" | $mapper | sort -S 256M -T "$folder" > "$folder/a" &
tail -c +$((middle + 1)) "$input" | $mapper | sort -S 256M -T "$folder" > "$folder/b"
wait $!
sort -m "$folder/a" "$folder/b" | $reducer > "$output"
