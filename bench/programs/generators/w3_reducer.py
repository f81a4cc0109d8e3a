def reduce(key, values):
    yield key, " ".join(values)
