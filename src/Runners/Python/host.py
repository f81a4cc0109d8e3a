# Runs a user's Python functions for the engine: frames in on one pipe, frames out on another.
# A frame is 24 bytes, little-endian: kind (1, then 7 of padding), length of the body (8), an argument (8, signed).
# Data goes as blocks of raw records and as values of the marshal module; fields of other frames are parted by NUL.
import sys

if sys.version_info < (3, 8):
    text = "old\0" + "0\0" + sys.version.split()[0] + "\0" + "\0"
    body = text.encode()
    sys.stdout.buffer.write(b"F".ljust(8, b"\0") + len(body).to_bytes(8, "little") + (-1).to_bytes(8, "little", signed=True) + body)
    sys.stdout.buffer.flush()
    sys.exit(0)

import _thread
import builtins
import faulthandler
import gc
import marshal
import os
from errno import EBADF
from itertools import accumulate, chain, count, islice, repeat
from operator import add
from time import monotonic, sleep

HOST = "<katanemimena>"
PAIRS_MAX = 2048            # pairs a frame: a batch that stays in the processor's cache
FRAME_BYTES = 512 * 1024    # the size that frames of large pairs are brought down to
TICK_SECONDS = 0.2
GRACE_SECONDS = 2.0         # a call that keeps the interpreter lock gets this much longer than the timeout

dumps = marshal.dumps
loads = marshal.loads
missing = object()
TEXT = frozenset((str,))
LASTING = frozenset((str, int, float, bool, type(None)))


class Wrong(Exception):
    """The user's code broke its contract; the message says how."""


class Ended(Exception):
    """The engine has closed its end."""


class State:
    """What the main thread is at. The watching thread only reads it."""
    busy = False        # in user code
    frames = 0          # frames sent and received
    records = None      # iterator over the records or groups in hand
    values = None       # iterator over the values of the group in hand
    batch = ()          # pairs not sent yet
    timeout = 600.0
    index = -1          # record in hand, where it is known one by one
    key = None          # key in hand
    modules = 0         # modules there were when they were last looked at
    imported = False    # whether some of them are neither the user's file nor installed


# ---- pipes

pipe_in = os.dup(0)
pipe_out = os.dup(1)
null = os.open(os.devnull, os.O_RDONLY)
os.dup2(null, 0)
os.close(null)
os.dup2(2, 1)
source = open(pipe_in, "rb", buffering=65536)
write_lock = _thread.allocate_lock()
home = os.getpid()


def part():
    """In a child that the user's code forked: the pipes are its parent's, and so are the records not begun."""
    for descriptor in (pipe_in, pipe_out):
        try:
            os.close(descriptor)
        except OSError:
            pass
    try:
        State.records.__setstate__(sys.maxsize)
    except AttributeError:   # not at work, or on groups
        pass


os.register_at_fork(after_in_child=part)


def stay():
    """Ends a child that the user's code forked and that comes back into the host, as the end of its script would."""
    if os.getpid() != home:
        leave(None)


def leave(error):
    status = 0 if error is None else 1
    if isinstance(error, SystemExit) and (error.code is None or isinstance(error.code, int)):
        status = (error.code or 0) & 255
    elif isinstance(error, SystemExit):
        print(error.code, file=sys.stderr)
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
    flush()
    os._exit(status)


def write_all(data):
    sent = os.write(pipe_out, data)
    while sent < len(data):
        data = memoryview(data)[sent:]
        sent = os.write(pipe_out, data)


def send(kind, body=b"", argument=0):
    stay()
    was_busy = State.busy
    State.busy = False
    with write_lock:
        try:
            write_all(kind.ljust(8, b"\0") + len(body).to_bytes(8, "little") + argument.to_bytes(8, "little", signed=True)
                      + (body if len(body) < 4096 else b""))
            if len(body) >= 4096:
                write_all(body)
        except OSError as error:
            cut_off(error)
    State.frames += 1
    State.busy = was_busy


def receive():
    stay()
    was_busy = State.busy
    State.busy = False
    try:
        head = source.read(24)
        size = int.from_bytes(head[8:16], "little")
        body = source.read(size) if size else b""
    except OSError as error:
        cut_off(error)
    if len(head) < 24:
        raise Ended
    if len(body) < size:
        raise Ended
    State.frames += 1
    State.busy = was_busy
    return head[:1], body, int.from_bytes(head[16:24], "little", signed=True)


