namespace Katanemimena.Cli.Options;

/// <summary>The system's own names of standard input and output. They mean what <c>-</c> means: behind them may be a pipe, and another file the next time.</summary>
internal static class StandardNames
{
    /// <summary><c>-</c> for a name of standard input, else the path itself.</summary>
    public static string OfInput(string path) => path is "/dev/stdin" or "/dev/fd/0" or "/proc/self/fd/0" ? "-" : path;

    /// <summary><c>-</c> for a name of standard output, else the path itself.</summary>
    public static string OfOutput(string path) => path is "/dev/stdout" or "/dev/fd/1" or "/proc/self/fd/1" ? "-" : path;
}
