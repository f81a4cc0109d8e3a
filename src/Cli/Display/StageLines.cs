using System.Globalization;
using System.Text;
using Katanemimena.Cli.Options;
using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>How the stages of a running job read, as rows of a live display or as single lines.</summary>
internal static class StageLines
{
    private const int BarWidth = 24;

    /// <summary>Names of the stages, as everywhere.</summary>
    public static readonly IReadOnlyList<string> Names = ["submit", "chunk", "map", "shuffle", "reduce", "result"];

    /// <summary>Six rows, none wider than <paramref name="width"/>.</summary>
    public static List<string> Rows(JobClock clock, int width, bool unicode)
    {
        var rows = new List<string>(JobClock.Stages);
        for (var stage = Stage.Submit; stage <= Stage.Result; stage++)
        {
            string row = $"{Names[(int)stage],-8} {Row(clock, stage, unicode)}".TrimEnd();
            rows.Add(row.Length > width ? row[..width] : row);
        }

        return rows;
    }

    /// <summary>One line about the stage at work.</summary>
    public static string Line(JobClock clock)
    {
        Stage stage = Stage.Result;
        while (stage > Stage.Submit && clock.Began(stage) is null)
        {
            stage--;
        }

        StageProgress? progress = Progress(clock.Status, stage);
        return progress is { Total: > 0 }
            ? $"{Names[(int)stage]} {Counts(progress)} {Rate(clock, stage, progress)}".TrimEnd()
            : $"{Names[(int)stage]} for {Duration.Text(clock.Took(stage) ?? TimeSpan.Zero)}";
    }

    private static string Row(JobClock clock, Stage stage, bool unicode)
    {
        if (clock.Took(stage) is not { } took)
        {
            return "";
        }

        StageProgress? progress = Progress(clock.Status, stage);
        if (clock.Ended(stage))
        {
            string tasks = progress is { Total: > 0 } ? string.Create(CultureInfo.InvariantCulture, $"{progress.Total:N0} tasks in ") : "";
            return $"{Bar(1, unicode)} {tasks}{Duration.Text(took)}";
        }

        return progress is { Total: > 0 }
            ? $"{Bar((double)progress.Done / progress.Total, unicode)} {Counts(progress)} {Rate(clock, stage, progress)}"
            : $"{Bar(0, unicode)} {Duration.Text(took)}";
    }

    private static StageProgress? Progress(JobStatus? status, Stage stage) => stage switch
    {
        Stage.Map => status?.Map,
        Stage.Reduce => status?.Reduce,
        _ => null,
    };

    private static string Counts(StageProgress progress)
    {
        string counts = string.Create(CultureInfo.InvariantCulture, $"{progress.Done:N0}/{progress.Total:N0} tasks {100L * progress.Done / progress.Total} %");
        return progress.Failed > 0 ? $"{counts}, {progress.Failed} attempts failed" : counts;
    }

    private static string Rate(JobClock clock, Stage stage, StageProgress progress)
    {
        double seconds = clock.Took(stage)?.TotalSeconds ?? 0;
        if (progress.Done == 0 || seconds <= 0)
        {
            return "";
        }

        string left = Duration.Text(TimeSpan.FromSeconds(seconds / progress.Done * (progress.Total - progress.Done)));
        string rate = stage == Stage.Map ? $"{Size.Text((double)clock.InputBytes * progress.Done / progress.Total / seconds)}/s, " : "";
        return $"{rate}{left} left";
    }

    private static string Bar(double share, bool unicode)
    {
        int full = (int)(share * BarWidth);
        return new StringBuilder().Append(unicode ? '█' : '#', full).Append(unicode ? '░' : '.', BarWidth - full).ToString();
    }
}
