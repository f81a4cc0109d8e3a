def reduce(key, values):
    yield from values
