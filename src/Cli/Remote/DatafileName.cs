using System.Text;
using Katanemimena.Cli.Display;

namespace Katanemimena.Cli.Remote;

/// <summary>Names of datafiles: what servers take, and what a local file is called there.</summary>
internal static class DatafileName
{
    /// <summary>Before a name on the command line, to tell a datafile of the server from a local path.</summary>
    public const string Prefix = "datafile:";

    private const int CharactersMax = 200;

    /// <summary>The name that a local file is given: its own, and below a folder that was named its path from there; other characters become <c>_</c>.</summary>
    /// <param name="path">The file, in full.</param>
    /// <param name="given">The file, folder or glob that led to it.</param>
    public static string Of(string path, string given)
    {
        string from = Path.GetFullPath(given);
        string name = Directory.Exists(from) && Path.GetDirectoryName(from) is { } parent ? Path.GetRelativePath(parent, path)
            : path == from ? Path.GetFileName(path)
            : Path.GetRelativePath(Environment.CurrentDirectory, path) is var below && !below.StartsWith("..", StringComparison.Ordinal) ? below
            : Path.GetFileName(path);
        return Valid(name);
    }

    /// <summary>Refuses a glob where names are wanted; no name has such characters.</summary>
    /// <exception cref="CommandError">It is one.</exception>
    public static void RequireNoGlob(string name)
    {
        if (name.IndexOfAny(['*', '?', '[']) is >= 0 and var at)
        {
            throw CommandError.Usage($"{name}: is a glob, and this command takes names; list them with: mrctl datafiles --prefix {ShellWord.Of(name[..at])}");
        }
    }

    /// <summary>The name with other characters than letters, digits, <c>.</c>, <c>_</c>, <c>-</c> and <c>/</c> made <c>_</c>, and no part that begins with a dot.</summary>
    public static string Valid(string name)
    {
        var valid = new StringBuilder(name.Length);
        foreach (string part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            valid.Append(valid.Length == 0 ? "" : "/");
            foreach (char character in part)
            {
                valid.Append(char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-' ? character : '_');
            }

            int begin = valid.Length - part.Length;
            valid[begin] = valid[begin] == '.' ? '_' : valid[begin];
        }

        return valid.Length is > 0 and <= CharactersMax ? valid.ToString()
            : throw CommandError.Usage($"{name}: is too long or too short for the name of a datafile (1 to {CharactersMax} characters); give one with --name");
    }
}
