#!/usr/bin/mawk -f
{ for (i = 1; i <= NF; i++) print $i "\t1" }
