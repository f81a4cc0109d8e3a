using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Streaming;

public sealed class StreamingReducerTests : IDisposable
{
    private const string JsonMapper = """
        public class M : IMapper
        {
            public ValueFormat Output => ValueFormat.Json;
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => output.Emit(record, "1"u8);
        }
        """;

    private const string TextMapper = """
        public class M : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => output.Emit(record, "1"u8);
        }
        """;

    private readonly Workbench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Every_value_and_every_repeat_of_it_is_a_line()
    {
        GroupList groups = new(("a", [("1", 3), ("2", 1)]), ("b", [("", 1)]));
        PairList pairs = _bench.Reduce("cat", "cat", groups);
        Assert.Equal([("a", "\t1"), ("a", "\t1"), ("a", "\t1"), ("a", "\t2"), ("b", "\t")], pairs.Pairs);
    }

    [Fact]
    public void Output_lines_come_out_verbatim()
    {
        PairList pairs = _bench.Reduce("cat", _bench.Script("out.sh", "#!/bin/sh\ncat >/dev/null\nprintf 'a\\tb\\tc\\nplain\\n\\tx\\nlast'\n"), GroupList.Of(("a", ["1"])));
        Assert.Equal(["a\tb\tc", "plain", "\tx", "last"], pairs.Pairs.Select(pair => pair.Key + pair.Value));
        Workbench.Using(_bench.Open("cat", "cat"), code => Assert.Equal((ValueFormat.Text, ValueFormat.Line), (code.MapOutput, code.ReduceOutput)));
    }

    [Fact]
    public void A_value_repeated_a_million_times_goes_through()
    {
        GroupList groups = new(("a", [("45", 1_000_000)]));
        PairList pairs = _bench.Reduce("cat", "awk '{ n += $2 } END { printf \"%d\\n\", n }'", groups);
        Assert.Equal([("45000000", "")], pairs.Pairs);
    }

    [Fact]
    public void Pairs_of_a_streaming_mapper_come_as_they_are()
    {
        PairList pairs = _bench.Reduce("cat", "cat", GroupList.Of(("back\\slash", ["with\ttab\\", "c\r"])));
        Assert.Equal(["back\\slash\twith\ttab\\", "back\\slash\tc\r"], pairs.Pairs.Select(pair => pair.Key + pair.Value));
    }

    [Fact]
    public void Text_of_another_contract_is_escaped()
    {
        PairList pairs = _bench.Reduce(_bench.Write("text.cs", TextMapper), "cat", GroupList.Of(("a\tb", ["c\nd\\e\r", "plain"])));
        Assert.Equal(["a\\tb\tc\\nd\\\\e\\r", "a\\tb\tplain"], pairs.Pairs.Select(pair => pair.Key + pair.Value));
    }

    [Fact]
    public void Json_strings_come_as_their_characters_and_other_json_as_it_is()
    {
        string[] values = ["\"plain\"", "12", "[1,\"x\"]", "\"a\\tb\\\\c\\\"\"", "\"\\u0001\\ud83d\\ude00\"", "null", "\"\""];
        PairList pairs = _bench.Reduce(_bench.Write("json.cs", JsonMapper), "cat", GroupList.Of(("k", values)));
        Assert.Equal(
            ["plain", "12", "[1,\"x\"]", "a\\tb\\\\c\"", "\u0001\xf0\x9f\x98\x80", "null", ""],
            pairs.Pairs.Select(pair => pair.Value[1..]));
    }

    [Fact]
    public void A_combiner_gives_pairs_in_the_mappers_format()
    {
        string combiner = _bench.Script("sum.awk", "#!/usr/bin/awk -f\nBEGIN { FS = \"\\t\" } $1 != k { if (NR > 1) print k \"\\t\" n; k = $1; n = 0 } { n += $2 } END { if (NR) print k \"\\t\" n }\n");
        PairList pairs = new();
        Workbench.Using(_bench.Open("cat", combiner: combiner), code =>
            code.Combine(Workbench.Attempt(), new GroupList(("a", [("1", 3), ("2", 1)]), ("b", [("4", 1)])), pairs));
        Assert.Equal([("a", "5"), ("b", "4")], pairs.Pairs);
    }

    [Fact]
    public void A_combiner_of_escaped_text_has_its_output_unescaped()
    {
        PairList pairs = new();
        Workbench.Using(_bench.Open(_bench.Write("text.cs", TextMapper), combiner: "cat"), code =>
            code.Combine(Workbench.Attempt(), GroupList.Of(("a\tb", ["c\nd\\t", ""])), pairs));
        Assert.Equal([("a\tb", "c\nd\\t"), ("a\tb", "")], pairs.Pairs);
    }

    [Fact]
    public void A_text_combiner_of_json_values_is_refused()
    {
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Open(_bench.Write("json.cs", JsonMapper), combiner: "cat"));
        Assert.Equal("combine", fault.Card.Stage);
        Assert.Contains("the combiner 'cat' writes text, but the mapper 'json.cs' emits JSON", fault.Card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_reducer_says_how_far_it_had_come()
    {
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Reduce("cat", "false", GroupList.Of(("a", ["1"]), ("b", ["1"]))));
        Assert.Equal(("reduce", "reducer", 1), (fault.Card.Stage, fault.Card.Role, fault.Card.ExitCode));
        Assert.Contains("it had been given 2 keys", fault.Card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_identity_passes_pairs_and_repeats_on()
    {
        PairList pairs = new();
        Workbench.Using(_bench.Open("cat"), code =>
        {
            Assert.Equal(ValueFormat.Text, code.ReduceOutput);
            code.Reduce(Workbench.Attempt(TaskStage.Reduce), new GroupList(("a", [("1", 2), ("2", 1)])), pairs);
        });
        Assert.Equal([("a", "1"), ("a", "1"), ("a", "2")], pairs.Pairs);
    }

    [Fact]
    public void A_reducer_that_is_gone_is_found_before_the_map_stage()
    {
        CodeFile reducer = _bench.Load(_bench.Script("r.sh", "#!/bin/sh\ncat\n"), "reducer");
        File.Delete(reducer.Path);
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Open(new JobCode(Workbench.Job, _bench.Load("cat", "mapper"), reducer, null)));
        Assert.Equal("reduce", fault.Card.Stage);
    }

    [Fact]
    public void A_reduce_task_has_job_variables_but_no_input_file()
    {
        PairList pairs = _bench.Reduce("cat", "env", GroupList.Of(("a", ["1"])));
        Assert.Contains(("mapreduce_task_ismap=false", ""), pairs.Pairs);
        Assert.Contains(("mapred_task_id=attempt_local_0007_r_000003_0", ""), pairs.Pairs);
        Assert.DoesNotContain(pairs.Pairs, pair => pair.Key.Contains("input", StringComparison.Ordinal));
    }
}
