def mapper(arr):
    user, number = arr[0].split("\t")
    return [(user, int(number))]
