namespace Katanemimena.Client;

/// <summary>A local file that is sent: read by blocks, watched for changes, its checksum known up to where it was read.</summary>
internal sealed class UploadFile : IDisposable
{
    private const int ReadBytes = 1 << 20;

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly DateTime _changed;
    private Crc32C _checksum;

    /// <summary>Opens it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public UploadFile(string path)
    {
        _path = path;
        _stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous });
        Length = _stream.Length;
        _changed = File.GetLastWriteTimeUtc(_stream.SafeFileHandle);
    }

    /// <summary>Its size when it was opened.</summary>
    public long Length { get; }

    /// <summary>Bytes read, all of which are in <see cref="Checksum"/>.</summary>
    public long Position => _stream.Position;

    /// <summary>Of the bytes before <see cref="Position"/>.</summary>
    public string Checksum => _checksum.ToString();

    /// <summary>Goes to another place, reading what is before it for the checksum.</summary>
    public async Task MoveAsync(long position, CancellationToken cancellation)
    {
        if (position < Position)
        {
            _stream.Position = 0;
            _checksum = default;
        }

        byte[] block = new byte[ReadBytes];
        while (Position < position)
        {
            await ReadAsync(block.AsMemory(0, (int)Math.Min(block.Length, position - Position)), cancellation);
        }
    }

    /// <summary>Fills a block with the next bytes.</summary>
    /// <exception cref="TransferFault">The file is no longer what it was when it was opened.</exception>
    public async Task ReadAsync(Memory<byte> block, CancellationToken cancellation)
    {
        int read = await _stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellation);
        _checksum.Append(block.Span[..read]);
        if (read < block.Length)
        {
            throw Changed();
        }
    }

    /// <summary>Fails if the file has been written since it was opened.</summary>
    /// <exception cref="TransferFault">It has.</exception>
    public void RequireUnchanged()
    {
        if (_stream.Length != Length || File.GetLastWriteTimeUtc(_stream.SafeFileHandle) != _changed)
        {
            throw Changed();
        }
    }

    /// <summary>What to say of a file that is not what it was.</summary>
    public TransferFault Changed() => new($"{_path}: changed while it was sent; send it again when nothing writes it");

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
