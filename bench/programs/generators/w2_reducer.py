def reduce(key, values):
    yield key, sum(values)
