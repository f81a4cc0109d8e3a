using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Katanemimena.DataPath;

/// <summary>Collects small pieces into writes of about 1 MiB. Errors of the stream pass through as they are.</summary>
internal sealed class OutputBuffer(Stream output)
{
    /// <summary>Bytes collected before a write.</summary>
    public const int Capacity = 1 << 20;

    /// <summary>Text up to this length is copied first and searched in place, where reading past its end is safe; longer text is searched first.</summary>
    private const int ShortBytes = 64;

    // Longer than Capacity by what a vector may read past the end.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity + Vector128<byte>.Count);
    private int _count;

    /// <summary>Appends bytes as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Capacity - _count)
        {
            AppendPastCapacity(bytes);
            return;
        }

        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Appends one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(byte value)
    {
        if (_count == Capacity)
        {
            Flush();
        }

        _bytes[_count++] = value;
    }

    /// <summary>Appends text, bytes that need it escaped.</summary>
    public void AppendEscaped<TEscapes>(scoped ReadOnlySpan<byte> text)
        where TEscapes : IEscapes
    {
        if (text.Length > ShortBytes || text.Length > Capacity - _count)
        {
            AppendRuns<TEscapes>(text);
            return;
        }

        text.CopyTo(_bytes.AsSpan(_count));
        int plain = PlainBytes<TEscapes>(text.Length);
        _count += plain;
        if (plain < text.Length)
        {
            AppendRuns<TEscapes>(text[plain..]);
        }
    }

    /// <summary>Writes what was collected.</summary>
    public void Flush()
    {
        output.Write(_bytes, 0, _count);
        _count = 0;
    }

    /// <summary>How many bytes at the end of the buffer, of so many just copied there, come before the first that needs an escape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PlainBytes<TEscapes>(int length)
        where TEscapes : IEscapes
    {
        ref byte start = ref MemoryMarshal.GetArrayDataReference(_bytes);
        for (int i = 0; i < length; i += Vector128<byte>.Count)
        {
            uint marks = TEscapes.Needed(Vector128.LoadUnsafe(ref start, (nuint)(_count + i))).ExtractMostSignificantBits();
            if (marks != 0)
            {
                return Math.Min(i + int.TrailingZeroCount((int)marks), length);
            }
        }

        return length;
    }

    /// <summary>Runs without escapes are copied whole.</summary>
    private void AppendRuns<TEscapes>(scoped ReadOnlySpan<byte> text)
        where TEscapes : IEscapes
    {
        for (int plain; (plain = text.IndexOfAny(TEscapes.Bytes)) >= 0; text = text[(plain + 1)..])
        {
            Append(text[..plain]);
            Append(TEscapes.Escape(text[plain]));
        }

        Append(text);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendPastCapacity(scoped ReadOnlySpan<byte> bytes)
    {
        Flush();
        if (bytes.Length > Capacity)
        {
            output.Write(bytes);
            return;
        }

        bytes.CopyTo(_bytes);
        _count = bytes.Length;
    }
}
