"""Two processes, each with one half of a file; a half begins after the first LF past the middle."""

import os
from multiprocessing import Pool


def bounds(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        file.seek(size // 2)
        file.readline()
        middle = file.tell()
    return [(path, 0, middle), (path, middle, size)]


def lines(part):
    path, start, end = part
    with open(path, "rb") as file:
        file.seek(start)
        while start < end:
            block = file.readlines(min(1 << 20, end - start))
            if not block:
                return
            for line in block:
                if start >= end:
                    return
                yield line.decode()
                start += len(line)


def run(work, path):
    with Pool(2) as pool:
        return pool.map(work, bounds(path))
