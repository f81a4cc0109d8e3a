using System.Text;
using Katanemimena.Cli.Display;

namespace Katanemimena.Cli.Remote;

/// <summary>Asks the person at the terminal. Questions go to standard error; passwords are not shown.</summary>
internal static class Prompt
{
    private const int CharactersMax = 1024;

    /// <summary>Whether there is a person to ask.</summary>
    public static bool CanAsk => !Console.IsInputRedirected;

    /// <summary>Asks for a line.</summary>
    /// <exception cref="OperationCanceledException">Ctrl-C, or the end of input.</exception>
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

    private static Task<string> AskAsync(string question, bool shown, CancellationToken cancellation)
    {
        StandardError.Write(question);
        return Task.Factory.StartNew(() => Read(shown), TaskCreationOptions.LongRunning).WaitAsync(cancellation);
    }

    /// <summary>Reads keys itself: then the terminal never shows any, whatever becomes of this process.</summary>
    private static string Read(bool shown)
    {
        if (shown)
        {
            return Console.In.ReadLine() ?? throw new OperationCanceledException();
        }

        var text = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    StandardError.Write("\n");
                    return text.ToString();
                case ConsoleKey.Backspace:
                    text.Length -= Math.Min(1, text.Length);
                    break;
                case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                    text.Clear();
                    break;
                case ConsoleKey.D when key.Modifiers == ConsoleModifiers.Control && text.Length == 0:
                    StandardError.Write("\n");
                    throw new OperationCanceledException();
                default:
                    text.Append(char.IsControl(key.KeyChar) || text.Length >= CharactersMax ? "" : key.KeyChar.ToString());
                    break;
            }
        }
    }
}
