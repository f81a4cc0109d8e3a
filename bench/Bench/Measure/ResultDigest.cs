using System.Buffers.Binary;
using System.Globalization;

namespace Katanemimena.Bench.Measure;

/// <summary>What a result holds, whatever the order of its lines.</summary>
/// <param name="Lines">Number of lines.</param>
/// <param name="Digest">Sum of two 64-bit hashes of every line, in hexadecimal.</param>
/// <param name="Ordered">Whether keys (up to the first TAB) ascend by their bytes.</param>
internal sealed record ResultDigest(long Lines, string Digest, bool Ordered)
{
    public bool Agrees(ResultDigest other) => Lines == other.Lines && Digest == other.Digest;

    /// <summary>Reads a result; a TAB at the end of a line (an empty value) counts for nothing.</summary>
    public static ResultDigest Of(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var state = new State();
        var buffer = new byte[1 << 20];
        var kept = 0;
        while (true)
        {
            var read = file.Read(buffer, kept, buffer.Length - kept);
            kept += read;
            var used = Take(buffer.AsSpan(0, kept), read == 0, state);
            buffer.AsSpan(used, kept - used).CopyTo(buffer);
            kept -= used;
            if (read == 0)
            {
                return new ResultDigest(state.Lines, string.Create(CultureInfo.InvariantCulture, $"{state.First:x16}{state.Second:x16}"), state.Ordered);
            }

            if (kept == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static int Take(ReadOnlySpan<byte> bytes, bool last, State state)
    {
        var used = 0;
        while (used < bytes.Length)
        {
            var length = bytes[used..].IndexOf((byte)'\n');
            if (length < 0 && !last)
            {
                break;
            }

            length = length < 0 ? bytes.Length - used : length;
            state.Add(bytes.Slice(used, length));
            used = Math.Min(bytes.Length, used + length + 1);
        }

        return used;
    }

    private sealed class State
    {
        private byte[] _key = [];
        private int _keyLength;

        public long Lines { get; private set; }

        public ulong First { get; private set; }

        public ulong Second { get; private set; }

        public bool Ordered { get; private set; } = true;

        public void Add(ReadOnlySpan<byte> line)
        {
            line = line.EndsWith("\t"u8) ? line[..^1] : line;
            Lines++;
            First += Hash(line, 0x9E3779B97F4A7C15);
            Second += Hash(line, 0xC2B2AE3D27D4EB4F);
            var tab = line.IndexOf((byte)'\t');
            var key = tab < 0 ? line : line[..tab];
            Ordered &= key.SequenceCompareTo(_key.AsSpan(0, _keyLength)) >= 0;
            if (_key.Length < key.Length)
            {
                _key = new byte[key.Length * 2];
            }

            key.CopyTo(_key);
            _keyLength = key.Length;
        }

        private static ulong Hash(ReadOnlySpan<byte> line, ulong seed)
        {
            var hash = seed ^ (ulong)line.Length;
            for (; line.Length >= 8; line = line[8..])
            {
                hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(line));
            }

            foreach (var last in line)
            {
                hash = Mix(hash ^ last);
            }

            return hash;
        }

        private static ulong Mix(ulong value)
        {
            value *= 0xFF51AFD7ED558CCD;
            return value ^ (value >> 32);
        }
    }
}
