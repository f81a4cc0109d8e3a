#!/usr/bin/env python3
import sys

last, total = None, 0
for line in sys.stdin:
    key, _, number = line.partition("\t")
    if key != last:
        if last is not None:
            print(last, total, sep="\t")
        last, total = key, 0
    total += int(number)
if last is not None:
    print(last, total, sep="\t")
