using System.Globalization;

namespace Katanemimena.Cli.Display;

/// <summary>Points in time, for people: in UTC, so that they can be compared with a server's log.</summary>
internal static class Moment
{
    /// <summary>To the second; empty for none.</summary>
    public static string Text(DateTimeOffset? moment) => moment?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
