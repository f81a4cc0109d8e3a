using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <content>Programs that were sent from elsewhere.</content>
public static partial class CodeFiles
{
    /// <summary>Longest name of a program that is sent, in characters.</summary>
    public const int NameLengthMax = 200;

    private static long s_taken;

    /// <summary>Takes in a program that was sent as a file.</summary>
    /// <param name="name">Its own name, of which any folders are left out; <c>count.cs#TypeName</c> names one type of several.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="role"><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</param>
    /// <param name="named">The contract the user named, or <see cref="CodeContract.Auto"/>.</param>
    /// <param name="storeFolder">Folder of the copies, named by content hash, that workers see under the same path; created when needed.</param>
    /// <returns>The program, ready for a job. It comes from no folder, so it can import nothing but what the machine has.</returns>
    /// <exception cref="PermanentFault">It has no name, is empty, or no contract fits; nothing is stored then. Or the copy cannot be written (<see cref="PermanentFault.OfMachine"/>).</exception>
    public static CodeFile Take(string name, ReadOnlyMemory<byte> content, string role, CodeContract named, string storeFolder)
    {
        (string own, IReadOnlyList<string> arguments) = Named(name, role);
        if (content.IsEmpty)
        {
            throw new PermanentFault($"{role} '{own}' is empty");
        }

        byte[] hash = SHA256.HashData(content.Span);
        string extension = ExtensionOf(own);
        string stored = Path.GetFullPath(Path.Combine(storeFolder, Hex(hash) + extension));
        string partial = Path.GetFullPath(Path.Combine(storeFolder, string.Create(CultureInfo.InvariantCulture,
            $"taken-{Environment.MachineName}-{Environment.ProcessId}-{Interlocked.Increment(ref s_taken)}{extension}")));
        try
        {
            Directory.CreateDirectory(storeFolder);
            WriteNew(partial, content.Span, executable: IsProgram(content.Span) || named == CodeContract.Streaming);
            CodeContract contract = ContractRecognition.Of(new ProgramLocation(own, partial, IsCommand: false, arguments), role, named);
            File.Move(partial, stored, overwrite: true);
            return new CodeFile { Name = own, Path = stored, Sha256 = Hex(hash), Contract = contract, Arguments = arguments };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"{role} '{own}' cannot be stored: {e.Message}", e) { OfMachine = true };
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Takes in a command that workers look up on their own PATH.</summary>
    /// <param name="command">Its name and arguments, quoted as for a POSIX shell; nothing is expanded.</param>
    /// <param name="role"><c>mapper</c>, <c>combiner</c> or <c>reducer</c>.</param>
    /// <param name="named">The contract the user named: streaming, or <see cref="CodeContract.Auto"/>.</param>
    /// <exception cref="PermanentFault">It cannot be understood, names a file, or another contract was named.</exception>
    public static CodeFile TakeCommand(string command, string role, CodeContract named)
    {
        List<string> words = CommandLine.Split(command) ?? throw new PermanentFault($"{role} `{command}`: a quote is not closed, or a backslash ends the command");
        if (words is not [{ Length: > 0 } name, ..])
        {
            throw new PermanentFault($"no {role} given: name a command that workers have, such as \"grep -F needle\"");
        }

        if (name.Contains('/') || words.Exists(word => word.Contains('\0')))
        {
            throw new PermanentFault($"{role} `{command}`: a command is one that workers find on their PATH, so it has no '/' in its name; send a program of your own as a file");
        }

        return named is CodeContract.Auto or CodeContract.Streaming
            ? new CodeFile
            {
                Name = name,
                Path = name,
                Sha256 = Hex(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', words)))),
                Contract = CodeContract.Streaming,
                Arguments = words[1..],
            }
            : throw new PermanentFault($"{role} `{command}`: a command line is run by the streaming contract, not by {ContractNames.Of(named)}");
    }

    private static (string Name, IReadOnlyList<string> Arguments) Named(string name, string role)
    {
        string own = name[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        int hash = own.LastIndexOf('#');
        string[] type = hash > 0 && Path.GetExtension(own.AsSpan(0, hash)) is ".cs" or ".dll" ? [own[(hash + 1)..]] : [];
        own = type.Length > 0 ? own[..hash] : own;
        return own.Length is > 0 and <= NameLengthMax && own is not ("." or "..") && !own.Any(char.IsControl)
            ? (own, type)
            : throw new PermanentFault(string.Create(CultureInfo.InvariantCulture,
                $"the {role}'s file needs a name of 1 to {NameLengthMax} characters without control characters: its extension says how it is run"));
    }

    /// <summary>Only a plain extension becomes part of a path; others mean nothing here.</summary>
    private static string ExtensionOf(string name) =>
        Path.GetExtension(name) is { Length: > 1 and <= 10 } extension && extension.AsSpan(1).IndexOfAnyExcept(s_plain) < 0 ? extension : "";

    private static readonly System.Buffers.SearchValues<char> s_plain =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private static bool IsProgram(ReadOnlySpan<byte> content) => content.StartsWith("#!"u8) || content.StartsWith("\u007fELF"u8);
}
