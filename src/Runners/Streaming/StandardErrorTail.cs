using System.Globalization;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Runners;

/// <summary>Reads a streaming program's stderr: its counters and status go to the report, of the rest the end is kept.</summary>
/// <remarks>Lines of the form <c>reporter:counter:group,counter,amount</c> and <c>reporter:status:message</c>; source: Hadoop Streaming, "How do I update counters / status in streaming applications?".</remarks>
internal sealed class StandardErrorTail
{
    private const int LineBytesMax = FailureCard.StandardErrorBytesMax;
    private readonly ByteBuffer _line = new();
    private readonly ByteBuffer _tail = new();
    private AttemptReport _counters = new();
    private char[] _name = new char[64];

    /// <summary>The last status reported, or null.</summary>
    public string? Status { get; private set; }

    /// <summary>Reporter lines seen so far; a program that sends them is alive.</summary>
    public long Reports { get; private set; }

    /// <summary>What was written beside reporter lines, at most its last 64 KiB.</summary>
    public string Text => Encoding.UTF8.GetString(_tail.Span[Math.Max(0, _tail.Length - FailureCard.StandardErrorBytesMax)..]);

    /// <summary>Takes bytes as they come.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        for (int end = bytes.IndexOf((byte)'\n'); end >= 0; end = bytes.IndexOf((byte)'\n'))
        {
            _line.Append(bytes[..(end + 1)]);
            bytes = bytes[(end + 1)..];
            EndLine();
        }

        _line.Append(bytes);
        if (_line.Length > LineBytesMax)
        {
            EndLine();
        }
    }

    /// <summary>Takes a last line without LF.</summary>
    public void End() => EndLine();

    /// <summary>Hands counters and status on, once.</summary>
    public void ReportTo(AttemptReport report)
    {
        report.Add(_counters);
        _counters = new AttemptReport();
        report.Status = Status ?? report.Status;
    }

    private void EndLine()
    {
        if (!_line.Span.StartsWith("reporter:"u8) || !TryReport(_line.Span.TrimEnd("\r\n"u8)))
        {
            Keep(_line.Span);
        }

        _line.Clear();
    }

    private bool TryReport(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("reporter:status:"u8))
        {
            Status = Encoding.UTF8.GetString(line["reporter:status:".Length..]);
        }
        else if (!line.StartsWith("reporter:counter:"u8) || !TryCount(line["reporter:counter:".Length..]))
        {
            return false;
        }

        Reports++;
        return true;
    }

    // Programs may count every record: nothing is kept of a line, and no string made.
    private bool TryCount(ReadOnlySpan<byte> line)
    {
        int last = line.LastIndexOf((byte)',');
        ReadOnlySpan<byte> name = line[..Math.Max(0, last)];
        if (name.Count((byte)',') != 1
            || !long.TryParse(line[(last + 1)..].Trim(" \t"u8), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long amount))
        {
            return false;
        }

        _name = _name.Length < name.Length ? new char[name.Length] : _name;
        Span<char> text = _name.AsSpan(0, Encoding.UTF8.GetChars(name, _name));
        text[text.IndexOf(',')] = ':';
        _counters.Count(text, amount);
        return true;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        _tail.Append(bytes);
        if (_tail.Length > 4 * FailureCard.StandardErrorBytesMax)
        {
            _tail.RemoveFirst(_tail.Length - FailureCard.StandardErrorBytesMax);
        }
    }
}
