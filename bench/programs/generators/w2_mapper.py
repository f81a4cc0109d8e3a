def map(key, line):
    user, number = line.split("\t")
    yield user, int(number)
