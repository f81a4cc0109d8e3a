using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>What .NET code may rely on wherever it runs.</summary>
public abstract class DotNetContract : IDisposable
{
    protected const string WordCount = """
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

    private readonly BadRecordList _bad = new();

    protected DotNetContract(DotNetIsolation isolation, SandboxDemand sandbox = SandboxDemand.Off) =>
        Bench = new Workbench(options => options with { DotNetIsolation = isolation, Sandbox = sandbox }, compilesHere: true);

    private protected Workbench Bench { get; }

    public void Dispose()
    {
        Bench.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void One_file_may_hold_mapper_reducer_and_combiner()
    {
        string file = Bench.Write("words.cs", WordCount);
        AttemptContext attempt = Workbench.Attempt();
        PairList mapped = new(), combined = new(), reduced = new();
        Workbench.Using(Bench.Open(file, file, file), code =>
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
        string mapper = Bench.Write("offsets.cs", Mapper("output.Emit(Encoding.UTF8.GetBytes(offset.ToString()), record);"));
        Assert.Equal([("0", "ab\r"), ("4", ""), ("5", "\0\xff"), ("8", "end")], Bench.Map(mapper, "ab\r\n\n\0\xff\nend", blockBytes: 5).Pairs);
    }

    [Fact]
    public void Values_that_a_reducer_leaves_unread_are_passed_over()
    {
        string reducer = Bench.Write("first.cs", Reducer("values.MoveNext(); output.Emit(key, values.Current);"));
        GroupList groups = new(("a", [("1", 3), ("2", 1)]), ("b", [("3", 1)]));
        Assert.Equal([("a", "1"), ("b", "3")], Bench.Reduce("cat", reducer, groups).Pairs);
    }

    [Fact]
    public void Repeats_come_as_that_many_values_and_then_there_are_none()
    {
        string reducer = Bench.Write("all.cs", Reducer("while (values.MoveNext()) output.Emit(key, values.Current); if (values.MoveNext()) throw new Exception(); output.Emit(key, \"end\"u8);"));
        GroupList groups = new(("a", [("1", 2), ("2", 1)]));
        Assert.Equal([("a", "1"), ("a", "1"), ("a", "2"), ("a", "end")], Bench.Reduce("cat", reducer, groups).Pairs);
    }

    [Fact]
    public void Groups_and_records_of_any_size_come_whole()
    {
        string file = Bench.Write("sizes.cs", """
            public class M : IMapper { public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => output.Emit(Encoding.UTF8.GetBytes($"{offset}+{record.Length}"), record); }
            public class R : IReducer
            {
                public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
                {
                    long count = 0, bytes = 0;
                    uint hash = 0;
                    for (; values.MoveNext(); count++) { bytes += values.Current.Length; foreach (byte one in values.Current) hash = hash * 31 + one; }
                    output.Emit(key, Encoding.UTF8.GetBytes($"{count} {bytes} {hash}"));
                }
            }
            """);
        string[] records = [new('a', 3_000_000), "", new('b', 70_000), "c"];
        (string Value, long Repeat)[] values = [.. Enumerable.Range(0, 30_000).Select(n => ($"{n}", 1L + (n % 3)))];
        GroupList groups = new(("", [(new('x', 500_000), 2), ("", 1)]), ("a", values), (new('k', 100_000), []), ("z", [("1", 5_000_000)]));
        PairList mapped = new(), reduced = new();
        Workbench.Using(Bench.Open(file, file), code =>
        {
            code.Map(Workbench.Attempt(), new RecordList(System.Text.Encoding.ASCII.GetBytes(string.Join('\n', records)), 100_000), mapped);
            code.Reduce(Workbench.Attempt(TaskStage.Reduce), groups, reduced);
        });
        Assert.Equal([("0+3000000", records[0]), ("3000001+0", ""), ("3000002+70000", records[2]), ("3070003+1", "c")], mapped.Pairs);
        Assert.Equal(["", "a", new('k', 100_000), "z"], reduced.Pairs.Select(pair => pair.Key));
        Assert.Equal(
            [Sum((new('x', 500_000), 2), ("", 1)), Sum(values), "0 0 0", Sum(("1", 5_000_000))],
            reduced.Pairs.Select(pair => pair.Value));

        static string Sum(params (string Value, long Repeat)[] values)
        {
            long count = 0, bytes = 0;
            uint hash = 0;
            foreach ((string value, long repeat) in values)
            {
                for (long left = repeat; left > 0; left--, count++)
                {
                    bytes += value.Length;
                    foreach (char one in value)
                    {
                        hash = (hash * 31) + one;
                    }
                }
            }

            return $"{count} {bytes} {hash}";
        }
    }

    [Fact]
    public void A_combiner_may_emit_only_its_own_key()
    {
        string combiner = Bench.Write("other.cs", """
            class C : ICombiner { public void Combine(ReadOnlySpan<byte> key, IValues values, IEmitter output) => output.Emit("other"u8, "1"u8); }
            """);
        Workbench.Using(Bench.Open("cat", combiner: combiner), code =>
        {
            UserCodeFault fault = Assert.Throws<UserCodeFault>(() => code.Combine(Workbench.Attempt(), GroupList.Of(("a", ["1"])), new PairList()));
            Assert.Contains("may emit only the key it was given", fault.Card.Error, StringComparison.Ordinal);
            Assert.Equal("combine", fault.Card.Stage);
        });
    }

    [Fact]
    public void Every_task_gets_a_new_object()
    {
        string mapper = Bench.Write("state.cs", """
            public class Counting : IMapper
            {
                private int _n;
                public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) => _n++;
                public void Finish(IEmitter output) => output.Emit(Encoding.UTF8.GetBytes(_n.ToString()), default);
            }
            """);
        PairList pairs = new();
        Workbench.Using(Bench.Open(mapper), code =>
        {
            code.Map(Workbench.Attempt(), new RecordList("a\nb\n"u8.ToArray()), pairs);
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
        });
        Assert.Equal([("2", ""), ("1", "")], pairs.Pairs);
    }

    [Fact]
    public void An_exception_fails_with_record_place_and_the_users_frames_with_line_numbers()
    {
        string mapper = Bench.Write("parse.cs", Mapper("long.Parse(record); output.Emit(record, default);"));
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "12\nx7\n9\n"));
        Assert.Equal(("data.txt", 3L, "x7"), (fault.Card.File, fault.Card.Offset, System.Text.Encoding.UTF8.GetString(fault.Card.Record!)));
        Assert.StartsWith("the mapper 'parse.cs' threw FormatException on the record at byte 3 of data.txt: ", fault.Card.Error, StringComparison.Ordinal);
        Assert.Contains("parse.cs:line 3", fault.Card.Traceback, StringComparison.Ordinal);
        Assert.DoesNotContain("Katanemimena.Runners", fault.Card.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_record_is_set_aside_and_nothing_it_emitted_remains()
    {
        string mapper = Bench.Write("parse.cs", Mapper("output.Emit(record, \"before\"u8); long.Parse(record); output.Emit(record, \"after\"u8);"));
        PairList pairs = Bench.Map(mapper, "12\nx7\n9\n", Workbench.Attempt(skipMax: 1, bad: _bad));
        Assert.Equal([("12", "before"), ("12", "after"), ("9", "before"), ("9", "after")], pairs.Pairs);
        Assert.Equal(("x7", 3L), (_bad.Records.Single().Record, _bad.Records[0].Card.Offset));
        Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "x\nx7\n9\n", Workbench.Attempt(skipMax: 1, bad: _bad)));
    }

    [Fact]
    public void A_bad_key_is_set_aside_and_nothing_it_emitted_remains()
    {
        string reducer = Bench.Write("parse.cs", Reducer("output.Emit(key, \"before\"u8); while (values.MoveNext()) long.Parse(values.Current); output.Emit(key, \"after\"u8);"));
        PairList pairs = Bench.Reduce("cat", reducer, GroupList.Of(("a", ["1"]), ("b", ["1", "x", "3"]), ("c", ["4"])), Workbench.Attempt(TaskStage.Reduce, skipMax: 1, bad: _bad));
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
        string mapper = Bench.Write("swallow.cs", Mapper("try { output.Emit(record, default); } catch { }"));
        Workbench.Using(Bench.Open(mapper), code => Assert.Throws<InvalidDataException>(
            () => code.Map(Workbench.Attempt(), new RecordList("a\nb\n"u8.ToArray()), new BrokenSink())));
    }

    [Theory]
    [InlineData("""public M() { if (Interlocked.Increment(ref s_made) > 1) Thread.Sleep(Timeout.Infinite); } private static int s_made;""")]
    [InlineData("""private readonly int _x = ++s_made > 1 ? Wait() : 0; private static int s_made; private static int Wait() { Thread.Sleep(Timeout.Infinite); return 0; }""")]
    public void A_constructor_that_never_returns_fails_the_attempt(string member)
    {
        string mapper = Bench.Write("stuck.cs", $$"""public class M : IMapper { {{member}} public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) { } }""");
        Workbench.Using(Bench.Open(mapper), code =>
        {
            UserCodeFault fault = Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(timeoutSeconds: 0.2), new RecordList("a\n"u8.ToArray()), new PairList()));
            Assert.Contains("for 0.2 s", fault.Card.Error, StringComparison.Ordinal);
            using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
            Assert.ThrowsAny<OperationCanceledException>(
                () => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("a\n"u8.ToArray()), new PairList()));
        });
    }

    [Theory]
    [InlineData("throw new OperationCanceledException(new CancellationToken(true));")]
    [InlineData("throw new TaskCanceledException(\"no\", null, new CancellationToken(true));")]
    [InlineData("using var limit = new CancellationTokenSource(); limit.Cancel(); limit.Token.ThrowIfCancellationRequested();")]
    public void Code_that_throws_because_its_own_token_was_cancelled_has_failed(string body)
    {
        UserCodeFault mapped = Assert.Throws<UserCodeFault>(() => Bench.Map(Bench.Write("cancel.cs", Mapper(body)), "a\n"));
        Assert.Equal(("map", "a"), (mapped.Card.Stage, System.Text.Encoding.UTF8.GetString(mapped.Card.Record!)));
        Assert.Contains("CanceledException on the record at byte 0 of data.txt", mapped.Card.Error, StringComparison.Ordinal);
        string reducer = Bench.Write("cancelled.cs", Reducer(body));
        Assert.Equal("reduce", Assert.Throws<UserCodeFault>(() => Bench.Reduce("cat", reducer, GroupList.Of(("k", ["1"])))).Card.Stage);
    }

    [Theory]
    [InlineData("var other = new Thread(() => { while (true) output.Emit(\"x\"u8, \"y\"u8); }); other.Start(); for (int i = 0; i < 1_000_000 || other.IsAlive; i++) output.Emit(\"k\"u8, \"v\"u8);", "Emit")]
    [InlineData("var other = new Thread(() => output.Emit(\"x\"u8, \"y\"u8)); other.Start(); other.Join();", "Emit")]
    [InlineData("int main = Environment.CurrentManagedThreadId; bool others = false; Parallel.For(0, int.MaxValue, (i, loop) => { if (Environment.CurrentManagedThreadId != main) { others = true; output.Emit(\"x\"u8, \"y\"u8); } else if (others) loop.Stop(); });", "Emit")]
    [InlineData("Task.Run(() => output.Emit(\"x\"u8, \"y\"u8)).ContinueWith(_ => { }).Wait();", "Emit")]
    [InlineData("Task.Run(() => output.Count(\"x\", \"y\")).ContinueWith(_ => { }).Wait();", "Count")]
    public void An_emitter_used_on_another_thread_fails_the_task(string body, string call)
    {
        string mapper = Bench.Write("threads.cs", Mapper(body));
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "a\n"));
        Assert.StartsWith($"the mapper 'threads.cs' used a thread of its own wrongly: {call} was called on another thread", fault.Card.Error, StringComparison.Ordinal);
        Assert.Contains("threads.cs:line 3", fault.Card.Traceback, StringComparison.Ordinal);
        Assert.Equal(("map", 3, "local-7"), (fault.Card.Stage, fault.Card.Task, fault.Card.Job));
        Assert.Throws<UserCodeFault>(() => Bench.Map(mapper, "a\n", Workbench.Attempt(skipMax: 1, bad: _bad)));
        Assert.Empty(_bad.Records);
    }

    [Theory]
    [InlineData("Task.Run(() => values.MoveNext()).Wait();", "IValues.MoveNext")]
    [InlineData("values.MoveNext(); Task.Run(() => values.Current.Length).ContinueWith(_ => { }).Wait();", "IValues.Current")]
    [InlineData("var other = new Thread(() => output.Emit(\"x\"u8, \"y\"u8)); other.Start(); other.Join();", "Emit")]
    public void Values_and_emitter_of_a_reducer_used_on_another_thread_fail_the_task(string body, string call)
    {
        string reducer = Bench.Write("threads.cs", Reducer(body));
        UserCodeFault fault = Assert.Throws<UserCodeFault>(() => Bench.Reduce("cat", reducer, GroupList.Of(("k", ["1", "2"]))));
        Assert.Contains($"the reducer 'threads.cs' used a thread of its own wrongly: {call} was called", fault.Card.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_combiner_that_uses_another_thread_within_the_mappers_output_is_named_on_the_card()
    {
        string file = Bench.Write("words.cs", WordCount);
        string combiner = Bench.Write("threads.cs", """
            class C : ICombiner { public void Combine(ReadOnlySpan<byte> key, IValues values, IEmitter output) { var other = new Thread(() => output.Emit("k"u8, "1"u8)); other.Start(); other.Join(); } }
            """);
        Workbench.Using(Bench.Open(file, combiner: combiner), code =>
        {
            AttemptContext attempt = Workbench.Attempt();
            NestedSink sink = new(() => code.Combine(attempt, new GroupList(("k", [("2", 5)])), new PairList()));
            FailureCard card = Assert.Throws<UserCodeFault>(() => code.Map(attempt, new RecordList("a b\n"u8.ToArray()), sink)).Card;
            Assert.Contains("the combiner 'threads.cs' used a thread of its own wrongly", card.Error, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void An_emitter_or_values_that_were_kept_are_refused_after_their_call()
    {
        string file = Bench.Write("kept.cs", """
            public class M : IMapper
            {
                private static IEmitter s_kept;
                public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output) { s_kept ??= output; s_kept.Emit(record, default); }
            }

            public class R : IReducer
            {
                private static IValues s_kept;
                public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output) { s_kept ??= values; s_kept.MoveNext(); output.Emit(key, s_kept.Current); }
            }
            """);
        PairList pairs = new();
        Workbench.Using(Bench.Open(file, file), code =>
        {
            code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), pairs);
            UserCodeFault map = Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(), new RecordList("b\n"u8.ToArray()), pairs));
            Assert.Contains("was used after the call it was given to had ended", map.Card.Error, StringComparison.Ordinal);
            code.Reduce(Workbench.Attempt(TaskStage.Reduce), GroupList.Of(("k", ["1"])), pairs);
            UserCodeFault reduce = Assert.Throws<UserCodeFault>(() => code.Reduce(Workbench.Attempt(TaskStage.Reduce), GroupList.Of(("l", ["2"])), pairs));
            Assert.Contains("after the call", reduce.Card.Error, StringComparison.Ordinal);
        });
        Assert.Equal([("a", ""), ("k", "1")], pairs.Pairs);
    }

    [Fact]
    public void A_combiner_called_from_within_the_mappers_output_runs_on_the_same_thread()
    {
        string file = Bench.Write("words.cs", WordCount);
        Workbench.Using(Bench.Open(file, combiner: file), code =>
        {
            AttemptContext attempt = Workbench.Attempt();
            PairList combined = new();
            NestedSink sink = new(() => code.Combine(attempt, new GroupList(("k", [("2", 5)])), combined));
            code.Map(attempt, new RecordList("a b\nc\n"u8.ToArray()), sink);
            Assert.Equal(Enumerable.Repeat(("k", "10"), 4), combined.Pairs);
        });
    }

    protected static string Mapper(string body) => $$"""
        public class M : IMapper { public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
        {
        {{body}}
        } }
        """;

    protected static string Reducer(string body) => $$"""
        public class R : IReducer { public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
        {
        {{body}}
        } }
        """;

    private sealed class BrokenSink : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => throw new InvalidDataException("no");
    }

    private protected sealed class NestedSink(Action combine) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => combine();
    }
}
