using System.Buffers.Binary;
using Katanemimena.Core;

namespace Katanemimena.Stages;

/// <summary>What a mapper does with one line.</summary>
internal delegate void MapLine(ReadOnlySpan<byte> line, IPairSink output);

/// <summary>User code that costs as little as can be, so that a stage is measured and not its user.</summary>
internal sealed class StageCode(MapLine map) : IUserCode, IValueFold
{
    public ValueFormat MapOutput => ValueFormat.Text;

    public ValueFormat ReduceOutput => ValueFormat.Text;

    public IValueFold? Fold => this;

    public void Map(AttemptContext attempt, IRecordSource records, IPairSink output)
    {
        while (records.TryRead(out var block))
        {
            var rest = block.Bytes.Span;
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf((byte)'\n');
                var line = end < 0 ? rest : rest[..end];
                map(line, output);
                rest = rest[Math.Min(rest.Length, line.Length + 1)..];
            }
        }
    }

    public void Combine(AttemptContext attempt, IGroupSource groups, IPairSink output) => Reduce(attempt, groups, output);

    /// <summary>Passes on the last value of each key.</summary>
    public void Reduce(AttemptContext attempt, IGroupSource groups, IPairSink output)
    {
        while (groups.NextGroup())
        {
            var any = groups.NextValue();
            Invariant.Holds(any, "a key has a value");
            output.Add(groups.Key, groups.Value);
        }
    }

    /// <summary>Adds numbers of eight bytes.</summary>
    public bool TryFold(Span<byte> accumulator, ReadOnlySpan<byte> value, long repeat)
    {
        var sum = BinaryPrimitives.ReadInt64LittleEndian(accumulator) + (repeat * BinaryPrimitives.ReadInt64LittleEndian(value));
        BinaryPrimitives.WriteInt64LittleEndian(accumulator, sum);
        return true;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The mappers of the stages.</summary>
internal static class Mappers
{
    private static ReadOnlySpan<byte> One => [1, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Reads the line and drops it.</summary>
    public static void Drop(ReadOnlySpan<byte> line, IPairSink output)
    {
    }

    /// <summary>Each word with 1, in eight bytes.</summary>
    public static void Words(ReadOnlySpan<byte> line, IPairSink output)
    {
        for (var space = line.IndexOf((byte)' '); space >= 0; space = line.IndexOf((byte)' '))
        {
            output.Add(line[..space], One);
            line = line[(space + 1)..];
        }

        output.Add(line, One);
    }

    /// <summary>What stands before and after the TAB.</summary>
    public static void KeyAndValue(ReadOnlySpan<byte> line, IPairSink output)
    {
        var tab = line.IndexOf((byte)'\t');
        output.Add(line[..tab], line[(tab + 1)..]);
    }
}
