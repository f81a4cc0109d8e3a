namespace Katanemimena.Api;

/// <summary>Signing in, accounts, tokens and keys.</summary>
public static class AccessEndpoints
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Endpoint> All(ApiParts parts) =>
    [
        .. SessionEndpoints.All(parts), .. SelfEndpoints.All(parts), .. PublicKeyEndpoints.All(parts),
        .. UserEndpoints.All(parts), .. ServiceTokenEndpoints.All(parts), .. SigningKeyEndpoints.All(parts),
    ];
}
