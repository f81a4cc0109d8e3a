using System.Globalization;
using System.Text;
using Katanemimena.Bench.Workloads;

namespace Katanemimena.Bench.Report;

/// <summary>The tables of a whole bench run.</summary>
internal static class MarkdownReport
{
    public static string Of(string title, IReadOnlyList<Comparison> comparisons, int rounds, long memoryBytesMax)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {title}").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{Machine.Describe()}. Each round runs every program once, in turn; median of {rounds}. CPU seconds are those of the whole process tree; memory is the most anonymous memory of the tree in any round. A ratio is the median over the rounds of our wall time by the peer's in the same round.")
            .AppendLine();
        foreach (var comparison in comparisons)
        {
            AppendPrograms(text, comparison, memoryBytesMax);
            AppendGoals(text, comparison);
            AppendNotes(text, comparison);
        }

        return text.ToString();
    }

    private static void AppendPrograms(StringBuilder text, Comparison comparison, long memoryBytesMax)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"## {comparison.Workload.Name} {comparison.Workload.Title}, {comparison.InputBytes / (double)(1 << 20):0.#} MiB").AppendLine()
            .AppendLine("| program | wall s | CPU s | peak MiB |").AppendLine("|---|---:|---:|---:|");
        foreach (var one in comparison.Programs)
        {
            var name = one.Program.Ours ? $"**{one.Program.Name}**" : one.Program.Name;
            var over = one.Program.Ours && one.PeakBytes > memoryBytesMax ? " (over the limit)" : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {one.Seconds:0.00} | {one.CpuSeconds:0.00} | {one.PeakBytes >> 20}{over} |");
        }

        text.AppendLine();
    }

    private static void AppendGoals(StringBuilder text, Comparison comparison)
    {
        if (comparison.Workload.Goals.Count == 0)
        {
            return;
        }

        text.AppendLine("| ours | held against | ratio | goal | |").AppendLine("|---|---|---:|---:|---|");
        foreach (var goal in comparison.Workload.Goals)
        {
            var ratio = comparison.Ratio(goal);
            var verdict = ratio is null ? "not measured" : ratio <= goal.AtMost ? "met" : "missed";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {goal.Ours} | {goal.Peer} | {ratio:0.00} | ≤ {goal.AtMost:0.00} | {verdict} |");
        }

        text.AppendLine();
    }

    private static void AppendNotes(StringBuilder text, Comparison comparison)
    {
        text.AppendLine(comparison.Disagreements.Count == 0 ? "All results agree." : "RESULTS DISAGREE:").AppendLine();
        foreach (var note in comparison.Disagreements.Concat(comparison.Missing.Select(missing => $"Not run, missing on this machine: {missing}")))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {note}");
        }

        if (comparison.Disagreements.Count + comparison.Missing.Count > 0)
        {
            text.AppendLine();
        }
    }
}