def cut_off(error):
    """The engine is gone, or the user's code closed the pipe to it: then the engine finds out, and ends the process."""
    if error.errno != EBADF:
        gone()
    try:
        os.close(pipe_out)
    except OSError:
        pass
    while True:
        sleep(1)


def gone():
    if os.getpgrp() == os.getpid():   # and whatever the user's code started
        os.killpg(0, 9)
    os._exit(1)


# ---- values that JSON can hold

def json_key(key):
    if isinstance(key, str):
        return str.__str__(key)
    if key is True:
        return "true"
    if key is False:
        return "false"
    if key is None:
        return "null"
    if isinstance(key, int):
        return int.__repr__(key)
    if isinstance(key, float):
        return float.__repr__(plain(key))
    raise Wrong("%s is no key: a key must be a str, int, float, bool or None" % described(key))


def plain(value, made=None):
    """The value as json.loads(json.dumps(value)) gives it. A container that is in it several times stays one: copies of copies could be endless."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__add__(value, 0)
    if isinstance(value, float):
        value = float.__pos__(value)
        if value - value != 0.0:
            raise Wrong("%r is no JSON value: NaN and infinity cannot be written" % value)
        return value
    made = {} if made is None else made
    known = made.get(id(value))
    if known is not None:
        return known[1]
    if isinstance(value, (list, tuple)):
        copy = [plain(item, made) for item in value]
    elif isinstance(value, dict):
        copy = {json_key(key): plain(item, made) for key, item in value.items()}
    else:
        raise Wrong("%s is no JSON value: use str, int, float, bool, None, and lists, tuples and dicts of these" % described(value))
    made[id(value)] = value, copy   # the value too, so that no other takes its id
    return copy


def described(value):
    try:
        text = repr(value)
    except Exception:
        text = "?"
    return "%s of type %s" % (text if len(text) <= 80 else text[:77] + "...", type(value).__name__)


def plain_pairs(result, call):
    if type(result) in (str, bytes):
        raise Wrong("%s returned %s; a list of (key, value) pairs is wanted" % (call, described(result)))
    try:
        pairs = iter(result)
    except TypeError:
        raise Wrong("%s returned %s; a list of (key, value) pairs is wanted" % (call, described(result))) from None
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Wrong("%s returned a %s that holds %s; (key, value) pairs are wanted" % (call, type(result).__name__, described(pair)))
        yield json_key(pair[0]), plain(pair[1])


def are_plain(pairs):
    """Whether marshal takes keys and values for what they are: numpy's floats and texts are floats and strs, but also buffers, which it writes as bytes."""
    try:
        return LASTING.issuperset(map(type, chain.from_iterable(pairs.items() if type(pairs) is dict else pairs)))
    except TypeError:
        return False


def packed(pairs):
    try:
        if type(pairs) is dict and not TEXT.issuperset(map(type, pairs)):   # of keys that become one, the last counts
            pairs = {json_key(key): value for key, value in pairs.items()}
        if "numpy" not in sys.modules or are_plain(pairs):
            return dumps(pairs, 4)
    except (ValueError, Wrong):   # subclasses of str, int, dict and so on, and whatever JSON cannot hold
        pass
    try:
        if type(pairs) is dict:
            return dumps({json_key(key): plain(value) for key, value in pairs.items()}, 4)
        return dumps(list(plain_pairs(pairs, State.program.call)), 4)
    except Exception as error:   # of some record of the batch: the engine looks for it one by one
        State.total, State.key = 0, None
        raise error if isinstance(error, Wrong) else Wrong("%s: %s" % (type(error).__name__, error)) from None


# ---- programs

class Program:
    def __init__(self, function, role, contract):
        self.function = function
        self.role = role
        self.lines = contract == "generators"
        name = getattr(function, "__name__", role)
        arguments = {"mapper": ("arr", "key, line")}.get(role, ("entries", "key, values"))
        self.call = "%s(%s)" % (name, arguments[self.lines])
        code = getattr(function, "__code__", None)
        self.is_generator = code is not None and code.co_flags & 0x20 != 0
        self.lasting = code is not None and (self.lines or role == "mapper") and shows_lasting_values(function, code, self.is_generator)


