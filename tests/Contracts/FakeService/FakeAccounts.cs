using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Katanemimena.Wire;
using Microsoft.AspNetCore.Http;

namespace Katanemimena.Tests.Contracts.FakeService;

/// <summary>Users, tokens and sessions of the fake service.</summary>
/// <param name="time">Clock by which tokens end.</param>
public sealed class FakeAccounts(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string User, DateTimeOffset Ends)> _access = [];
    private readonly Dictionary<string, (string User, bool Used)> _refresh = [];
    private int _count;

    /// <summary>Passwords by user; <c>root</c> is an admin.</summary>
    public ConcurrentDictionary<string, string> Passwords { get; } = new() { ["ada"] = "correct horse", ["root"] = "battery staple" };

    /// <summary>Seconds that an access token lasts.</summary>
    public int AccessSeconds { get; set; } = 900;

    /// <summary>Device tokens that came with sign-ins; null for none.</summary>
    public ConcurrentQueue<string?> Devices { get; } = [];

    /// <summary>Sessions that ended because their refresh token came twice.</summary>
    public int Reused { get; private set; }

    /// <summary>Forgets all access tokens, as after a change of password.</summary>
    public void ForgetAccess()
    {
        lock (_gate)
        {
            _access.Clear();
        }
    }

    /// <summary>A new pair for a user, as a sign-in gives it.</summary>
    public TokensDocument Tokens(string user)
    {
        lock (_gate)
        {
            string number = (++_count).ToString(CultureInfo.InvariantCulture);
            _access[$"access-{number}"] = (user, time.GetUtcNow().AddSeconds(AccessSeconds));
            _refresh[$"refresh-{number}"] = (user, false);
            return new TokensDocument
            {
                AccessToken = $"access-{number}", ExpiresIn = AccessSeconds, RefreshToken = $"refresh-{number}", RefreshExpires = time.GetUtcNow().AddDays(7), Name = user, Role = Role(user),
            };
        }
    }

    /// <summary>Who calls.</summary>
    public (string User, bool Admin) Caller(HttpContext context)
    {
        lock (_gate)
        {
            string token = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
            return _access.TryGetValue(token, out (string User, DateTimeOffset Ends) found) && found.Ends > time.GetUtcNow()
                ? (found.User, Role(found.User) == "admin")
                : throw new FakeRefusal(FakeAnswer.Problem(401, ProblemCodes.Unauthorized, "the access token is not good"));
        }
    }

    internal static async Task<T> BodyAsync<T>(HttpContext context, JsonTypeInfo<T> type) => (await JsonSerializer.DeserializeAsync(context.Request.Body, type))!;

    internal async Task<FakeAnswer?> ServeAsync(HttpContext context, string first) => (context.Request.Method, first) switch
    {
        ("POST", "login") => Login(await BodyAsync(context, WireJson.Default.LoginRequest)),
        ("POST", "refresh") => Refresh(await BodyAsync(context, WireJson.Default.RefreshRequest)),
        ("POST", "logout") => Logout(await BodyAsync(context, WireJson.Default.RefreshRequest)),
        ("GET", "whoami") => WhoAmI(Caller(context).User),
        ("PUT", "password") => Password(Caller(context).User, await BodyAsync(context, WireJson.Default.PasswordRequest)),
        ("GET", "readyz") => FakeAnswer.Of(new HealthDocument("ok"), WireJson.Default.HealthDocument),
        _ => null,
    };

    private static string Role(string user) => user == "root" ? "admin" : "user";

    private static FakeAnswer Refused(string code) => FakeAnswer.Problem(401, code, "refused");

    private FakeAnswer Login(LoginRequest request)
    {
        Devices.Enqueue(request.DeviceToken);
        return Passwords.GetValueOrDefault(request.Name) == request.Password
            ? FakeAnswer.Of(Tokens(request.Name) with { DeviceToken = $"device-{request.Name}" }, WireJson.Default.TokensDocument)
            : Refused(ProblemCodes.InvalidCredentials);
    }

    private FakeAnswer Refresh(RefreshRequest request)
    {
        lock (_gate)
        {
            if (!_refresh.TryGetValue(request.RefreshToken, out (string User, bool Used) found))
            {
                return Refused(ProblemCodes.InvalidGrant);
            }

            if (found.Used)
            {
                Reused++;
                return Refused(ProblemCodes.InvalidGrant);
            }

            _refresh[request.RefreshToken] = found with { Used = true };
            return FakeAnswer.Of(Tokens(found.User), WireJson.Default.TokensDocument);
        }
    }

    private FakeAnswer Logout(RefreshRequest request)
    {
        lock (_gate)
        {
            _refresh.Remove(request.RefreshToken);
            return FakeAnswer.Nothing;
        }
    }

    private FakeAnswer WhoAmI(string user) => FakeAnswer.Of(
        new WhoAmIDocument
        {
            Name = user, Role = Role(user), Expires = time.GetUtcNow().AddMinutes(15), Quota = new QuotaDocument(8, 1L << 40), Used = new QuotaDocument(1, 3 << 20),
        },
        WireJson.Default.WhoAmIDocument);

    private FakeAnswer Password(string user, PasswordRequest request)
    {
        if (Passwords[user] != request.OldPassword)
        {
            return Refused(ProblemCodes.InvalidCredentials);
        }

        Passwords[user] = request.NewPassword;
        return FakeAnswer.Nothing;
    }
}
