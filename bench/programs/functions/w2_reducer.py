def reducer(entries):
    return {key: sum(values) for key, values in entries.items()}
