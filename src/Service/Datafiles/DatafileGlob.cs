using Katanemimena.Core;

namespace Katanemimena.Service;

/// <summary>A pattern of datafiles' names: a name, a folder or a glob.</summary>
internal sealed class DatafileGlob
{
    private const string AnyFolders = "**";

    private readonly string[] _parts;
    private readonly GlobPattern?[] _patterns;

    /// <summary>Takes a pattern; anything, though not every text can match a name.</summary>
    internal DatafileGlob(string pattern)
    {
        _parts = pattern.TrimEnd('/').Split('/');
        _patterns = [.. _parts.Select(part => GlobPattern.IsPattern(part) && part != AnyFolders ? new GlobPattern(part) : null)];
        int wild = pattern.AsSpan().IndexOfAny("*?[\\");
        Prefix = wild >= 0 ? pattern[..wild] : string.Join('/', _parts) + "/";
    }

    /// <summary>What all names begin with that it matches, or the folder's name with its slash if it is no glob.</summary>
    internal string Prefix { get; }

    /// <summary>Whether it matches a name, or a folder that the name is below.</summary>
    /// <remarks>Goes through the pattern once with all places of the name that can be reached so far, so no pattern takes long.</remarks>
    internal bool Matches(string name)
    {
        string[] names = name.Split('/');
        bool[] reached = new bool[names.Length + 1];
        reached[0] = true;
        for (int part = 0; part < _parts.Length; part++)
        {
            reached = _parts[part] == AnyFolders ? PassFolders(names, reached) : PassOne(part, names, reached);
        }

        return Enumerable.Range(0, reached.Length).Any(at => reached[at] && Array.TrueForAll(names[at..], IsShown));
    }

    /// <summary>Any folders, but not the last part, which is the datafile itself.</summary>
    private static bool[] PassFolders(string[] names, bool[] reached)
    {
        bool[] next = [.. reached[..^1], false];
        for (int at = 0; at < names.Length - 1; at++)
        {
            next[at + 1] |= next[at] && IsShown(names[at]);
        }

        return next;
    }

    private bool[] PassOne(int part, string[] names, bool[] reached)
    {
        bool[] next = new bool[reached.Length];
        for (int at = 0; at < names.Length; at++)
        {
            next[at + 1] = reached[at] && (_patterns[part]?.Matches(names[at]) ?? names[at] == _parts[part]);
        }

        return next;
    }

    private static bool IsShown(string name) => !name.StartsWith('.');
}
