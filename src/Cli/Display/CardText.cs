using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Cli.Display;

/// <summary>A failure card, for people.</summary>
internal static class CardText
{
    private const int RecordCharactersMax = 300, StandardErrorLinesMax = 20;

    /// <summary>The card's lines, each ended; the error itself is not among them.</summary>
    /// <param name="card">The card.</param>
    /// <param name="attempts">Which attempts it is of; null for the one that it names.</param>
    public static string Of(FailureCard card, string? attempts = null)
    {
        var text = new StringBuilder();
        Row(text, "stage", string.Create(CultureInfo.InvariantCulture, $"{card.Stage}, task {card.Task}, {attempts ?? $"attempt {card.Attempt}"}"));
        Row(text, "code", card.Code.Length > 0 ? $"{card.Code} ({card.Role})" : card.Role);
        Row(text, "where", Where(card));
        Row(text, card.Stage == "map" ? "record" : "key", card.Record is null ? "" : card.Record.Length == 0 ? "\"\" (empty)" : Printable.Bytes(card.Record, RecordCharactersMax) + (card.RecordCut ? " (cut)" : ""));
        Row(text, "exit code", card.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "");
        Block(text, "exception", card.Traceback ?? "", int.MaxValue);
        Block(text, "stderr", card.StandardError, StandardErrorLinesMax);
        return text.ToString();
    }

    private static string Where(FailureCard card) =>
        card.File is null ? "" : card.Offset < 0 ? card.File : string.Create(CultureInfo.InvariantCulture, $"{card.File}:{card.Offset} (file and byte offset)");

    private static void Row(StringBuilder text, string name, string value)
    {
        if (value.Length > 0)
        {
            text.Append($"  {name,-10} {value}\n");
        }
    }

    private static void Block(StringBuilder text, string name, string value, int linesMax)
    {
        string[] lines = Printable.Text(value, keepLines: true).TrimEnd('\n').Split('\n');
        if (lines is [""])
        {
            return;
        }

        int from = Math.Max(0, lines.Length - linesMax);
        text.Append($"  {name}{(from > 0 ? $" (last {linesMax} lines)" : "")}\n");
        foreach (string line in lines[from..])
        {
            text.Append($"    {line}\n");
        }
    }
}
