using Katanemimena.Core;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

public sealed class DotNetTests : IDisposable
{
    private const string WordCount = """
        public sealed class Words : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
            {
                foreach (Range word in record.Split((byte)' '))
                {
                    output.Emit(record[word], "1"u8);
                    output.Count("words", "seen");
                }
            }

            public void Finish(IEmitter output) => output.Emit("finished"u8, default);
        }

        public sealed class Sum : IReducer, ICombiner
        {
            public ValueFormat Output => ValueFormat.Json;
            public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output) => Combine(key, values, output);
            public void Combine(ReadOnlySpan<byte> key, IValues values, IEmitter output)
            {
                long sum = 0;
                while (values.MoveNext()) sum += long.Parse(Encoding.UTF8.GetString(values.Current));
                output.Emit(key, Encoding.UTF8.GetBytes(sum.ToString()));
            }
        }
        """;

    private readonly Workbench _bench = new();
    private readonly BadRecordList _bad = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void One_file_may_hold_mapper_reducer_and_combiner()
    {
        string file = _bench.Write("words.cs", WordCount);
        AttemptContext attempt = Workbench.Attempt();
        PairList mapped = new(), combined = new(), reduced = new();
        Workbench.Using(_bench.Open(file, file, file), code =>
        {
            Assert.Equal((ValueFormat.Text, ValueFormat.Json), (code.MapOutput, code.ReduceOutput));
            Assert.Null(code.Fold);
            code.Map(attempt, new RecordList("a b\n\nc  d"u8.ToArray(), 2), mapped);
            code.Combine(attempt, new GroupList(("a", [("1", 3), ("2", 1)]), ("b", [("4", 1)])), combined);
            code.Reduce(Workbench.Attempt(TaskStage.Reduce), new GroupList(("x", [("7", 2)])), reduced);
        });
        Assert.Equal(["a", "b", "", "c", "", "d", "finished"], mapped.Pairs.Select(pair => pair.Key));
        Assert.Equal([("a", "5"), ("b", "4")], combined.Pairs);
        Assert.Equal([("x", "14")], reduced.Pairs);
        Assert.Equal(6, attempt.Report.Counters()["words:seen"]);
    }

    [Fact]
    public void Records_come_without_their_line_feed_and_with_their_offset()
    {
        string mapper = _bench.Write("offsets.cs", Mapper("output.Emit(Encoding.UTF8.GetBytes(offset.ToString()), record);"));
        Assert.Equal([("0", "ab\r"), ("4", ""), ("5", "\0\xff"), ("8", "end")], _bench.Map(mapper, "ab\r\n\n\0\xff\nend", blockBytes: 5).Pairs);
    }

    [Fact]
    public void Values_that_a_reducer_leaves_unread_are_passed_over()
    {
        string reducer = _bench.Write("first.cs", Reducer("values.MoveNext(); output.Emit(key, values.Current);"));
        GroupList groups = new(("a", [("1", 3), ("2", 1)]), ("b", [("3", 1)]));
        Assert.Equal([("a", "1"), ("b", "3")], _bench.Reduce("cat", reducer, groups).Pairs);
    }

    [Fact]
    public void Repeats_come_as_that_many_values_and_then_there_are_none()
    {
        string reducer = _bench.Write("all.cs", Reducer("while (values.MoveNext()) output.Emit(key, values.Current); if (values.MoveNext()) throw new Exception(); output.Emit(key, \"end\"u8);"));
        GroupList groups = new(("a", [("1", 2), ("2", 1)]));
        Assert.Equal([("a", "1"), ("a", "1"), ("a", "2"), ("a", "end")], _bench.Reduce("cat", reducer, groups).Pairs);
    }

    [Fact]
    public void A_fold_is_offered_to_the_data_path_and_works_as_a_general_combiner()
    {
        string combiner = _bench.Write("max.cs", """
            public class Max : IFoldCombiner
            {
                public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
                {
                    if (value[0] == (byte)'!' || accumulator[0] == (byte)'!') return false;
                    if (accumulator.SequenceCompareTo(value) < 0) value.CopyTo(accumulator);
                    return true;
                }
            }
            """);
        PairList pairs = new();
        Workbench.Using(_bench.Open("cat", combiner: combiner), code =>
        {
            Span<byte> accumulator = [1, 2];
            Assert.True(code.Fold!.TryFold(accumulator, [1, 3], 1));
            Assert.Equal([1, 3], accumulator.ToArray());
            code.Combine(Workbench.Attempt(), GroupList.Of(("a", ["1", "3", "2"]), ("b", ["5", "10", "20", "!1", "30"])), pairs);
        });
        Assert.Equal([("a", "3"), ("b", "5"), ("b", "20"), ("b", "!1"), ("b", "30")], pairs.Pairs);
    }

