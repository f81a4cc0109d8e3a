using System.Buffers.Binary;

namespace Katanemimena.Runners;

/// <summary>The form in which the engine and a process of ours talk: kind (8 bytes), length of the body (8), argument (8), body.</summary>
internal static class Frame
{
    /// <summary>Bytes before the body.</summary>
    public const int HeadBytes = 24;

    /// <summary>A kind: from the process, there is progress.</summary>
    public const byte Alive = (byte)'H';

    /// <summary>What is said when the bytes that came are no frame.</summary>
    public static ProgramFailure Foreign() =>
        new("wrote to a file descriptor that it had not opened, its way to the engine, and was ended; write only to what the code has opened itself");

    /// <summary>Leaves room for the head at the start of an empty buffer.</summary>
    public static void Open(ByteBuffer buffer)
    {
        buffer.Clear();
        buffer.Room(HeadBytes)[..HeadBytes].Clear();
        buffer.Advance(HeadBytes);
    }

    /// <summary>Writes the head of a frame whose body is complete.</summary>
    public static void Seal(ByteBuffer buffer, byte kind, long argument = 0)
    {
        Span<byte> bytes = buffer.Bytes;
        bytes[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], buffer.Length - HeadBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], argument);
    }

    /// <summary>Argument of a sealed frame.</summary>
    public static long Argument(ByteBuffer frame) => BinaryPrimitives.ReadInt64LittleEndian(frame.Span[16..]);

    /// <summary>Body of a sealed frame.</summary>
    public static ReadOnlySpan<byte> Body(ByteBuffer frame) => frame.Span[HeadBytes..];
}

/// <summary>A frame that came. Its body is valid until the next one is received.</summary>
internal readonly ref struct ReceivedFrame(byte kind, long argument, ReadOnlySpan<byte> body)
{
    /// <summary>What it is; 0 for no frame.</summary>
    public readonly byte Kind = kind;

    /// <summary>Meaning by kind.</summary>
    public readonly long Argument = argument;

    /// <summary>The body.</summary>
    public readonly ReadOnlySpan<byte> Body = body;
}
