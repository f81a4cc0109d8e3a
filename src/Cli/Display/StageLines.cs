using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>How the stages of a running job read, as rows of a live display or as single lines.</summary>
internal static class StageLines
{
    private const int NameWidth = 9, TextWidth = 46, BarWidthMin = 6, BarWidthMax = 24;

    /// <summary>Names of the stages, as everywhere.</summary>
    public static readonly IReadOnlyList<string> Names = ["submit", "chunk", "map", "shuffle", "reduce", "result"];

    /// <summary>Six rows, none wider than <paramref name="width"/>: on a narrow screen the bars are shorter, then the rate is left out, then the time left.</summary>
    public static List<string> Rows(JobClock clock, int width, bool unicode)
    {
        var rows = new List<string>(JobClock.Stages);
        for (var stage = Stage.Submit; stage <= Stage.Result; stage++)
        {
            string row = Row(clock, stage, width, unicode);
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
            ? $"{Names[(int)stage]} {Details(clock, stage, progress)[0]}"
            : $"{Names[(int)stage]} for {Duration.Text(clock.Took(stage) ?? TimeSpan.Zero)}";
    }

    private static string Row(JobClock clock, Stage stage, int width, bool unicode)
    {
        string name = Names[(int)stage];
        if (clock.Took(stage) is not { } took)
        {
            return name;
        }

        StageProgress? progress = Progress(clock.Status, stage);
        double share = clock.Ended(stage) ? 1 : progress is { Total: > 0 } ? (double)progress.Done / progress.Total : 0;
        string row = $"{name,-NameWidth}{Bar(share, Math.Clamp(width - NameWidth - TextWidth, BarWidthMin, BarWidthMax), unicode)} ";
        if (progress is not { Total: > 0 })
        {
            return row + Duration.Text(took);
        }

        if (clock.Ended(stage))
        {
            return $"{row}{Quantity.Text(progress.Total, "task")} in {Duration.Text(took)}";
        }

        string[] details = Details(clock, stage, progress);
        return row + (Array.Find(details, detail => row.Length + detail.Length <= width) ?? details[^1]);
    }

    private static StageProgress? Progress(JobStatus? status, Stage stage) => stage switch
    {
        Stage.Map => status?.Map,
        Stage.Reduce => status?.Reduce,
        _ => null,
    };

    /// <summary>What is known of a stage at work, from the longest text to the shortest.</summary>
    private static string[] Details(JobClock clock, Stage stage, StageProgress progress)
    {
        string counts = string.Create(CultureInfo.InvariantCulture, $"{progress.Done:N0}/{progress.Total:N0} tasks {100L * progress.Done / progress.Total} %");
        counts = progress.Failed > 0 ? $"{counts}, {Quantity.Text(progress.Failed, "attempt")} failed" : counts;
        TimeSpan took = clock.Took(stage) ?? TimeSpan.Zero;
        int done = progress.Done - (Progress(clock.First, stage)?.Done ?? 0);
        if (done <= 0 || took <= TimeSpan.Zero)
        {
            string read = stage == Stage.Map && clock.BytesRead > 0 ? $", {Size.Text(clock.BytesRead)} read" : "";
            return [$"{counts}{read}, {Duration.Text(took)} so far", $"{counts}, {Duration.Text(took)} so far", counts];
        }

        string left = $"{Duration.Text(took / done * (progress.Total - progress.Done))} left";
        return stage == Stage.Map
            ? [$"{counts} {Size.Text((double)clock.InputBytes * done / progress.Total / took.TotalSeconds)}/s, {left}", $"{counts} {left}", counts]
            : [$"{counts} {left}", counts];
    }

    private static string Bar(double share, int width, bool unicode)
    {
        int full = (int)(share * width);
        return new StringBuilder().Append(unicode ? '█' : '#', full).Append(unicode ? '░' : '.', width - full).ToString();
    }
}
