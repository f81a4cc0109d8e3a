using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>One JSON object, laid out one member a line as <c>"key": value</c>, so that a large result can be searched and compared by line.</summary>
internal sealed class JsonFormat(ValueFormat values, OutputBuffer output) : PairFormat
{
    private bool _any;

    /// <inheritdoc/>
    public override bool UniqueKeys => true;

    /// <inheritdoc/>
    public override void Begin() => output.Append((byte)'{');

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        output.Append(_any ? ",\n\""u8 : "\n\""u8);
        output.AppendEscaped<JsonEscapes>(key);
        output.Append("\": "u8);
        JsonValue.Append(values, value, output);
        _any = true;
    }

    /// <inheritdoc/>
    public override void End() => output.Append(_any ? "\n}\n"u8 : "}\n"u8);
}

/// <summary>One JSON object a pair and line: <c>{"key":…,"value":…}</c>.</summary>
internal sealed class JsonlFormat(ValueFormat values, OutputBuffer output) : PairFormat
{
    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        output.Append("{\"key\":\""u8);
        output.AppendEscaped<JsonEscapes>(key);
        output.Append("\",\"value\":"u8);
        JsonValue.Append(values, value, output);
        output.Append("}\n"u8);
    }
}

/// <summary>Writes a value as JSON.</summary>
internal static class JsonValue
{
    /// <summary>JSON as it is, less line ends between its tokens; text as a string; of a line, what comes after its TAB, as a string.</summary>
    public static void Append(ValueFormat format, ReadOnlySpan<byte> value, OutputBuffer output)
    {
        if (format == ValueFormat.Json)
        {
            output.AppendEscaped<JsonBlanks>(value);
            return;
        }

        output.Append((byte)'"');
        output.AppendEscaped<JsonEscapes>(format == ValueFormat.Line && value.Length > 0 ? value[1..] : value);
        output.Append((byte)'"');
    }
}
