using System.Text;

namespace Katanemimena.Cli.Display;

/// <summary>Standard error as UTF-8 lines, written whole. The console class is not used: it costs a start several milliseconds.</summary>
internal static class StandardError
{
    private static readonly Lock Gate = new();
    private static readonly Stream Output = Console.OpenStandardError();

    /// <summary>Whether it is a terminal that understands control sequences.</summary>
    public static bool IsTerminal => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Writes text as it is. Whatever keeps it from being written, it is lost and the command goes on: there is nobody left to tell.</summary>
    public static void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        lock (Gate)
        {
            try
            {
                Output.Write(bytes);
            }
            catch (Exception)
            {
                // A full disk, a closed pipe, a limit on file sizes: the runtime has a different exception for each.
            }
        }
    }

    /// <summary>Writes one line.</summary>
    public static void WriteLine(string line) => Write(line + "\n");
}
