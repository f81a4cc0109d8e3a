using System.Globalization;

namespace Katanemimena.Bench.Report;

/// <summary>Puts a report where the options want it.</summary>
internal static class ReportFile
{
    public static void Write(string report, BenchOptions options)
    {
        if (options.Output == "-")
        {
            Console.Write(report);
            return;
        }

        var path = options.Output.Length > 0 ? options.Output : DefaultPath(options);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, report);
        Console.Error.WriteLine(path);
    }

    private static string DefaultPath(BenchOptions options)
    {
        var date = TimeProvider.System.GetLocalNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return Path.Combine(options.Bench, "results", options.Latency ? $"{date}-latency.md" : $"{date}.md");
    }
}
