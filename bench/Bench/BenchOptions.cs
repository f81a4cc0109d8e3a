using System.Globalization;

namespace Katanemimena.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        usage: run.sh [--workloads W1,W2,…] [--program TEXT]… [--scale N] [--runs N] [--latency] [--tiny]
                      [--allow-missing] [--data DIR] [--output FILE]
          --program    only those whose name holds one of the texts
          --scale      size of the inputs, 1 is 256 MiB (W3: 128 MiB)   [1]
          --runs       rounds; the median counts                        [3]
          --latency    word count of 4 MiB, process start to exit
          --tiny       only programs that need no installation
          --data       where inputs and outputs are kept                [bench/data]
          --output     the report; - for standard output                [bench/results/{date}.md]
        """;

    public IReadOnlyList<string> Workloads { get; init; } = ["W1", "W2", "W3", "W4", "W5"];

    public IReadOnlyList<string> Programs { get; init; } = [];

    public double Scale { get; init; } = 1;

    public int Runs { get; init; } = 3;

    public bool Latency { get; init; }

    public bool Tiny { get; init; }

    public bool AllowMissing { get; init; }

    public string Bench { get; init; } = "bench";

    public string Mrctl { get; init; } = "artifacts/mrctl/mrctl";

    public string? Data { get; init; }

    public string Output { get; init; } = "";

    /// <exception cref="FormatException">An option is unknown or lacks its value.</exception>
    public static BenchOptions Parse(string[] arguments)
    {
        var options = new BenchOptions();
        var queue = new Queue<string>(arguments);
        while (queue.TryDequeue(out var name))
        {
            options = name switch
            {
                "--workloads" => options with { Workloads = Value(queue, name).Split(',') },
                "--program" => options with { Programs = [.. options.Programs, Value(queue, name)] },
                "--scale" => options with { Scale = double.Parse(Value(queue, name), CultureInfo.InvariantCulture) },
                "--runs" => options with { Runs = int.Parse(Value(queue, name), CultureInfo.InvariantCulture) },
                "--latency" => options with { Latency = true },
                "--tiny" => options with { Tiny = true },
                "--allow-missing" => options with { AllowMissing = true },
                "--bench" => options with { Bench = Value(queue, name) },
                "--mrctl" => options with { Mrctl = Value(queue, name) },
                "--data" => options with { Data = Value(queue, name) },
                "--output" => options with { Output = Value(queue, name) },
                "--help" => throw new FormatException("Runs our contracts and the peers in turn, and compares."),
                _ => throw new FormatException($"unknown option {name}"),
            };
        }

        return options.Runs > 0 && options.Scale > 0 ? options : throw new FormatException("--runs and --scale must be above 0");
    }

    public bool Selects(string program) => Programs.Count == 0 || Programs.Any(text => program.Contains(text, StringComparison.Ordinal));

    private static string Value(Queue<string> queue, string name) =>
        queue.TryDequeue(out var value) ? value : throw new FormatException($"{name} lacks its value");
}
