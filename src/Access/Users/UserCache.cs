using System.Collections.Concurrent;

namespace Katanemimena.Access;

/// <summary>Accounts as this instance read them a few seconds ago, so that not every request reads the store. Safe for several threads.</summary>
/// <remarks>Only asked for users whom a valid signature names, so it has no more entries than there were users; emptied past <see cref="EntriesMax"/>.</remarks>
internal sealed class UserCache(UserStore users, AccessOptions options, TimeProvider time)
{
    /// <summary>Most entries.</summary>
    internal const int EntriesMax = 10_000;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The account, or null if there is none; at most <see cref="AccessOptions.UserCacheTime"/> old.</summary>
    internal async ValueTask<UserAccount?> FindAsync(string name, CancellationToken cancellation)
    {
        return _entries.TryGetValue(name, out Entry? entry) && time.GetUtcNow() - entry.Read < options.UserCacheTime
            ? entry.Account
            : await ReadAsync(name, cancellation);
    }

    /// <summary>The account as it is now, or null if there is none.</summary>
    internal async ValueTask<UserAccount?> ReadAsync(string name, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        UserAccount? account = (await users.FindAsync(name, cancellation))?.Account;
        if (_entries.Count >= EntriesMax)
        {
            _entries.Clear();
        }

        _entries[name] = new Entry(account, now);
        return account;
    }

    private sealed record Entry(UserAccount? Account, DateTimeOffset Read);
}
