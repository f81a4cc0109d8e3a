using System.Buffers.Text;
using System.Text;

namespace Katanemimena.Access;

/// <summary>A refresh token: opaque to who holds it. Inside: the session's random id, 256 random bits that change with each use, and the user's name.</summary>
/// <param name="Name">The user.</param>
/// <param name="Family">The session's id, 128 random bits; the same for all tokens of a session.</param>
/// <param name="Secret">256 random bits.</param>
internal sealed record RefreshToken(string Name, string Family, string Secret)
{
    private const int FamilyLength = 22;
    private const int SecretLength = 43;

    /// <summary>Where it is stored.</summary>
    internal string Key => AccessKeys.RefreshFamily(Name, Secrets.Hash(Family));

    /// <summary>What stands for its secret in the store.</summary>
    internal string SecretHash => Secrets.Hash(Secret);

    /// <summary>The first token of a session.</summary>
    internal static RefreshToken New(string name) => new(name, Secrets.NewText(Secrets.IdBytes), Secrets.NewText(Secrets.SecretBytes));

    /// <summary>The next token of the session.</summary>
    internal RefreshToken Next() => this with { Secret = Secrets.NewText(Secrets.SecretBytes) };

    /// <summary>As the client gets it; base64url.</summary>
    internal string ToText() => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(Family + Secret + Name));

    /// <summary>Reads what a client sent; null if it is no token.</summary>
    internal static RefreshToken? Parse(string text)
    {
        byte[] bytes = new byte[FamilyLength + SecretLength + UserNames.LengthMax];
        if (text.Length > 2 * bytes.Length || !Base64Url.IsValid(text, out int length) || length <= FamilyLength + SecretLength || length > bytes.Length)
        {
            return null;
        }

        Base64Url.DecodeFromChars(text, bytes);
        string plain = Encoding.Latin1.GetString(bytes, 0, length);
        RefreshToken token = new(plain[(FamilyLength + SecretLength)..], plain[..FamilyLength], plain[FamilyLength..(FamilyLength + SecretLength)]);
        return UserNames.IsValid(token.Name) ? token : null;
    }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Name)).Append(" = ").Append(Name);
        return true;
    }
}

/// <summary>A session as stored: enough to know its present token by, not to make it.</summary>
/// <param name="SecretHash">SHA-256 of the present token's secret.</param>
/// <param name="Version">The account's version when the user signed in.</param>
/// <param name="Started">When the user signed in.</param>
/// <param name="Expires">When it ends unless it is used before.</param>
internal sealed record StoredSession(string SecretHash, string Version, DateTimeOffset Started, DateTimeOffset Expires)
{
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(nameof(Started)).Append(" = ").Append(Started).Append(", ").Append(nameof(Expires)).Append(" = ").Append(Expires);
        return true;
    }
}
