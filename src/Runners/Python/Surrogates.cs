using System.Buffers;
using System.Text;

namespace Katanemimena.Runners;

/// <summary>Between bytes that may not be UTF-8 and what Python makes of them with the error handler <c>surrogateescape</c>: a byte b from
/// 0x80 that belongs to no character becomes the lone surrogate U+DC00 + b. Marshal writes surrogates like other code points, in 3 bytes.</summary>
/// <remarks>Source: PEP 383.</remarks>
internal static class Surrogates
{
    /// <summary>Whether there is a surrogate in marshal's UTF-8, and where the first is.</summary>
    public static bool TryFind(ReadOnlySpan<byte> text, out int at)
    {
        at = 0;
        for (int found = text.IndexOf((byte)0xED); found >= 0; found = text[at..].IndexOf((byte)0xED))
        {
            at += found;
            if (text[at + 1] >= 0xA0)
            {
                return true;
            }

            at++;
        }

        return false;
    }

    /// <summary>Code point of the surrogate at a place found by <see cref="TryFind"/>.</summary>
    public static int CodePoint(ReadOnlySpan<byte> text, int at) => 0xD000 | ((text[at + 1] & 0x3F) << 6) | (text[at + 2] & 0x3F);

    /// <summary>The character that the surrogate at a place makes with the one after it, as JSON has it; false if they are no pair.</summary>
    public static bool TryPair(ReadOnlySpan<byte> text, int at, out Rune character)
    {
        character = default;
        return text.Length >= at + 6 && text[at + 3] == 0xED && text[at + 4] >= 0xB0
            && Rune.TryCreate((char)CodePoint(text, at), (char)CodePoint(text, at + 3), out character);
    }

    /// <summary>Appends a character.</summary>
    public static void Append(ByteBuffer target, Rune character) => target.Advance(character.EncodeToUtf8(target.Room(4)));

    /// <summary>The byte a surrogate stands for; false if it stands for none.</summary>
    public static bool TryByte(int codePoint, out byte value)
    {
        value = (byte)codePoint;
        return codePoint is >= 0xDC80 and <= 0xDCFF;
    }

    /// <summary>Bytes of a str that came from marshal.</summary>
    /// <returns>The text itself where it has no surrogate, else a span of <paramref name="scratch"/>.</returns>
    /// <exception cref="InvalidPair">It has a surrogate that stands for no byte.</exception>
    public static ReadOnlySpan<byte> ToBytes(ReadOnlySpan<byte> text, ByteBuffer scratch)
    {
        if (!TryFind(text, out int at))
        {
            return text;
        }

        scratch.Clear();
        do
        {
            scratch.Append(text[..at]);
            if (TryPair(text, at, out Rune character))
            {
                Append(scratch, character);
                text = text[(at + 6)..];
                continue;
            }

            scratch.Append(TryByte(CodePoint(text, at), out byte value)
                ? value
                : throw new InvalidPair("a key or text holds half a surrogate pair, which cannot be written as UTF-8"));
            text = text[(at + 3)..];
        }
        while (TryFind(text, out at));

        scratch.Append(text);
        return scratch.Span;
    }

    /// <summary>Appends bytes as marshal's UTF-8, each byte that belongs to no character as a surrogate.</summary>
    public static void Append(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int valid = ValidPrefix(bytes, out int invalid);
            target.Append(bytes[..valid]);
            for (int i = valid; i < valid + invalid; i++)
            {
                target.Append((byte)0xED);
                target.Append((byte)(0xB0 | (bytes[i] >> 6)));
                target.Append((byte)(0x80 | (bytes[i] & 0x3F)));
            }

            bytes = bytes[(valid + invalid)..];
        }
    }

    private static int ValidPrefix(ReadOnlySpan<byte> bytes, out int invalid)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            if (bytes[at] < 0x80)
            {
                at++;
                continue;
            }

            OperationStatus status = Rune.DecodeFromUtf8(bytes[at..], out _, out int length);
            if (status != OperationStatus.Done)
            {
                invalid = length;
                return at;
            }

            at += length;
        }

        invalid = 0;
        return at;
    }
}
