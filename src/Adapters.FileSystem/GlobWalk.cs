using Katanemimena.Core;

namespace Katanemimena.Adapters.FileSystem;

/// <summary>Finds the paths that a glob matches, walking only folders that can lead to one.</summary>
/// <param name="glob">A full path with patterns in its names; <c>**</c> as a whole name stands for any number of folders, none included.</param>
internal sealed class GlobWalk(string glob)
{
    private readonly string _root = Path.GetPathRoot(glob)!;
    private readonly string[] _names = glob[Path.GetPathRoot(glob)!.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Files and folders that match, in no order, some perhaps twice.</summary>
    public IEnumerable<string> Paths() => Below(_root, 0);

    private IEnumerable<string> Below(string folder, int depth)
    {
        string name = _names[depth];
        bool last = depth == _names.Length - 1;
        if (name == "**")
        {
            return last ? [folder] : Folders(folder).SelectMany(below => Below(below, depth + 1));
        }

        IEnumerable<string> matches = GlobPattern.IsPattern(name) ? Matches(folder, new GlobPattern(name)) : Existing(Path.Combine(folder, name));
        return last ? matches : matches.Where(Directory.Exists).SelectMany(below => Below(below, depth + 1));
    }

    private static IEnumerable<string> Matches(string folder, GlobPattern pattern) =>
        FileErrors.EntriesOf(folder).Where(entry => pattern.Matches(entry.Name)).Select(entry => entry.FullName);

    private static IEnumerable<string> Existing(string path) => Path.Exists(path) ? [path] : [];

    /// <summary>The folder and all below it, without hidden ones and those reached by a link.</summary>
    private static IEnumerable<string> Folders(string folder) =>
        FileErrors.EntriesOf(folder).OfType<DirectoryInfo>()
            .Where(below => !below.Name.StartsWith('.') && below.LinkTarget is null)
            .SelectMany(below => Folders(below.FullName))
            .Prepend(folder);
}