# ---- what the text of a function shows
#
# Looking at each value costs as much as half of all else that is done with a pair. Where the text shows that every value is a number or text, as
# in "yield word, 1", none is looked at. In doubt they are.

SHOWN_MAX = 32768   # a longer text is not looked at
SCALARS = frozenset(("len", "int", "float", "str", "bool", "ord", "chr", "repr"))   # always give what cannot change


def shows_lasting_values(function, code, is_generator):
    text = sources.get(code.co_filename)
    if text is None or len(text) > SHOWN_MAX:
        return False
    known = SCALARS.difference(code.co_varnames, code.co_cellvars, code.co_freevars, function.__globals__)
    for node in compile(text, code.co_filename, "exec", 0x400, True).body:   # only parsed
        if kind_of(node) == "FunctionDef" and node.name == code.co_name and node.lineno == code.co_firstlineno and not node.decorator_list:
            return all(shows_pairs(part, is_generator, known) for part in own_parts(node))
    return False


def kind_of(node):
    return type(node).__name__


def own_parts(function):
    """What is in a function, without what is in functions in it."""
    left = list(function.body)
    while left:
        node = left.pop()
        yield node
        inner = kind_of(node) in ("FunctionDef", "AsyncFunctionDef", "Lambda")
        for name in node._fields:
            value = getattr(node, name, None)
            if not (inner and name == "body"):
                left.extend(item for item in (value if isinstance(value, list) else (value,)) if hasattr(item, "_fields"))


def shows_pairs(node, is_generator, known):
    """False for a part that gives results of which it is not shown that they last."""
    kind = kind_of(node)
    if is_generator:
        return kind != "YieldFrom" and (kind != "Yield" or is_pair(node.value, known))
    if kind != "Return" or node.value is None:
        return True
    kind = kind_of(node.value)
    if kind in ("ListComp", "GeneratorExp"):
        return is_pair(node.value.elt, known)
    return kind in ("List", "Tuple") and all(is_pair(item, known) for item in node.value.elts)


def is_pair(node, known):
    return kind_of(node) == "Tuple" and len(node.elts) == 2 and is_scalar(node.elts[1], known)


def is_scalar(node, known):
    kind = kind_of(node)
    if kind == "Tuple":
        return all(is_scalar(item, known) for item in node.elts)
    if kind == "UnaryOp":
        return is_scalar(node.operand, known)
    return kind in ("Constant", "JoinedStr") or kind == "Call" and kind_of(node.func) == "Name" and node.func.id in known


modules = {}
programs = {}
sources = {}


def load(body):
    identity, module_key, role, contract, names, path, file, folder, timeout = body.decode("utf-8", "surrogateescape").split("\0")
    State.timeout = float(timeout)
    module = modules.get(module_key)
    if module is None:
        with open(path, "rb") as opened:
            text = opened.read()
        sources[file] = text
        if folder and folder not in sys.path:
            sys.path.insert(0, folder)
        sys.argv = [file]
        module = type(sys)("usercode%d" % (len(modules) + 1))
        module.__file__ = file
        sys.modules[module.__name__] = module
        State.busy = True
        try:
            exec(compile(text, file, "exec", 0, True), module.__dict__)
        finally:
            State.busy = False
        modules[module_key] = module
        gc.freeze()
    for name in names.split(","):
        function = getattr(module, name, None)
        if callable(function):
            programs[int(identity)] = Program(function, role, contract)
            send(b"L", b"", has_imported())
            return
    raise Wrong("it has no function %s" % " or ".join(names.split(",")))


def has_imported():
    """1 if the user's code has imported modules that are not installed: they may have been changed when the next job comes."""
    if State.modules != len(sys.modules):
        State.modules = len(sys.modules)
        folders = {sys.prefix, sys.base_prefix, os.environ.get("PYTHONUSERBASE") or sys.prefix}
        installed = tuple(folder + lib for folder in folders for lib in ("/lib", "/local/lib"))
        files = [file_of(module) for name, module in list(sys.modules.items()) if not name.startswith("usercode")]
        State.imported |= any(isinstance(file, str) and not file.startswith(installed) for file in files)
    return int(State.imported)


