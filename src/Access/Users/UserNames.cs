namespace Katanemimena.Access;

/// <summary>The rules of user names. A name is part of keys and paths, so it has one spelling and no character with a meaning there.</summary>
public static class UserNames
{
    /// <summary>Longest name, in characters.</summary>
    public const int LengthMax = 32;

    /// <summary>Why a text is no user name, in one sentence, or null if it is one.</summary>
    public static string? Check(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > LengthMax)
        {
            return $"a user name has 1 to {LengthMax} characters";
        }

        if (!IsEdge(name[0]) || !IsEdge(name[^1]))
        {
            return "a user name begins and ends with a lower-case letter or a digit";
        }

        return name.All(c => IsEdge(c) || c is '.' or '_' or '-') && !name.Contains("..", StringComparison.Ordinal)
            ? null
            : "a user name is made of the letters a to z, digits, '.', '_' and '-', no two dots in a row";
    }

    /// <summary>Whether a text is a user name.</summary>
    public static bool IsValid(string? name) => Check(name) is null;

    private static bool IsEdge(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
