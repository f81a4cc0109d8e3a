def reducer(entries):
    return {station: sum(tenths for tenths, _ in parts) / (10 * sum(count for _, count in parts))
            for station, parts in entries.items()}
