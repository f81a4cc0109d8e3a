#!/bin/bash
# parallel.sh MAPPER REDUCER INPUT OUTPUT: GNU parallel gives each of two processes half of the file.
set -euo pipefail
export LC_ALL=C
parallel --will-cite --pipepart -a "$3" --block -1 -j 2 "$1" | sort | $2 > "$4"
