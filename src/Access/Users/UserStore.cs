using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Reads and writes accounts. Every write names the revision it follows from; if another instance was first, it is done anew on what that one wrote.</summary>
/// <remarks>Every method may throw <see cref="TransientFault"/>; a write may then have been made.</remarks>
internal sealed class UserStore(IKeyValueStore store)
{
    /// <summary>Reads an account, or null if there is none; a text that is no user name is nobody's and is not looked up.</summary>
    internal async ValueTask<VersionedUser?> FindAsync(string name, CancellationToken cancellation) =>
        UserNames.IsValid(name) ? VersionedUser.From(await store.RangeAsync(KeyRange.One(AccessKeys.User(name)), cancellation)) : null;

    /// <summary>Reads an account with what holds as long as it is the same one; null if there is none.</summary>
    internal async ValueTask<SameAccount?> FindSameAsync(string name, CancellationToken cancellation)
    {
        if (!UserNames.IsValid(name))
        {
            return null;
        }

        string identity = AccessKeys.UserIdentity(name);
        IReadOnlyList<RangeResult> found = (await store.TransactAsync(
            new Transaction { Reads = [KeyRange.One(AccessKeys.User(name)), KeyRange.One(identity)] }, cancellation)).Reads;
        return VersionedUser.From(found[0]) is { } user
            ? new SameAccount(user.Account, KeyCondition.Unchanged(identity, found[1].First))
            : null;
    }

    /// <summary>Reads all accounts, by name.</summary>
    internal async ValueTask<IReadOnlyList<VersionedUser>> ListAsync(CancellationToken cancellation) =>
        [.. (await store.RangeAsync(KeyRange.Prefix(AccessKeys.Users), cancellation)).Keys.Select(VersionedUser.From)];

    /// <summary>Stores a new account.</summary>
    /// <param name="name">A name that keeps the rules.</param>
    /// <param name="user">The account.</param>
    /// <param name="onlyIfFirst">Only if there is no account at all, at the moment of the write.</param>
    /// <param name="cancellation">It may have been stored all the same.</param>
    /// <returns>The account as stored; null if the name is taken, or it would not be the first.</returns>
    internal async ValueTask<VersionedUser?> TryCreateAsync(string name, StoredUser user, bool onlyIfFirst, CancellationToken cancellation)
    {
        while (true)
        {
            IReadOnlyList<RangeResult> found = (await store.TransactAsync(
                new Transaction { Reads = [KeyRange.One(AccessKeys.User(name)), KeyRange.One(AccessKeys.UserSequence), Count(AccessKeys.Users)] },
                cancellation)).Reads;
            if (found[0].Count > 0 || (onlyIfFirst && found[2].Count > 0))
            {
                return null;
            }

            KeyValue? sequence = found[1].First;
            TransactionResult result = await store.TransactAsync(
                new Transaction
                {
                    Conditions = [KeyCondition.Absent(AccessKeys.User(name)), KeyCondition.Unchanged(AccessKeys.UserSequence, sequence)],
                    Writes = [Put(name, user), new KeyWrite.Put(AccessKeys.UserIdentity(name), new byte[1]), new KeyWrite.Put(AccessKeys.UserSequence, StoreCounter.Next(sequence))],
                },
                cancellation);
            if (result.Succeeded)
            {
                return new VersionedUser(name, user, result.Revision);
            }
        }
    }

    /// <summary>Stores what follows from an account, as often as another was first.</summary>
    /// <param name="name">The user.</param>
    /// <param name="next">What follows; null to leave it be. Called anew with what was stored meanwhile.</param>
    /// <param name="cancellation">It may have been stored all the same.</param>
    /// <returns>The account as stored; null if there is none, or <paramref name="next"/> left it be.</returns>
    internal async ValueTask<VersionedUser?> UpdateAsync(string name, Func<VersionedUser, StoredUser?> next, CancellationToken cancellation)
    {
        VersionedUser? old = await FindAsync(name, cancellation);
        while (old is not null && next(old) is { } user)
        {
            TransactionResult result = await store.TransactAsync(
                new Transaction { Conditions = [old.Unchanged], Writes = Replace(old, user), ReadsOtherwise = [KeyRange.One(AccessKeys.User(name))] },
                cancellation);
            if (result.Succeeded)
            {
                return new VersionedUser(name, user, result.Revision);
            }

            old = VersionedUser.From(result.Reads[0]);
        }

        return null;
    }

    /// <summary>Replaces an account, or deletes it, on conditions; once.</summary>
    /// <returns>The revision, or null if a condition did not hold.</returns>
    internal async ValueTask<long?> TryReplaceAsync(VersionedUser old, StoredUser? next, IReadOnlyList<KeyCondition> conditions, CancellationToken cancellation)
    {
        TransactionResult result = await store.TransactAsync(
            new Transaction { Conditions = [old.Unchanged, .. conditions], Writes = next is null ? Delete(old.Name) : Replace(old, next) }, cancellation);
        return result.Succeeded ? result.Revision : null;
    }

    /// <summary>The account; a new version ends the sessions in the same step.</summary>
    private static IReadOnlyList<KeyWrite> Replace(VersionedUser old, StoredUser next) =>
        next.Version == old.User.Version
            ? [Put(old.Name, next)]
            : [Put(old.Name, next), new KeyWrite.Delete(KeyRange.Prefix(AccessKeys.RefreshOf(old.Name)))];

    private static IReadOnlyList<KeyWrite> Delete(string name) =>
    [
        new KeyWrite.Delete(KeyRange.One(AccessKeys.User(name))),
        new KeyWrite.Delete(KeyRange.One(AccessKeys.UserIdentity(name))),
        new KeyWrite.Delete(KeyRange.Prefix(AccessKeys.RefreshOf(name))),
        new KeyWrite.Delete(KeyRange.Prefix(AccessKeys.ServicesOf(name))),
    ];

    private static KeyWrite.Put Put(string name, StoredUser user) =>
        new(AccessKeys.User(name), AccessDocuments.Write(user, AccessDocuments.Default.StoredUser));

    private static KeyRange Count(string prefix) => KeyRange.Prefix(prefix) with { CountOnly = true };
}
