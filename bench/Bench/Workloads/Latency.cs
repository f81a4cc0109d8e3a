using Katanemimena.Bench.Data;

namespace Katanemimena.Bench.Workloads;

/// <summary>A small word count, from process start to exit.</summary>
internal static class Latency
{
    private static readonly string[] Names =
        [".NET, combiner", "functions, combiner", "generators, combiner", "functions", "generators", "C#, 2 threads", "Python, 2 processes"];

    public static Workload Workload { get; } = new("W1", "word count", DataSet.Text,
        [.. Catalogue.All[0].Programs.Where(program => Names.Contains(program.Name))],
        [
            new(".NET, combiner", "C#, 2 threads", 2.5),
            new("functions, combiner", "Python, 2 processes", 1.5),
            new("generators, combiner", "Python, 2 processes", 1.5),
            new("functions", "Python, 2 processes", 1.5),
            new("generators", "Python, 2 processes", 1.5),
        ]);
}
