#!/usr/bin/env python3
import sys

for line in sys.stdin:
    if "zyzzyva" in line:
        sys.stdout.write(line)
