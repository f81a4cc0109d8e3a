def mapper(arr):
    """A line is `station temperature`; emits tenths of a degree and how many readings they are."""
    fields = [field for field in arr if field]
    if len(fields) != 2:
        return []
    station, reading = fields
    whole, _, tenth = reading.partition(".")
    return [(station, (int(whole + (tenth or "0")), 1))]
