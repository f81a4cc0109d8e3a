using System;
using System.Buffers.Text;
using Katanemimena.Sdk;

public sealed class NumberMapper : IMapper
{
    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        var tab = record.IndexOf((byte)'\t');
        output.Emit(record[..tab], record[(tab + 1)..]);
    }
}

public sealed class SumReducer : IReducer
{
    public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        var sum = 0L;
        while (values.MoveNext())
        {
            if (!Utf8Parser.TryParse(values.Current, out long number, out var length) || length != values.Current.Length)
            {
                throw new FormatException("not a number: " + System.Text.Encoding.UTF8.GetString(values.Current));
            }

            sum += number;
        }

        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(sum, text, out var written);
        output.Emit(key, text[..written]);
    }
}
