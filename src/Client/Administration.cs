using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>What only admins may do: accounts, service tokens, signing keys, instances.</summary>
public sealed class Administration
{
    private readonly Transport _transport;

    internal Administration(Transport transport) => _transport = transport;

    /// <summary>All accounts, by name.</summary>
    public Task<UsersDocument> UsersAsync(CancellationToken cancellation) => _transport.GetAsync("users", WireJson.Default.UsersDocument, cancellation);

    /// <summary>One account.</summary>
    public Task<UserDocument> UserAsync(string name, CancellationToken cancellation) =>
        _transport.GetAsync(Documents.Below("users", name), WireJson.Default.UserDocument, cancellation);

    /// <summary>Makes an account.</summary>
    public Task<UserDocument> AddUserAsync(NewUserRequest user, CancellationToken cancellation) => _transport.SendAsync(
        HttpMethod.Post, "users", user, WireJson.Default.NewUserRequest, WireJson.Default.UserDocument, Retries.Once(_transport.Options), cancellation);

    /// <summary>Changes an account; what is null stays.</summary>
    public Task ChangeUserAsync(string name, UserChangeRequest change, CancellationToken cancellation) =>
        _transport.TellAsync(HttpMethod.Patch, Documents.Below("users", name), change, WireJson.Default.UserChangeRequest, cancellation);

    /// <summary>Removes an account.</summary>
    public Task RemoveUserAsync(string name, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Delete, Documents.Below("users", name), cancellation);

    /// <summary>All service tokens, without the tokens themselves.</summary>
    public Task<ServiceTokensDocument> ServiceTokensAsync(CancellationToken cancellation) =>
        _transport.GetAsync("service-tokens", WireJson.Default.ServiceTokensDocument, cancellation);

    /// <summary>Mints a service token; only this answer holds it.</summary>
    public Task<ServiceTokenDocument> MintServiceTokenAsync(NewServiceTokenRequest request, CancellationToken cancellation) => _transport.SendAsync(
        HttpMethod.Post, "service-tokens", request, WireJson.Default.NewServiceTokenRequest, WireJson.Default.ServiceTokenDocument, Retries.Once(_transport.Options), cancellation);

    /// <summary>Revokes a service token.</summary>
    public Task RevokeServiceTokenAsync(string id, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Delete, Documents.Below("service-tokens", id), cancellation);

    /// <summary>The signing keys, the newest first.</summary>
    public Task<SigningKeysDocument> KeysAsync(CancellationToken cancellation) => _transport.GetAsync("keys", WireJson.Default.SigningKeysDocument, cancellation);

    /// <summary>Makes the next signing key.</summary>
    public Task RotateKeyAsync(CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Post, "keys", cancellation);

    /// <summary>Removes a signing key: all of its tokens end.</summary>
    public Task RemoveKeyAsync(string id, CancellationToken cancellation) => _transport.TellAsync(HttpMethod.Delete, Documents.Below("keys", id), cancellation);

    /// <summary>Who is alive, and the managers that ever were.</summary>
    public Task<InstancesDocument> InstancesAsync(CancellationToken cancellation) => _transport.GetAsync("instances", WireJson.Default.InstancesDocument, cancellation);
}
