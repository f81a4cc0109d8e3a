using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Where a user's program was found.</summary>
/// <param name="Name">Its own file name.</param>
/// <param name="Path">Full path.</param>
/// <param name="IsCommand">Whether it is a command of the machine, found on PATH or in one of its folders: it is run where it is, not copied.</param>
/// <param name="Arguments">Its arguments; for <c>file.dll#TypeName</c> the type's name.</param>
internal sealed record ProgramLocation(string Name, string Path, bool IsCommand, IReadOnlyList<string> Arguments)
{
    /// <summary>Finds it: first as a file of exactly that name, then as a .NET file with a type, then as a command line.</summary>
    /// <exception cref="PermanentFault">There is none, or it is a folder, empty or unreadable.</exception>
    public static ProgramLocation Find(string text, string role)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new PermanentFault($"no {role} given: {ContractRecognition.Contracts}");
        }

        if (System.IO.Path.Exists(text))
        {
            return FromFile(text, role, []);
        }

        int hash = text.LastIndexOf('#');
        if (hash > 0 && text[..hash] is var file && System.IO.Path.GetExtension(file) is ".dll" or ".cs" && File.Exists(text[..hash]))
        {
            return FromFile(text[..hash], role, [text[(hash + 1)..]]);
        }

        return FromCommand(text, role);
    }

    private static ProgramLocation FromCommand(string text, string role)
    {
        List<string> words = CommandLine.Split(text) ?? throw new PermanentFault($"{role} `{text}`: a quote is not closed, or a backslash ends the command");
        if (words.Count > 0 && File.Exists(words[0]))
        {
            return FromFile(words[0], role, words[1..]);
        }

        string? command = words.Count == 0 ? null : CommandLine.FindOnPath(words[0]);
        if (command is not null && words.Count == 1 && IsCode(command, []))
        {
            return FromFile(command, role, []);
        }

        return command is not null
            ? new ProgramLocation(words[0], command, true, words[1..])
            : throw new PermanentFault(words.Count > 1
                ? $"{role} `{text}`: there is no file '{text}', no file '{words[0]}' and no command of that name on PATH"
                : $"{role} '{text}' does not exist: there is no such file, and no command of that name on PATH");
    }

    private static ProgramLocation FromFile(string text, string role, IReadOnlyList<string> arguments)
    {
        string path = System.IO.Path.GetFullPath(text);
        if (CommandLine.IsOnPath(path) && !IsCode(path, arguments))
        {
            return new ProgramLocation(System.IO.Path.GetFileName(path), path, true, arguments);
        }

        if (Directory.Exists(path))
        {
            throw new PermanentFault($"{role} '{text}' is a folder; name a file in it");
        }

        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length == 0 && file.ReadByte() < 0)
            {
                throw new PermanentFault($"{role} '{text}' is empty");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"{role} '{text}' cannot be read: {e.Message}", e);
        }

        return new ProgramLocation(System.IO.Path.GetFileName(path), path, false, arguments);
    }

    // Told by its name, and not by where it is: a word count in ~/bin is not a command of the machine. A script with arguments is.
    private static bool IsCode(string path, IReadOnlyList<string> arguments) => System.IO.Path.GetExtension(path) switch
    {
        ".cs" or ".dll" => true,
        ".py" => arguments.Count == 0,
        _ => false,
    };
}
