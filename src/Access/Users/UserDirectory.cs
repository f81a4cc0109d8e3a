using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>The accounts: who there is, who may do what. Any number of instances may change them at once.</summary>
/// <remarks>A change names only what it changes; all else stays as the others left it. There is always an admin who can sign in: what would
/// take the last one away is refused, whatever other instances do meanwhile. Every method may throw <see cref="TransientFault"/>;
/// a change may then have been made.</remarks>
public sealed class UserDirectory
{
    private readonly UserStore _users;
    private readonly PasswordHashing _passwords;
    private readonly TimeProvider _time;

    internal UserDirectory(UserStore users, PasswordHashing passwords, TimeProvider time) => (_users, _passwords, _time) = (users, passwords, time);

    /// <summary>Makes an account.</summary>
    public ValueTask<UserResult> CreateAsync(string name, string password, UserRole role, UserQuota? quota, CancellationToken cancellation) =>
        CreateAsync(name, password, role, quota, onlyIfFirst: false, cancellation);

    /// <summary>Reads the accounts, by name.</summary>
    public async ValueTask<IReadOnlyList<UserAccount>> ListAsync(CancellationToken cancellation) =>
        [.. (await _users.ListAsync(cancellation)).Select(user => user.Account)];

    /// <summary>Reads an account, or null if there is none of the name.</summary>
    public async ValueTask<UserAccount?> FindAsync(string name, CancellationToken cancellation) => (await _users.FindAsync(name, cancellation))?.Account;

    /// <summary>Reads an account with a condition on it, for transactions that are to be made only for the same one; null if there is none of the name.</summary>
    public ValueTask<SameAccount?> FindSameAsync(string name, CancellationToken cancellation) => _users.FindSameAsync(name, cancellation);

    /// <summary>Sets a password without knowing the old one: for admins. Ends the user's sessions and forgets the failed sign-ins.</summary>
    public ValueTask<UserResult> SetPasswordAsync(string name, string password, CancellationToken cancellation) =>
        SetPasswordAsync(name, password, oldHash: null, cancellation);

    /// <summary>Changes role, limits or whether the account is shut out.</summary>
    public ValueTask<UserResult> ChangeAsync(string name, UserChange change, CancellationToken cancellation) => ChangeAsync(name, change, password: null, cancellation);

    /// <summary>The same, and sets a password in the same step: an account that is let in with a new password is never open with the old one.</summary>
    /// <param name="name">The user.</param>
    /// <param name="change">What else is changed.</param>
    /// <param name="password">The new password, which ends the user's sessions and forgets the failed sign-ins; null to leave it.</param>
    /// <param name="cancellation">It may have been changed all the same.</param>
    public async ValueTask<UserResult> ChangeAsync(string name, UserChange change, string? password, CancellationToken cancellation)
    {
        if (password is not null && PasswordRules.Check(password, name) is { } wrong)
        {
            return UserResult.Invalid(wrong);
        }

        if (change.Quota is { IsValid: false })
        {
            return UserResult.Invalid("limits are 0 or more");
        }

        if (change.Role is { } role && !Enum.IsDefined(role))
        {
            return UserResult.Invalid("the role is 'user' or 'admin'");
        }

        if (password is not null && await _users.FindAsync(name, cancellation) is null)
        {
            return UserResult.NotFound(name);
        }

        string? hash = password is null ? null : _passwords.Hash(password);
        return await ReplaceAsync(name, user => hash is null ? Apply(change, user) : WithPassword(Apply(change, user), hash), cancellation);
    }

    /// <summary>Deletes an account with its sessions and service tokens. What it owns elsewhere is not touched.</summary>
    public ValueTask<UserResult> DeleteAsync(string name, CancellationToken cancellation) => ReplaceAsync(name, _ => null, cancellation);

