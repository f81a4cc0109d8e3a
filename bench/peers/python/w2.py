import sys

import halves


def add_up(part):
    sums = {}
    for line in halves.lines(part):
        user, _, number = line.partition("\t")
        sums[user] = sums.get(user, 0) + int(number)
    return sums


if __name__ == "__main__":
    total, other = halves.run(add_up, sys.argv[1])
    for user, number in other.items():
        total[user] = total.get(user, 0) + number
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for user in sorted(total):
            out.write(f"{user}\t{total[user]}\n")
