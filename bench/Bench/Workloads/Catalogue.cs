using Katanemimena.Bench.Data;

namespace Katanemimena.Bench.Workloads;

/// <summary>The five workloads with their programs and goals.</summary>
internal static class Catalogue
{
    private const string Dll = "{programs}/dotnet/bin";
    private const string Functions = "{programs}/functions";
    private const string Generators = "{programs}/generators";
    private const string Streaming = "{programs}/streaming";

    public static IReadOnlyList<Workload> All { get; } = [WordCount(), SumByKey(), InvertedIndex(), TotalSort(), Grep()];

    private static Workload WordCount() => new("W1", "word count", DataSet.Text,
        [
            Ours(".NET, combiner", $"{Dll}/W1/W1.dll", $"{Dll}/W1/W1.dll", $"{Dll}/W1/W1.dll"),
            Ours(".NET source, combiner", "{programs}/dotnet/W1.cs", "{programs}/dotnet/W1.cs", "{programs}/dotnet/W1.cs"),
            Ours("functions, combiner", $"{Functions}/w1_mapper.py", $"{Functions}/w1_reducer.py", $"{Functions}/w1_reducer.py"),
            Ours("generators, combiner", $"{Generators}/w1_mapper.py", $"{Generators}/w1_reducer.py", $"{Generators}/w1_reducer.py"),
            Ours("streaming mawk, combining in the mapper", $"{Streaming}/w1_combining_mapper.awk", $"{Streaming}/sum_reducer.awk"),
            Ours("streaming Python, combining in the mapper", Script("w1_combining_mapper"), Script("sum_reducer"), contract: "streaming"),
            Ours(".NET", $"{Dll}/W1/W1.dll", $"{Dll}/W1/W1.dll"),
            Ours("functions", $"{Functions}/w1_mapper.py", $"{Functions}/w1_reducer.py"),
            Ours("generators", $"{Generators}/w1_mapper.py", $"{Generators}/w1_reducer.py"),
            Ours("streaming mawk", $"{Streaming}/w1_plain_mapper.awk", $"{Streaming}/sum_reducer.awk"),
            new("wc -w", "exec wc -w {in} > {out}", Checked: false),
            Peer("C, 2 threads", "exec {peers}/c/bin/w1 {in} {out}"),
            Peer("C#, 2 threads", "exec {csharp} W1 {in} {out}"),
            DuckDb("W1"),
            Peer("GNU parallel and mawk", $"exec {{peers}}/shell/parallel.sh {Streaming}/w1_combining_mapper.awk {Streaming}/sum_reducer.awk {{in}} {{out}}"),
            Peer("mawk pipeline, combining, 2 processes", Halves($"{Streaming}/w1_combining_mapper.awk", $"{Streaming}/sum_reducer.awk"), tiny: true),
            Peer("Python pipeline, combining, 2 processes", Halves($"\"{Script("w1_combining_mapper")}\"", $"\"{Script("sum_reducer")}\""), tiny: true),
            Peer("Python, 2 processes", "exec {python} {peers}/python/w1.py {in} {out}", tiny: true),
            Peer("Dask bag", "exec {dask} {peers}/dask/w1.py {in} {out}"),
            Peer("tr, sort, uniq", "exec {peers}/shell/uniq.sh {in} {out}", tiny: true),
            Peer("mawk pipeline through sort", ThroughSort("w1_plain_mapper.awk", "sum_reducer.awk"), tiny: true),
        ],
        [
            new(".NET, combiner", "C#, 2 threads", 1.5),
            new(".NET, combiner", "DuckDB", 1.0),
            new("functions, combiner", "Python, 2 processes", 1.0),
            new("generators, combiner", "Python, 2 processes", 1.0),
            new("streaming mawk, combining in the mapper", "mawk pipeline, combining, 2 processes", 1.0),
            new("streaming mawk, combining in the mapper", "GNU parallel and mawk", 1.0),
            new("streaming Python, combining in the mapper", "Python pipeline, combining, 2 processes", 1.0),
            new(".NET", "C#, 2 threads", 3.0),
            new("functions", "Python, 2 processes", 1.0),
            new("functions", "Dask bag", 0.25),
            new("generators", "Python, 2 processes", 1.0),
            new("generators", "Dask bag", 0.25),
            new("streaming mawk", "mawk pipeline through sort", 0.4),
        ]);

    private static Workload SumByKey() => new("W2", "sum by key", DataSet.UserNumbers,
        [
            Ours(".NET", $"{Dll}/W2/W2.dll", $"{Dll}/W2/W2.dll"),
            Ours("functions", $"{Functions}/w2_mapper.py", $"{Functions}/w2_reducer.py"),
            Ours("generators", $"{Generators}/w2_mapper.py", $"{Generators}/w2_reducer.py"),
            Ours("streaming cat and mawk", "cat", $"{Streaming}/sum_reducer.awk"),
            Peer("C, radix, 2 threads", "exec {peers}/c/bin/w2 {in} {out}"),
            Peer("C#, 2 threads", "exec {csharp} W2 {in} {out}"),
            DuckDb("W2"),
            Peer("sort in 2 processes and mawk", Halves("cat", $"{Streaming}/sum_reducer.awk"), tiny: true),
            Peer("sort and mawk", "exec {peers}/shell/through_sort.sh cat {programs}/streaming/sum_reducer.awk {in} {out}", tiny: true),
            Peer("Python, 2 processes", "exec {python} {peers}/python/w2.py {in} {out}", tiny: true),
        ],
        [
            new(".NET", "DuckDB", 0.5),
            new("functions", "Python, 2 processes", 0.35),
            new("generators", "Python, 2 processes", 0.35),
            new("streaming cat and mawk", "sort in 2 processes and mawk", 0.5),
        ]);

