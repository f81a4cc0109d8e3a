#!/usr/bin/mawk -f
BEGIN { FS = "\t" }
$1 != key { if (NR > 1) print key "\t" sum; key = $1; sum = 0 }
{ sum += $2 }
END { if (NR) print key "\t" sum }
