#!/bin/bash
# through_sort.sh MAPPER REDUCER INPUT OUTPUT: the plain pipeline: map, sort with two threads, reduce.
set -euo pipefail
export LC_ALL=C
$1 < "$3" | sort --parallel=2 -S 2G -T "$(dirname "$4")" | $2 > "$4"
