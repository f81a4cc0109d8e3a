def map(key, line):
    """A line is `time user page`, the time as 2026-03-01T08:15:00Z."""
    fields = line.split()
    if len(fields) >= 2:
        yield fields[0][:10], fields[1]
