using System.Globalization;
using System.Text;
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
            .Append($"{Quantity.Text(manifest.Map.RecordsIn, "record")} ({Size.Text(manifest.Inputs.Sum(input => input.Bytes))}) in, ")
            .Append($"{Quantity.Text(result.Pairs, "pair")} ({Size.Text(result.Bytes)}) out\n");
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
        Stage.Submit => $"{Quantity.Text(manifest.Inputs.Count, "file")}, {Size.Text(manifest.Inputs.Sum(input => input.Bytes))}",
        Stage.Chunk => Quantity.Text(manifest.Map.Tasks, "chunk"),
        Stage.Map => $"{Quantity.Text(manifest.Map.Tasks, "task")}, {Quantity.Text(manifest.Map.RecordsIn, "record")} to {Quantity.Text(manifest.Map.RecordsOut, "pair")}{Times(manifest.Map)}",
        Stage.Shuffle => $"{Size.Text(manifest.ShuffleBytes)}, largest partition {Percent(manifest.LargestPartitionShare)} of it",
        Stage.Reduce => $"{Quantity.Text(manifest.Reduce.Tasks, "task")}, {Quantity.Text(manifest.Reduce.RecordsIn, "value")} of {Quantity.Text(manifest.Reduce.Groups, "key")} to {Quantity.Text(manifest.Reduce.RecordsOut, "pair")}{Times(manifest.Reduce)}",
        _ => $"{Size.Text(result.Bytes)} to {(result.Path == "-" ? "standard output" : result.Path)}",
    };

    /// <summary>On a line of its own, so that both fit into the 80 columns of most terminals.</summary>
    private static string Times(ManifestStage stage) =>
        $"\n            task time: read and user code {Duration.Text(stage.UserTime)}, sort {Duration.Text(stage.SortTime)}, write {Duration.Text(stage.WriteTime)}";

    private static void Totals(StringBuilder text, JobManifest manifest, long peakBytes)
    {
        int attempts = manifest.Map.Attempts + manifest.Reduce.Attempts, failed = manifest.Map.Failed + manifest.Reduce.Failed;
        int spills = manifest.Map.Spills + manifest.Reduce.Spills;
        text.Append($"  {Quantity.Text(attempts, "attempt")} ({failed} failed or lost), {Quantity.Text(spills, "spill")}");
        if (spills > 0)
        {
            text.Append($" ({Size.Text(manifest.Map.SpillBytes + manifest.Reduce.SpillBytes)})");
        }

        if (manifest.Map.SetAside + manifest.Reduce.SetAside is > 0 and var setAside)
        {
            text.Append($", {Quantity.Text(setAside, "bad record")} set aside");
        }

        text.Append($", peak memory {Size.Text(peakBytes)}\n");
    }

    private static void Counters(StringBuilder text, JobManifest manifest)
    {
        foreach ((string name, long value) in manifest.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
        {
            text.Append($"  counter {Printable.Text(name)} = {Quantity.Text(value)}\n");
        }
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");
}
