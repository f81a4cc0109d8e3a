using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Gets the key-encryption key from the configuration: as a text, or in a file.</summary>
public static class KeyEncryptionSource
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads the key; the text goes before the file.</summary>
    /// <param name="base64">32 bytes in base64 (<c>openssl rand -base64 32</c>), or null.</param>
    /// <param name="file">A file that holds them so, which nobody but its owner may read, or null.</param>
    /// <param name="generate">Whether to make the file, of mode 600, with a fresh key where there is none. For one machine: instances elsewhere would not have it.</param>
    /// <exception cref="PermanentFault">There is no key, it is no key, or others may read the file. The key itself is never quoted.</exception>
    public static KeyEncryption Read(string? base64, string? file, bool generate)
    {
        if (!string.IsNullOrWhiteSpace(base64))
        {
            return Parse(base64, "the configuration");
        }

        if (string.IsNullOrWhiteSpace(file))
        {
            throw new PermanentFault(
                "no key-encryption key is configured: give 32 bytes in base64 (openssl rand -base64 32), or a file for them and leave to generate it");
        }

        if (!File.Exists(file))
        {
            if (!generate)
            {
                throw new PermanentFault($"the file '{file}' of the key-encryption key does not exist, and it was not allowed to generate it");
            }

            Generate(file);
        }

        return ReadFile(file);
    }

    private static KeyEncryption ReadFile(string file)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0)
            {
                throw new PermanentFault($"the file '{file}' of the key-encryption key is open to others than its owner: chmod 600 it");
            }

            return Parse(File.ReadAllText(file), $"the file '{file}'");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PermanentFault($"the file '{file}' of the key-encryption key cannot be read: {e.Message}") { OfMachine = true };
        }
    }

    private static KeyEncryption Parse(string base64, string where)
    {
        byte[] key = new byte[KeyEncryption.KeyBytes + 3];
        if (!Convert.TryFromBase64String(base64.Trim(), key, out int length) || length != KeyEncryption.KeyBytes)
        {
            throw new PermanentFault($"the key-encryption key in {where} is not {KeyEncryption.KeyBytes} bytes in base64");
        }

        KeyEncryption encryption = new(key.AsSpan(0, length));
        CryptographicOperations.ZeroMemory(key);
        return encryption;
    }

    /// <summary>Writes a fresh key next to the file and moves it there in one step, so nobody reads half of it; whoever was first has made it.</summary>
    private static void Generate(string file)
    {
        string temporary = $"{file}.{Secrets.NewText(Secrets.IdBytes)}";
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (FileStream stream = new(temporary, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyEncryption.KeyBytes)) + "\n"));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            if (!File.Exists(file))
            {
                throw new PermanentFault($"the file '{file}' of the key-encryption key cannot be written: {e.Message}") { OfMachine = true };
            }
        }
    }
}
