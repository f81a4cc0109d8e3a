using System.Buffers.Binary;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Pairs in the body of a frame: length of the key (4 bytes), length of the value (4), key, value.</summary>
internal static class PackedPairs
{
    private const int LengthBytes = 8;

    /// <summary>Appends a pair.</summary>
    public static void Add(ByteBuffer body, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Span<byte> room = body.Room(checked(LengthBytes + key.Length + value.Length));
        BinaryPrimitives.WriteInt32LittleEndian(room, key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room[4..], value.Length);
        key.CopyTo(room[LengthBytes..]);
        value.CopyTo(room[(LengthBytes + key.Length)..]);
        body.Advance(LengthBytes + key.Length + value.Length);
    }

    /// <summary>Hands all pairs of a body on, in order.</summary>
    /// <exception cref="ProgramFailure">The bytes are no pairs.</exception>
    public static void MoveTo(IPairSink sink, ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            if (body.Length < LengthBytes)
            {
                throw Frame.Foreign();
            }

            long key = BinaryPrimitives.ReadUInt32LittleEndian(body);
            long value = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
            body = body[LengthBytes..];
            if (key + value > body.Length)
            {
                throw Frame.Foreign();
            }

            sink.Add(body[..(int)key], body.Slice((int)key, (int)value));
            body = body[(int)(key + value)..];
        }
    }
}
