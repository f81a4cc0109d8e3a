using System.Security.Cryptography;
using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>What came of making the first admin.</summary>
/// <param name="Name">The admin's name; null if there were users already.</param>
/// <param name="GeneratedPassword">The password if it was generated: to be shown once, here and now, and kept nowhere.</param>
public sealed record FirstAdminResult(string? Name, string? GeneratedPassword)
{
    /// <summary>Hides the password.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Name)).Append(" = ").Append(Name);
        return true;
    }
}

/// <summary>Makes the first account, so that somebody can make the others. There is no default password.</summary>
public sealed class FirstAdmin
{
    /// <summary>Its name unless another is configured.</summary>
    public const string NameDefault = "admin";

    /// <summary>Length of a generated password, of letters and digits that are not taken for one another: 139 bits.</summary>
    public const int GeneratedLength = 24;

    private const string Characters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private readonly UserDirectory _users;
    private readonly UserStore _store;

    internal FirstAdmin(UserDirectory users, UserStore store) => (_users, _store) = (users, store);

    /// <summary>Makes the first admin if there is no account at all, at the moment of the write: of instances that start at once, one makes it.</summary>
    /// <param name="name">From the configuration; null for <see cref="NameDefault"/>.</param>
    /// <param name="password">From the configuration; null or empty to generate one.</param>
    /// <param name="cancellation">It may have been made all the same; a generated password is lost then, and the account must be deleted from the store.</param>
    /// <exception cref="PermanentFault">Name or password breaks a rule; the message says which, without quoting the password.</exception>
    /// <exception cref="TransientFault">The store cannot be reached.</exception>
    public async ValueTask<FirstAdminResult> EnsureAsync(string? name, string? password, CancellationToken cancellation)
    {
        if ((await _store.ListAsync(cancellation)).Count > 0)
        {
            return new FirstAdminResult(null, null);
        }

        string admin = string.IsNullOrEmpty(name) ? NameDefault : name;
        string? generated = string.IsNullOrEmpty(password) ? Generate(admin) : null;
        UserResult result = await _users.CreateAsync(admin, generated ?? password!, UserRole.Admin, null, onlyIfFirst: true, cancellation);
        return result.Outcome switch
        {
            UserOutcome.Done => new FirstAdminResult(admin, generated),
            UserOutcome.Exists => new FirstAdminResult(null, null),
            _ => throw new PermanentFault($"the first admin cannot be made from the configuration: {result.Message}"),
        };
    }

    private static string Generate(string name)
    {
        string password;
        do
        {
            password = RandomNumberGenerator.GetString(Characters, GeneratedLength);
        }
        while (UserNames.IsValid(name) && PasswordRules.Check(password, name) is not null);
        return password;
    }
}
