def reducer(entries):
    return {word: " ".join(documents) for word, documents in entries.items()}
