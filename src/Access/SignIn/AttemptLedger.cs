using System.Net;

namespace Katanemimena.Access;

/// <summary>What one attempt to sign in is charged to.</summary>
/// <param name="Name">The user name as sent.</param>
/// <param name="User">The account as read, or null if there is none.</param>
/// <param name="Address">What its address counts as, or null if nothing is charged to it: it is not known, or the device is.</param>
/// <param name="Device">Hash of the device's token if the account knows it; else null.</param>
internal sealed record Attempt(string Name, VersionedUser? User, string? Address, string? Device);

/// <summary>Counts failed sign-ins, and says how long to wait: by address and by account, or by device where the account knows the device.</summary>
/// <remarks>
/// An attempt is charged as a failure before its password is looked at, and the charge taken back if it was good: so a thousand at once get
/// no further than a thousand in a row. Accounts and devices are counted in the store, in the account's own record, which does not grow;
/// addresses and the names of nobody in bounded tables of this instance, so that neither fills the store and a name that is nobody's waits
/// like any other. A known device is judged by its own failures alone, so nobody can keep a user out of an account by guessing at it
/// (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
/// </remarks>
internal sealed class AttemptLedger(UserStore users, TimeProvider time, int rememberedMax)
{
    private const int DeviceTokenLengthMax = 100;

    private readonly FailureTable _addresses = new(rememberedMax);
    private readonly FailureTable _nobodies = new(rememberedMax);

    /// <summary>Entries in memory.</summary>
    internal int Remembered => _addresses.Count + _nobodies.Count;

    /// <summary>Finds out what an attempt is charged to.</summary>
    internal async ValueTask<Attempt> OpenAsync(string name, IPAddress? address, string? deviceToken, CancellationToken cancellation)
    {
        VersionedUser? user = await users.FindAsync(name, cancellation);
        string? device = deviceToken is { Length: <= DeviceTokenLengthMax } && user is not null ? Secrets.Hash(deviceToken) : null;
        bool known = device is not null && user!.User.Devices.Any(known => known.Hash == device);
        return new Attempt(name, user, known || address is null ? null : AddressKey.Of(address), known ? device : null);
    }

    /// <summary>How long the attempt has to wait, by what is known now.</summary>
    internal TimeSpan Wait(Attempt attempt)
    {
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan own = attempt.User is { } user ? Failures(user.User, attempt.Device).Wait(now)
            : UserNames.IsValid(attempt.Name) ? _nobodies.Wait(attempt.Name, now)
            : TimeSpan.Zero;
        TimeSpan address = attempt.Address is { } from ? _addresses.Wait(from, now) : TimeSpan.Zero;
        return own > address ? own : address;
    }

    /// <summary>Charges the attempt.</summary>
    /// <returns>Zero if it was charged and may go on; else how long to wait.</returns>
    internal async ValueTask<TimeSpan> ChargeAsync(Attempt attempt, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan wait = attempt.Address is { } from ? _addresses.Charge(from, now) : TimeSpan.Zero;
        if (wait > TimeSpan.Zero)
        {
            return wait;
        }

        wait = attempt.User is not null ? await ChargeAccountAsync(attempt, now, cancellation)
            : UserNames.IsValid(attempt.Name) ? _nobodies.Charge(attempt.Name, now)
            : TimeSpan.Zero;
        if (wait > TimeSpan.Zero)
        {
            RefundAddress(attempt);
        }

        return wait;
    }

    /// <summary>Takes back what the attempt was charged to its address; the account's part goes with <see cref="Cleared"/>.</summary>
    internal void RefundAddress(Attempt attempt)
    {
        if (attempt.Address is { } from)
        {
            _addresses.Refund(from);
        }
    }

    /// <summary>The account after a good attempt: its failures forgotten, or those of the device, and the device known.</summary>
    /// <param name="user">The account as stored.</param>
    /// <param name="knownDevice">The device's hash if it was known, whose failures are forgotten in place of the account's.</param>
    /// <param name="newDevice">Hash of the token that it gets if it was not.</param>
    /// <param name="now">The time.</param>
    internal static StoredUser Cleared(StoredUser user, string? knownDevice, string newDevice, DateTimeOffset now)
    {
        IEnumerable<KnownDevice> others = user.Devices.Where(device => device.Hash != knownDevice).OrderByDescending(device => device.Used);
        return user with
        {
            Failures = knownDevice is null ? default : user.Failures,
            Devices = [new KnownDevice(knownDevice ?? newDevice, now), .. others.Take(StoredUser.DevicesMax - 1)],
        };
    }

    private async ValueTask<TimeSpan> ChargeAccountAsync(Attempt attempt, DateTimeOffset now, CancellationToken cancellation)
    {
        TimeSpan wait = TimeSpan.Zero;
        await users.UpdateAsync(
            attempt.Name,
            stored =>
            {
                wait = Failures(stored.User, attempt.Device).Wait(now);
                return wait > TimeSpan.Zero ? null : Charged(stored.User, attempt.Device, now);
            },
            cancellation);
        return wait;
    }

    private static FailureCount Failures(StoredUser user, string? device) =>
        device is null ? user.Failures : user.Devices.FirstOrDefault(known => known.Hash == device)?.Failures ?? user.Failures;

    private static StoredUser Charged(StoredUser user, string? device, DateTimeOffset now) =>
        device is null || user.Devices.All(known => known.Hash != device)
            ? user with { Failures = user.Failures.Add(now) }
            : user with { Devices = [.. user.Devices.Select(known => known.Hash == device ? known with { Failures = known.Failures.Add(now) } : known)] };
}
