namespace Katanemimena.Runners;

/// <summary>Type codes of Python's marshal format, as far as JSON values need them. All numbers are little-endian.</summary>
/// <remarks>Source: CPython, <c>Python/marshal.c</c>. Versions 3.8 to 3.14 write these alike at format version 4, and read all of them.</remarks>
internal static class MarshalCode
{
    /// <summary>Set on a code whose value a later <see cref="Reference"/> may name by its number, counted from 0 in the order in which they begin.</summary>
    public const byte Flag = 0x80;

    /// <summary>End of a dict.</summary>
    public const byte Null = (byte)'0';

    /// <summary>None.</summary>
    public const byte None = (byte)'N';

    /// <summary>True.</summary>
    public const byte True = (byte)'T';

    /// <summary>False.</summary>
    public const byte False = (byte)'F';

    /// <summary>An int: 4 bytes.</summary>
    public const byte Int = (byte)'i';

    /// <summary>An int of any size: count of digits (4 bytes, negative for a negative number), then digits of 15 bits, 2 bytes each.</summary>
    public const byte Long = (byte)'l';

    /// <summary>A float: 8 bytes, IEEE 754.</summary>
    public const byte Float = (byte)'g';

    /// <summary>A str: length (4 bytes), UTF-8 in which lone surrogates are encoded like other code points.</summary>
    public const byte Unicode = (byte)'u';

    /// <summary>The same, interned.</summary>
    public const byte Interned = (byte)'t';

    /// <summary>A str of ASCII: length (4 bytes), characters.</summary>
    public const byte Ascii = (byte)'a';

    /// <summary>The same, interned.</summary>
    public const byte AsciiInterned = (byte)'A';

    /// <summary>A str of ASCII: length (1 byte), characters.</summary>
    public const byte ShortAscii = (byte)'z';

    /// <summary>The same, interned.</summary>
    public const byte ShortAsciiInterned = (byte)'Z';

    /// <summary>A tuple: count (4 bytes), items.</summary>
    public const byte Tuple = (byte)'(';

    /// <summary>A tuple: count (1 byte), items.</summary>
    public const byte SmallTuple = (byte)')';

    /// <summary>A list: count (4 bytes), items.</summary>
    public const byte List = (byte)'[';

    /// <summary>A dict: keys and values in turn, then <see cref="Null"/>.</summary>
    public const byte Dict = (byte)'{';

    /// <summary>A value that came before: its number (4 bytes).</summary>
    public const byte Reference = (byte)'r';
}
