using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Text;
using Katanemimena.Sdk;

/// <summary>A record is <c>time user page</c>; emits the day and the user.</summary>
public sealed class VisitMapper : IMapper
{
    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        var rest = record;
        var time = NextField(ref rest);
        var user = NextField(ref rest);
        if (!user.IsEmpty)
        {
            output.Emit(time[..Math.Min(10, time.Length)], user);
        }
    }

    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t\r"u8);
        var end = rest.IndexOfAny(" \t\r"u8);
        var field = end < 0 ? rest : rest[..end];
        rest = rest[field.Length..];
        return field;
    }
}

/// <summary>Passes each user of a day on once.</summary>
public sealed class DistinctCombiner : ICombiner
{
    public void Combine(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (values.MoveNext())
        {
            if (seen.Add(Encoding.Latin1.GetString(values.Current)))
            {
                output.Emit(key, values.Current);
            }
        }
    }
}

/// <summary>Emits how many users a day had.</summary>
public sealed class DistinctReducer : IReducer
{
    public ValueFormat Output => ValueFormat.Json;

    public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (values.MoveNext())
        {
            seen.Add(Encoding.Latin1.GetString(values.Current));
        }

        Span<byte> text = stackalloc byte[11];
        Utf8Formatter.TryFormat(seen.Count, text, out var length);
        output.Emit(key, text[..length]);
    }
}
