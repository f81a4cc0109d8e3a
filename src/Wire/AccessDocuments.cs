namespace Katanemimena.Wire;

/// <summary><c>POST login</c>.</summary>
/// <param name="Name">The user.</param>
/// <param name="Password">Their password.</param>
/// <param name="DeviceToken">What an earlier sign-in of this device answered, so that other people's failures do not keep its user out.</param>
public sealed record LoginRequest(string Name, string Password, string? DeviceToken = null)
{
    /// <summary>Without secrets.</summary>
    public override string ToString() => $"LoginRequest {{ Name = {Name} }}";
}

/// <summary><c>POST refresh</c> and <c>POST logout</c>.</summary>
/// <param name="RefreshToken">As <see cref="TokensDocument"/> gave it.</param>
public sealed record RefreshRequest(string RefreshToken)
{
    /// <summary>Without secrets.</summary>
    public override string ToString() => nameof(RefreshRequest);
}

/// <summary><c>PUT password</c>: one's own.</summary>
/// <param name="OldPassword">The one now.</param>
/// <param name="NewPassword">The one to come.</param>
public sealed record PasswordRequest(string OldPassword, string NewPassword)
{
    /// <summary>Without secrets.</summary>
    public override string ToString() => nameof(PasswordRequest);
}

/// <summary>What a client gets when it signs in or refreshes (RFC 6749, 5.1, in camel case).</summary>
public sealed record TokensDocument
{
    /// <summary>To be sent as <c>Authorization: Bearer …</c>.</summary>
    public required string AccessToken { get; init; }

    /// <summary>Always <c>Bearer</c>.</summary>
    public string TokenType { get; init; } = "Bearer";

    /// <summary>Seconds that the access token lasts from now.</summary>
    public required int ExpiresIn { get; init; }

    /// <summary>Good for one more pair, once.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>When the refresh token ends.</summary>
    public required DateTimeOffset RefreshExpires { get; init; }

    /// <summary>To be kept by the device and sent with its next sign-ins; only when signing in, and only a new one.</summary>
    public string? DeviceToken { get; init; }

    /// <summary>The user.</summary>
    public required string Name { get; init; }

    /// <summary><c>user</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Without secrets.</summary>
    public override string ToString() => $"TokensDocument {{ Name = {Name} }}";
}

/// <summary>Limits of a user; null stands for the installation's default.</summary>
/// <param name="RunningJobs">Jobs that have not ended.</param>
/// <param name="StoredBytes">Bytes of datafiles, of uploads under way, of data and programs sent with jobs, and of what ended jobs keep; what was deleted counts until it is gone, an hour later or when no open job reads it.</param>
public sealed record QuotaDocument(int? RunningJobs = null, long? StoredBytes = null);

/// <summary><c>GET whoami</c>.</summary>
public sealed record WhoAmIDocument
{
    /// <summary>The user.</summary>
    public required string Name { get; init; }

    /// <summary><c>user</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary>When the access token ends.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The limits that hold, defaults filled in.</summary>
    public required QuotaDocument Quota { get; init; }

    /// <summary>What counts against them now.</summary>
    public required QuotaDocument Used { get; init; }
}

/// <summary><c>POST users</c>.</summary>
/// <param name="Name">1 to 64 characters; see docs/security.md.</param>
/// <param name="Password">12 to 128 characters.</param>
/// <param name="Role"><c>user</c> (default) or <c>admin</c>.</param>
/// <param name="Quota">Limits; null for the defaults.</param>
public sealed record NewUserRequest(string Name, string Password, string Role = "user", QuotaDocument? Quota = null)
{
    /// <summary>Without secrets.</summary>
    public override string ToString() => $"NewUserRequest {{ Name = {Name} }}";
}

/// <summary><c>PATCH users/{name}</c>: what is null stays.</summary>
public sealed record UserChangeRequest
{
    /// <summary>The new role.</summary>
    public string? Role { get; init; }

    /// <summary>The new limits.</summary>
    public QuotaDocument? Quota { get; init; }

    /// <summary>Shuts the account out, or lets it in again.</summary>
    public bool? Disabled { get; init; }

    /// <summary>Forgets failed sign-ins.</summary>
    public bool Unlock { get; init; }

    /// <summary>A new password; ends the user's sessions.</summary>
    public string? Password { get; init; }

    /// <summary>Without secrets.</summary>
    public override string ToString() => nameof(UserChangeRequest);
}

/// <summary>An account.</summary>
public sealed record UserDocument
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>user</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Its limits, where they are its own.</summary>
    public required QuotaDocument Quota { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether it is shut out.</summary>
    public bool Disabled { get; init; }

    /// <summary>When its password was last set.</summary>
    public DateTimeOffset PasswordChanged { get; init; }

    /// <summary>Failed sign-ins that count now.</summary>
    public int FailedSignIns { get; init; }
}

/// <summary>A list of accounts.</summary>
/// <param name="Users">By name.</param>
public sealed record UsersDocument(IReadOnlyList<UserDocument> Users);

/// <summary><c>POST service-tokens</c>.</summary>
/// <param name="User">As whom it submits jobs.</param>
/// <param name="Days">How long it lasts: 1 to 366.</param>
/// <param name="Note">What it is for, at most 200 characters.</param>
public sealed record NewServiceTokenRequest(string User, int Days, string Note = "");

/// <summary>A token for a program that submits jobs through the queue.</summary>
public sealed record ServiceTokenDocument
{
    /// <summary>Its id, by which it is revoked.</summary>
    public required string Id { get; init; }

    /// <summary>As whom it submits jobs.</summary>
    public required string User { get; init; }

    /// <summary>What it is for.</summary>
    public string Note { get; init; } = "";

    /// <summary>Who minted it.</summary>
    public string MintedBy { get; init; } = "";

    /// <summary>When it ends.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The token itself: only in the answer that mints it.</summary>
    public string? Token { get; init; }

    /// <summary>Without secrets.</summary>
    public override string ToString() => $"ServiceTokenDocument {{ Id = {Id} }}";
}

/// <summary>A list of service tokens, without the tokens themselves.</summary>
/// <param name="Tokens">By user, then id.</param>
public sealed record ServiceTokensDocument(IReadOnlyList<ServiceTokenDocument> Tokens);

/// <summary>A signing key.</summary>
/// <param name="Id">Its <c>kid</c>.</param>
/// <param name="Created">When it was made.</param>
/// <param name="SignsFrom">From when it signs.</param>
/// <param name="Signs">Whether it is the one that signs now.</param>
public sealed record SigningKeyDocument(string Id, DateTimeOffset Created, DateTimeOffset SignsFrom, bool Signs);

/// <summary>The signing keys.</summary>
/// <param name="Keys">The newest first.</param>
public sealed record SigningKeysDocument(IReadOnlyList<SigningKeyDocument> Keys);
