using Katanemimena.Core;

namespace Katanemimena.DataPath;

/// <summary>Lines of key TAB value in linear TSV; lines of streaming reducers verbatim.</summary>
internal sealed class TsvFormat(ValueFormat values, OutputBuffer output) : PairFormat
{
    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (values == ValueFormat.Line)
        {
            output.Append(key);
            output.Append(value);
            output.Append((byte)'\n');
            return;
        }

        output.AppendEscaped<TsvEscapes>(key);
        output.Append((byte)'\t');
        if (values == ValueFormat.Text)
        {
            output.AppendEscaped<TsvEscapes>(value);
        }
        else if (value is [(byte)'"', ..])
        {
            JsonStringText.AppendAsTsv(key, value, output);
        }
        else
        {
            output.AppendEscaped<JsonBlanks>(value);
        }

        output.Append((byte)'\n');
    }
}
