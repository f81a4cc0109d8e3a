def reduce(key, values):
    yield key, len(set(values))
