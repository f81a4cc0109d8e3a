using System.Runtime.InteropServices;
using System.Text;
using Katanemimena.Cli.Display;
using Microsoft.Win32.SafeHandles;

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
        using var mode = new TerminalLines(shown: false);
        using FileStream input = Input();
        string[] lines = [.. Enumerable.Range(0, count).Select(_ => ReadLine(input) ?? "")];
        return !lines.Contains("") ? lines : throw CommandError.Usage($"--password-stdin: standard input must hold {what}");
    }

    private static async Task<string> AskAsync(string question, bool shown, CancellationToken cancellation)
    {
        using var mode = new TerminalLines(shown);
        StandardError.Write(question);
        return await Task.Factory.StartNew(() => ReadLine(Input()), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancellation)
            ?? throw CommandError.Usage("nothing was answered");
    }

    /// <summary>Standard input, but not by the console's stream, which shows what a terminal sends. The descriptor stays open.</summary>
    private static FileStream Input() => new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);

    /// <summary>Reads byte by byte, so that nothing of the next line is taken.</summary>
    private static string? ReadLine(FileStream input)
    {
        var line = new List<byte>();
        byte[] one = new byte[1];
        while (true)
        {
            if (input.Read(one) == 0)
            {
                return line.Count == 0 ? null : Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(line));
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
