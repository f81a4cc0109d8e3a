using Katanemimena.Core;
using Katanemimena.TriggerHost;
using Xunit;

namespace Katanemimena.Tests.Unit.TriggerHost;

public sealed class TimerScheduleTests
{
    [Theory]
    [InlineData("*/5 * * * * *", 5)]
    [InlineData("* * * * * *", 1)]
    [InlineData("0 */2 * * * *", 120)]
    [InlineData("0 * * * * *", 60)]
    public void Schedule_of_one_period_is_understood(string expression, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), TimerSchedule.Parse(expression).Period);

    [Theory]
    [InlineData("")]
    [InlineData("*/5 * * * *")]
    [InlineData("*/0 * * * * *")]
    [InlineData("*/60 * * * * *")]
    [InlineData("*/-5 * * * * *")]
    [InlineData("0 0 12 * * *")]
    [InlineData("00:00:05")]
    public void Any_other_is_refused_with_what_to_write(string expression) =>
        Assert.Contains("*/N * * * * *", Assert.Throws<PermanentFault>(() => TimerSchedule.Parse(expression)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("*/5 * * * * *", "12:00:03", 2)]
    [InlineData("*/5 * * * * *", "12:00:05", 5)]
    [InlineData("0 */2 * * * *", "12:01:50", 10)]
    public void Runs_fall_on_multiples_of_the_period(string expression, string at, double seconds)
    {
        DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(seconds), TimerSchedule.Parse(expression).UntilNext(now + TimeSpan.Parse(at, null)));
    }
}
