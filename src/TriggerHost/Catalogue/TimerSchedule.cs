using System.Globalization;
using Katanemimena.Core;

namespace Katanemimena.TriggerHost;

/// <summary>A timer's schedule: the part of NCRONTAB that has one period.</summary>
/// <param name="Expression">As function.json has it: <c>*/5 * * * * *</c> (every 5 s), <c>0 */2 * * * *</c> (every 2 min).</param>
/// <param name="Period">Time between two runs.</param>
/// <remarks>Six fields: second, minute, hour, day, month, day of the week (Azure Functions, timer trigger, NCRONTAB expressions).</remarks>
public sealed record TimerSchedule(string Expression, TimeSpan Period)
{
    private const string Usage = "use '*/N * * * * *' for every N seconds, or '0 */N * * * *' for every N minutes, N from 1 to 59";

    /// <summary>Reads an expression.</summary>
    /// <exception cref="PermanentFault">It is none, or has more than one period.</exception>
    public static TimerSchedule Parse(string expression)
    {
        string[] fields = expression.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields switch
        {
            [var seconds, "*", "*", "*", "*", "*"] when TryStep(seconds, out int step) => new TimerSchedule(expression, TimeSpan.FromSeconds(step)),
            ["0", var minutes, "*", "*", "*", "*"] when TryStep(minutes, out int step) => new TimerSchedule(expression, TimeSpan.FromMinutes(step)),
            _ => throw new PermanentFault($"'{expression}' is no schedule that is understood here: {Usage}"),
        };
    }

    /// <summary>How long from a moment to the next run. Runs fall on multiples of the period, as NCRONTAB's do.</summary>
    public TimeSpan UntilNext(DateTimeOffset now)
    {
        long past = now.UtcTicks % Period.Ticks;
        return TimeSpan.FromTicks(Period.Ticks - past);
    }

    private static bool TryStep(string field, out int step)
    {
        step = 1;
        return field == "*" || (field.StartsWith("*/", StringComparison.Ordinal)
            && int.TryParse(field.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out step) && step is >= 1 and <= 59);
    }
}