    internal async ValueTask<UserResult> CreateAsync(
        string name, string password, UserRole role, UserQuota? quota, bool onlyIfFirst, CancellationToken cancellation)
    {
        if ((UserNames.Check(name) ?? PasswordRules.Check(password, name)) is { } wrong)
        {
            return UserResult.Invalid(wrong);
        }

        if (quota is { IsValid: false } || !Enum.IsDefined(role))
        {
            return UserResult.Invalid("limits are 0 or more, and the role is 'user' or 'admin'");
        }

        DateTimeOffset now = _time.GetUtcNow();
        StoredUser user = new()
        {
            Role = role,
            PasswordHash = _passwords.Hash(password),
            Created = now,
            PasswordChanged = now,
            Version = StoredUser.NewVersion(),
            Quota = quota ?? UserQuota.Default,
        };
        return await _users.TryCreateAsync(name, user, onlyIfFirst, cancellation) is { } created
            ? UserResult.Done(created.Account)
            : new UserResult(UserOutcome.Exists, null, onlyIfFirst ? "there are users already" : $"there is a user '{name}' already");
    }

    /// <summary>Sets a password.</summary>
    /// <param name="name">The user.</param>
    /// <param name="password">The new one.</param>
    /// <param name="oldHash">Only if this is still the stored hash; null whatever it is.</param>
    /// <param name="cancellation">It may have been set all the same.</param>
    internal async ValueTask<UserResult> SetPasswordAsync(string name, string password, string? oldHash, CancellationToken cancellation)
    {
        if (PasswordRules.Check(password, name) is { } wrong)
        {
            return UserResult.Invalid(wrong);
        }

        if (await _users.FindAsync(name, cancellation) is null)
        {
            return UserResult.NotFound(name);
        }

        string hash = _passwords.Hash(password);
        VersionedUser? changed = await _users.UpdateAsync(
            name, old => oldHash is not null && old.User.PasswordHash != oldHash ? null : WithPassword(old.User, hash), cancellation);
        return changed is not null ? UserResult.Done(changed.Account)
            : await _users.FindAsync(name, cancellation) is null ? UserResult.NotFound(name)
            : new UserResult(UserOutcome.Conflict, null, "the password was changed by someone else meanwhile");
    }

    /// <summary>Stores what follows, or deletes, with the last admin kept: another admin stands witness, and must be unchanged at the write.</summary>
    private async ValueTask<UserResult> ReplaceAsync(string name, Func<StoredUser, StoredUser?> next, CancellationToken cancellation)
    {
        while (await _users.FindAsync(name, cancellation) is { } old)
        {
            StoredUser? user = next(old.User);
            IReadOnlyList<KeyCondition> witness = [];
            if (old.User.IsEnabledAdmin && user is not { IsEnabledAdmin: true })
            {
                VersionedUser? other = (await _users.ListAsync(cancellation)).FirstOrDefault(other => other.Name != name && other.User.IsEnabledAdmin);
                if (other is null)
                {
                    return UserResult.LastAdmin(name);
                }

                witness = [other.Unchanged];
            }

            if (await _users.TryReplaceAsync(old, user, witness, cancellation) is { } revision)
            {
                return UserResult.Done(user is null ? null : new VersionedUser(name, user, revision).Account);
            }
        }

        return UserResult.NotFound(name);
    }

    private static StoredUser Apply(UserChange change, StoredUser old)
    {
        StoredUser user = old with
        {
            Role = change.Role ?? old.Role,
            Quota = change.Quota ?? old.Quota,
            Disabled = change.Disabled ?? old.Disabled,
            Failures = change.Unlock ? default : old.Failures,
        };
        bool endsSessions = user.Role != old.Role || (user.Disabled && !old.Disabled);
        return endsSessions ? user with { Version = StoredUser.NewVersion() } : user;
    }

    private StoredUser WithPassword(StoredUser old, string hash) =>
        old with { PasswordHash = hash, PasswordChanged = _time.GetUtcNow(), Version = StoredUser.NewVersion(), Failures = default };
}
