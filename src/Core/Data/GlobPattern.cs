namespace Katanemimena.Core;

/// <summary>A pattern for one name, as POSIX shells have it (XCU 2.14): <c>*</c> any text, <c>?</c> one character, <c>[a-z]</c> one of a set, <c>[!a-z]</c> or <c>[^a-z]</c> one not of it, <c>\</c> takes the next character as it is.</summary>
/// <remarks>Characters are Unicode scalar values, compared by number. A <c>[</c> without its <c>]</c> stands for itself. A name with a leading dot matches only a pattern with one.</remarks>
public sealed class GlobPattern
{
    private readonly int[] _pattern;

    /// <summary>Takes the pattern of one name, without <c>/</c>.</summary>
    public GlobPattern(string pattern) => _pattern = Scalars(pattern);

    /// <summary>Whether a path holds any character that makes it a pattern.</summary>
    public static bool IsPattern(string path) => path.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>Whether a name matches.</summary>
    public bool Matches(string name)
    {
        int[] text = Scalars(name);
        return (text is not ['.', ..] || _pattern is ['.', ..] or ['\\', '.', ..]) && Matches(text);
    }

    /// <summary>On a mismatch it goes back to the last <c>*</c> only, which then takes one character more; earlier ones need no other try.</summary>
    private bool Matches(int[] text)
    {
        int p = 0, t = 0, afterStar = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < _pattern.Length && _pattern[p] == '*')
            {
                (afterStar, starText) = (++p, t);
            }
            else if (p < _pattern.Length && MatchesOne(p, text[t], out int next))
            {
                (p, t) = (next, t + 1);
            }
            else if (afterStar >= 0)
            {
                (p, t) = (afterStar, ++starText);
            }
            else
            {
                return false;
            }
        }

        return _pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    private bool MatchesOne(int p, int c, out int next)
    {
        next = p + 1;
        switch (_pattern[p])
        {
            case '?':
                return true;
            case '[' when SetEnd(p) is var end and > 0:
                next = end + 1;
                return MatchesSet(p + 1, end, c);
            case '\\' when next < _pattern.Length:
                return _pattern[next++] == c;
            default:
                return _pattern[p] == c;
        }
    }

    /// <summary>Where the set that opens here closes; a <c>]</c> that comes first in it belongs to it. -1 if it does not.</summary>
    private int SetEnd(int open)
    {
        int first = open + 1 < _pattern.Length && _pattern[open + 1] is '!' or '^' ? open + 2 : open + 1;
        return first + 1 < _pattern.Length ? Array.IndexOf(_pattern, ']', first + 1) : -1;
    }

    private bool MatchesSet(int at, int end, int c)
    {
        bool negated = _pattern[at] is '!' or '^';
        bool found = false;
        for (int i = negated ? at + 1 : at; i < end; i++)
        {
            int low = _pattern[i];
            int high = low;
            if (i + 2 < end && _pattern[i + 1] == '-')
            {
                high = _pattern[i += 2];
            }

            found |= low <= c && c <= high;
        }

        return found != negated;
    }

    private static int[] Scalars(string text) => [.. text.EnumerateRunes().Select(rune => rune.Value)];
}
