def map(key, line):
    if "zyzzyva" in line:
        yield line, ""
