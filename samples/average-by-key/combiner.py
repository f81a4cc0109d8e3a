def reducer(entries):
    """Adds up partial sums and counts; an average of averages would be wrong."""
    return {station: [sum(tenths for tenths, _ in parts), sum(count for _, count in parts)]
            for station, parts in entries.items()}
