def mapper(arr):
    """A line is `document TAB words`; the first item still holds both."""
    document, _, first = arr[0].partition("\t")
    words = [first, *arr[1:]]
    return [(word, document) for word in dict.fromkeys(words) if word]
