using System.Text;
using Katanemimena.Core;

namespace Katanemimena.Access;

/// <summary>A signing key as stored: the public half plain, the private one encrypted.</summary>
internal sealed record StoredSigningKey
{
    /// <summary>The public key, SubjectPublicKeyInfo in PEM (RFC 7468, 13).</summary>
    public required string PublicPem { get; init; }

    /// <summary>The private key, PKCS #8, encrypted.</summary>
    public required EncryptedSecret PrivateKey { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>From when on it signs, until another does.</summary>
    public required DateTimeOffset SignsFrom { get; init; }

    /// <summary>When the last service token that it signed expires, if it signed any.</summary>
    public DateTimeOffset? ServicesUntil { get; init; }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Created)).Append(" = ").Append(Created).Append(", ").Append(nameof(SignsFrom)).Append(" = ").Append(SignsFrom);
        return true;
    }
}

/// <summary>A stored signing key with its id and revision.</summary>
internal sealed record VersionedSigningKey(string Kid, StoredSigningKey Key, long Revision)
{
    internal KeyCondition Unchanged => new(AccessKeys.SigningKey(Kid), Revision);

    internal static VersionedSigningKey From(KeyValue key) =>
        new(key.Key[AccessKeys.SigningKeys.Length..], AccessDocuments.Read(key, AccessDocuments.Default.StoredSigningKey), key.ModifyRevision);
}
