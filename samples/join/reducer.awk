#!/usr/bin/awk -f
# Values come in input order and customers.tsv is given first, so a customer stands before its orders.
BEGIN { FS = "\t" }
$2 == "customer" { id = $1 ""; name = $3; next }
$1 "" == id && NR > 1 { print $1 "\t" name "\t" $3 "\t" $4 }
