using Katanemimena.Bench.Measure;

namespace Katanemimena.Bench.Workloads;

/// <summary>All runs of one program, in the order of the rounds.</summary>
internal sealed record Measured(BenchProgram Program, IReadOnlyList<Run> Runs)
{
    public double Seconds => Median(Runs.Select(run => run.Seconds));

    public double CpuSeconds => Median(Runs.Select(run => run.CpuSeconds));

    public long PeakBytes => Runs.Max(run => run.PeakBytes);

    public static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>One workload, measured.</summary>
/// <param name="Workload">Which.</param>
/// <param name="InputBytes">Size of its input.</param>
/// <param name="Programs">Those that ran.</param>
/// <param name="Missing">Those that could not, with what they lack.</param>
/// <param name="Disagreements">Programs whose result differs from the first one's, or is out of order.</param>
internal sealed record Comparison(
    Workload Workload, long InputBytes, IReadOnlyList<Measured> Programs, IReadOnlyList<string> Missing, IReadOnlyList<string> Disagreements)
{
    /// <summary>Median over the rounds of our time by the peer's in the same round; null if one of them did not run.</summary>
    public double? Ratio(Goal goal)
    {
        var ours = Programs.FirstOrDefault(one => one.Program.Name == goal.Ours);
        var peer = Programs.FirstOrDefault(one => one.Program.Name == goal.Peer);
        return ours is null || peer is null
            ? null
            : Measured.Median(ours.Runs.Zip(peer.Runs, (mine, theirs) => mine.Seconds / theirs.Seconds));
    }
}