    [Fact]
    public void A_combiner_may_emit_only_its_own_key()
    {
        string combiner = _bench.Write("other.cs", """
            class C : ICombiner { public void Combine(ReadOnlySpan<byte> key, IValues values, IEmitter output) => output.Emit("other"u8, "1"u8); }
            """);
        Workbench.Using(_bench.Open("cat", combiner: combiner), code =>
        {
            UserCodeFault fault = Assert.Throws<UserCodeFault>(() => code.Combine(Workbench.Attempt(), GroupList.Of(("a", ["1"])), new PairList()));
            Assert.Contains("may emit only the key it was given", fault.Card.Error, StringComparison.Ordinal);
            Assert.Equal("combine", fault.Card.Stage);
        });
    }

    [Fact]
    public void Every_task_gets_a_new_object()
    {
        string mapper = _bench.Write("state.cs", """
            public class Counting : IMapper
            {
                private int _n;
                public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => _n++;
                public void Finish(IEmitter output) => output.Emit(Encoding.UTF8.GetBytes(_n.ToString()), default);
            }
            """);
        PairList pairs = new();
        Workbench.Using(_bench.Open(mapper), code =>
        {
            code.Map(Workbench.Attempt(), new RecordList("a\nb\n"u8.ToArray()), pairs);
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
        });
        Assert.Equal([("2", ""), ("1", "")], pairs.Pairs);
    }

    [Fact]
    public void An_exception_fails_with_record_place_and_the_users_frames_with_line_numbers()
    {
        string mapper = _bench.Write("parse.cs", Mapper("long.Parse(record); output.Emit(record, default);"));
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => _bench.Map(mapper, "12\nx7\n9\n"));
        Assert.Equal(("data.txt", 3L, "x7"), (fault.Card.File, fault.Card.Offset, System.Text.Encoding.UTF8.GetString(fault.Card.Record!)));
        Assert.StartsWith("the mapper 'parse.cs' threw FormatException on the record at byte 3 of data.txt: ", fault.Card.Error, StringComparison.Ordinal);
        Assert.Contains("parse.cs:line 3", fault.Card.Traceback, StringComparison.Ordinal);
        Assert.DoesNotContain("Katanemimena.Runners", fault.Card.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_record_is_set_aside_and_nothing_it_emitted_remains()
    {
        string mapper = _bench.Write("parse.cs", Mapper("output.Emit(record, \"before\"u8); long.Parse(record); output.Emit(record, \"after\"u8);"));
        PairList pairs = _bench.Map(mapper, "12\nx7\n9\n", Workbench.Attempt(skipMax: 1, bad: _bad));
        Assert.Equal([("12", "before"), ("12", "after"), ("9", "before"), ("9", "after")], pairs.Pairs);
        Assert.Equal(("x7", 3L), (_bad.Records.Single().Record, _bad.Records[0].Card.Offset));
        Assert.Throws<UserCodeFault>(() => _bench.Map(mapper, "x\nx7\n9\n", Workbench.Attempt(skipMax: 1, bad: _bad)));
    }

    [Fact]
    public void A_bad_key_is_set_aside_and_nothing_it_emitted_remains()
    {
        string reducer = _bench.Write("parse.cs", Reducer("output.Emit(key, \"before\"u8); while (values.MoveNext()) long.Parse(values.Current); output.Emit(key, \"after\"u8);"));
        PairList pairs = _bench.Reduce("cat", reducer, GroupList.Of(("a", ["1"]), ("b", ["1", "x", "3"]), ("c", ["4"])), Workbench.Attempt(TaskStage.Reduce, skipMax: 1, bad: _bad));
        Assert.Equal([("a", "before"), ("a", "after"), ("c", "before"), ("c", "after")], pairs.Pairs);
        Assert.Equal("b", _bad.Records.Single().Record);
    }

    [Fact]
    public void A_record_that_emitted_more_than_is_held_cannot_be_set_aside()
    {
        using Workbench small = new(options => options with { HeldBytesMax = 1000 });
        string mapper = small.Write("much.cs", Mapper("for (int i = 0; i < record.Length * 100; i++) output.Emit(\"0123456789\"u8, default); if (record.Length > 20) throw new Exception(\"no\");"));
        Assert.Equal(2000, small.Map(mapper, new string('x', 20) + "\n", Workbench.Attempt(skipMax: 1)).Pairs.Count);
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => small.Map(mapper, new string('x', 30) + "\n", Workbench.Attempt(skipMax: 1)));
        Assert.Contains("cannot be set aside", fault.Card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_of_the_sink_is_passed_on_even_if_user_code_swallows_it()
    {
        string mapper = _bench.Write("swallow.cs", Mapper("try { output.Emit(record, default); } catch { }"));
        Workbench.Using(_bench.Open(mapper), code => Assert.Throws<InvalidDataException>(
            () => code.Map(Workbench.Attempt(), new RecordList("a\nb\n"u8.ToArray()), new BrokenSink())));
    }

    [Fact]
    public void A_mapper_that_never_returns_fails_the_attempt_and_can_emit_no_more()
    {
        string released = _bench.In("released"), ended = _bench.In("ended");
        string mapper = _bench.Write("loop.cs", Mapper($$"""
            output.Emit(record, default);
            if (record.Length > 1)
            {
                while (!File.Exists("{{released}}")) Thread.Yield();
                try { output.Emit("late"u8, default); } finally { File.WriteAllText("{{ended}}.part", "x"); File.Move("{{ended}}.part", "{{ended}}"); }
            }
            """));
        PairList pairs = new();
        Workbench.Using(_bench.Open(mapper), code =>
        {
            UserCodeFault fault = Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(timeoutSeconds: 0.2), new RecordList("a\nbb\n"u8.ToArray()), pairs));
            Assert.Contains("neither took a record nor emitted one for 0.2 s on the record at byte 2", fault.Card.Error, StringComparison.Ordinal);
            Assert.Equal("bb"u8.ToArray(), fault.Card.Record);
            File.WriteAllText(released, "");
            Assert.True(SpinWait.SpinUntil(() => File.Exists(ended), TimeSpan.FromSeconds(20)), "the thread left behind did not end");
            Assert.Equal([("a", ""), ("bb", "")], pairs.Pairs);
            code.Map(Workbench.Attempt(), new RecordList("c\n"u8.ToArray()), pairs);
            Assert.Equal(("c", ""), pairs.Pairs[^1]);
        });
    }

