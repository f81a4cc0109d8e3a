def mapper(arr):
    line = " ".join(arr)
    return [(line, "")] if "zyzzyva" in line else []
