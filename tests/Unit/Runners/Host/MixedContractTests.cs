using System.Text;
using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Host;

public sealed class MixedContractTests : IDisposable
{
    private readonly Workbench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_python_mapper_feeds_a_streaming_reducer()
    {
        string mapper = _bench.Write("m.py", "def mapper(arr):\n    return [(w, len(w)) for w in arr] + [('text', 'a\\tb')]\n");
        PairList mapped = Map(mapper, "cat", null, "one three\n");
        Assert.Equal([("one", "3"), ("three", "5"), ("text", "\"a\\tb\"")], mapped.Pairs);
        Assert.Equal([("one", "\t3"), ("text", "\ta\\tb")], _bench.Reduce(mapper, "cat", GroupList.Of(("one", ["3"]), ("text", ["\"a\\tb\""]))).Pairs);
    }

    [Fact]
    public void A_streaming_mapper_feeds_a_python_reducer_and_combiner()
    {
        string combiner = _bench.Write("c.py", "def combine(key, values):\n    yield key, sum(int(v) for v in values)\n");
        string reducer = _bench.Write("r.py", "def reducer(entries):\n    return {k: sum(int(v) for v in vs) for k, vs in entries.items()}\n");
        PairList combined = new();
        Workbench.Using(_bench.Open("cat", reducer, combiner), code =>
        {
            Assert.Equal((ValueFormat.Text, ValueFormat.Json), (code.MapOutput, code.ReduceOutput));
            code.Combine(Workbench.Attempt(), new GroupList(("a", [("1", 3), ("2", 1)])), combined);
        });
        Assert.Equal([("a", "5")], combined.Pairs);
        Assert.Equal([("a", "9")], _bench.Reduce("cat", reducer, GroupList.Of(("a", ["5", "4"]))).Pairs);
    }

    [Fact]
    public void A_dotnet_reducer_gets_the_json_of_a_python_mapper()
    {
        string mapper = _bench.Write("m.py", "def map(key, line):\n    yield line, key\n");
        string reducer = _bench.Write("r.cs", """
            public class R : IReducer
            {
                public ValueFormat Output => ValueFormat.Json;
                public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output) { while (values.MoveNext()) output.Emit(key, values.Current); }
            }
            """);
        Assert.Equal([("a", "0"), ("b", "2")], Map(mapper, reducer, null, "a\nb\n").Pairs);
        Assert.Equal([("a", "0")], _bench.Reduce(mapper, reducer, GroupList.Of(("a", ["0"]))).Pairs);
    }

    [Fact]
    public void A_text_combiner_after_a_python_mapper_is_refused()
    {
        string mapper = _bench.Write("m.py", "def mapper(arr):\n    return [(w, 1) for w in arr]\n");
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Open(mapper, combiner: "cat"));
        Assert.Contains("use a combiner of the mapper's contract", fault.Card.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r.py", "def reducer(entries):\n    return {\n", "reducer")]
    [InlineData("r.cs", "public class R : IReducer {", "reducer")]
    public void A_broken_reducer_is_found_before_the_map_stage(string name, string source, string role)
    {
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Open("cat", _bench.Write(name, source)));
        Assert.Equal(("reduce", role), (fault.Card.Stage, fault.Card.Role));
    }

    private PairList Map(string mapper, string reducer, string? combiner, string text)
    {
        PairList pairs = new();
        Workbench.Using(_bench.Open(mapper, reducer, combiner), code => code.Map(Workbench.Attempt(), new RecordList(Encoding.UTF8.GetBytes(text)), pairs));
        return pairs;
    }
}
