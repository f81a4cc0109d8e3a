def map(key, line):
    """A line is `document TAB words`."""
    document, _, text = line.strip().partition("\t")
    for word in dict.fromkeys(text.split(" ")):
        if word:
            yield word, document
