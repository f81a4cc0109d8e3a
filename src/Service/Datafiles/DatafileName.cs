using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>The rules of datafiles' names. A name is part of a key, never of a path.</summary>
public static class DatafileName
{
    /// <summary>Longest name, in characters.</summary>
    public const int LengthMax = 200;

    /// <summary>Begins the names of data sent along with jobs: counted like any other, but listed to nobody and matched by no pattern.</summary>
    public const string Hidden = ".job/";

    /// <summary>Why a text is no name, in words that follow it in a sentence, or null if it is one.</summary>
    public static string? Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LengthMax)
        {
            return $"has {name.Length} characters; a datafile's name has 1 to {LengthMax}";
        }

        foreach (Range part in name.AsSpan().Split('/'))
        {
            if (!VolumePath.IsName(name.AsSpan()[part]))
            {
                return "is no name of a datafile: letters a to z and A to Z, digits, '.', '_' and '-', with '/' between parts, none of which is empty, '.' or '..'";
            }
        }

        return null;
    }

    /// <summary>Whether a name is of data sent along with a job.</summary>
    public static bool IsHidden(string name) => name.StartsWith(Hidden, StringComparison.Ordinal);

    /// <summary>Whether a text may begin a name, or come between two in their order: made of the characters of names, or empty.</summary>
    public static bool IsBeginning(string text) =>
        text.Length <= LengthMax && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/');

    internal static void Require(string name)
    {
        if (Check(name) is { } trouble)
        {
            throw new ArgumentException($"'{name}' {trouble}", nameof(name));
        }
    }
}
