#!/usr/bin/mawk -f
{ for (i = 2; i <= NF; i++) if (seen[$i] != NR) { seen[$i] = NR; print $i "\t" $1 } }
