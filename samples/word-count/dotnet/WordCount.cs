using System;
using System.Buffers.Binary;
using System.Buffers.Text;
using Katanemimena.Sdk;

/// <summary>Emits each word with the count 1, as eight bytes, little-endian.</summary>
public sealed class WordMapper : IMapper
{
    private static ReadOnlySpan<byte> One => [1, 0, 0, 0, 0, 0, 0, 0];

    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        var rest = record.Trim(" \t\r\v\f"u8);
        for (var space = rest.IndexOf((byte)' '); space >= 0; space = rest.IndexOf((byte)' '))
        {
            output.Emit(rest[..space], One);
            rest = rest[(space + 1)..];
        }

        output.Emit(rest, One);
    }
}

/// <summary>Adds counts up as they arrive, before they are sorted.</summary>
public sealed class CountFold : IFoldCombiner
{
    public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
    {
        var sum = BinaryPrimitives.ReadInt64LittleEndian(accumulator) + (repeat * BinaryPrimitives.ReadInt64LittleEndian(value));
        BinaryPrimitives.WriteInt64LittleEndian(accumulator, sum);
        return true;
    }
}

/// <summary>Emits the sum of a word's counts as text.</summary>
public sealed class SumReducer : IReducer
{
    public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        var sum = 0L;
        while (values.MoveNext())
        {
            sum += BinaryPrimitives.ReadInt64LittleEndian(values.Current);
        }

        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(sum, text, out var length);
        output.Emit(key, text[..length]);
    }
}