def file_of(module):
    try:
        return object.__getattribute__(module, "__dict__").get("__file__")   # a module may do anything when it is asked itself
    except Exception:
        return None


class SiteFinder:
    """Brings in site-packages the first time a module is wanted that is not of the standard library: interpreters start much faster without."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is not None:
            return None
        sys.meta_path.remove(SiteFinder)
        import site
        site.main()
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
        return None


# ---- mapping

def split_records(block):
    """The records of a block, and what has their lengths in bytes."""
    text = str(block, "utf-8", "surrogateescape")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines, lines if len(text) == len(block) else block.split(b"\n")


def offsets_of(measured, start):
    return map(add, accumulate(chain((start,), map(len, measured))), count())


def none_is_empty(function):
    def call(offset, line):
        result = function(offset, line)
        return () if result is None else result
    return call


def map_fast(program, block, start):
    lines, measured = split_records(block)
    State.total = len(lines)
    records = State.records = iter(lines)
    if program.lines:
        function = program.function if program.is_generator else none_is_empty(program.function)
        results = map(function, offsets_of(measured, start), records)
    else:
        results = map(program.function, map(str.split, map(str.strip, records), repeat(" ")))
    send_all(chain.from_iterable(results), program.lasting)
    # A StopIteration out of the user's function ends the chain early; an iterator that really ended stays so.
    lines.append("")
    if next(records, missing) is not missing:
        raise Wrong("%s raised StopIteration" % program.call)
    send(b"D")


def send_all(stream, lasting):
    """Sends pairs in batches. Lasting: whether it is known that no value of them can change after it was handed over."""
    batch = State.batch
    size = State.size
    more = True
    while more:
        if lasting:
            batch.extend(islice(stream, size))
            more = len(batch) == size
            body = packed(batch) if batch else b""
        else:
            body, more = packed_as_they_come(stream, batch, size)
        batch.clear()
        if body:
            send(b"P", body)
            if len(body) > 2 * FRAME_BYTES:
                size = max(1, size * FRAME_BYTES // len(body))
            elif len(body) < FRAME_BYTES // 2:
                size = min(PAIRS_MAX, 2 * size)
            del body
    State.size = size


def packed_as_they_come(stream, batch, size):
    """Up to so many pairs, and whether there may be more. The code that gave a list or dict may change it when it goes on: it is packed before."""
    append = batch.append
    pieces = []
    taken = length = 0
    try:
        for pair in islice(stream, size):
            append(pair)
            if type(pair) is tuple:
                kind = type(pair[-1])
                if kind is str or kind is int or kind in LASTING or lasts(pair[-1]):
                    continue
            elif type(pair) is list and len(pair) == 2 and lasts(pair[1]):
                batch[-1] = tuple(pair)
                continue
            piece = packed(batch)
            pieces.append(piece)
            taken += len(batch)
            length += len(piece)
            batch.clear()
            State.frames += 1
            if length > FRAME_BYTES:
                return b"".join(pieces), True
    except IndexError:   # an empty tuple, or the user's code
        if not batch or batch[-1] != ():
            raise
    if batch:
        pieces.append(packed(batch))
    return b"".join(pieces), taken + len(batch) == size


def lasts(value):
    """What can be hashed does not change: Python's own rule, which lists and dicts that were given a hash break."""
    try:
        hash(value)
    except Exception:
        return False
    return type(value) is tuple or not isinstance(value, (list, dict))


def map_careful(program, block, start, first, announce):
    lines, measured = split_records(block)
    offsets = list(offsets_of(measured, start)) if program.lines else None
    done = []
    for index in range(first, len(lines)):
        State.index = index
        State.frames += 1
        if announce:
            send(b"A", b"", index)
        try:
            if program.lines:
                result = program.function(offsets[index], lines[index])
                pairs = list(plain_pairs(() if result is None else result, program.call))
            else:
                pairs = list(plain_pairs(program.function(lines[index].strip().split(" ")), program.call))
        except BaseException as error:
            send(b"B", failure(error), index)
            continue
        done += pairs
        if done and (announce or len(done) >= PAIRS_MAX):
            send(b"P", dumps(done, 4))
            done.clear()
    if done:
        send(b"P", dumps(done, 4))
    send(b"D")


