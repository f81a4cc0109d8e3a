#!/usr/bin/awk -f
# Lines come sorted by key: print a sum whenever the key changes. Serves as the combiner, too.
BEGIN { FS = "\t" }
NR > 1 && $1 "" != key "" { printf "%s\t%d\n", key, sum; sum = 0 }
{ key = $1; sum += $2 }
END { if (NR) printf "%s\t%d\n", key, sum }
