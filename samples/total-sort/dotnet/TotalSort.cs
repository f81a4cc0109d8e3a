using System;
using Katanemimena.Sdk;

/// <summary>A record is <c>key TAB payload</c>; without a TAB it is all key.</summary>
public sealed class KeyMapper : IMapper
{
    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        var tab = record.IndexOf((byte)'\t');
        var key = tab < 0 ? record : record[..tab];
        output.Emit(key, tab < 0 ? default : record[(tab + 1)..]);
    }
}

/// <summary>Emits every value as it is: the engine has sorted them.</summary>
public sealed class AllValuesReducer : IReducer
{
    public void Reduce(ReadOnlySpan<byte> key, IValues values, IEmitter output)
    {
        while (values.MoveNext())
        {
            output.Emit(key, values.Current);
        }
    }
}
