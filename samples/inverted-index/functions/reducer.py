def reducer(entries):
    return {word: sorted(set(documents)) for word, documents in entries.items()}
