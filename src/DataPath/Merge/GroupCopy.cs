namespace Katanemimena.DataPath;

/// <summary>Copies groups from a merge to a run file as they are.</summary>
internal static unsafe class GroupCopy
{
    /// <summary>Copies all groups into the segment that is open.</summary>
    public static void All(PartMerger groups, RunWriter writer)
    {
        while (groups.NextGroup())
        {
            Key(groups.Key, writer);
            while (groups.NextValue())
            {
                Value(groups.Value, groups.Repeat, writer);
            }

            writer.EndGroup();
        }
    }

    /// <summary>Begins a group.</summary>
    public static void Key(ReadOnlySpan<byte> key, RunWriter writer)
    {
        fixed (byte* at = key)
        {
            writer.BeginGroup(at, key.Length);
        }
    }

    /// <summary>Adds a value, as a repeat of the one before where it is the same.</summary>
    public static void Value(ReadOnlySpan<byte> value, long repeat, RunWriter writer)
    {
        fixed (byte* at = value)
        {
            writer.AddOrRepeatValue(at, value.Length, repeat);
        }
    }
}
