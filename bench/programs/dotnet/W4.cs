using System;
using Katanemimena.Sdk;

public sealed class KeyMapper : IMapper
{
    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        var tab = record.IndexOf((byte)'\t');
        output.Emit(record[..tab], record[(tab + 1)..]);
    }
}
