using Katanemimena.Core;

namespace Katanemimena.Adapters.InMemory;

/// <summary>A volume in the memory of one process, for tests and small jobs. Everything is gone when the process ends.</summary>
/// <remarks>An open reader keeps the content it opened when the file is replaced or deleted. Safe for several threads.</remarks>
public sealed class InMemoryVolume : IVolume
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Content> _files = new(StringComparer.Ordinal);
    private readonly HashSet<Writer> _writers = [];

    /// <inheritdoc/>
    public VolumeWriter Create(string path)
    {
        VolumePath.Check(path);
        lock (_gate)
        {
            for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (_files.ContainsKey(path[..slash]))
                {
                    throw new PermanentFault($"cannot create '{path}' on the volume: '{path[..slash]}' is a file");
                }
            }

            Writer writer = new(this, path);
            _writers.Add(writer);
            return writer;
        }
    }

    /// <inheritdoc/>
    public VolumeReader Open(string path)
    {
        VolumePath.Check(path);
        lock (_gate)
        {
            return _files.TryGetValue(path, out Content? content)
                ? new Reader(content)
                : throw new FileNotFoundException($"there is no file '{path}' on the volume", path);
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        VolumePath.Check(path);
        lock (_gate)
        {
            return _files.ContainsKey(path);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (folder.Length > 0)
        {
            VolumePath.Check(folder);
        }

        lock (_gate)
        {
            return [.. _files.Keys.Where(path => folder.Length == 0 || IsBelow(path, folder))];
        }
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        VolumePath.Check(path);
        lock (_gate)
        {
            _files.Remove(path);
            foreach (string below in _files.Keys.Where(file => IsBelow(file, path)).ToList())
            {
                _files.Remove(below);
            }

            _writers.RemoveWhere(writer => IsBelow(writer.Path, path));
        }
    }

    private static bool IsBelow(string path, string folder) =>
        path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal);

    private void Publish(Writer writer, Content content)
    {
        lock (_gate)
        {
            if (!_writers.Remove(writer))
            {
                throw new PermanentFault($"cannot publish '{writer.Path}' on the volume: its folder was deleted while it was written");
            }

            if (_files.Keys.Any(path => IsBelow(path, writer.Path)))
            {
                throw new PermanentFault($"cannot publish '{writer.Path}' on the volume: it is a folder with files in it");
            }

            _files[writer.Path] = content;
        }
    }

    private void Forget(Writer writer)
    {
        lock (_gate)
        {
            _writers.Remove(writer);
        }
    }

    /// <summary>Blocks of one size, so that growing copies nothing.</summary>
    private sealed record Content(IReadOnlyList<byte[]> Blocks, long Length)
    {
        internal const int BlockBytes = 64 * 1024;
    }

    private sealed class Writer(InMemoryVolume volume, string path) : VolumeWriter
    {
        private readonly List<byte[]> _blocks = [];
        private long _length;
        private bool _ended;

        public override long Length => _length;

        internal string Path => path;

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            while (!bytes.IsEmpty)
            {
                int at = (int)(_length % Content.BlockBytes);
                if (at == 0)
                {
                    _blocks.Add(new byte[Content.BlockBytes]);
                }

                int fits = Math.Min(bytes.Length, Content.BlockBytes - at);
                bytes[..fits].CopyTo(_blocks[^1].AsSpan(at));
                bytes = bytes[fits..];
                _length += fits;
            }
        }

        public override void Publish()
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _ended = true;
            volume.Publish(this, new Content(_blocks, _length));
        }

        protected override void Dispose(bool disposing)
        {
            _ended = true;
            volume.Forget(this);
        }
    }

    private sealed class Reader(Content content) : VolumeReader
    {
        private bool _disposed;

        public override long Length => content.Length;

        public override int Read(long offset, Span<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            int read = 0;
            while (read < buffer.Length && offset < content.Length)
            {
                int at = (int)(offset % Content.BlockBytes);
                ReadOnlySpan<byte> block = content.Blocks[(int)(offset / Content.BlockBytes)].AsSpan(at);
                int take = (int)Math.Min(Math.Min(block.Length, buffer.Length - read), content.Length - offset);
                block[..take].CopyTo(buffer[read..]);
                read += take;
                offset += take;
            }

            return read;
        }

        protected override void Dispose(bool disposing) => _disposed = true;
    }
}
