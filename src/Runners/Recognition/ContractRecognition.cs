using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Finds out by which contract a user's program is to be run.</summary>
public static class ContractRecognition
{
    /// <summary>The contracts, as messages list them.</summary>
    internal const string Contracts =
        "a .py file with mapper(arr)/reducer(entries) (python-functions) or map(key, line)/reduce(key, values) (python-generators); "
        + "a .cs or .dll with IMapper, IReducer or ICombiner (dotnet); "
        + "an executable file, a .py script that reads sys.stdin, or a command line such as \"grep -F needle\" (streaming)";

    /// <summary>Recognises a program: <c>.cs</c> and <c>.dll</c> by name, <c>.py</c> by its top-level functions, else whatever can be executed as streaming.</summary>
    /// <param name="pathOrCommand">A file, a <c>.cs</c> or <c>.dll</c> file with <c>#TypeName</c>, or a command line whose first word is a file or is found on PATH.</param>
    /// <param name="role"><c>mapper</c>, <c>combiner</c> or <c>reducer</c>; for messages and for the functions looked for.</param>
    /// <param name="named">What the user named, which is then only checked; or <see cref="CodeContract.Auto"/>.</param>
    /// <exception cref="PermanentFault">There is no such program, or no contract fits; the message says what to do.</exception>
    public static CodeContract Recognise(string pathOrCommand, string role, CodeContract named = CodeContract.Auto) =>
        Of(ProgramLocation.Find(pathOrCommand, role), role, named);

    internal static CodeContract Of(ProgramLocation program, string role, CodeContract named)
    {
        string extension = Path.GetExtension(program.Path);
        return named switch
        {
            CodeContract.Auto when program.IsCommand => CodeContract.Streaming,
            CodeContract.Auto when extension is ".cs" or ".dll" => CodeContract.DotNet,
            CodeContract.Auto when extension == ".py" => Python(program, role),
            CodeContract.Auto or CodeContract.Streaming => Streaming(program, role),
            CodeContract.DotNet when extension is not (".cs" or ".dll") || program.IsCommand =>
                throw new PermanentFault($"{role} '{program.Name}': the .NET contract takes a .cs or .dll file"),
            CodeContract.PythonFunctions or CodeContract.PythonGenerators when program.IsCommand =>
                throw new PermanentFault($"{role} '{program.Name}': a Python contract takes one .py file, not a command line; for a script that reads stdin use the streaming contract"),
            _ => named,
        };
    }

    private static CodeContract Python(ProgramLocation program, string role)
    {
        byte[] source = File.ReadAllBytes(program.Path);
        CodeContract? byFunctions = program.Arguments.Count > 0 ? null : PythonText.Recognise(source, role);
        if (byFunctions is { } contract)
        {
            return contract;
        }

        return PythonText.ReadsStandardInput(source)
            ? CodeContract.Streaming
            : throw new PermanentFault(
                $"{role} '{program.Name}' fits no contract: it has none of the functions wanted of a {role}{Others(source)} and does not read sys.stdin. A program may be {Contracts}. "
                + "If it reads standard input in a way that cannot be seen, say --contract streaming");
    }

    private static string Others(byte[] source) =>
        PythonText.Functions(source) is { Count: > 0 } names ? $" (but {string.Join(", ", names.Take(5))}{(names.Count > 5 ? ", …" : "")})" : "";

    private static CodeContract Streaming(ProgramLocation program, string role)
    {
        bool python = Path.GetExtension(program.Path) == ".py";
        if (!program.IsCommand && !python && NamesInterpreterWithReturn(program.Path))
        {
            throw new PermanentFault($"{role} '{program.Name}' has Windows line ends, so its interpreter would not be found: make them LF, with dos2unix or sed -i 's/\\r$//'");
        }

        if (program.IsCommand || CommandLine.IsExecutable(program.Path) || python)
        {
            return CodeContract.Streaming;
        }

        Span<byte> magic = stackalloc byte[4];
        using FileStream file = File.OpenRead(program.Path);
        magic = magic[..file.ReadAtLeast(magic, 4, throwOnEndOfStream: false)];
        throw new PermanentFault(magic.StartsWith("#!"u8) || magic.SequenceEqual("\u007fELF"u8)
            ? $"{role} '{program.Name}' is not executable: chmod +x {program.Path}"
            : $"{role} '{program.Name}' fits no contract: it is not executable, and its name does not end in .py, .cs or .dll. A program may be {Contracts}");
    }

    /// <summary>Whether the first line begins with <c>#!</c> and ends in CR LF: the system takes the CR for a part of the interpreter's name.</summary>
    private static bool NamesInterpreterWithReturn(string path)
    {
        Span<byte> beginning = stackalloc byte[256];
        using FileStream file = File.OpenRead(path);
        beginning = beginning[..file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)];
        return beginning.StartsWith("#!"u8) && beginning.IndexOf((byte)'\n') is > 0 and var end && beginning[end - 1] == '\r';
    }
}
