using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Katanemimena.Adapters.FileSystem;

namespace Katanemimena.Cli.Output;

/// <summary>What is written of a file before it is whole: <c>.NAME.PROCESS-RANDOM.partial</c> beside it.</summary>
internal static class PartialFile
{
    private const string End = ".partial";
    private const int RandomDigits = 16;

    /// <summary>A name may have 255 bytes; this leaves room for what is added.</summary>
    private const int NameBytesMax = 200;

    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;

    /// <summary>Makes one, open and locked until it is closed. It may be read and written by those who may read and write the file that it is to replace.</summary>
    /// <param name="path">The whole file, in full; it need not exist.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static FileStream Create(string path)
    {
        string name = string.Create(CultureInfo.InvariantCulture,
            $"{Prefix(path)}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(RandomDigits, lowercase: true)}{End}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        UnixFileMode? mode = File.Exists(path) ? File.GetUnixFileMode(path) & Permissions : null;
        if (mode is not null)
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(Path.Join(Path.GetDirectoryName(path), name), options);
        if (mode is not null)
        {
            TakeAfter(stream, path, mode.Value);
        }

        return stream;
    }

    /// <summary>Removes what processes that were killed have left of a file: nobody has it locked, and the process in its name is gone.</summary>
    public static void RemoveStale(string path)
    {
        string prefix = Prefix(path);
        try
        {
            foreach (string found in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "*" + End, new EnumerationOptions { AttributesToSkip = FileAttributes.Directory }))
            {
                if (IsStale(found, prefix))
                {
                    File.Delete(found);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // They are in nobody's way. Whether the file itself can be written is seen when it is opened.
        }
    }

    private static bool IsStale(string found, string prefix)
    {
        string name = Path.GetFileName(found);
        if (!name.StartsWith(prefix, StringComparison.Ordinal) || name[prefix.Length..^End.Length].Split('-') is not [var process, { Length: RandomDigits } random])
        {
            return false;
        }

        return int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && random.All(char.IsAsciiHexDigitLower)
            && !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}"))
            && IsUnlocked(found);
    }

    /// <summary>Whether nobody writes a file: a process of another container or machine may have it open, which its number does not tell.</summary>
    private static bool IsUnlocked(string path)
    {
        try
        {
            using var locked = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void TakeAfter(FileStream stream, string path, UnixFileMode mode)
    {
        if (FileKind.Owner(path) is { } owner)
        {
            _ = NativeFiles.TryChangeOwner(stream.SafeFileHandle, owner.User, owner.Group);
        }

        File.SetUnixFileMode(stream.SafeFileHandle, mode);
    }

    private static string Prefix(string path)
    {
        string name = Path.GetFileName(path);
        while (Encoding.UTF8.GetByteCount(name) > NameBytesMax)
        {
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        }

        return $".{name}.";
    }
}