    private static Workload InvertedIndex() => new("W3", "inverted index", DataSet.Documents,
        [
            Ours(".NET", $"{Dll}/W3/W3.dll", $"{Dll}/W3/W3.dll"),
            Ours("functions", $"{Functions}/w3_mapper.py", $"{Functions}/w3_reducer.py"),
            Ours("generators", $"{Generators}/w3_mapper.py", $"{Generators}/w3_reducer.py"),
            Ours("streaming mawk", $"{Streaming}/w3_mapper.awk", $"{Streaming}/w3_reducer.awk"),
            Peer("C, 2 threads", "exec {peers}/c/bin/w3 {in} {out}"),
            DuckDb("W3"),
            Peer("Python, 2 processes", "exec {python} {peers}/python/w3.py {in} {out}", tiny: true),
            Peer("sort and mawk", ThroughSort("w3_mapper.awk", "w3_reducer.awk"), tiny: true),
        ],
        [
            new(".NET", "C, 2 threads", 2.0),
            new("functions", "Python, 2 processes", 0.7),
            new("generators", "Python, 2 processes", 0.7),
            new("streaming mawk", "sort and mawk", 0.4),
        ]);

    private static Workload TotalSort() => new("W4", "total sort", DataSet.SortRecords,
        [
            Ours(".NET", $"{Dll}/W4/W4.dll"),
            Peer("C, 2 threads", "exec {peers}/c/bin/w4 {in} {out}"),
            Peer("GNU sort -S 64M", "LC_ALL=C exec sort --parallel=2 -S 64M -T $(dirname {out}) {in} -o {out}", tiny: true),
            Peer("GNU sort -S 4G", "LC_ALL=C exec sort --parallel=2 -S 4G -T $(dirname {out}) {in} -o {out}"),
            DuckDb("W4"),
        ],
        [
            new(".NET", "GNU sort -S 64M", 0.8),
        ]);

    private static Workload Grep() => new("W5", "grep", DataSet.Text,
        [
            Ours(".NET", $"{Dll}/W5/W5.dll"),
            Ours("functions", $"{Functions}/w5_mapper.py"),
            Ours("generators", $"{Generators}/w5_mapper.py"),
            Ours("streaming grep", $"{Streaming}/w5_mapper.sh", "cat"),
            Ours("streaming Python", Script("w5_mapper"), "cat", contract: "streaming"),
            Peer("grep", "LC_ALL=C exec grep -F zyzzyva {in} > {out}", tiny: true),
            Peer("grep pipeline", $"exec {{peers}}/shell/through_sort.sh {Streaming}/w5_mapper.sh cat {{in}} {{out}}", tiny: true),
            Peer("Python pipeline", $"exec {{peers}}/shell/through_sort.sh \"{Script("w5_mapper")}\" cat {{in}} {{out}}", tiny: true),
            DuckDb("W5"),
        ],
        [
            new(".NET", "grep", 1.5),
            new(".NET", "DuckDB", 1.0),
            new("functions", "Python pipeline", 1.3),
            new("generators", "Python pipeline", 1.3),
            new("streaming grep", "grep pipeline", 1.3),
        ]);

    private static BenchProgram Ours(string name, string mapper, string? reducer = null, string? combiner = null, string? contract = null)
    {
        var command = $"exec {{mrctl}} run --data {{in}} --output {{out}} --force --quiet --workers 2 --mapper \"{mapper}\"";
        command += reducer is null ? "" : $" --reducer \"{reducer}\"";
        command += combiner is null ? "" : $" --combiner \"{combiner}\"";
        return new BenchProgram(name, command + (contract is null ? "" : $" --contract {contract}"), Ours: true, Tiny: true);
    }

    private static BenchProgram Peer(string name, string command, bool tiny = false) => new(name, command, Tiny: tiny);

    private static BenchProgram DuckDb(string workload) => Peer("DuckDB", $"exec node {{duckdb}}/workload.mjs {workload} {{in}} {{out}}");

    private static string Script(string name) => $"{{python}} {Streaming}/{name}.py";

    private static string Halves(string mapper, string reducer) => $"exec {{peers}}/shell/halves.sh {mapper} {reducer} {{in}} {{out}}";

    private static string ThroughSort(string mapper, string reducer) =>
        $"exec {{peers}}/shell/through_sort.sh {Streaming}/{mapper} {Streaming}/{reducer} {{in}} {{out}}";
}
