import sys

import halves


def index(part):
    documents_of = {}
    for line in halves.lines(part):
        document, _, text = line.rstrip("\n").partition("\t")
        for word in set(text.split(" ")):
            if word in documents_of:
                documents_of[word].append(document)
            else:
                documents_of[word] = [document]
    return {word: " ".join(documents) for word, documents in documents_of.items()}


if __name__ == "__main__":
    total, other = halves.run(index, sys.argv[1])
    for word, documents in other.items():
        total[word] = total[word] + " " + documents if word in total else documents
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for word in sorted(total):
            out.write(f"{word}\t{total[word]}\n")
