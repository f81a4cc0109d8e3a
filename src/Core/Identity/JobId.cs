using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Katanemimena.Core;

/// <summary>Names one job: the manager that was given it, and its number on that manager.</summary>
/// <param name="Manager">Stable name of the manager: letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, 1 to 63 characters.</param>
/// <param name="Number">1 for the first job this manager was ever given; never used again.</param>
public readonly record struct JobId(string Manager, long Number) : IComparable<JobId>
{
    /// <summary>Reads <c>{manager}-{n}</c>.</summary>
    /// <returns>False when the text has another form; <paramref name="id"/> is then the default.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out JobId id)
    {
        id = default;
        int dash = text?.LastIndexOf('-') ?? -1;
        if (dash < 1 || !IsManagerName(text.AsSpan(0, dash))
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || number < 1)
        {
            return false;
        }

        id = new JobId(text![..dash], number);
        return true;
    }

    /// <summary>Whether a manager may have this name.</summary>
    public static bool IsManagerName(ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return name.Length is >= 1 and <= 63 && char.IsAsciiLetterOrDigit(name[0]);
    }

    /// <inheritdoc/>
    public int CompareTo(JobId other) =>
        string.CompareOrdinal(Manager, other.Manager) is var byManager and not 0 ? byManager : Number.CompareTo(other.Number);

    /// <summary>The form <c>{manager}-{n}</c>, which <see cref="TryParse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Manager}-{Number}");

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(JobId left, JobId right) => left.CompareTo(right) < 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(JobId left, JobId right) => left.CompareTo(right) > 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(JobId left, JobId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(JobId left, JobId right) => left.CompareTo(right) >= 0;
}
