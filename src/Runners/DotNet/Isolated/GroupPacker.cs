using System.Buffers.Binary;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Packs groups into frames: keys, each followed by its values, which may go on in the next frame.</summary>
/// <remarks>An item is a head of 4 bytes, its length with what it is in the upper two bits; for a value that repeats, how many times (8 bytes); and the bytes.</remarks>
internal sealed class GroupPacker(IGroupSource groups)
{
    /// <summary>What an item is, in the upper two bits of its head.</summary>
    public const uint Key = 0u << 30, Value = 1u << 30, RepeatedValue = 2u << 30, KindMask = 3u << 30;

    private const int FrameBytes = 64 << 10;
    private bool _inGroup;
    private bool _ended;

    /// <summary>Fills a frame up to about 64 KiB, or one long value.</summary>
    /// <param name="body">Gets the items.</param>
    /// <param name="hasKey">Whether a key is among them.</param>
    /// <returns>False when there is nothing more.</returns>
    public bool TryFill(ByteBuffer body, out bool hasKey)
    {
        hasKey = false;
        int empty = body.Length;
        while (!_ended && body.Length < FrameBytes)
        {
            if (_inGroup && groups.NextValue())
            {
                Add(body, groups.Repeat == 1 ? Value : RepeatedValue, groups.Value, groups.Repeat);
            }
            else if (_inGroup = groups.NextGroup())
            {
                hasKey = true;
                Add(body, Key, groups.Key, 1);
            }
            else
            {
                _ended = true;
            }
        }

        return body.Length > empty;
    }

    private static void Add(ByteBuffer body, uint kind, ReadOnlySpan<byte> bytes, long repeat)
    {
        int head = kind == RepeatedValue ? 12 : 4;
        Invariant.Holds((uint)bytes.Length <= ~KindMask, "a value is shorter than 1 GiB");
        Span<byte> room = body.Room(checked(head + bytes.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(room, kind | (uint)bytes.Length);
        if (kind == RepeatedValue)
        {
            BinaryPrimitives.WriteInt64LittleEndian(room[4..], repeat);
        }

        bytes.CopyTo(room[head..]);
        body.Advance(head + bytes.Length);
    }
}
