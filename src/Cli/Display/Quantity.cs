using System.Globalization;

namespace Katanemimena.Cli.Display;

/// <summary>Numbers of things, for people.</summary>
internal static class Quantity
{
    /// <summary>A number with its noun: <c>1 record</c>, <c>1,234 records</c>.</summary>
    public static string Text(long number, string noun) => $"{Text(number)} {noun}{(number == 1 ? "" : "s")}";

    /// <summary>A number with commas between its thousands.</summary>
    public static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
