using Katanemimena.Cli.Display;
using Katanemimena.Client;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>Brings local files to the server, unless they are there already.</summary>
/// <param name="connection">To the server.</param>
/// <param name="replace">Whether other content of the same name is replaced.</param>
internal sealed class Uploads(Connection connection, bool replace)
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Uploads one file.</summary>
    /// <returns>The datafile, and whether it had been there already.</returns>
    /// <exception cref="CommandError">The name is taken by other content, or the file cannot be read.</exception>
    public async Task<(DatafileDocument Datafile, bool WasThere)> PutAsync(string path, string name, CancellationToken cancellation)
    {
        RequireRegular(path);
        if (await connection.Client.Datafiles.FindAsync(name, cancellation) is { } there)
        {
            if (there.Bytes == new FileInfo(path).Length && there.Crc32C == await ChecksumAsync(path, cancellation))
            {
                return (there, true);
            }

            if (!replace)
            {
                throw new CommandError(ExitCode.Conflict, $"{path}: the server has another datafile {name}; replace it with --replace, or give this one another name");
            }
        }

        connection.WhenInterrupted = "what was sent is kept for a day: the same command goes on";
        using var display = new TransferDisplay($"uploading {name}");
        try
        {
            return (await connection.Client.Datafiles.UploadAsync(path, name, replace, display.Show, cancellation), false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Usage($"{path}: cannot be read: {error.Message}");
        }
    }

    private static void RequireRegular(string path)
    {
        if (Directory.Exists(path))
        {
            throw CommandError.Usage($"{path}: is a folder; name its files");
        }

        if (!File.Exists(path))
        {
            throw CommandError.Usage($"{path}: there is no such file");
        }
    }

    /// <summary>CRC-32C of a local file.</summary>
    public static async Task<string> ChecksumAsync(string path, CancellationToken cancellation)
    {
        Crc32C checksum = default;
        byte[] block = new byte[BlockBytes];
        await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.Asynchronous);
        int read;
        while ((read = await file.ReadAsync(block, cancellation)) > 0)
        {
            checksum.Append(block.AsSpan(0, read));
        }

        return checksum.ToString();
    }
}
