using System.Text;
using Katanemimena.Cli.Display;
using Katanemimena.Core;
using Katanemimena.Runners;

namespace Katanemimena.Cli.Replay;

/// <summary>The pairs of a replay, one a line in the order they came: <c>key TAB value</c> with linear-TSV escapes, JSON as JSON.</summary>
internal static class ReplayText
{
    /// <summary>The lines, as bytes.</summary>
    public static byte[] Of(ReplayOutcome outcome)
    {
        using var text = new MemoryStream();
        foreach (ReplayedPair pair in outcome.Pairs)
        {
            if (outcome.Values == ValueFormat.Line)
            {
                text.Write(pair.Key);
                text.Write(pair.Value);
            }
            else
            {
                text.Write(Escaped(pair.Key, backslash: true));
                text.WriteByte((byte)'\t');
                text.Write(Escaped(pair.Value, backslash: outcome.Values == ValueFormat.Text));
            }

            text.WriteByte((byte)'\n');
        }

        if (outcome.PairsEmitted > outcome.Pairs.Count)
        {
            text.Write(Encoding.UTF8.GetBytes($"… {Quantity.Text(outcome.PairsEmitted - outcome.Pairs.Count, "pair")} more\n"));
        }

        return text.ToArray();
    }

    private static byte[] Escaped(byte[] bytes, bool backslash)
    {
        if (bytes.AsSpan().IndexOfAny("\\\t\n\r"u8) < 0)
        {
            return bytes;
        }

        // Latin-1 keeps every byte as one character.
        string text = Encoding.Latin1.GetString(bytes);
        text = backslash ? text.Replace("\\", "\\\\", StringComparison.Ordinal) : text;
        return Encoding.Latin1.GetBytes(text.Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal));
    }
}
