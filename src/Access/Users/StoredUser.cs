using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>An account as stored.</summary>
internal sealed record StoredUser
{
    /// <summary>Devices known for one account: a further one takes the place of the longest unused.</summary>
    internal const int DevicesMax = 8;

    public required UserRole Role { get; init; }

    public required string PasswordHash { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset PasswordChanged { get; init; }

    public required string Version { get; init; }

    public UserQuota Quota { get; init; } = UserQuota.Default;

    public bool Disabled { get; init; }

    /// <summary>Failed sign-ins from devices not known.</summary>
    public FailureCount Failures { get; init; }

    public IReadOnlyList<KnownDevice> Devices { get; init; } = [];

    /// <summary>Whether it can look after the others.</summary>
    internal bool IsEnabledAdmin => Role == UserRole.Admin && !Disabled;

    internal static string NewVersion() => Secrets.NewText(Secrets.IdBytes);

    internal UserAccount ToAccount(string name) => new(name, Role, Quota, Created, Disabled, PasswordChanged, Version, Failures.Count);

    /// <summary>Shows neither the password's hash nor those of the devices.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Role)).Append(" = ").Append(Role).Append(", ").Append(nameof(PasswordHash)).Append(" = ").Append(Secrets.Hidden);
        return true;
    }
}

/// <summary>A device from which the user signed in before: it is judged by its own failures, so that others cannot lock it out.</summary>
/// <param name="Hash">SHA-256 of its token.</param>
/// <param name="Used">When it last signed in.</param>
/// <param name="Failures">Its failed sign-ins.</param>
internal sealed record KnownDevice(string Hash, DateTimeOffset Used, FailureCount Failures = default);

/// <summary>A stored account with its name and the revision at which it was stored.</summary>
internal sealed record VersionedUser(string Name, StoredUser User, long Revision)
{
    internal UserAccount Account => User.ToAccount(Name);

    internal KeyCondition Unchanged => new(AccessKeys.User(Name), Revision);

    internal static VersionedUser? From(RangeResult found) => found.First is { } key ? From(key) : null;

    internal static VersionedUser From(KeyValue key) =>
        new(key.Key[AccessKeys.Users.Length..], AccessDocuments.Read(key, AccessDocuments.Default.StoredUser), key.ModifyRevision);
}
