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
    private readonly List<(string Counter, long Amount)> _counters = [];

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
        foreach ((string counter, long amount) in _counters)
        {
            report.Count(counter, amount);
        }

        _counters.Clear();
        report.Status = Status ?? report.Status;
    }

    private void EndLine()
    {
        if (!_line.Span.StartsWith("reporter:"u8) || !TryReport(Encoding.UTF8.GetString(_line.Span).TrimEnd('\r', '\n')))
        {
            Keep(_line.Span);
        }

        _line.Clear();
    }

    private bool TryReport(string line)
    {
        const string counter = "reporter:counter:", status = "reporter:status:";
        if (line.StartsWith(status, StringComparison.Ordinal))
        {
            Status = line[status.Length..];
            Reports++;
            return true;
        }

        string[] fields = line.StartsWith(counter, StringComparison.Ordinal) ? line[counter.Length..].Split(',') : [];
        if (fields.Length != 3 || !long.TryParse(fields[2].AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long amount))
        {
            return false;
        }

        _counters.Add(($"{fields[0]}:{fields[1]}", amount));
        Reports++;
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
