using System;
using Katanemimena.Sdk;

public sealed class PatternMapper : IMapper
{
    public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
    {
        if (record.IndexOf("zyzzyva"u8) >= 0)
        {
            output.Emit(record, default);
        }
    }
}
