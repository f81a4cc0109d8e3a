def map(key, line):
    """A line is `key TAB payload`."""
    name, _, payload = line.partition("\t")
    yield name, payload
