using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Copies groups from a merge to a run file, values folded.</summary>
internal static unsafe class FoldCopy
{
    /// <summary>Copies all groups into the segment that is open. A value that does not fold starts anew.</summary>
    public static void All(PartMerger groups, RunWriter writer, IValueFold fold, NativePool pool)
    {
        using var memory = new NativeBuffer(pool);
        while (groups.NextGroup())
        {
            GroupCopy.Key(groups.Key, writer);
            FoldGroup(groups, writer, fold, memory);
            writer.EndGroup();
        }
    }

    private static void FoldGroup(PartMerger groups, RunWriter writer, IValueFold fold, NativeBuffer memory)
    {
        int length = -1;
        long repeat = 0;
        while (groups.NextValue())
        {
            ReadOnlySpan<byte> value = groups.Value;
            if (length == value.Length && repeat == 1 && fold.TryFold(new Span<byte>(memory.Pointer, length), value, groups.Repeat))
            {
                continue;
            }

            if (length >= 0)
            {
                writer.AddValue(memory.Pointer, length, repeat);
            }

            length = value.Length;
            repeat = groups.Repeat;
            Span<byte> kept = new(memory.Reserve(length), length);
            value.CopyTo(kept);
            if (repeat > 1 && fold.TryFold(kept, value, repeat - 1))
            {
                repeat = 1;
            }
        }

        if (length >= 0)
        {
            writer.AddValue(memory.Pointer, length, repeat);
        }
    }
}
