PATTERN = "error"


def map(key, line):
    """The key is the byte offset of the line; twelve digits sort as numbers do."""
    if PATTERN in line:
        yield f"{key:012d}", line.rstrip("\r")
