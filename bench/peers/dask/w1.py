import sys

import dask
import dask.bag

if __name__ == "__main__":
    dask.config.set(scheduler="processes", num_workers=2)
    counts = (dask.bag.read_text(sys.argv[1], blocksize="16MiB")
              .map(lambda line: line.strip().split(" ")).flatten().frequencies().compute())
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for word, number in sorted(counts):
            out.write(f"{word}\t{number}\n")
