using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>Finds out whether someone is who they say, by password.</summary>
/// <remarks>
/// A name that is nobody's takes as long as a wrong password and gets the same answer and the same waits: a hash is always computed, and the
/// store is written to while it is. Hashes made with weaker figures are made anew when their password was right. Passwords are kept nowhere.
/// Every method may throw <see cref="TransientFault"/>; the attempt then counts as a failure, or not.
/// </remarks>
public sealed class Authenticator
{
    private readonly UserStore _users;
    private readonly UserDirectory _directory;
    private readonly PasswordHashing _passwords;
    private readonly HashingGate _gate;
    private readonly AttemptLedger _ledger;
    private readonly TimeProvider _time;

    internal Authenticator(UserStore users, UserDirectory directory, PasswordHashing passwords, HashingGate gate, AttemptLedger ledger, TimeProvider time) =>
        (_users, _directory, _passwords, _gate, _ledger, _time) = (users, directory, passwords, gate, ledger, time);

    /// <summary>Checks a user's password.</summary>
    /// <param name="request">Who, and from where.</param>
    /// <param name="cancellation">The attempt may count as a failure all the same.</param>
    public async ValueTask<SignInResult> SignInAsync(SignInRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request.Password);
        Attempt attempt = await _ledger.OpenAsync(request.Name, request.Address, request.DeviceToken, cancellation);
        if (_ledger.Wait(attempt) is { Ticks: > 0 } early)
        {
            return SignInResult.Wait(early);
        }

        using HashingGate.Turn? turn = await _gate.TryEnterAsync(cancellation);
        if (turn is null)
        {
            return SignInResult.Busy;
        }

        // Beside the hash, not before it: the time of the write would tell accounts from names that are nobody's.
        Task<TimeSpan> charging = Task.Run(async () => await _ledger.ChargeAsync(attempt, cancellation), CancellationToken.None);
        PasswordMatch match = _passwords.Verify(attempt.User?.User.PasswordHash, request.Password);
        TimeSpan wait = await charging;
        return wait > TimeSpan.Zero ? SignInResult.Wait(wait)
            : match != PasswordMatch.Wrong && await AcceptAsync(attempt, match, request.Password, cancellation) is { } good ? good
            : SignInResult.Invalid(await NextAfterAsync(attempt, request, cancellation));
    }

    /// <summary>Changes a user's own password, the old one in hand. Ends all sessions of the user, this one included.</summary>
    /// <param name="request">The user, with the old password; counts like signing in.</param>
    /// <param name="newPassword">The new one. One that breaks a rule is told so before the old one is looked at.</param>
    /// <param name="cancellation">It may have been changed all the same.</param>
    /// <returns>How signing in with the old one ended, null if it was not tried; and how the change ended, null if that was not.</returns>
    public async ValueTask<(SignInResult? SignIn, UserResult? Change)> ChangePasswordAsync(
        SignInRequest request, string newPassword, CancellationToken cancellation)
    {
        if (PasswordRules.Check(newPassword, request.Name) is { } wrong)
        {
            return (null, UserResult.Invalid(wrong));
        }

        if (string.Equals(newPassword, request.Password, StringComparison.Ordinal))
        {
            return (null, UserResult.Invalid("the new password is the old one"));
        }

        SignInResult signIn = await SignInAsync(request, cancellation);
        if (signIn.Outcome != SignInOutcome.SignedIn || await _users.FindAsync(request.Name, cancellation) is not { } user)
        {
            return (signIn, null);
        }

        return user.User.Version != signIn.User!.Version
            ? (signIn, new UserResult(UserOutcome.Conflict, null, "the account was changed by someone else meanwhile"))
            : (signIn, await _directory.SetPasswordAsync(request.Name, newPassword, user.User.PasswordHash, cancellation));
    }

    /// <summary>Writes down that the user signed in, unless the account was shut out or got another password while the old one was checked.</summary>
    private async ValueTask<SignInResult?> AcceptAsync(Attempt attempt, PasswordMatch match, string password, CancellationToken cancellation)
    {
        StoredUser seen = attempt.User!.User;
        if (seen.Disabled)
        {
            return null; // Before another hash is made, whose time would tell that the password was right.
        }

        string hash = match == PasswordMatch.RightButOld ? _passwords.Hash(password) : seen.PasswordHash;
        string token = Secrets.NewText(Secrets.SecretBytes);
        VersionedUser? signedIn = await _users.UpdateAsync(
            attempt.Name,
            stored => stored.User.Disabled || !HasSamePassword(stored.User, seen)
                ? null
                : AttemptLedger.Cleared(stored.User, attempt.Device, Secrets.Hash(token), _time.GetUtcNow()) with
                {
                    PasswordHash = stored.User.PasswordHash == seen.PasswordHash ? hash : stored.User.PasswordHash,
                },
            cancellation);
        if (signedIn is null)
        {
            return null;
        }

        _ledger.RefundAddress(attempt);
        return new SignInResult(SignInOutcome.SignedIn, signedIn.Account, TimeSpan.Zero, attempt.Device is null ? token : null);
    }

    /// <summary>Hashing the same password anew changes the hash alone; setting another changes the version too.</summary>
    private static bool HasSamePassword(StoredUser stored, StoredUser seen) => stored.PasswordHash == seen.PasswordHash || stored.Version == seen.Version;

    private async ValueTask<TimeSpan> NextAfterAsync(Attempt attempt, SignInRequest request, CancellationToken cancellation) =>
        _ledger.Wait(await _ledger.OpenAsync(attempt.Name, request.Address, request.DeviceToken, cancellation));
}
