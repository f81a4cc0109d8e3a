def mapper(arr):
    document, arr[0] = arr[0].split("\t")
    return [(word, document) for word in set(arr)]