    [Fact]
    public void Cancellation_ends_user_code_between_records_and_gives_up_on_it_within_one()
    {
        using CancellationTokenSource source = new();
        string mapper = _bench.Write("loop.cs", Mapper("output.Emit(record, default); while (record.Length > 1) Thread.Yield();"));
        Workbench.Using(_bench.Open(mapper), code => Assert.ThrowsAny<OperationCanceledException>(
            () => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("aa\n"u8.ToArray()), new CancellingSink(source))));
        PairList pairs = new();
        Workbench.Using(_bench.Open(mapper), code => Assert.ThrowsAny<OperationCanceledException>(
            () => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("a\n"u8.ToArray()), pairs)));
        Assert.Empty(pairs.Pairs);
    }

    [Fact]
    public void A_combiner_called_from_within_the_mappers_output_runs_on_the_same_thread()
    {
        string file = _bench.Write("words.cs", WordCount);
        Workbench.Using(_bench.Open(file, combiner: file), code =>
        {
            AttemptContext attempt = Workbench.Attempt();
            PairList combined = new();
            NestedSink sink = new(() => code.Combine(attempt, new GroupList(("k", [("2", 5)])), combined));
            code.Map(attempt, new RecordList("a b\nc\n"u8.ToArray()), sink);
            Assert.Equal(Enumerable.Repeat(("k", "10"), 4), combined.Pairs);
        });
    }

    private static string Mapper(string body) => $$"""
        public class M : IMapper { public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
        {
        {{body}}
        } }
        """;

    private static string Reducer(string body) => $$"""
        public class R : IReducer { public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
        {
        {{body}}
        } }
        """;

    private sealed class BrokenSink : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => throw new InvalidDataException("no");
    }

    private sealed class CancellingSink(CancellationTokenSource source) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => source.Cancel();
    }

    private sealed class NestedSink(Action combine) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => combine();
    }
}
