using System.Globalization;

namespace Katanemimena.Adapters.Sqlite;

/// <summary>Proof of one lease of one message, in the form <c>{message}.{lease}</c>.</summary>
/// <param name="Message">Id of the message; never used again.</param>
/// <param name="Lease">Number of the lease; each receiving and each renewal has the next.</param>
internal readonly record struct Receipt(long Message, long Lease)
{
    internal static Receipt? Parse(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out long message)
            && long.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long lease)
                ? new Receipt(message, lease)
                : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Message}.{Lease}");
}
