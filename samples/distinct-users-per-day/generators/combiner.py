def reduce(key, values):
    for user in dict.fromkeys(values):
        yield key, user
