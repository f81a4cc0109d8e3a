def reducer(entries):
    return {word: sum(counts) for word, counts in entries.items()}
