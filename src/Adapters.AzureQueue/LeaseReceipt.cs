using System.Globalization;

namespace Katanemimena.Adapters.AzureQueue;

/// <summary>Proof of a lease: the message, the service's own receipt, and when the lease ends at the earliest.</summary>
/// <remarks>
/// The service takes a receipt for as long as nobody else has received the message, even long after the lease ended; the port does not. So
/// the end goes along, counted from just before the request by the clock of whoever received: never later than the service's.
/// Another client may use the receipt; as far as its clock is off, it gives up a lease too early (the message is delivered again) or too
/// late, and then the service's own receipt still decides.
/// </remarks>
/// <param name="Message">The service's id, a GUID by its reference.</param>
/// <param name="PopReceipt">Opaque text of the service.</param>
/// <param name="Ends">When it counts no more.</param>
internal readonly record struct LeaseReceipt(Guid Message, string PopReceipt, DateTimeOffset Ends)
{
    private const char Separator = '.';

    /// <summary>Reads a receipt; null if it never was one.</summary>
    internal static LeaseReceipt? Parse(string text) =>
        text.Split(Separator, 3) is [var ends, var message, { Length: > 0 } pop]
        && long.TryParse(ends, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
        && Guid.TryParseExact(message, "D", out Guid id)
            ? new LeaseReceipt(id, pop, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
            : null;

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Ends.ToUnixTimeMilliseconds()}{Separator}{Message:D}{Separator}{PopReceipt}");
}
