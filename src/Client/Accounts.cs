using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>Signing in and out, and one's own account.</summary>
public sealed class Accounts
{
    private readonly Transport _transport;

    internal Accounts(Transport transport) => _transport = transport;

    /// <summary>Signs in. A server that is busy is asked again; one that refuses is not, for every failure counts.</summary>
    /// <param name="name">The user.</param>
    /// <param name="password">Their password.</param>
    /// <param name="deviceToken">What an earlier sign-in of this device answered, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<TokensDocument> LoginAsync(string name, string password, string? deviceToken, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await _transport.SendAsync(
                    HttpMethod.Post, "login", new LoginRequest(name, password, deviceToken), WireJson.Default.LoginRequest, WireJson.Default.TokensDocument, Retries.Once(_transport.Options), cancellation);
            }
            catch (ServiceProblem problem) when (problem.Code == ProblemCodes.Unavailable && attempt < _transport.Options.AttemptsMax)
            {
                TimeSpan wait = BackOff.After(attempt, problem.RetryAfter);
                _transport.Options.OnRetry?.Invoke(new RetryNotice(problem.Detail, attempt, wait));
                await Task.Delay(wait, _transport.Options.Time, cancellation);
            }
        }
    }

    /// <summary>Gives a refresh token away for the next pair.</summary>
    /// <remarks>Repeated when the answer was lost. If the server had taken the first one, the second ends the session; but without the lost answer
    /// the session is over for this client anyway.</remarks>
    /// <param name="refreshToken">The token; it is used up.</param>
    /// <param name="cancellation">Leaves open whether it was used up.</param>
    public Task<TokensDocument> RefreshAsync(string refreshToken, CancellationToken cancellation) => _transport.SendAsync(
        HttpMethod.Post, "refresh", new RefreshRequest(refreshToken), WireJson.Default.RefreshRequest, WireJson.Default.TokensDocument, Retries.Safe(_transport.Options), cancellation);

    /// <summary>Ends the session of a refresh token.</summary>
    public Task LogoutAsync(string refreshToken, CancellationToken cancellation) =>
        _transport.TellAsync(HttpMethod.Post, "logout", new RefreshRequest(refreshToken), WireJson.Default.RefreshRequest, cancellation);

    /// <summary>Who is signed in, with the limits that hold and what counts against them.</summary>
    public Task<WhoAmIDocument> WhoAmIAsync(CancellationToken cancellation) => _transport.GetAsync("whoami", WireJson.Default.WhoAmIDocument, cancellation);

    /// <summary>Sets a new password of one's own; it ends the user's sessions.</summary>
    public Task ChangePasswordAsync(string oldPassword, string newPassword, CancellationToken cancellation) =>
        _transport.TellAsync(HttpMethod.Put, "password", new PasswordRequest(oldPassword, newPassword), WireJson.Default.PasswordRequest, cancellation);
}
