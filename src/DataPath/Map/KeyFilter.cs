using System.Numerics;

namespace Katanemimena.DataPath;

/// <summary>Remembers keys approximately, in memory that does not grow: it never forgets one, and takes few others for one (Bloom, Space/Time Trade-offs in Hash Coding with Allowable Errors, 1970).</summary>
/// <remarks>With 16 bits a key, about one strange key in fifty passes. One thread may add while another asks.</remarks>
internal sealed class KeyFilter
{
    private const int WordsMin = 1 << 10;
    private const int WordsMax = 1 << 17;

    private readonly ulong[] _words;

    /// <summary>An empty filter of at most <paramref name="bytes"/> bytes, but 8 KiB to 1 MiB.</summary>
    public KeyFilter(long bytes) => _words = new ulong[1 << BitOperations.Log2((ulong)Math.Clamp(bytes / sizeof(ulong), WordsMin, WordsMax))];

    /// <summary>Adds a key.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        ulong hash = PartitionFunction.Hash(key);
        Volatile.Write(ref Word(hash), Word(hash) | Bits(hash));
    }

    /// <summary>False if the key was not added.</summary>
    public bool MayHold(ReadOnlySpan<byte> key)
    {
        ulong hash = PartitionFunction.Hash(key);
        return (Volatile.Read(ref Word(hash)) & Bits(hash)) == Bits(hash);
    }

    private ref ulong Word(ulong hash) => ref _words[hash & (ulong)(_words.Length - 1)];

    /// <summary>Two bits of one word: one place in memory to look at.</summary>
    private static ulong Bits(ulong hash) => (1UL << (int)(hash >> 58)) | (1UL << (int)((hash >> 52) & 63));
}
