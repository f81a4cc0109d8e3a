using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Katanemimena.DataPath;

/// <summary>Collects small pieces into writes of about 1 MiB. Errors of the stream pass through as they are.</summary>
internal sealed class OutputBuffer(Stream output)
{
    /// <summary>Bytes collected before a write.</summary>
    public const int Capacity = 1 << 20;

    /// <summary>Text up to this length is searched and copied in one go; longer text is searched first.</summary>
    private const int ShortBytes = 64;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity);
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
        if (text.Length <= ShortBytes && text.Length <= Capacity - _count)
        {
            ref byte to = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), _count);
            if (ShortText.TryCopyPlain<TEscapes>(text, ref to))
            {
                _count += text.Length;
                return;
            }
        }

        AppendRuns<TEscapes>(text);
    }

    /// <summary>Writes what was collected.</summary>
    public void Flush()
    {
        output.Write(_bytes, 0, _count);
        _count = 0;
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
