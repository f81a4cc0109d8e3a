using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.DotNet;

/// <summary>.NET code in a process of its own.</summary>
public sealed class OwnProcessTests() : DotNetContract(DotNetIsolation.OwnProcess)
{
    [Fact]
    public void A_fold_works_as_a_general_combiner()
    {
        string combiner = Bench.Write("max.cs", """
            public class Max : IFoldCombiner
            {
                public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
                {
                    if (accumulator.SequenceCompareTo(value) < 0) value.CopyTo(accumulator);
                    return true;
                }
            }
            """);
        PairList pairs = new();
        Workbench.Using(Bench.Open("cat", combiner: combiner), code =>
        {
            Assert.Null(code.Fold);
            code.Combine(Workbench.Attempt(), GroupList.Of(("a", ["1", "3", "2"]), ("b", ["5", "10", "20"])), pairs);
        });
        Assert.Equal([("a", "3"), ("b", "5"), ("b", "20")], pairs.Pairs);
    }
}
