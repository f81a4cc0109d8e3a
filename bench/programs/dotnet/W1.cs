using System;
using System.Buffers.Binary;
using System.Buffers.Text;
using Katanemimena.Sdk;

public sealed class WordMapper : IMapper
{
    private static ReadOnlySpan<byte> One => [1, 0, 0, 0, 0, 0, 0, 0];

    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        for (var space = record.IndexOf((byte)' '); space >= 0; space = record.IndexOf((byte)' '))
        {
            output.Emit(record[..space], One);
            record = record[(space + 1)..];
        }

        output.Emit(record, One);
    }
}

public sealed class SumFold : IFoldCombiner
{
    public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
    {
        var sum = BinaryPrimitives.ReadInt64LittleEndian(accumulator) + (repeat * BinaryPrimitives.ReadInt64LittleEndian(value));
        BinaryPrimitives.WriteInt64LittleEndian(accumulator, sum);
        return true;
    }
}

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
