def reduce(key, values):
    yield key, sorted(set(values))
