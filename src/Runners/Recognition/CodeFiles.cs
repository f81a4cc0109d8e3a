using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Takes a user's programs in: recognised, hashed, and copied so that later changes to the original do not matter.</summary>
public static partial class CodeFiles
{
    /// <summary>The engine's own reducer, which passes every pair on as it is.</summary>
    public static CodeFile Identity { get; } = new()
    {
        Name = "identity",
        Path = "",
        Sha256 = Hex(SHA256.HashData("identity"u8)),
        Contract = CodeContract.Identity,
    };

    /// <summary>Takes in one program.</summary>
    /// <param name="pathOrCommand">As in <see cref="ContractRecognition.Recognise"/>.</param>
    /// <param name="role"><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</param>
    /// <param name="named">The contract the user named, or <see cref="CodeContract.Auto"/>; <see cref="CodeContract.Identity"/> only for a reducer, and then no file is looked at.</param>
    /// <param name="storeFolder">Folder of the copies, named by content hash; created when needed.</param>
    /// <returns>The program, ready for a job. A command found on PATH is not copied; file names among its arguments mean the folder it was named in.</returns>
    /// <exception cref="PermanentFault">Missing, unreadable, a folder, empty, or no contract fits; or the copy cannot be written.</exception>
    public static CodeFile Load(string pathOrCommand, string role, CodeContract named, string storeFolder)
    {
        if (named == CodeContract.Identity)
        {
            return role == "reducer" ? Identity : throw new PermanentFault($"the identity cannot be a {role}, only a reducer");
        }

        ProgramLocation program = ProgramLocation.Find(pathOrCommand, role);
        CodeContract contract = ContractRecognition.Of(program, role, named);
        if (program.IsCommand)
        {
            string line = string.Join('\0', program.Arguments.Prepend(program.Path));
            return Describe(program, contract, program.Path, SHA256.HashData(Encoding.UTF8.GetBytes(line)), Environment.CurrentDirectory);
        }

        try
        {
            byte[] content = File.ReadAllBytes(program.Path);
            byte[] hash = SHA256.HashData(content);
            return Describe(program, contract, Store(program.Path, content, hash, storeFolder), hash, Path.GetDirectoryName(program.Path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"{role} '{program.Name}' cannot be copied to {storeFolder}: {e.Message}", e);
        }
    }

    private static CodeFile Describe(ProgramLocation program, CodeContract contract, string path, byte[] hash, string? folder) => new()
    {
        Name = program.Name,
        Path = path,
        Sha256 = Hex(hash),
        Contract = contract,
        Arguments = program.Arguments,
        SourceFolder = folder,
    };

    private static string Store(string original, byte[] content, byte[] hash, string storeFolder)
    {
        UnixFileMode mode = OperatingSystem.IsWindows() ? 0 : File.GetUnixFileMode(original);
        bool executable = (mode & UnixFileMode.UserExecute) != 0;
        Directory.CreateDirectory(storeFolder);
        string stored = Path.GetFullPath(Path.Combine(storeFolder, Hex(hash) + Path.GetExtension(original)));
        if (File.Exists(stored) && new FileInfo(stored).Length == content.Length && (!executable || CommandLine.IsExecutable(stored)))
        {
            return stored;
        }

        string partial = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{stored}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}");
        WriteNew(partial, content, executable);
        File.Move(partial, stored, overwrite: true);
        return stored;
    }

    private static void WriteNew(string path, ReadOnlySpan<byte> content, bool executable)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = executable ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100;
        }

        // A process started while this file is open for writing would hold it open for a moment, and running it would fail with "text file busy".
        lock (ChildProcess.StartGate)
        {
            using FileStream file = new(path, options);
            file.Write(content);
        }
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
