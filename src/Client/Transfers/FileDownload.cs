using System.Text.Json;
using System.Text.Json.Serialization;

namespace Katanemimena.Client;

/// <summary>A download into a file: <c>FILE.partial</c> and, beside it, <c>FILE.partial.json</c> with the version that its bytes are of; renamed when whole.</summary>
internal sealed class FileDownload : DownloadTarget, IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly string _path;
    private FileStream? _stream;

    private FileDownload(string path)
    {
        _path = path;
        if (File.Exists(PartialPath))
        {
            _stream = Open(FileMode.Open);
            TakeUp(_stream);
        }
    }

    private string PartialPath => _path + ".partial";

    private string StatePath => PartialPath + ".json";

    /// <summary>Downloads to the end and puts the file in its place, also where another one was.</summary>
    /// <param name="transport">To the server.</param>
    /// <param name="source">What is downloaded.</param>
    /// <param name="path">The file.</param>
    /// <param name="checksum">CRC-32C that the whole must have, or null.</param>
    /// <param name="progress">Told of the bytes that are there.</param>
    /// <param name="cancellation">Leaves what is there, to go on later.</param>
    /// <returns>Its size.</returns>
    /// <exception cref="TransferFault">The checksum is another.</exception>
    /// <exception cref="IOException">The file cannot be written, or another process downloads to it.</exception>
    public static async Task<long> RunAsync(
        Transport transport, string source, string path, string? checksum, Action<TransferProgress>? progress, CancellationToken cancellation)
    {
        using var target = new FileDownload(path);
        long bytes = await new RangeCopy(transport, source, target, progress).RunAsync(cancellation);
        if (checksum is not null && await target.ChecksumAsync(cancellation) != checksum)
        {
            target.Restart();
            throw new TransferFault($"{path}: what came is damaged, or the datafile was replaced meanwhile; download it again");
        }

        target.Publish();
        return bytes;
    }

    /// <summary>Takes note of the version. The file comes to be here and not before, so that nothing is left where the server has none.</summary>
    /// <exception cref="IOException">It cannot be written, or another download has begun it meanwhile.</exception>
    public override void Begin(string? tag, long? total)
    {
        _stream ??= Open(FileMode.CreateNew);
        if (tag != Tag || Length == 0)
        {
            base.Begin(tag, total);
            File.WriteAllBytes(StatePath, JsonSerializer.SerializeToUtf8Bytes(new PartialDownload(tag, total), TransferJson.Default.PartialDownload));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _stream!.WriteAsync(bytes, cancellation);
        Length += bytes.Length;
    }

    /// <inheritdoc/>
    public override void Restart()
    {
        if (_stream is not null)
        {
            _stream.SetLength(0);
            _stream.Position = 0;
        }

        (Length, Tag) = (0, null);
    }

    /// <summary>Closes it; what is there stays unless it was put in its place.</summary>
    public void Dispose() => _stream?.Dispose();

    private FileStream Open(FileMode mode) => new(PartialPath, mode, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.Asynchronous);

    /// <summary>Goes on with what an earlier download left, if it is known what that is of.</summary>
    /// <exception cref="IOException">It was not left by a download.</exception>
    private void TakeUp(FileStream left)
    {
        if (left.Length > 0 && !File.Exists(StatePath))
        {
            // The state is written before the first byte, so this file is somebody else's.
            left.Dispose();
            throw new IOException($"{PartialPath} is there and was not left by a download: move it away, or name another file");
        }

        PartialDownload? before = ReadState();
        if (before?.Tag is null || left.Length > (before.Total ?? long.MaxValue))
        {
            Restart();
            return;
        }

        (Tag, Length) = (before.Tag, left.Length);
        left.Position = Length;
    }

    private void Publish()
    {
        _stream!.Flush(flushToDisk: true);
        File.Move(PartialPath, _path, overwrite: true);
        File.Delete(StatePath);
    }

    private async Task<string> ChecksumAsync(CancellationToken cancellation)
    {
        Crc32C checksum = default;
        byte[] block = new byte[BlockBytes];
        _stream!.Position = 0;
        int read;
        while ((read = await _stream.ReadAsync(block, cancellation)) > 0)
        {
            checksum.Append(block.AsSpan(0, read));
        }

        return checksum.ToString();
    }

    private PartialDownload? ReadState()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(StatePath), TransferJson.Default.PartialDownload);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>What is known of a file that is not whole.</summary>
/// <param name="Tag">The version that its bytes are of.</param>
/// <param name="Total">Size of the whole.</param>
internal sealed record PartialDownload(string? Tag, long? Total);

/// <summary>How it is written down.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PartialDownload))]
internal sealed partial class TransferJson : JsonSerializerContext;
