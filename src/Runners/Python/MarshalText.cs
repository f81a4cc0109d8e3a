using System.Buffers.Binary;
using System.Text;

namespace Katanemimena.Runners;

/// <summary>Writes marshal's format: strings, counts and numbers.</summary>
internal static class MarshalText
{
    /// <summary>Appends bytes as a str, as Python decodes them with <c>surrogateescape</c>.</summary>
    public static void AppendString(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            AppendAscii(target, bytes);
            return;
        }

        int start = BeginUnicode(target);
        Surrogates.Append(target, bytes);
        EndUnicode(target, start);
    }

    /// <summary>Begins a str whose UTF-8 is appended next.</summary>
    public static int BeginUnicode(ByteBuffer target)
    {
        int start = target.Length;
        AppendCounted(target, MarshalCode.Unicode, 0);
        return start;
    }

    /// <summary>Ends a str begun with <see cref="BeginUnicode"/>.</summary>
    public static void EndUnicode(ByteBuffer target, int start) => SetCount(target, start, target.Length - start - 5);

    /// <summary>Appends a type code and a count of 4 bytes.</summary>
    public static void AppendCounted(ByteBuffer target, byte code, int count)
    {
        Span<byte> room = target.Room(5);
        room[0] = code;
        BinaryPrimitives.WriteInt32LittleEndian(room[1..], count);
        target.Advance(5);
    }

    /// <summary>Sets the count of what <see cref="AppendCounted"/> wrote at a place.</summary>
    public static void SetCount(ByteBuffer target, int start, int count) => BinaryPrimitives.WriteInt32LittleEndian(target.Bytes[(start + 1)..], count);

    /// <summary>Appends an int.</summary>
    public static void AppendInt(ByteBuffer target, long number)
    {
        if (number is >= int.MinValue and <= int.MaxValue)
        {
            AppendCounted(target, MarshalCode.Int, (int)number);
        }
        else
        {
            MarshalLong.Append(target, number);
        }
    }

    private static void AppendAscii(ByteBuffer target, ReadOnlySpan<byte> text)
    {
        if (text.Length <= byte.MaxValue)
        {
            Span<byte> room = target.Room(2 + text.Length);
            room[0] = MarshalCode.ShortAscii;
            room[1] = (byte)text.Length;
            text.CopyTo(room[2..]);
            target.Advance(2 + text.Length);
        }
        else
        {
            AppendCounted(target, MarshalCode.Ascii, text.Length);
            target.Append(text);
        }
    }
}
