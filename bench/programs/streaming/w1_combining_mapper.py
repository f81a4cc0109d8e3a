#!/usr/bin/env python3
import sys

count = {}
for line in sys.stdin:
    for word in line.split():
        count[word] = count.get(word, 0) + 1
for word, number in count.items():
    print(word, number, sep="\t")
