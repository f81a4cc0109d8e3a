def mapper(arr): return [(w, 1) for w in arr]
