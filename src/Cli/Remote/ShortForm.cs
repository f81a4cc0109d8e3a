using Katanemimena.Adapters.FileSystem;
using Katanemimena.Cli.Commands;
using Katanemimena.Cli.Display;
using Katanemimena.Client;
using Katanemimena.Core;

namespace Katanemimena.Cli.Remote;

/// <summary><c>jobs FILE MAPPER [REDUCER]</c>: what the words mean. FILE is of this machine, or else a datafile of the server.</summary>
/// <param name="File">As given.</param>
/// <param name="Mapper">As given.</param>
/// <param name="Reducer">As given, or null.</param>
internal sealed record ShortForm(string File, string Mapper, string? Reducer)
{
    /// <summary>Reads the words.</summary>
    /// <param name="words">At least one.</param>
    /// <param name="commands">Names of the commands, one of which may have been meant.</param>
    /// <exception cref="CommandError">The first is a mistyped command, or there is no mapper.</exception>
    public static ShortForm Of(IReadOnlyList<string> words, IEnumerable<string> commands)
    {
        if (Mistyped(words, commands) is { } mistake)
        {
            throw CommandError.Usage(mistake);
        }

        return words.Count > 1 ? new ShortForm(words[0], words[1], words.ElementAtOrDefault(2))
            : throw CommandError.Usage($"MAPPER is missing: mrctl jobs {Printable.Text(words[0])} MAPPER [REDUCER] runs a job (see mrctl jobs --help)");
    }

    /// <summary>What to say if the first word is no data but a mistyped command; else null. It is one if there is no such file and a command is near, no mapper
    /// follows, or the id of a job.</summary>
    public static string? Mistyped(IReadOnlyList<string> words, IEnumerable<string> commands)
    {
        if (words is not [var first, ..] || IsPlain(first))
        {
            return null;
        }

        string suggestion = Suggestion.For(first, commands);
        bool isCommand = suggestion.Length > 0 || words.Count == 1 || (JobId.TryParse(words[1], out _) && !System.IO.File.Exists(words[1]));
        return isCommand ? $"jobs {Printable.Text(first)}: no such command{suggestion} (see mrctl jobs --help; a datafile of that name is {DatafileName.Prefix}{Printable.Text(first)})" : null;
    }

    /// <summary>Runs the job; if FILE is neither here nor there, both is said.</summary>
    /// <param name="run">Runs it with this data.</param>
    public async Task<int> RunAsync(Func<string, Task<int>> run)
    {
        if (IsPlain(File))
        {
            return await run(File);
        }

        try
        {
            return await run(DatafileName.Prefix + File);
        }
        catch (ServiceProblem problem) when (problem.Field == "data")
        {
            throw CommandError.Usage($"FILE {Printable.Text(File)}: there is no such file here, and the server says: {Printable.Text(problem.Detail)}");
        }
    }

    /// <summary>Whether the word is data by itself: standard input, something of this machine, or a datafile that is called one.</summary>
    private static bool IsPlain(string word) =>
        word == "-" || Path.Exists(word) || word.StartsWith(DatafileName.Prefix, StringComparison.Ordinal) || (GlobPattern.IsPattern(word) && Matches(word));

    private static bool Matches(string pattern)
    {
        try
        {
            return InputResolver.Resolve([pattern]).Count > 0;
        }
        catch (PermanentFault)
        {
            return false;
        }
    }
}
