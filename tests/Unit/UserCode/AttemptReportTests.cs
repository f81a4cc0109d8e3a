using Katanemimena.Core;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.UserCode;

public class AttemptReportTests
{
    [Fact]
    public void Counters_are_sums_by_name()
    {
        var report = new AttemptReport();
        report.Count("g:b", 2);
        report.Count("g:a", 1);
        report.Count("g:b", -5);
        Assert.Equal([new("g:a", 1), new("g:b", -3)], report.Counters());
        Assert.False(report.HasTooManyCounters);
    }

    [Theory]
    [InlineData(AttemptReport.CountersMax, 0, false)]
    [InlineData(AttemptReport.CountersMax + 1, 0, true)]
    [InlineData(100, 1300, false)]
    [InlineData(100, 1400, true)]
    public void Counters_are_bounded_in_number_and_names(int counters, int more, bool tooMany)
    {
        var report = new AttemptReport();
        for (int i = 0; i < counters; i++)
        {
            report.Count($"g:{i}{new string('n', more)}", 1);
            report.Count($"g:0{new string('n', more)}", 1);
        }

        Assert.Equal(tooMany, report.HasTooManyCounters);
        Assert.Equal(counters + 1, report.Counters()[$"g:0{new string('n', more)}"]);
        Assert.InRange(report.Counters().Count, 1, AttemptReport.CountersMax);
        Assert.InRange(report.Counters().Keys.Sum(name => name.Length), 1, AttemptReport.CounterCharsMax);
        var sum = new AttemptReport();
        sum.Add(report);
        Assert.Equal(tooMany, sum.HasTooManyCounters);
    }

    [Fact]
    public void Counters_on_standard_error_are_bounded_as_they_come_and_handed_on_once()
    {
        var errors = new StandardErrorTail();
        for (int i = 0; i < 2 * AttemptReport.CountersMax; i++)
        {
            errors.Take(System.Text.Encoding.ASCII.GetBytes($"reporter:counter:g,{i},1\nreporter:counter:g,all,2\n"));
        }

        var report = new AttemptReport();
        errors.ReportTo(report);
        errors.ReportTo(report);
        Assert.True(report.HasTooManyCounters);
        Assert.Equal(4 * AttemptReport.CountersMax, report.Counters()["g:all"]);
        Assert.Equal("", errors.Text);
    }
}
