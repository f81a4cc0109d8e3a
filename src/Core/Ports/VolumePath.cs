namespace Katanemimena.Core;

/// <summary>The rules of paths on a volume, checked the same way by every volume.</summary>
public static class VolumePath
{
    /// <summary>Checks a path.</summary>
    /// <exception cref="ArgumentException">It is empty or absolute, or a name in it is empty, <c>.</c>, <c>..</c>, or has other characters than letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</exception>
    public static void Check(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (Range range in path.AsSpan().Split('/'))
        {
            if (!IsName(path.AsSpan()[range]))
            {
                throw new ArgumentException(
                    $"'{path}' is no path on a volume: names of ASCII letters, digits, '.', '_' and '-' with '/' between them, neither '.' nor '..'",
                    nameof(path));
            }
        }
    }

    /// <summary>Whether one name within a path is allowed.</summary>
    public static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return name is not ("" or "." or "..");
    }
}
