using System.Text;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Python;

public class PythonMappingTests
{
    private const string WordCount = "def mapper(arr):\n    return [(word, 1) for word in arr]\n";
    private const string Functions = "for at, line in all_records():\n    for pair_key, pair_value in mapper(line.strip().split(' ')):\n        pair(pair_key, pair_value)\n";
    private const string Generators = "for at, line in all_records():\n    for pair_key, pair_value in map(at, line):\n        pair(pair_key, pair_value)\n";

    // Double and trailing blanks, blank lines, CRLF, NUL, other blanks that strip() strips, invalid UTF-8, encoded surrogates, no last LF.
    private static readonly byte[] Odd = [.. "a  b a\n\n   \n x y\t\r\nz\0z \u00a0\n\u2028p\u2028q\u2028\n\"quoted\\\"\n\u00e9\u20ac\U0001f600\n"u8, 0xff, 0x20, 0xc3, 0x28, 0x20, 0xed, 0xa0, 0x80, 0x20, 0xf0, 0x9f, 0x98, 0x0a, .. "last line"u8];

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(1 << 20)]
    public async Task A_function_mapper_gives_what_a_sequential_run_gives(int blockBytes)
    {
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(WordCount, Functions, Odd);
        Assert.Equal(expected.Lines, (await bench.MapAsync(bench.Write(WordCount), Odd, blockBytes)).Lines);
        Assert.Contains("\t1", expected.Lines);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(1 << 20)]
    public async Task A_generator_mapper_is_given_offsets_and_whole_lines(int blockBytes)
    {
        const string source = "def map(key, line):\n    yield key, line\n    if 'a' in line:\n        yield line, key\n";
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(source, Generators, Odd);
        Assert.Equal(expected.Lines, (await bench.MapAsync(bench.Write(source, CodeContract.PythonGenerators), Odd, blockBytes)).Lines);
    }

    [Theory]
    [InlineData("def map(key, line):\n    return [(line, key)] if line else None\n")]
    [InlineData("def map(key, line):\n    return iter([(line, key)])\n")]
    [InlineData("class Map:\n    def __call__(self, key, line):\n        yield line, key\nmap = Map()\n")]
    public async Task A_generator_mapper_may_return_pairs_or_nothing(string source)
    {
        await using PythonBench bench = new();
        Assert.Equal(["x\t0", "y\t2"], (await bench.MapAsync(bench.Write(source, CodeContract.PythonGenerators), "x\ny\n")).Lines);
    }

    [Theory]
    [InlineData("return tuple((w, 1) for w in arr)")]
    [InlineData("return ((w, 1) for w in arr)")]
    [InlineData("return [[w, 1] for w in arr]")]
    [InlineData("return dict.fromkeys(arr, 1).items()")]
    [InlineData("yield from zip(arr, [1] * len(arr))")]
    public async Task Any_iterable_of_pairs_will_do(string body)
    {
        await using PythonBench bench = new();
        Assert.Equal(["x\t1", "y\t1"], (await bench.MapAsync(bench.Write($"def mapper(arr):\n    {body}\n"), "x y\n")).Lines);
    }

    [Fact]
    public async Task Values_of_all_kinds_come_out_as_JSON_writes_them()
    {
        const string source = """
            import random
            from collections import Counter, OrderedDict, namedtuple
            from enum import IntEnum
            class Color(IntEnum):
                RED = 3
            class Text(str):
                pass
            Point = namedtuple("Point", "x y")
            def value(r, depth):
                kind = r.randrange(16 if depth < 4 else 9)
                if kind == 0: return None
                if kind == 1: return r.random() < 0.5
                if kind == 2: return r.randrange(-5, 300)
                if kind == 3: return r.randrange(-2**31 - 9, 2**31 + 9) * r.randrange(1, 4)
                if kind == 4: return r.getrandbits(r.randrange(1, 400)) * r.choice((1, -1))
                if kind == 5: return r.choice((0.0, -0.0, 1e16, 1e-5, 0.1, 123456789.123, 5e-324, 1.7976931348623157e308, r.random() * 10 ** r.randrange(-30, 30)))
                if kind == 6: return "".join(r.choice('ab"\\/\n\r\t\b\f\x00\x1f\x7f\u00e9\u20ac\U0001f600 ') for _ in range(r.randrange(20)))
                if kind == 7: return "x" * r.choice((0, 255, 256, 300))
                if kind == 8: return b"\xff\xc3(\xed\xa0\x80ok".decode("utf-8", "surrogateescape")
                if kind < 11: return [value(r, depth + 1) for _ in range(r.randrange(5))]
                if kind == 11: return tuple(value(r, depth + 1) for _ in range(r.choice((0, 1, 2, 300))) if depth > 2)
                if kind == 12: return r.choice((Color.RED, Text("sub\u00e9"), Point(1, 2), Counter("aab"), OrderedDict(b=1, a=2)))
                shared = value(r, depth + 1)
                if kind == 13: return [shared, shared, {"k": shared}]
                keys = ["", "k", "k", "\u00e9", 5, -7, 2**70, 1.5, True, False, None, "long" * 90]
                return {k: value(r, depth + 1) for k in r.sample(keys, r.randrange(6))}
            def mapper(arr):
                r = random.Random(arr[0])
                return [(arr[0], value(r, 0)) for _ in range(20)]
            """;
        byte[] input = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 400)));
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(source, Functions, input);
        Pairs mapped = await bench.MapAsync(bench.Write(source), input);
        Assert.Equal(8000, mapped.All.Count);
        Assert.Equal(expected.Lines, mapped.Lines);
    }

    [Fact]
    public async Task Keys_become_strings_as_in_JSON()
    {
        const string source = "def mapper(arr):\n    return [(key, 0) for key in ('', 'k', 7, -2**80, True, False, None, 1.0, 1e22, 0.00001, 'e\\u0301')]\n";
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(source, Functions, "x\n"u8.ToArray());
        Assert.Equal(expected.Lines, (await bench.MapAsync(bench.Write(source), "x\n")).Lines);
    }

    [Fact]
    public async Task Floats_are_written_as_Python_writes_them()
    {
        const string source = """
            import random, struct
            def mapper(arr):
                r = random.Random(arr[0])
                bits = [struct.unpack("<d", r.getrandbits(64).to_bytes(8, "little"))[0] for _ in range(500)]
                bits += [r.randrange(10 ** 18) * 10.0 ** r.randrange(-25, 25) for _ in range(500)]
                bits += [float(10 ** n) for n in range(30)] + [10.0 ** -n for n in range(30)] + [2.0 ** n for n in range(-1074, 1024, 7)]
                return [("f", f) for f in bits if f - f == 0.0]
            """;
        byte[] input = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"u8.ToArray();
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(source, Functions, input);
        Assert.True(expected.All.Count > 10_000);
        Assert.Equal(expected.Lines, (await bench.MapAsync(bench.Write(source), input)).Lines);
    }

    [Theory]
    [InlineData("counts = {}\ndef map(key, line):\n    for word in line.split():\n        counts[word] = counts.get(word, 0) + 1\n        yield word, counts\n")]
    [InlineData("def map(key, line):\n    seen = []\n    for word in line.split():\n        seen.append([word])\n        yield word, ('x', seen)\n        seen[-1].append(1)\n        yield 1, 2\n")]
    [InlineData("def map(key, line):\n    pair = ['', 0]\n    for word in line.split():\n        pair[:] = word, len(word)\n        yield pair\n")]
    [InlineData("from collections import Counter\nseen = Counter()\ndef map(key, line):\n    for word in line.split():\n        seen[word] += 1\n        yield word, seen\n        yield word, 1\n")]
    [InlineData("total = [0]\ndef map(key, line):\n    total[0] += 1\n    return [(line, total), (line, 0)]\n")]
    [InlineData("class Row(dict):\n    __hash__ = object.__hash__\nrow = Row()\ndef map(key, line):\n    row['line'] = line\n    yield line, row\n    yield line, 1\n")]
    [InlineData("total = [0]\ndef map(key, line):\n    total[0] += 1\n    int = lambda x: total\n    yield line, int(1)\n")]
    [InlineData("total = [0]\ndef float(x): return total\ndef map(key, line):\n    total[0] += 1\n    yield line, (1, float(1))\n")]
    [InlineData("total = [0]\ndef map(key, line):\n    total[0] += 1\n    yield line, 1\n    yield from [(line, total), (line, 2)]\n")]
    [InlineData("total = [0]\ndef wrapped(function):\n    return lambda key, line: [(k, total) for k, v in function(key, line)]\n@wrapped\ndef map(key, line):\n    total[0] += 1\n    yield line, 1\n")]
    public async Task A_value_is_what_it_was_when_it_was_handed_over(string source)
    {
        byte[] input = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => $"a b{i} c\n")));
        await using PythonBench bench = new();
        CodeFile code = bench.Write(source, CodeContract.PythonGenerators);
        Pairs expected = bench.Evaluate(source, Generators, input);
        Assert.Equal(expected.Lines, (await bench.MapAsync(code, input)).Lines);
        await bench.Runner.DisposeAsync();
        await using PythonBench other = new();
        Assert.Equal(expected.Lines, (await other.MapAsync(other.Write(source, CodeContract.PythonGenerators), input, blockBytes: 10)).Lines);
    }

    [Theory]
    [InlineData("def map(key, line):\n    for word in line.split(): yield word, 1\n", true)]
    [InlineData("def map(key, line):\n    user, number = line.split()\n    yield user, (int(number), -1, f'{number}', None)\n", true)]
    [InlineData("def map(key, line):\n    def inner(): yield [], []\n    return [(word, len(word)) for word in line]\n", true)]
    [InlineData("def map(key, line):\n    if line: return ((word, 1.5) for word in line)\n    return [('empty', True), ('x', '')]\n", true)]
    [InlineData("def map(key, line): yield key, line\n", false)]
    [InlineData("def map(key, line): yield 1\n", false)]
    [InlineData("def map(key, line):\n    x = yield key, 1\n    yield x, []\n", false)]
    [InlineData("def map(key, line): return pairs\n", false)]
    [InlineData("def other(key, line): yield 1, []\nmap = other\ndef unused(key, line): yield 1, 2\n", false)]
    public async Task Values_are_not_looked_at_where_the_text_shows_that_they_cannot_change(string source, bool lasting)
    {
        // The host's own programs are seen from the user's module.
        const string look = "\nimport sys\nmapped = map\ndef mapper(arr):\n    host = sys._getframe(1).f_globals\n    host['sources'][__file__ + '.tested'] = TEXT.encode()\n    exec(compile(TEXT, __file__ + '.tested', 'exec'), space)\n    return [('lasting', host['Program'](space['map'], 'mapper', 'generators').lasting)]\n";
        await using PythonBench bench = new();
        string text = System.Text.Json.JsonSerializer.Serialize(source);
        Assert.Equal([$"lasting\t{(lasting ? "true" : "false")}"], (await bench.MapAsync(bench.Write($"TEXT = {text}\nspace = {{}}\n{look}"), "x\n")).Lines);
    }

    [Fact]
    public async Task Floats_that_are_buffers_too_are_floats()
    {
        // As numpy's are: a class in C that is derived from float and gives its bytes away. It is made here by hand, for numpy may not be installed.
        const string source = """
            import ctypes, sys
            class Number(float): pass
            given = (ctypes.c_char * 8)()
            fill = ctypes.pythonapi.PyBuffer_FillInfo
            fill.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int, ctypes.c_int]
            get = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(lambda o, view, flags: fill(view, o, ctypes.addressof(given), 8, 1, flags))
            methods = (ctypes.c_void_p * 2)(ctypes.cast(get, ctypes.c_void_p).value, None)
            ctypes.c_void_p.from_address(id(Number) + 20 * ctypes.sizeof(ctypes.c_void_p)).value = ctypes.addressof(methods)
            sys.modules.setdefault("numpy", ctypes)
            def mapper(arr):
                assert memoryview(Number(1.5)).nbytes == 8
                return [(Number(1.5), arr[0]), (arr[0], Number(0.25)), (arr[0], [Number(2), {"a": Number(3)}]), (arr[0], 1)]
            def reducer(entries):
                return {key: Number(values[0]) for key, values in entries.items()}
            """;
        await using PythonBench bench = new();
        CodeFile code = bench.Write(source);
        Assert.Equal(["1.5\t\"a\"", "a\t0.25", "a\t[2.0,{\"a\":3.0}]", "a\t1"], (await bench.MapAsync(code, "a\n")).Lines);
        Assert.Equal(["a\t0.5"], (await bench.ReduceAsync(code, MemoryGroups.Of(("a", ["0.5"])))).Lines);
    }

    [Fact]
    public async Task Both_halves_of_a_surrogate_pair_are_one_character_as_in_JSON()
    {
        const string source = """
            def mapper(arr):
                return [('a', 'x\ud83d\udc80y\ud83d\ude00'), ('b', {'\ud83d\udc80': '\ud83d\ud83d\udc80'}), ('\ud83d\udc80\ud83d\udc80 ', 1), ('c', '\udc80\udce9')]
            """;
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(source, "for k, v in mapper([]): pair(k, json.loads(json.dumps(v)) if k != 'b' else 0)", []);
        Pairs pairs = await bench.MapAsync(bench.Write(source), "a\n");
        Assert.Equal(expected.Lines[0], pairs.Lines[0]);
        Assert.Equal(expected.Lines[2..], pairs.Lines[2..]);
        Assert.Equal("b\t{\"\U0001F480\":\"\\ud83d\U0001F480\"}", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(pairs.Lines[1])));
    }

    [Fact]
    public async Task Half_a_surrogate_pair_that_stands_for_no_byte_is_escaped_in_a_value()
    {
        await using PythonBench bench = new();
        Assert.Equal(["k\t\"a\\ud800b\""], (await bench.MapAsync(bench.Write("def mapper(arr):\n    return [('k', 'a\\ud800b')]\n"), "x\n")).Lines);
    }

    [Fact]
    public async Task One_record_may_give_more_pairs_than_fit_a_frame_and_pairs_may_be_large()
    {
        const string source = "def map(key, line):\n    for i in range(10000):\n        yield i, 1\n    for i in range(3):\n        yield 'large', 'v' * (3 << 20)\n    pair = ('same', 2)\n    yield pair\n    yield pair\n";
        await using PythonBench bench = new();
        Pairs pairs = await bench.MapAsync(bench.Write(source, CodeContract.PythonGenerators), "x\n");
        Assert.Equal(10005, pairs.All.Count);
        Assert.Equal("9999\t1", pairs.Lines[9999]);
        Assert.All(pairs.All[10000..10003], pair => Assert.Equal((3 << 20) + 2, pair.Value.Length));
        Assert.Equal(["same\t2", "same\t2"], pairs.Lines[10003..]);
    }

    [Fact]
    public async Task A_long_record_goes_through_whole()
    {
        await using PythonBench bench = new();
        Pairs pairs = await bench.MapAsync(bench.Write("def mapper(arr):\n    return [(len(arr), arr[0])]\n"), new string('\u00e9', 5_000_000));
        Assert.Equal(10_000_002, Assert.Single(pairs.All).Value.Length);
    }

    [Fact]
    public async Task Empty_input_gives_nothing()
    {
        await using PythonBench bench = new();
        Assert.Empty((await bench.MapAsync(bench.Write(WordCount), "")).All);
    }

    [Fact]
    public async Task Modules_beside_the_file_and_those_that_are_installed_can_be_imported()
    {
        await using PythonBench bench = new();
        File.WriteAllText(Path.Combine(bench.Folder, "beside.py"), "one = 1\n");
        Assert.Equal(["True\t1"], (await bench.MapAsync(bench.Write("import beside, pip\ndef mapper(arr):\n    return [(str('site' in __import__('sys').modules), beside.one)]\n"), "x\n")).Lines);
    }

    [Fact]
    public async Task The_environment_is_clean_and_has_the_attempts_variables()
    {
        const string source = "import os, sys\ndef map(key, line):\n    return [(name, os.environ.get(name)) for name in ('HOME', 'PATH', 'FROM_ATTEMPT', 'SECRET')] + [('argv', sys.argv), ('name', __name__ != '__main__'), ('cwd', os.listdir('.'))]\n";
        Environment.SetEnvironmentVariable("SECRET", "token");
        await using PythonBench bench = new();
        CodeFile code = bench.Write(source, CodeContract.PythonGenerators);
        string[] lines = (await bench.MapAsync(code, "x\n", PythonBench.Attempt(environment: new Dictionary<string, string> { ["FROM_ATTEMPT"] = "a=b" }))).Lines;
        Assert.StartsWith($"HOME\t\"{bench.Options.WorkFolder}", lines[0]);
        Assert.Equal($"PATH\t\"{Environment.GetEnvironmentVariable("PATH")}\"", lines[1]);
        Assert.Equal(["FROM_ATTEMPT\t\"a=b\"", "SECRET\tnull", $"argv\t[\"{code.Path}\"]", "name\ttrue", "cwd\t[]"], lines[2..]);
        Assert.Equal("FROM_ATTEMPT\tnull", (await bench.MapAsync(code, "x\n")).Lines[2]);
    }
}
