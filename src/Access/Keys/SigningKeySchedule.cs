namespace Katanemimena.Access;

/// <summary>Which signing key signs, when the next one is made, and when an old one may go. Pure; all instances come to the same answers.</summary>
internal sealed class SigningKeySchedule(AccessOptions options)
{
    /// <summary>The key that signs: of those whose time has come, the one whose time came last. Null if none has.</summary>
    /// <remarks>The first key's time may seem to be to come to an instance whose clock is behind: within the skew it signs there too.</remarks>
    internal VersionedSigningKey? Signing(IReadOnlyCollection<VersionedSigningKey> keys, DateTimeOffset now) =>
        Latest(keys, now) ?? Latest(keys, now + options.ClockSkew);

    /// <summary>From when a new key would sign, if it is time to make one; else null. Where none signs, it does at once.</summary>
    /// <param name="keys">All keys.</param>
    /// <param name="now">The time.</param>
    /// <param name="early">Whether to make one though the present one's time is not over; not if one is waiting already.</param>
    internal DateTimeOffset? NextSignsFrom(IReadOnlyList<VersionedSigningKey> keys, DateTimeOffset now, bool early)
    {
        if (Signing(keys, now) is not { } signing)
        {
            return now;
        }

        bool waiting = keys.Any(key => key.Key.SignsFrom > now);
        bool due = now >= signing.Key.SignsFrom + options.SigningKeyPeriod - options.SigningKeyLead;
        return !waiting && (due || early) ? now + options.SigningKeyLead : null;
    }

    /// <summary>Keys of which no token can be valid any more.</summary>
    internal IEnumerable<VersionedSigningKey> Expired(IReadOnlyList<VersionedSigningKey> keys, DateTimeOffset now) =>
        keys.Where(key => now > VerifiesUntil(key, keys));

    /// <summary>When the last token of a key has expired: one signed just before its successor's time, by an instance that had not read of it yet.</summary>
    private DateTimeOffset VerifiesUntil(VersionedSigningKey key, IReadOnlyList<VersionedSigningKey> keys)
    {
        if (keys.Where(other => (other.Key.SignsFrom, other.Kid).CompareTo((key.Key.SignsFrom, key.Kid)) > 0).MinBy(other => other.Key.SignsFrom) is not { } next)
        {
            return DateTimeOffset.MaxValue;
        }

        TimeSpan margin = (2 * options.ClockSkew) + options.SigningKeyCacheTime;
        DateTimeOffset access = next.Key.SignsFrom + options.AccessTokenLifetime + margin;
        return key.Key.ServicesUntil + margin is { } services && services > access ? services : access;
    }

    private static VersionedSigningKey? Latest(IEnumerable<VersionedSigningKey> keys, DateTimeOffset time) =>
        keys.Where(key => key.Key.SignsFrom <= time).MaxBy(key => (key.Key.SignsFrom, key.Kid));
}
