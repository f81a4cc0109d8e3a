using System.Runtime.InteropServices;
using System.Text;
using Katanemimena.Cli.Display;

namespace Katanemimena.Cli.Remote;

/// <summary>Asks the person at the terminal. Questions go to standard error; passwords are not shown.</summary>
internal static class Prompt
{
    private const int BytesMax = 4096;

    /// <summary>Whether there is a person to ask.</summary>
    public static bool CanAsk => !Console.IsInputRedirected;

    /// <summary>Asks for a line.</summary>
    /// <exception cref="CommandError">The input ended.</exception>
    /// <exception cref="OperationCanceledException">A signal came.</exception>
    public static Task<string> LineAsync(string question, CancellationToken cancellation) => AskAsync(question, shown: true, cancellation);

    /// <summary>Asks for a password.</summary>
    /// <param name="question">The question.</param>
    /// <param name="otherwise">What to do where there is no terminal, for the error.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CommandError">There is no terminal.</exception>
    public static Task<string> PasswordAsync(string question, string otherwise, CancellationToken cancellation) =>
        CanAsk ? AskAsync(question, shown: false, cancellation)
            : throw CommandError.Usage($"a password is asked for, but standard input is no terminal; {otherwise}");

    /// <summary>Asks for a new password, twice.</summary>
    public static async Task<string> NewPasswordAsync(string question, string otherwise, CancellationToken cancellation)
    {
        string first = await PasswordAsync($"{question}: ", otherwise, cancellation);
        return first == await PasswordAsync($"{question} again: ", otherwise, cancellation) ? first
            : throw CommandError.Usage("the two passwords are not the same; nothing was changed");
    }

    /// <summary>Lines of standard input, for scripts: as many as asked for.</summary>
    /// <exception cref="CommandError">There are fewer.</exception>
    public static string[] InputLines(int count, string what)
    {
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        string[] lines = [.. Enumerable.Range(0, count).Select(_ => input.ReadLine() ?? "")];
        return !lines.Contains("") ? lines : throw CommandError.Usage($"--password-stdin: standard input must hold {what}");
    }

    private static async Task<string> AskAsync(string question, bool shown, CancellationToken cancellation)
    {
        using var mode = new TerminalLines(shown);
        StandardError.Write(question);
        return await Task.Factory.StartNew(ReadLine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancellation);
    }

    /// <summary>Reads byte by byte, so that nothing of the next line is taken.</summary>
    private static string ReadLine()
    {
        using Stream input = Console.OpenStandardInput();
        var line = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        while (true)
        {
            if (input.Read(one) == 0)
            {
                throw CommandError.Usage("nothing was answered");
            }

            if (one[0] == (byte)'\n')
            {
                return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(line));
            }

            if (line.Count < BytesMax)
            {
                line.Add(one[0]);
            }
        }
    }
}
