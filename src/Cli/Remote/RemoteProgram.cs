using Katanemimena.Cli.Display;
using Katanemimena.Client;

namespace Katanemimena.Cli.Remote;

/// <summary>What a user named as a program, as a server takes it: a file that is sent along, a datafile, or a command that workers have.</summary>
internal static class RemoteProgram
{
    /// <summary>Most bytes of a submission, all of its files together.</summary>
    private const long BytesMax = 32L << 20;

    private static readonly string[] CodeExtensions = [".py", ".cs", ".dll", ".sh", ".rb", ".pl"];

    /// <summary>Reads the program; null stays null.</summary>
    /// <param name="option">The option that names it, for errors.</param>
    /// <param name="given">A file, <c>datafile:NAME</c>, or a command with its arguments.</param>
    /// <exception cref="CommandError">It cannot be sent.</exception>
    public static ProgramSource? Of(string option, string? given)
    {
        if (given is null)
        {
            return null;
        }

        if (given.StartsWith(DatafileName.Prefix, StringComparison.Ordinal))
        {
            return new ProgramSource.OfDatafile(given[DatafileName.Prefix.Length..]);
        }

        if (Directory.Exists(given))
        {
            throw CommandError.Usage($"{option} {given}: is a folder; name a file in it");
        }

        return File.Exists(given) ? Sent(option, given) : Command(option, given);
    }

    private static ProgramSource.Sent Sent(string option, string path)
    {
        try
        {
            long bytes = new FileInfo(path).Length;
            if (bytes is 0 or > BytesMax)
            {
                throw CommandError.Usage($"{option} {path}: {(bytes == 0 ? "is empty" : "is too large to be sent along (32 MiB); upload it with mrctl datafiles put, and name it as datafile:NAME")}");
            }

            return new ProgramSource.Sent(Path.GetFileName(path), File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Usage($"{option} {path}: cannot be read: {error.Message}");
        }
    }

    /// <summary>Whether workers have the command is theirs to say. What is meant to be a file of this machine is not taken for one.</summary>
    private static ProgramSource.Command Command(string option, string line)
    {
        string first = line.Trim().Split(' ', 2)[0];
        if (first.Length == 0)
        {
            throw CommandError.Usage($"{option} is empty: name a file or a command");
        }

        if (first == line.Trim() && (first.Contains('/') || Array.Exists(CodeExtensions, extension => first.EndsWith(extension, StringComparison.Ordinal))))
        {
            throw CommandError.Usage($"{option} {Printable.Text(line)}: there is no such file");
        }

        int hash = first.LastIndexOf('#');
        if (hash > 0 && File.Exists(first[..hash]))
        {
            throw CommandError.Usage($"{option} {line}: a type cannot be named to a server; give it a file with one of its kind");
        }

        bool ofMachine = first.StartsWith("/usr/", StringComparison.Ordinal) || first.StartsWith("/bin/", StringComparison.Ordinal);
        return File.Exists(first) && !ofMachine && first.Contains('/')
            ? throw CommandError.Usage($"{option} {line}: {first} is a file of this machine, which is sent without arguments; write them into it")
            : new ProgramSource.Command(line);
    }
}
