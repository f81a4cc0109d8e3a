def map(key, line):
    document, text = line.split("\t")
    for word in set(text.split(" ")):
        yield word, document
