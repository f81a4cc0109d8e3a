using System.Globalization;

namespace Katanemimena.Tests.Cluster.Faults;

/// <summary>Writes down what was measured, for whoever asked for it: a line each to the file that KATANEMIMENA_FIGURES names.</summary>
internal static class Figures
{
    private static readonly Lock s_writing = new();

    public static void Write(string what, TimeSpan took)
    {
        if (Environment.GetEnvironmentVariable("KATANEMIMENA_FIGURES") is { Length: > 0 } file)
        {
            lock (s_writing)
            {
                File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{what}\t{took.TotalSeconds:0.00}\n"));
            }
        }
    }
}
