using System.Net;
using System.Text;

namespace Katanemimena.Access;

/// <summary>Someone wants to sign in.</summary>
/// <param name="Name">The user name as sent; anything.</param>
/// <param name="Password">The password as sent; anything.</param>
/// <param name="Address">The client's own address. Behind a proxy, the one that the proxy vouches for; never one that the client may choose. Null if it is
/// not known: then nothing is charged to an address, since all such clients would wait for one another's failures.</param>
/// <param name="DeviceToken">What <see cref="SignInResult.DeviceToken"/> gave this device before, if anything.</param>
public sealed record SignInRequest(string Name, string Password, IPAddress? Address, string? DeviceToken = null)
{
    /// <summary>Shows neither password nor token.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Name)).Append(" = ").Append(Name).Append(", ").Append(nameof(Address)).Append(" = ").Append(Address);
        return true;
    }
}

/// <summary>How signing in ended.</summary>
public enum SignInOutcome
{
    /// <summary>They are who they say.</summary>
    SignedIn,

    /// <summary>User and password do not go together, or the account is shut out: which of them is not told.</summary>
    InvalidCredentials,

    /// <summary>Too many failures: not even looked at. See <see cref="SignInResult.RetryAfter"/>.</summary>
    TooManyAttempts,

    /// <summary>Too many sign-ins are under way on this instance: not even looked at.</summary>
    Busy,
}

/// <summary>The outcome of signing in.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="User">Who signed in; else null.</param>
/// <param name="RetryAfter">How long an attempt has to wait now (HTTP's <c>Retry-After</c>); zero if it need not.</param>
/// <param name="DeviceToken">To be kept by the device and sent with its next sign-ins, so that nobody else's failures keep its user out; else null.</param>
public sealed record SignInResult(SignInOutcome Outcome, UserAccount? User, TimeSpan RetryAfter, string? DeviceToken)
{
    internal static SignInResult Busy { get; } = new(SignInOutcome.Busy, null, TimeSpan.FromSeconds(1), null);

    internal static SignInResult Wait(TimeSpan time) => new(SignInOutcome.TooManyAttempts, null, time, null);

    internal static SignInResult Invalid(TimeSpan nextAfter) => new(SignInOutcome.InvalidCredentials, null, nextAfter, null);

    /// <summary>Hides the token.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Outcome)).Append(" = ").Append(Outcome).Append(", ").Append(nameof(User)).Append(" = ").Append(User?.Name)
            .Append(", ").Append(nameof(RetryAfter)).Append(" = ").Append(RetryAfter);
        return true;
    }
}