# ---- reducing

def repeated(values):
    """Values of a list in which a tuple (value, n) stands for n times the value."""
    for value in values:
        if type(value) is tuple:
            yield from repeat(*value)
        else:
            yield value


def unpacked(body):
    groups, with_repeats = loads(body)
    for key in with_repeats:
        groups[key] = list(repeated(groups[key]))
    return groups


def checked_dict(program, keys, result):
    if not isinstance(result, dict):
        raise Wrong("%s returned %s; a dict of key to value is wanted" % (program.call, described(result)))
    if program.role != "combiner" or list(result) == keys:
        return result if type(result) is dict else dict(result)
    result = {json_key(key): value for key, value in result.items()}
    known = set(keys)
    for key in result:
        if key not in known:
            raise Wrong("%s returned the key %s; a combiner returns only keys it was given" % (program.call, described(key)))
    return {key: result[key] for key in keys if key in result}


def reduce_entries(program, entries):
    keys = list(entries) if program.role == "combiner" else None
    return checked_dict(program, keys, program.function(entries))


def reduced(program, key, values):
    """Pairs out of a reduce(key, values): what is yielded is a pair if it is a 2-tuple, else a value of the key."""
    result = program.function(key, values)
    if result is None:
        return
    if isinstance(result, (str, bytes, tuple, dict)) or not hasattr(result, "__iter__"):
        raise Wrong("%s returned %s; it has to yield (key, value) pairs or values, or return a list of them" % (program.call, described(result)))
    combiner = program.role == "combiner"
    for item in result:
        if type(item) is not tuple or len(item) != 2:
            yield key, item
        elif combiner and json_key(item[0]) != key:
            raise Wrong("%s yielded the key %s; a combiner yields only the key it was given" % (program.call, described(item[0])))
        else:
            yield item


def reduce_groups(program, body):
    groups, with_repeats = loads(body)
    lazily = set(with_repeats)
    records = State.records = iter(groups.items())
    for key, values in records:
        State.key = key
        taken = State.values = iter(values)
        yield from reduced(program, key, repeated(taken) if key in lazily else taken)
    State.values = State.key = None


def reduce_fast(program, body):
    if program.lines:
        send_all(reduce_groups(program, body), program.lasting)
    else:
        try:
            result = packed(reduce_entries(program, unpacked(body)))
        except BaseException as error:
            find_key(program, body, error)
            raise
        send(b"M", result)
    send(b"D")


def find_key(program, body, error):
    """Leaves in the state the first key on which the function fails when called with this key alone."""
    if os.getpid() != home:
        leave(error)
    entries = unpacked(body)
    records = State.records = iter(entries.items())
    for key, values in records:
        try:
            packed(reduce_entries(program, {key: values}))
        except BaseException as again:
            if type(again) is type(error):
                State.key = key
                return


def reduce_careful(program, body, first, announce):
    groups = unpacked(body)
    for index, (key, values) in enumerate(groups.items()):
        if index < first:
            continue
        State.index = index
        State.key = key
        State.frames += 1
        if announce:
            send(b"A", as_bytes(key), index)
        try:
            pairs = one_group(program, key, values)
        except BaseException as error:
            send(b"B", failure(error), index)
            continue
        if pairs:
            send(b"P", dumps(pairs, 4))
    State.key = None
    send(b"D")


def one_group(program, key, values):
    if program.lines:
        return [(json_key(k), plain(v)) for k, v in reduced(program, key, iter(values))]
    return list({json_key(k): plain(v) for k, v in reduce_entries(program, {key: values}).items()}.items())


