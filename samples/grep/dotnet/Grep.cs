using System;
using System.Buffers;
using System.Buffers.Text;
using Katanemimena.Sdk;

/// <summary>Emits each line that holds the pattern under its byte offset, in twelve digits.</summary>
public sealed class PatternMapper : IMapper
{
    private static ReadOnlySpan<byte> Pattern => "error"u8;

    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        if (record.IndexOf(Pattern) < 0)
        {
            return;
        }

        Span<byte> key = stackalloc byte[19];
        Utf8Formatter.TryFormat(offset, key, out var length, new StandardFormat('D', 12));
        output.Emit(key[..length], record.TrimEnd((byte)'\r'));
    }
}

/// <summary>Emits the lines as they are.</summary>
public sealed class LinesReducer : IReducer
{
    public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        while (values.MoveNext())
        {
            output.Emit(key, values.Current);
        }
    }
}
