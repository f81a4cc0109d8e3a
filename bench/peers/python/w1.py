import sys

import halves


def count(part):
    counts = {}
    for line in halves.lines(part):
        for word in line.strip().split(" "):
            counts[word] = counts.get(word, 0) + 1
    return counts


if __name__ == "__main__":
    total, other = halves.run(count, sys.argv[1])
    for word, number in other.items():
        total[word] = total.get(word, 0) + number
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for word in sorted(total):
            out.write(f"{word}\t{total[word]}\n")