def reduce_large(program, body, careful):
    """One key whose values come in many frames: a list for the functions, a lazy iterator for the generators."""
    key = State.key = loads(body)
    ended = [False]

    def incoming():
        while not ended[0]:
            kind, chunk, _ = receive()
            if kind == b"E":
                ended[0] = True
                return
            taken = State.values = iter(loads(chunk))
            yield from repeated(taken)

    values = incoming()
    try:
        if program.lines:
            pairs = reduced(program, key, values)
            send_all(((json_key(k), plain(v)) for k, v in pairs) if careful else pairs, careful or program.lasting)
        else:
            entries = {key: list(values)}
            State.values = None
            result = reduce_entries(program, entries)
            send(b"M", dumps({json_key(k): plain(v) for k, v in result.items()}, 4) if careful else packed(result))
    except BaseException as error:
        if not careful or isinstance(error, Ended):
            raise
        State.batch.clear()
        send(b"B", failure(error), 0)
    State.values = None
    values.close()
    while not ended[0]:
        ended[0] = receive()[0] == b"E"
    State.key = None
    send(b"D")


# ---- failures

def as_bytes(text):
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeError:
        return text.encode("utf-8", "surrogatepass")


def fields(what, code, text, trace, key):
    parts = [str(part).replace("\0", "\\0").encode("utf-8", "backslashreplace") for part in (what, code, text, trace)]
    return b"\0".join(parts + [b"" if key is None else b"\1" + as_bytes(key)])


def failure(error):
    """What is said of an exception: kind, exit code, one line, traceback without the host's frames, key."""
    if os.getpid() != home:
        leave(error)
    if isinstance(error, MemoryError):
        more_memory()
    program = State.program
    call = "" if program is None else program.call
    key = State.key if isinstance(State.key, str) else None
    try:
        flush()
        if isinstance(error, Wrong):
            return fields("contract", 0, error, "", key)
        trace, line = traced(error)
        if isinstance(error, SystemExit):
            code = error.code
            said = 0 if code is None else code if isinstance(code, int) else 1
            return fields("exit", said & 255, "sys.exit(%s)" % ("" if code is None else repr(code)), trace, key)
        if not line and isinstance(error, TypeError) and "not iterable" in str(error):
            return fields("contract", 0, "%s has to return a list of (key, value) pairs: %s" % (call, error), "", key)
        text = "%s: %s" % (type(error).__name__, error) if str(error) else type(error).__name__
        where = "" if isinstance(error, SyntaxError) or not line else " (%s)" % line
        what = "memory" if isinstance(error, MemoryError) else "raise"
        return fields(what, 0, text + where, trace, key)
    except BaseException as second:
        return fields("raise", 0, "%s (and then %s while it was described)" % (type(error).__name__, type(second).__name__), "", key)


def traced(error):
    import linecache
    import traceback
    for file, text in sources.items():
        lines = text.decode("utf-8", "replace").splitlines(True)
        linecache.cache[file] = (len(text), None, lines, file)
    described_error = traceback.TracebackException(type(error), error, error.__traceback__)
    seen = []

    def strip(part):
        if part is None or part in seen:
            return
        seen.append(part)
        part.stack = traceback.StackSummary.from_list([frame for frame in part.stack if frame.filename != HOST])
        strip(part.__cause__)
        strip(part.__context__)

    strip(described_error)
    line = ""
    if described_error.stack:
        last = described_error.stack[-1]
        line = "%s, line %d" % (os.path.basename(last.filename), last.lineno or 0)
    return "".join(described_error.format()), line


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def record_index():
    """Index of the record in hand: how far the iterator over them has gone."""
    if State.index >= 0:
        return State.index
    if State.total:
        return State.total - State.records.__length_hint__() - 1
    return -1


# ---- memory, time and a parent that is gone

def limit_memory(bytes_max):
    if bytes_max <= 0:
        return
    import resource
    State.limit = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    try:
        hard = resource.getrlimit(State.limit)[1]
        room = bytes_max + (256 << 20)
        if hard != resource.RLIM_INFINITY:
            room = min(room, hard)
        resource.setrlimit(State.limit, (min(bytes_max, room), room))
    except (OSError, ValueError):
        pass


def more_memory():
    """A little room beyond the limit, to say what went wrong."""
    try:
        import resource
        hard = resource.getrlimit(State.limit)[1]
        resource.setrlimit(State.limit, (hard, hard))
    except Exception:
        pass


def hint(iterator):
    return -1 if iterator is None else iterator.__length_hint__()


