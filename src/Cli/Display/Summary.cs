using System.Globalization;
using System.Text;
using Katanemimena.Cli.Options;
using Katanemimena.Cli.Run;
using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>What a completed job took, for people.</summary>
internal static class Summary
{
    /// <summary>The text, several lines, each ended.</summary>
    public static string Text(JobManifest manifest, JobClock clock, WrittenResult result, long peakBytes)
    {
        var text = new StringBuilder();
        text.Append($"mrctl: {manifest.Job} done in {Duration.Text(clock.Elapsed)}: ")
            .Append($"{Number(manifest.Map.RecordsIn)} records ({Size.Text(manifest.Inputs.Sum(input => input.Bytes))}) in, ")
            .Append($"{Number(result.Pairs)} pairs ({Size.Text(result.Bytes)}) out\n");
        for (var stage = Stage.Submit; stage <= Stage.Result; stage++)
        {
            TimeSpan took = clock.Took(stage) ?? TimeSpan.Zero;
            string share = string.Create(CultureInfo.InvariantCulture, $"{100 * took / clock.Elapsed:0} %");
            text.Append($"  {StageLines.Names[(int)stage],-8}{Duration.Text(took),10}{share,6}  {Detail(stage, manifest, result)}".TrimEnd()).Append('\n');
        }

        Totals(text, manifest, peakBytes);
        Counters(text, manifest);
        return text.ToString();
    }

    private static string Detail(Stage stage, JobManifest manifest, WrittenResult result) => stage switch
    {
        Stage.Submit => $"{Count(manifest.Inputs.Count, "file")}, {Size.Text(manifest.Inputs.Sum(input => input.Bytes))}",
        Stage.Chunk => Count(manifest.Map.Tasks, "chunk"),
        Stage.Map => $"{Count(manifest.Map.Tasks, "task")}, {Number(manifest.Map.RecordsIn)} records to {Number(manifest.Map.RecordsOut)} pairs{Times(manifest.Map)}",
        Stage.Shuffle => $"{Size.Text(manifest.ShuffleBytes)}, largest partition {Percent(manifest.LargestPartitionShare)} of it",
        Stage.Reduce => $"{Count(manifest.Reduce.Tasks, "task")}, {Number(manifest.Reduce.RecordsIn)} values of {Number(manifest.Reduce.Groups)} keys to {Number(manifest.Reduce.RecordsOut)} pairs{Times(manifest.Reduce)}",
        _ => $"{Size.Text(result.Bytes)} to {(result.Path == "-" ? "standard output" : result.Path)}",
    };

    private static string Times(ManifestStage stage) =>
        $" (task time: read and user code {Duration.Text(stage.UserTime)}, sort {Duration.Text(stage.SortTime)}, write {Duration.Text(stage.WriteTime)})";

    private static void Totals(StringBuilder text, JobManifest manifest, long peakBytes)
    {
        int attempts = manifest.Map.Attempts + manifest.Reduce.Attempts, failed = manifest.Map.Failed + manifest.Reduce.Failed;
        int spills = manifest.Map.Spills + manifest.Reduce.Spills;
        text.Append($"  {Count(attempts, "attempt")} ({failed} failed or lost), {Count(spills, "spill")}");
        if (spills > 0)
        {
            text.Append($" ({Size.Text(manifest.Map.SpillBytes + manifest.Reduce.SpillBytes)})");
        }

        if (manifest.Map.SetAside + manifest.Reduce.SetAside is > 0 and var setAside)
        {
            text.Append($", {Count(setAside, "bad record")} set aside");
        }

        text.Append($", peak memory {Size.Text(peakBytes)}\n");
    }

    private static void Counters(StringBuilder text, JobManifest manifest)
    {
        foreach ((string name, long value) in manifest.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
        {
            text.Append($"  counter {Printable.Text(name)} = {Number(value)}\n");
        }
    }

    private static string Count(long number, string noun) => $"{Number(number)} {noun}{(number == 1 ? "" : "s")}";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");
}
