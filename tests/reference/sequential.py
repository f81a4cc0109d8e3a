#!/usr/bin/env python3
"""The plain definition of a job's result: no chunks, no partitions, no merge, the whole input in memory.

    sequential.py CONTRACT MAPPER REDUCER FORMAT FILE...

CONTRACT is python-functions, python-generators or streaming; FORMAT is tsv, json or jsonl. REDUCER may be `-`: then the
mapper's pairs are the result. There is no combiner: a job must give the same bytes with one as without.
The result goes to standard output. Nothing here is shared with the engine, on purpose.
"""

import json
import os
import subprocess
import sys


def records(path):
    """Byte offset and bytes of each record; a record ends at LF, the last one of a file may lack it."""
    with open(path, "rb") as file:
        data = file.read()
    offset = 0
    for record in data.split(b"\n"):
        if offset < len(data):
            yield offset, record
        offset += len(record) + 1


def load(path, name):
    """Runs a Python file and returns the function of that name."""
    scope = {"__name__": "user_code", "__file__": path}
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), scope)
    return scope[name]


def text(data):
    return data.decode("utf-8", "surrogateescape")


def key_bytes(key):
    """A key becomes a string as json.dumps makes one of it."""
    if not isinstance(key, str):
        (key,) = json.loads(json.dumps({key: None}))
    return key.encode("utf-8", "surrogateescape")


def as_json(value):
    """A value as it comes back from JSON: tuples as lists, keys of objects as strings."""
    return json.loads(json.dumps(value))


def group(pairs):
    """Key bytes to values, keys in byte order, values in the order in which they came."""
    groups = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: groups[key] for key in sorted(groups)}


def run_functions(mapper_path, reducer_path, files):
    mapper = load(mapper_path, "mapper")
    pairs = []
    for path in files:
        for _, record in records(path):
            arr = text(record).strip().split(" ")
            pairs.extend((key_bytes(key), as_json(value)) for key, value in mapper(arr))
    if reducer_path == "-":
        return pairs
    entries = {text(key): values for key, values in group(pairs).items()}
    result = load(reducer_path, "reducer")(entries)
    return [(key_bytes(key), as_json(value)) for key, value in result.items()]


def run_generators(mapper_path, reducer_path, files):
    mapper = load(mapper_path, "map")
    pairs = []
    for path in files:
        for offset, record in records(path):
            pairs.extend((key_bytes(key), as_json(value)) for key, value in mapper(offset, text(record)))
    if reducer_path == "-":
        return pairs
    reducer = load(reducer_path, "reduce")
    result = []
    for key, values in group(pairs).items():
        for item in reducer(text(key), iter(values)):
            if not (isinstance(item, tuple) and len(item) == 2):
                item = (text(key), item)
            result.append((key_bytes(item[0]), as_json(item[1])))
    return result


def lines(data):
    """The lines of a program's output, each split at its first TAB: (key, whether there was a TAB, value)."""
    parts = data.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    return [line.partition(b"\t") for line in parts]


def run_streaming(mapper_path, reducer_path, files):
    mapped = []
    for path in files:
        environment = {**os.environ, "mapreduce_map_input_file": path}
        with open(path, "rb") as file:
            output = subprocess.run([mapper_path], stdin=file, stdout=subprocess.PIPE, env=environment, check=True).stdout
        mapped.extend(lines(output))
    mapped.sort(key=lambda line: line[0])
    if reducer_path != "-":
        given = b"".join(key + b"\t" + value + b"\n" for key, _, value in mapped)
        mapped = lines(subprocess.run([reducer_path], input=given, stdout=subprocess.PIPE, check=True).stdout)
    return [(key, tab + value) for key, tab, value in mapped]


ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def escaped(string):
    """Linear TSV."""
    return "".join(ESCAPES.get(character, character) for character in string)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tsv(result):
    for key, value in result:
        yield escaped(text(key)) + "\t" + (escaped(value) if isinstance(value, str) else compact(value)) + "\n"


def jsonl(result):
    for key, value in result:
        yield compact({"key": text(key), "value": value}) + "\n"


def json_object(result):
    if len({key for key, _ in result}) < len(result):
        sys.exit("a key comes twice, which an object cannot hold")
    yield "{" + ",".join(f"\n{compact(text(key))}: {compact(value)}" for key, value in result) + ("\n}\n" if result else "}\n")


def main():
    contract, mapper_path, reducer_path, form, *files = sys.argv[1:]
    run = {"python-functions": run_functions, "python-generators": run_generators, "streaming": run_streaming}[contract]
    result = sorted(run(mapper_path, reducer_path, files), key=lambda pair: pair[0])
    if contract == "streaming":
        if form != "tsv":
            sys.exit("lines of a streaming reducer are written as they are: tsv")
        output = [key + value + b"\n" for key, value in result]
    else:
        written = {"tsv": tsv, "json": json_object, "jsonl": jsonl}[form](result)
        output = [line.encode("utf-8", "surrogateescape") for line in written]
    sys.stdout.buffer.writelines(output)


if __name__ == "__main__":
    main()
