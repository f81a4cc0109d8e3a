using Katanemimena.Bench;
using Katanemimena.Bench.Report;
using Katanemimena.Bench.Workloads;

const long latencyBytes = 4L << 20;
const long memoryBytesMax = (512L + 250) << 20;

try
{
    var options = BenchOptions.Parse(args);
    var bench = Path.GetFullPath(options.Bench);
    var comparer = new Comparer(new Places(bench, Path.GetFullPath(options.Mrctl)), options.Data ?? Path.Combine(bench, "data"), Console.Error);
    var workloads = options.Latency ? [Latency.Workload] : Catalogue.All.Where(one => options.Workloads.Contains(one.Name)).ToList();
    var comparisons = workloads.Select(workload => comparer.Compare(
        workload,
        [.. workload.Programs.Where(program => options.Selects(program.Name) && (!options.Tiny || program.Tiny))],
        options.Latency ? latencyBytes : workload.Data.BytesAt(options.Scale),
        options.Runs,
        options.AllowMissing)).ToList();
    var report = MarkdownReport.Of(options.Latency ? "Latency of a small job" : "Workloads and peers", comparisons, options.Runs, memoryBytesMax);
    ReportFile.Write(report, options);
    return comparisons.Any(comparison => comparison.Disagreements.Count > 0) ? 1 : 0;
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message + Environment.NewLine + BenchOptions.Usage);
    return 2;
}
catch (InvalidOperationException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
