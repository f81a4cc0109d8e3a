using System.Text;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Python;

public class PythonReducingTests
{
    private const string Listing = "def reducer(entries):\n    return {key: values for key, values in entries.items()}\n";
    private const string Sum = "def reduce(key, values):\n    yield sum(values)\n";

    [Fact]
    public async Task A_function_reducer_gets_dicts_of_lists_and_gives_dicts()
    {
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write("def reducer(entries):\n    return {key.upper(): sum(values) for key, values in entries.items()}\n"), MemoryGroups.Of(("a", ["1", "2"]), ("b", ["3"])));
        Assert.Equal(["A\t3", "B\t3"], pairs.Lines);
    }

    [Fact]
    public async Task What_a_generator_reducer_yields_is_a_pair_if_it_is_a_tuple_of_two_and_else_a_value()
    {
        const string source = "def reduce(key, values):\n    values = list(values)\n    yield sum(values)\n    yield key + '!', values\n    yield [key, 1]\n    yield 1, 2\n    yield 1, 2, 3\n    yield 'text'\n    yield None\n";
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(source, CodeContract.PythonGenerators), MemoryGroups.Of(("k", ["4", "5"])));
        Assert.Equal(["k\t9", "k!\t[4,5]", "k\t[\"k\",1]", "1\t2", "k\t[1,2,3]", "k\t\"text\"", "k\tnull"], pairs.Lines);
    }

    [Theory]
    [InlineData(CodeContract.PythonFunctions, Listing)]
    [InlineData(CodeContract.PythonGenerators, "def reduce(key, values):\n    return [(key, list(values))]\n")]
    public async Task Values_come_back_as_JSON_gives_them(CodeContract contract, string source)
    {
        string[] values =
        [
            "0", "-1", "2147483647", "2147483648", "-2147483648", "-9223372036854775809", "123456789012345678901234567890", "0.1", "-0.0", "1e+22", "5e-324", "1.7976931348623157e+308",
            "true", "false", "null", "\"\"", "\"plain\"", "\"\u00e9\u20ac\U0001f600\"", "\"\\\"\\\\\\n\\u0000\\u001f\"", "[]", "{}", "[1,[2.5,\"x\"],{\"a\":null,\"\u00e9\":[true]}]",
        ];
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(source, contract), MemoryGroups.Of(("k", values)));
        Assert.Equal(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes($"k\t[{string.Join(',', values)}]")), Assert.Single(pairs.Lines));
    }

    [Theory]
    [InlineData(" [ 1 , 2 ] ", "[1,2]")]
    [InlineData("\"\\u00e9\\ud83d\\ude00\\/\\b\"", "\"\u00e9\U0001f600/\\b\"")]
    [InlineData("\"\\ud800\"", "\"\\ud800\"")]
    [InlineData("1E5", "100000.0")]
    [InlineData("{\"a\":1,\"a\":2}", "{\"a\":2}")]
    [InlineData("-0", "0")]
    public async Task Other_spellings_of_JSON_are_read_too(string given, string written)
    {
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(Listing), MemoryGroups.Of(("k", [given])));
        Assert.Equal($"k\t[{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(written))}]", Assert.Single(pairs.Lines));
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_go_through_keys_and_values_unchanged()
    {
        byte[] key = [0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80];
        byte[] value = [0x22, 0xfe, 0x22];
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(Listing), new MemoryGroups([(key, [(value, 1L)])]));
        Assert.Equal(key, Assert.Single(pairs.All).Key);
        Assert.Equal([(byte)'[', .. value, (byte)']'], pairs.All[0].Value);
    }

    [Theory]
    [InlineData(CodeContract.PythonFunctions, Listing)]
    [InlineData(CodeContract.PythonGenerators, "def reduce(key, values):\n    yield list(values)\n")]
    public async Task Repeats_are_that_many_values(CodeContract contract, string source)
    {
        byte[] five = "5"u8.ToArray(), list = "[1]"u8.ToArray(), text = "\"t\""u8.ToArray();
        MemoryGroups groups = new([("k"u8.ToArray(), [(five, 1L), (five, 100L), (list, 50L), (text, 3L), (five, 8L)]), ("l"u8.ToArray(), [(five, 1L)])]);
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(source, contract), groups);
        string all = string.Join(',', Enumerable.Repeat("5", 101).Concat(Enumerable.Repeat("[1]", 50)).Concat(Enumerable.Repeat("\"t\"", 3)).Concat(Enumerable.Repeat("5", 8)));
        Assert.Equal([$"k\t[{all}]", "l\t[5]"], pairs.Lines);
    }

    [Fact]
    public async Task Text_values_are_strings()
    {
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(Listing), MemoryGroups.Of(("k", ["1", "a\"b", ""])), ValueFormat.Text);
        Assert.Equal(["k\t[\"1\",\"a\\\"b\",\"\"]"], pairs.Lines);
    }

    [Theory]
    [InlineData(CodeContract.PythonFunctions, "def reducer(entries):\n    return {key: [len(values), sum(values)] for key, values in entries.items()}\n")]
    [InlineData(CodeContract.PythonGenerators, "def reduce(key, values):\n    count = total = 0\n    for value in values:\n        count += 1\n        total += value\n    yield [count, total]\n")]
    public async Task Many_groups_and_groups_larger_than_a_batch_come_whole(CodeContract contract, string source)
    {
        static IEnumerable<(byte[], long)> Values(int n) => Enumerable.Range(0, n).Select(i => (Encoding.UTF8.GetBytes($"{i}"), 1L));
        int[] sizes = [1, 3, 300_000, 2, 250_000, .. Enumerable.Repeat(2, 20_000), 220_000];
        MemoryGroups groups = new(sizes.Select((size, i) => (Encoding.UTF8.GetBytes($"{i:D6}"), Values(size))));
        await using PythonBench bench = new();
        string[] expected = [.. sizes.Select((size, i) => $"{i:D6}\t[{size},{(long)size * (size - 1) / 2}]")];
        Assert.Equal(expected, (await bench.ReduceAsync(bench.Write(source, contract), groups)).Lines);
    }

    [Fact]
    public async Task A_generator_reducer_gets_more_values_than_memory_would_hold()
    {
        await using PythonBench bench = new(options => options with { MemoryBytesMax = 100 << 20 });
        IEnumerable<(byte[], long)> values = Enumerable.Range(0, 400_000).Select(i => (Encoding.UTF8.GetBytes($"\"{i:D6}{new string('v', 300)}\""), 1L));
        MemoryGroups groups = new([("k"u8.ToArray(), values), ("l"u8.ToArray(), [("1"u8.ToArray(), 1_000_000_000_000L)])]);
        Pairs pairs = await bench.ReduceAsync(bench.Write("def reduce(key, values):\n    yield sum(1 for value, _ in zip(values, range(500000)))\n", CodeContract.PythonGenerators), groups);
        Assert.Equal(["k\t400000", "l\t500000"], pairs.Lines);
    }

    [Fact]
    public async Task A_generator_reducer_need_not_take_all_values()
    {
        IEnumerable<(byte[], long)> many = Enumerable.Range(0, 500_000).Select(i => (Encoding.UTF8.GetBytes($"{i}"), 1L));
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write("def reduce(key, values):\n    yield next(values)\n", CodeContract.PythonGenerators), new MemoryGroups([("a"u8.ToArray(), many), ("b"u8.ToArray(), many), ("c"u8.ToArray(), [("7"u8.ToArray(), 1L)])]));
        Assert.Equal(["a\t0", "b\t0", "c\t7"], pairs.Lines);
    }

    [Fact]
    public async Task Random_values_survive_map_and_reduce()
    {
        const string source = """
            import random
            def value(r, depth):
                kind = r.randrange(8 if depth < 5 else 5)
                if kind == 0: return r.choice((None, True, False))
                if kind == 1: return r.getrandbits(r.randrange(1, 200)) - 1000
                if kind == 2: return r.random() * 10 ** r.randrange(-20, 20)
                if kind < 5: return "".join(chr(r.choice((r.randrange(128), r.randrange(0x800), r.randrange(0xe000, 0x10000), r.randrange(0xdc80, 0xdd00)))) for _ in range(r.randrange(9)))
                if kind == 5: return {str(i): value(r, depth + 1) for i in range(r.randrange(5))}
                return [value(r, depth + 1) for _ in range(r.randrange(5))]
            def mapper(arr):
                r = random.Random(arr[0])
                return [(r.randrange(50), value(r, 0)) for _ in range(40)]
            def reducer(entries):
                return entries
            """;
        const string sequential = """
            groups = {}
            for at, line in all_records():
                for k, v in mapper(line.strip().split(" ")):
                    groups.setdefault(str(k), []).append(json.loads(json.dumps(v)))
            for k, v in reducer(dict(sorted(groups.items(), key=lambda item: item[0].encode()))).items():
                pair(k, v)
            """;
        byte[] input = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 100)));
        await using PythonBench bench = new();
        CodeFile code = bench.Write(source);
        Pairs reduced = await bench.ReduceAsync(code, MemoryGroups.Of(await bench.MapAsync(code, input)));
        Assert.Equal(bench.Evaluate(source, sequential, input).Lines, reduced.Lines);
    }

    [Theory]
    [InlineData("def combiner(entries):\n    return {key: sum(entries[key]) for key in reversed(entries)}\ndef reducer(entries):\n    raise ValueError\n")]
    [InlineData("def reducer(entries):\n    return {key: sum(entries[key]) for key in sorted(entries, reverse=True)}\n")]
    public async Task A_combiner_is_the_function_of_that_name_or_the_reducer_and_keeps_the_order_of_keys(string source)
    {
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(source), MemoryGroups.Of(("a", ["1", "2"]), ("b", ["3"]), ("c", ["4"])), role: "combiner");
        Assert.Equal(["a\t3", "b\t3", "c\t4"], pairs.Lines);
    }

    [Fact]
    public async Task A_combiner_after_a_mapper_of_text_gives_text()
    {
        const string source = "def combine(key, values):\n    values = list(values)\n    yield sum(int(value) for value in values)\n    yield values[0]\n";
        await using PythonBench bench = new();
        Pairs pairs = await bench.ReduceAsync(bench.Write(source, CodeContract.PythonGenerators), MemoryGroups.Of(("a", ["1", "2"])), ValueFormat.Text, role: "combiner");
        Assert.Equal(["a\t3", "a\t1"], pairs.Lines);
    }

    [Theory]
    [InlineData(CodeContract.PythonFunctions, "def combiner(entries):\n    return {'other': 1}\n")]
    [InlineData(CodeContract.PythonGenerators, "def combine(key, values):\n    yield 'other', 1\n")]
    public async Task A_combiner_may_not_make_up_keys(CodeContract contract, string source)
    {
        await using PythonBench bench = new();
        UserCodeFault fault = await Assert.ThrowsAsync<UserCodeFault>(() => bench.ReduceAsync(bench.Write(source, contract), MemoryGroups.Of(("a", ["1"])), role: "combiner"));
        Assert.Contains("only", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'other'", fault.Message, StringComparison.Ordinal);
        Assert.Equal("combine", fault.Card.Stage);
    }

    [Theory]
    [InlineData("{1: 'x', '1': 'y', 'a': 0}")]
    [InlineData("{'1': 'x', 'a': 0, 1: 'y'}")]
    [InlineData("{1: Text('x'), '1': 'y', 'a': 0}")]
    [InlineData("{True: 1, 'a': {1: 1, '1': 2}, 'true': 3, None: 4, 1.5: 5, '1.5': 6, 'null': 7}")]
    [InlineData("{'a': [{'b': {'x': 1, 1: [2, {3: 4, '3': 5}], 'y': 6, '1': [7]}}, {'b': 1}]}")]
    [InlineData("{'a': {1: shared, '1': shared, 'x': [shared, Text('t')]}}")]
    [InlineData("{'a': {1: shared, '1': shared, 'x': shared}, 'b': {'y': shared, 2: shared}}")]
    [InlineData("{'a': {1: {}, '1': {1: 2}}, 1: {1: 2, 3: 4}}")]
    public async Task Of_keys_that_become_one_the_last_counts_in_the_place_of_the_first(string result)
    {
        string source = $"class Text(str): pass\nshared = ['s' * 300, {{1: 2, '1': 3}}]\ndef reducer(entries):\n    return {result}\n";
        await using PythonBench bench = new();
        Pairs expected = bench.Evaluate(source, "for key, value in json.loads(json.dumps(reducer({}))).items(): pair(key, value)\n", []);
        Assert.Equal(expected.Lines, (await bench.ReduceAsync(bench.Write(source), MemoryGroups.Of(("k", ["1"])))).Lines);
        Assert.Equal(expected.Lines, (await bench.ReduceAsync(bench.Write(source), MemoryGroups.Of(("k", ["1"])), attempt: PythonBench.Attempt(skip: 1))).Lines);
    }

    [Fact]
    public async Task No_groups_give_nothing()
    {
        await using PythonBench bench = new();
        Assert.Empty((await bench.ReduceAsync(bench.Write(Sum, CodeContract.PythonGenerators), MemoryGroups.Of())).All);
    }
}
