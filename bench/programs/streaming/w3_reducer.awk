#!/usr/bin/mawk -f
BEGIN { FS = "\t" }
$1 == key { printf " %s", $2; next }
{ printf (NR > 1 ? "\n%s\t%s" : "%s\t%s"), $1, $2; key = $1 }
END { if (NR) print "" }