def watch(parent, main):
    """Looks a few times a second whether the parent lives and whether the user's code makes progress."""
    pause = _thread.allocate_lock()
    pause.acquire()
    last, since, ticks = None, monotonic(), 0
    while True:
        pause.acquire(True, TICK_SECONDS)
        if os.getppid() != parent:
            gone()
        now = monotonic()
        ticks += 1
        if ticks % 5 == 1:   # rescues from calls that never give the interpreter lock back
            faulthandler.dump_traceback_later(State.timeout + GRACE_SECONDS, exit=True, file=2)
        mark = (State.frames, hint(State.records), hint(State.values), len(State.batch), State.busy)
        if mark != last or not State.busy:
            if State.busy and ticks % 5 == 0:
                send_progress()
            last, since = mark, now
        elif now - since >= State.timeout:
            timed_out(main)


def send_progress():
    if write_lock.acquire(False):
        try:
            write_all(b"H".ljust(24, b"\0"))
        except OSError as error:
            if error.errno != EBADF:   # else the user's code closed the pipe, and the main thread says so
                gone()
        finally:
            write_lock.release()


def timed_out(main):
    index = record_index()
    key = State.key
    flushed = _thread.allocate_lock()
    flushed.acquire()

    def flush_then_say():
        flush()
        flushed.release()

    _thread.start_new_thread(flush_then_say, ())
    flushed.acquire(True, 0.5)
    try:
        import traceback
        stack = traceback.extract_stack(sys._current_frames()[main])
        trace = "".join(traceback.StackSummary.from_list([frame for frame in stack if frame.filename != HOST]).format())
    except BaseException:
        trace = ""
    body = fields("timeout", 0, "", trace, key if isinstance(key, str) else None)
    with write_lock:
        try:
            write_all(b"F".ljust(8, b"\0") + len(body).to_bytes(8, "little") + index.to_bytes(8, "little", signed=True) + body)
        finally:   # the user's code may have closed the pipe
            os._exit(1)


# ---- the loop

State.program = None
State.size = 64
State.total = 0
State.limit = 0
State.batch = []


def begin(body):
    identity, timeout, *variables = body.decode("utf-8", "surrogateescape").split("\0")
    State.program = programs[int(identity)]
    State.timeout = float(timeout)
    faulthandler.dump_traceback_later(State.timeout + GRACE_SECONDS + 1, exit=True, file=2)
    for name in State.variables:
        os.environ.pop(name, None)
    State.variables = []
    for variable in variables:
        if variable:
            name, _, value = variable.partition("=")
            os.environ[name] = value
            State.variables.append(name)


State.variables = []


def run(kind, body, argument):
    State.index, State.total, State.records, State.values, State.key = -1, 0, None, None, None
    program = State.program
    State.busy = True
    if kind == b"B":
        map_fast(program, body, argument)
    elif kind == b"G":
        reduce_fast(program, body)
    elif kind == b"K":
        reduce_large(program, body, argument != 0)
    else:   # one by one: start in the file, first record, whether each is announced
        start, first, announce = (int.from_bytes(body[at:at + 8], "little") for at in (0, 8, 16))
        if kind == b"b":
            map_careful(program, body[24:], start, first, announce)
        else:
            reduce_careful(program, body[24:], first, announce)
    State.busy = False
    State.records = None


def serve():
    while True:
        kind, body, argument = receive()
        if kind == b"L":
            State.program = None
            load(body)
        elif kind == b"T":
            begin(body)
        elif kind == b"Z":
            flush()
            send(b"Z", b"", has_imported())
        else:
            run(kind, body, argument)


def main(parent, memory):
    if sys.version_info < (3, 9):   # later versions do so by themselves
        sys.stderr.reconfigure(line_buffering=True)
    sys.path[:] = [folder for folder in sys.path if folder]
    sys.meta_path.append(SiteFinder)
    builtins.exit = builtins.quit = sys.exit
    limit_memory(memory)
    gc.freeze()
    gc.set_threshold(50000, 20, 100)
    _thread.start_new_thread(watch, (parent, _thread.get_ident()))
    while True:
        try:
            serve()
        except Ended:
            flush()
            gone()
        except BaseException as error:
            State.busy = False
            index = record_index()
            send(b"F", failure(error), index)
            State.batch.clear()


main(int(sys.argv[2]), int(sys.argv[3]))
