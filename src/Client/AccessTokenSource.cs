namespace Katanemimena.Client;

/// <summary>Gives the token that requests carry.</summary>
public abstract class AccessTokenSource
{
    /// <summary>A token that is good as far as is known.</summary>
    /// <param name="refused">A token that the server has just refused: another one is wanted; null if none was.</param>
    /// <param name="cancellation">Leaves the session as it is.</param>
    /// <returns>The token; null if there is no other than the refused one.</returns>
    /// <exception cref="NotSignedIn">There is none, or the session has ended.</exception>
    public abstract ValueTask<string?> TokenAsync(string? refused, CancellationToken cancellation);
}

/// <summary>A token from elsewhere, for scripts: sent as it is, never refreshed.</summary>
/// <param name="token">The token.</param>
public sealed class FixedToken(string token) : AccessTokenSource
{
    /// <inheritdoc/>
    public override ValueTask<string?> TokenAsync(string? refused, CancellationToken cancellation) => new(refused is null ? token : null);
}
