using Katanemimena.Access;
using Katanemimena.Core;

namespace Katanemimena.Api;

/// <summary>Roles as documents write them.</summary>
internal static class Roles
{
    internal static string Text(UserRole role) => role == UserRole.Admin ? "admin" : "user";

    /// <exception cref="ApiProblem">It is no role.</exception>
    internal static UserRole Parse(string text) => text switch
    {
        "user" => UserRole.User,
        "admin" => UserRole.Admin,
        _ => throw ApiCall.Invalid("role", $"is '{SentText.Quoted(text)}'; user or admin is wanted"),
    };
}
