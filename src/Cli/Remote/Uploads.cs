using Katanemimena.Cli.Display;
using Katanemimena.Client;
using Katanemimena.Core;
using Katanemimena.Wire;

namespace Katanemimena.Cli.Remote;

/// <summary>Brings local files to the server, unless they are there already.</summary>
/// <param name="connection">To the server.</param>
/// <param name="replace">Whether other content of the same name is replaced, and an upload of another file to that name dropped.</param>
/// <param name="quiet">Errors only.</param>
internal sealed class Uploads(Connection connection, bool replace, bool quiet)
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Uploads one file, unless it is there, and says so.</summary>
    /// <exception cref="CommandError">The name is taken by other content or by an upload of another file, or the file cannot be read.</exception>
    public async Task<DatafileDocument> PutAsync(string path, string name, CancellationToken cancellation)
    {
        RequireRegular(path);
        if (await connection.Client.Datafiles.FindAsync(name, cancellation) is { } there)
        {
            if (there.Bytes == new FileInfo(path).Length && there.Crc32C == await ChecksumAsync(path, cancellation))
            {
                Say($"{Printable.Text(name)} is there already: {Size.Text(there.Bytes)}");
                return there;
            }

            if (!replace)
            {
                throw new CommandError(ExitCode.Conflict, $"{path}: the server has another datafile {name}; replace it with --replace, or give this one another name");
            }
        }

        connection.WhenInterrupted = "what was sent is kept for a day: the same command goes on";
        try
        {
            DatafileDocument datafile = await SendAsync(path, name, cancellation);
            Say($"{Printable.Text(name)} uploaded: {Size.Text(datafile.Bytes)}");
            return datafile;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandError.Usage($"{path}: cannot be read: {error.Message}");
        }
    }

    /// <summary>Sends the file; an upload of another one in its place is dropped or left, as was asked for.</summary>
    private async Task<DatafileDocument> SendAsync(string path, string name, CancellationToken cancellation)
    {
        using TransferDisplay? display = quiet ? null : new TransferDisplay($"uploading {name}");
        try
        {
            return await connection.Client.Datafiles.UploadAsync(path, name, replace, display is null ? null : display.Show, cancellation);
        }
        catch (UploadConflict conflict)
        {
            string other = $"an upload of another file to {name} ({Size.Text(conflict.Upload.Received)} of {Size.Text(conflict.Upload.Total)})";
            if (!replace)
            {
                string drop = connection.Choice.Command($"datafiles rm {ShellWord.Of(name)} --upload");
                throw new CommandError(ExitCode.Conflict, $"{path}: {other} is under way; end it, drop it with {drop} or with --replace, or give this file another name", conflict);
            }

            await DropAsync(name, cancellation);
            Say($"dropped {other}");
            return await connection.Client.Datafiles.UploadAsync(path, name, replace, display is null ? null : display.Show, cancellation);
        }
    }

    private async Task DropAsync(string name, CancellationToken cancellation)
    {
        try
        {
            await connection.Client.Datafiles.DropUploadAsync(name, cancellation);
        }
        catch (ServiceProblem problem) when (problem.Code == ProblemCodes.NotFound)
        {
            // It has ended by itself meanwhile.
        }
    }

    private void Say(string line)
    {
        if (!quiet)
        {
            StandardError.WriteLine($"mrctl: {line}");
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
