using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>.NET code in the engine's process, with what only that has: folds that the data path calls, threads that are left behind.</summary>
public sealed class DotNetTests() : DotNetContract(DotNetIsolation.InProcess)
{
    [Fact]
    public void A_fold_is_offered_to_the_data_path_and_works_as_a_general_combiner()
    {
        string combiner = Bench.Write("max.cs", """
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
        Workbench.Using(Bench.Open("cat", combiner: combiner), code =>
        {
            byte[] accumulator = [1, 2];
            code.RunFolding(Workbench.Attempt(), () => Assert.True(code.Fold!.TryFold(accumulator, [1, 3], 1)));
            Assert.Equal([1, 3], accumulator);
            code.Combine(Workbench.Attempt(), GroupList.Of(("a", ["1", "3", "2"]), ("b", ["5", "10", "20", "!1", "30"])), pairs);
        });
        Assert.Equal([("a", "3"), ("b", "5"), ("b", "20"), ("b", "!1"), ("b", "30")], pairs.Pairs);
    }

    [Fact]
    public void A_mapper_that_never_returns_fails_the_attempt_and_can_emit_no_more()
    {
        string released = Bench.In("released"), ended = Bench.In("ended");
        string mapper = Bench.Write("loop.cs", Mapper($$"""
            output.Emit(record, default);
            if (record.Length > 1)
            {
                while (!File.Exists("{{released}}")) Thread.Yield();
                try { output.Emit("late"u8, default); } finally { File.WriteAllText("{{ended}}.part", "x"); File.Move("{{ended}}.part", "{{ended}}"); }
            }
            """));
        PairList pairs = new();
        Workbench.Using(Bench.Open(mapper), code =>
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

    [Theory]
    [InlineData("cat", false)]
    [InlineData("words.cs", false)]
    [InlineData("cat", true)]
    public void A_fold_that_never_returns_fails_the_attempt_and_gets_no_memory_of_the_engine(string mapper, bool alone)
    {
        string released = Bench.In("released"), ended = Bench.In("ended");
        Bench.Write("words.cs", WordCount);
        string combiner = Bench.Write("fold.cs", $$"""
            public class F : IFoldCombiner
            {
                public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
                {
                    if (value[0] != (byte)'!') { value.CopyTo(accumulator); return true; }
                    bool first = Interlocked.Increment(ref s_calls) == 1;
                    while (!File.Exists("{{released}}")) Thread.Yield();
                    accumulator.Fill((byte)'?');
                    if (first) File.WriteAllText("{{ended}}", "x");
                    return true;
                }

                private static int s_calls;
            }
            """);
        Workbench.Using(Bench.Open(mapper == "cat" ? "cat" : Bench.In(mapper), combiner: combiner), code =>
        {
            byte[] accumulator = "1"u8.ToArray();
            bool returned = false;
            void Fold(string value) => Assert.True(code.Fold!.TryFold(accumulator, System.Text.Encoding.ASCII.GetBytes(value), 1));
            void FoldBoth()
            {
                Fold("2");
                Fold("!");
                returned = true;
            }

            void Run(AttemptContext attempt)
            {
                if (alone)
                {
                    code.RunFolding(attempt, FoldBoth);
                }
                else
                {
                    code.Map(attempt, new RecordList("a b\nc\n"u8.ToArray()), new NestedSink(FoldBoth));
                }
            }

            FailureCard card = Assert.Throws<UserCodeFault>(() => Run(Workbench.Attempt(timeoutSeconds: 0.2))).Card;
            Assert.StartsWith("the combiner 'fold.cs' neither took a record nor emitted one for 0.2 s", card.Error, StringComparison.Ordinal);
            Assert.Equal("combine", card.Stage);
            using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
            Assert.ThrowsAny<OperationCanceledException>(() => Run(Workbench.Attempt(cancellation: source.Token)));
            File.WriteAllText(released, "");
            Assert.True(SpinWait.SpinUntil(() => File.Exists(ended), TimeSpan.FromSeconds(20)), "the fold left behind did not end");
            Assert.Equal("2"u8.ToArray(), accumulator);
            Assert.False(returned);
        });
    }

    [Fact]
    public void A_fold_that_throws_is_named_on_the_card()
    {
        string combiner = Bench.Write("fold.cs", "public class F : IFoldCombiner { public bool TryFold(Span<byte> a, ReadOnlySpan<byte> v, long n) => throw new ArgumentException(\"no\"); }");
        Workbench.Using(Bench.Open("cat", combiner: combiner), code =>
        {
            NestedSink sink = new(() => code.Fold!.TryFold(new byte[1], new byte[1], 1));
            FailureCard card = Assert.Throws<UserCodeFault>(() => code.Map(Workbench.Attempt(), new RecordList("a\n"u8.ToArray()), sink)).Card;
            Assert.Equal("the combiner 'fold.cs' threw ArgumentException: no", card.Error);
        });
    }

    [Fact]
    public void Cancellation_ends_user_code_between_records_and_gives_up_on_it_within_one()
    {
        using CancellationTokenSource source = new();
        string mapper = Bench.Write("loop.cs", Mapper("output.Emit(record, default); while (record.Length > 1) Thread.Yield();"));
        Workbench.Using(Bench.Open(mapper), code => Assert.ThrowsAny<OperationCanceledException>(
            () => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("aa\n"u8.ToArray()), new CancellingSink(source))));
        PairList pairs = new();
        Workbench.Using(Bench.Open(mapper), code => Assert.ThrowsAny<OperationCanceledException>(
            () => code.Map(Workbench.Attempt(cancellation: source.Token), new RecordList("a\n"u8.ToArray()), pairs)));
        Assert.Empty(pairs.Pairs);
    }

    private sealed class CancellingSink(CancellationTokenSource source) : IPairSink
    {
        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => source.Cancel();
    }
}
