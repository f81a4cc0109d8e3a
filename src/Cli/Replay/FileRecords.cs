using System.IO.Compression;
using Katanemimena.Core;

namespace Katanemimena.Cli.Replay;

/// <summary>All records of a file, in blocks of whole records.</summary>
internal sealed class FileRecords : IRecordSource, IDisposable
{
    private readonly InputFile _input;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[1 << 20];
    private int _length;
    private int _taken;
    private long _offset;

    /// <summary>Opens a file.</summary>
    /// <param name="input">The file.</param>
    /// <exception cref="CommandError">It cannot be read.</exception>
    public FileRecords(InputFile input)
    {
        _input = input;
        try
        {
            FileStream file = File.OpenRead(input.Name);
            _stream = input.Gzip ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw CommandError.Usage($"{input.Name}: cannot be read: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public bool TryRead(out RecordBlock block)
    {
        _offset += _taken;
        _buffer.AsSpan(_taken, _length - _taken).CopyTo(_buffer);
        _length -= _taken;
        _taken = 0;
        bool more = true;
        while (more && (_taken = _buffer.AsSpan(0, _length).LastIndexOf((byte)'\n') + 1) == 0)
        {
            if (_length == _buffer.Length)
            {
                Array.Resize(ref _buffer, 2 * _length);
            }

            int read = _stream.ReadAtLeast(_buffer.AsSpan(_length), _buffer.Length - _length, throwOnEndOfStream: false);
            more = _length + read == _buffer.Length;
            _length += read;
        }

        if (!more)
        {
            _taken = _length;
        }

        block = new RecordBlock(_buffer.AsMemory(0, _taken), _offset, _input.Name);
        return _taken > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
