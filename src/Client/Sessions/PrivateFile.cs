using System.Globalization;
using System.Security.Cryptography;

namespace Katanemimena.Client;

/// <summary>Files that only their owner may read, in folders that only their owner may enter.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerReads = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerEnters = OwnerReads | UnixFileMode.UserExecute;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    /// <summary>Reads a file.</summary>
    /// <returns>Its bytes; null if there is none.</returns>
    /// <exception cref="SettingsFault">Others can read or write it, or it cannot be read.</exception>
    public static byte[]? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);

            // Of the file that is open, so that nobody can put another in its place in between.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
            {
                throw new SettingsFault($"{path}: others can read or write it, so it is not used: it may be known or false; remove it and sign in again");
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsFault($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <exception cref="SettingsFault">It cannot be written.</exception>
    public static void Write(string path, byte[] bytes)
    {
        string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}.tmp");
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            using (FileStream file = Open(temporary, FileMode.CreateNew, FileShare.None))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new SettingsFault($"{path}: cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Takes a lock, if nobody has it; the file stays.</summary>
    /// <returns>To be disposed of; null if another process, or another part of this one, has it.</returns>
    /// <exception cref="SettingsFault">It cannot be written.</exception>
    public static IDisposable? TryLock(string path)
    {
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            return Open(path, FileMode.OpenOrCreate, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new SettingsFault($"{path}: cannot be written: {error.Message}", error);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerReads;
        }

        return new FileStream(path, options);
    }

    /// <summary>Makes the folder; one that others may enter is closed to them.</summary>
    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        Directory.CreateDirectory(folder, OwnerEnters);
        if ((File.GetUnixFileMode(folder) & Others) != 0)
        {
            File.SetUnixFileMode(folder, OwnerEnters);
        }
    }
}
