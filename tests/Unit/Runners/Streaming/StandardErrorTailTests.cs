using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Streaming;

public sealed class StandardErrorTailTests
{
    private readonly StandardErrorTail _tail = new();

    [Fact]
    public void Lines_that_count_are_added_up_and_not_kept_however_many()
    {
        const int lines = 100_000;
        byte[] line = "reporter:counter:words,seen,2\n"u8.ToArray();
        _tail.Take(line);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < lines; i++)
        {
            _tail.Take(line);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        Assert.Equal(new Dictionary<string, long> { ["words:seen"] = 2 * lines }, Counters());
        Assert.Empty(Counters());
        Assert.Equal(("", lines), (_tail.Text, _tail.Reports));
    }

    [Fact]
    public void Only_lines_of_the_right_form_count_and_others_are_kept()
    {
        string wide = new('\u00e9', 300);
        _tail.Take(System.Text.Encoding.UTF8.GetBytes($"reporter:counter:g,a b, 3 \r\nreporter:counter:{wide},n,-1\nreporter:counter:,,1\nreporter:status: at it \r\n"));
        Assert.Equal(new Dictionary<string, long> { ["g:a b"] = 3, [$"{wide}:n"] = -1, [":"] = 1 }, Counters());
        Assert.Equal((" at it ", "", 4), (_tail.Status, _tail.Text, _tail.Reports));
        string[] others = ["reporter:counter:g,n", "reporter:counter:g,n,m,1", "reporter:counter:g,n,1.5", "reporter:counter:g,n,", "reporter:counter:", "reporter:other:x", "x reporter:status:y"];
        _tail.Take(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', others) + "\n"));
        Assert.Empty(Counters());
        Assert.Equal((string.Join('\n', others) + "\n", 4), (_tail.Text, _tail.Reports));
    }

    private SortedDictionary<string, long> Counters()
    {
        AttemptReport report = new();
        _tail.ReportTo(report);
        return report.Counters();
    }
}
