using System.Text;

namespace Katanemimena.Access;

/// <summary>What a new password must be like. Length and a list of the commonest, no rules of composition (NIST SP 800-63B, 5.1.1.2; OWASP
/// Authentication Cheat Sheet).</summary>
public static class PasswordRules
{
    /// <summary>Fewest characters (UTF-16 units).</summary>
    public const int LengthMin = 12;

    /// <summary>Most characters, so that nobody has megabytes hashed.</summary>
    public const int LengthMax = 128;

    /// <summary>Fewest different characters: fewer is one short piece repeated.</summary>
    public const int DifferentMin = 5;

    /// <summary>What the commonest long passwords are made of, once the digits and signs around it are taken off.</summary>
    private static readonly HashSet<string> s_commonest = new(StringComparer.Ordinal)
    {
        "password", "passwordpassword", "passw0rd", "p@ssw0rd", "p@ssword", "passwort", "motdepasse", "changeme", "changemenow", "changeit", "letmein",
        "letmeinplease", "welcome", "welcomehome", "administrator", "administration", "admin", "adminadmin", "root", "rootroot", "superuser", "secret",
        "secretpassword", "mypassword", "thisismypassword", "default", "defaultpassword", "testtest", "testtesttest", "test", "qwerty", "qwertyqwerty",
        "qwertyuiop", "qwertyuiopasdf", "asdfghjkl", "asdfghjklqwerty", "zxcvbnm", "qazwsxedc", "qazwsxedcrfv", "1qaz2wsx3edc", "1q2w3e4r5t6y", "q1w2e3r4t5y6",
        "iloveyou", "iloveyouforever", "sunshine", "princess", "football", "baseball", "superman", "trustno", "dragon", "monkey", "master", "shadow",
        "correcthorsebatterystaple", "kubernetes", "mapreduce", "katanemimena",
    };

    /// <summary>Why a password is not good enough, in one sentence that does not quote it, or null if it is.</summary>
    public static string? Check(string? password, string userName)
    {
        if (password is null || password.Length < LengthMin)
        {
            return $"a password has at least {LengthMin} characters";
        }

        if (password.Length > LengthMax)
        {
            return $"a password has at most {LengthMax} characters";
        }

        if (!IsText(password))
        {
            return "the password has characters that are none: it was garbled on its way";
        }

        if (string.Equals(password.Trim(), userName, StringComparison.OrdinalIgnoreCase))
        {
            return "the password must not be the user name";
        }

        if (password.Distinct().Count() < DifferentMin)
        {
            return $"the password repeats the same few characters: use at least {DifferentMin} different ones";
        }

        return IsCommon(password) ? "the password is one of the commonest: choose another" : null;
    }

    /// <summary>Whether every character is one: no half of a surrogate pair, and no sign that stands for something garbled.</summary>
    internal static bool IsText(string password) => !password.EnumerateRunes().Contains(Rune.ReplacementChar);

    private static bool IsCommon(string password)
    {
        string lower = password.ToLowerInvariant();
        string core = new([.. lower.SkipWhile(IsTrimming).Reverse().SkipWhile(IsTrimming).Reverse()]);
        return core.Length == 0 ? IsSequence(lower) || lower.All(char.IsAsciiDigit) : s_commonest.Contains(core) || s_commonest.Contains(lower) || IsSequence(lower);
    }

    private static bool IsTrimming(char c) => !char.IsLetter(c);

    /// <summary>Whether each character follows the one before, or each precedes it: <c>abcdefghijkl</c>, <c>987654321098</c>.</summary>
    private static bool IsSequence(string text) => Follows(text, 1) || Follows(text, -1);

    private static bool Follows(string text, int step)
    {
        for (int index = 1; index < text.Length; index++)
        {
            bool wraps = char.IsAsciiDigit(text[index]) && char.IsAsciiDigit(text[index - 1]) && (text[index] - text[index - 1] + 10 - step) % 10 == 0;
            if (text[index] - text[index - 1] != step && !wraps)
            {
                return false;
            }
        }

        return true;
    }
}
