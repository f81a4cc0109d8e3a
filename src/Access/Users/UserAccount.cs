using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>An account as others may see it: nothing in it is secret.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Quota">Its limits.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Disabled">Whether it is shut out.</param>
/// <param name="PasswordChanged">When its password was last set.</param>
/// <param name="Version">Changes, to a value never had before, when password or role change or the account is disabled; tokens carry it.</param>
/// <param name="Attempts">Failed sign-ins that count against new devices now.</param>
public sealed record UserAccount(
    string Name, UserRole Role, UserQuota Quota, DateTimeOffset Created, bool Disabled, DateTimeOffset PasswordChanged, string Version, int Attempts);

/// <summary>An account, and how to tell that it is still the one.</summary>
/// <param name="User">The account.</param>
/// <param name="Unreplaced">Holds as long as it was neither deleted nor made anew under its name, whatever else was changed of it.</param>
public sealed record SameAccount(UserAccount User, KeyCondition Unreplaced);

/// <summary>What to change of an account; null leaves a thing as it is.</summary>
public sealed record UserChange
{
    /// <summary>The new role. Ends the user's sessions and tokens.</summary>
    public UserRole? Role { get; init; }

    /// <summary>The new limits.</summary>
    public UserQuota? Quota { get; init; }

    /// <summary>Shuts the account out, or lets it in again. Shutting out ends its sessions and tokens; its service tokens rest.</summary>
    public bool? Disabled { get; init; }

    /// <summary>Forgets the failed sign-ins.</summary>
    public bool Unlock { get; init; }
}

/// <summary>How a change of the accounts ended.</summary>
public enum UserOutcome
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>There is no such user.</summary>
    NotFound,

    /// <summary>There is such a user already.</summary>
    Exists,

    /// <summary>It would leave no admin that can sign in.</summary>
    LastAdmin,

    /// <summary>The name, the password or a limit breaks a rule.</summary>
    Invalid,

    /// <summary>Someone else changed what it depended on first.</summary>
    Conflict,
}

/// <summary>The outcome of a change.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="User">The account after it; null unless it was made and the account still is.</param>
/// <param name="Message">One sentence for the user: what was wrong; empty when it was made.</param>
public sealed record UserResult(UserOutcome Outcome, UserAccount? User, string Message)
{
    internal static UserResult Done(UserAccount? user) => new(UserOutcome.Done, user, "");

    internal static UserResult NotFound(string name) =>
        new(UserOutcome.NotFound, null, UserNames.IsValid(name) ? $"there is no user '{name}'" : "there is no such user");

    internal static UserResult Invalid(string message) => new(UserOutcome.Invalid, null, message);

    internal static UserResult LastAdmin(string name) =>
        new(UserOutcome.LastAdmin, null, $"'{name}' is the only admin who can sign in: make another one first");
}
