using System.Text.Json;
using System.Text.Json.Serialization;
using Katanemimena.Wire;

namespace Katanemimena.Client;

/// <summary>A user signed in to a server, as it is kept between commands.</summary>
public sealed record Session
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>The user.</summary>
    public required string Name { get; init; }

    /// <summary><c>user</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Sent with requests.</summary>
    public required string AccessToken { get; init; }

    /// <summary>When the access token ends.</summary>
    public required DateTimeOffset AccessExpires { get; init; }

    /// <summary>Good for the next pair, once.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>When the refresh token ends.</summary>
    public required DateTimeOffset RefreshExpires { get; init; }

    /// <summary>Whether the user accepted that passwords and tokens go to this server in the clear.</summary>
    public bool InTheClear { get; init; }

    /// <summary>The session that a server's tokens make.</summary>
    public static Session Of(ServiceAddress server, TokensDocument tokens, DateTimeOffset now, bool inTheClear) => new()
    {
        Server = server.ToString(),
        Name = tokens.Name,
        Role = tokens.Role,
        AccessToken = tokens.AccessToken,
        AccessExpires = now.AddSeconds(tokens.ExpiresIn),
        RefreshToken = tokens.RefreshToken,
        RefreshExpires = tokens.RefreshExpires,
        InTheClear = inTheClear,
    };

    /// <summary>Without secrets.</summary>
    public override string ToString() => $"Session {{ Server = {Server}, Name = {Name} }}";
}

/// <summary>How sessions and device tokens are written down.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class SessionJson : JsonSerializerContext;
