#!/bin/bash
# uniq.sh INPUT OUTPUT: word count by tr, sort and uniq.
set -euo pipefail
export LC_ALL=C
tr ' ' '\n' < "$1" | sort --parallel=2 -S 2G -T "$(dirname "$2")" | uniq -c | awk '{ print $2 "\t" $1 }' > "$2"
