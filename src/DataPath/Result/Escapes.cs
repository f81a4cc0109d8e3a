using System.Buffers;
using System.Runtime.Intrinsics;
using System.Text;

namespace Katanemimena.DataPath;

/// <summary>Which bytes a format cannot hold as they are, and what it writes for them. All other bytes, valid UTF-8 or not, stay.</summary>
internal interface IEscapes
{
    /// <summary>The bytes that need an escape.</summary>
    static abstract SearchValues<byte> Bytes { get; }

    /// <summary>All ones where a byte needs an escape, zero elsewhere.</summary>
    static abstract Vector128<byte> Needed(Vector128<byte> bytes);

    /// <summary>The escape of one of <see cref="Bytes"/>.</summary>
    static abstract ReadOnlySpan<byte> Escape(byte value);
}

/// <summary>Linear TSV (dataprotocols.org/linear-tsv): TAB, LF, CR and the backslash as <c>\t \n \r \\</c>.</summary>
internal readonly struct TsvEscapes : IEscapes
{
    /// <inheritdoc/>
    public static SearchValues<byte> Bytes { get; } = SearchValues.Create("\t\n\r\\"u8);

    /// <inheritdoc/>
    public static Vector128<byte> Needed(Vector128<byte> bytes) =>
        Vector128.Equals(bytes, Vector128.Create((byte)'\\')) | Vector128.Equals(bytes, Vector128.Create((byte)'\t'))
        | Vector128.Equals(bytes, Vector128.Create((byte)'\n')) | Vector128.Equals(bytes, Vector128.Create((byte)'\r'));

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Escape(byte value) => value switch
    {
        (byte)'\t' => "\\t"u8,
        (byte)'\n' => "\\n"u8,
        (byte)'\r' => "\\r"u8,
        _ => "\\\\"u8,
    };
}

/// <summary>JSON strings (RFC 8259, section 7): the quote, the backslash and control characters, in their short form where there is one.</summary>
internal readonly struct JsonEscapes : IEscapes
{
    private const int FirstPlain = 0x20;

    private static readonly byte[][] Controls = [.. Enumerable.Range(0, FirstPlain).Select(Control)];

    /// <inheritdoc/>
    public static SearchValues<byte> Bytes { get; } =
        SearchValues.Create([.. Enumerable.Range(0, FirstPlain).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    /// <inheritdoc/>
    public static Vector128<byte> Needed(Vector128<byte> bytes) =>
        Vector128.Equals(bytes, Vector128.Create((byte)'\\')) | Vector128.Equals(bytes, Vector128.Create((byte)'"'))
        | Vector128.LessThan(bytes, Vector128.Create((byte)FirstPlain));

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Escape(byte value) => value switch
    {
        (byte)'"' => "\\\""u8,
        (byte)'\\' => "\\\\"u8,
        _ => Controls[value],
    };

    private static byte[] Control(int value) => value switch
    {
        '\b' => "\\b"u8.ToArray(),
        '\t' => "\\t"u8.ToArray(),
        '\n' => "\\n"u8.ToArray(),
        '\f' => "\\f"u8.ToArray(),
        '\r' => "\\r"u8.ToArray(),
        _ => Encoding.ASCII.GetBytes($"\\u{value:x4}"),
    };
}

/// <summary>JSON values between strings: TAB, LF and CR may stand there as blanks only, and are left out so that a value stays on its line.</summary>
internal readonly struct JsonBlanks : IEscapes
{
    /// <inheritdoc/>
    public static SearchValues<byte> Bytes { get; } = SearchValues.Create("\t\n\r"u8);

    /// <inheritdoc/>
    public static Vector128<byte> Needed(Vector128<byte> bytes) =>
        Vector128.Equals(bytes, Vector128.Create((byte)'\t')) | Vector128.Equals(bytes, Vector128.Create((byte)'\n'))
        | Vector128.Equals(bytes, Vector128.Create((byte)'\r'));

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Escape(byte value) => [];
}
