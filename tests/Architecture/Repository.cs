using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Katanemimena.Tests.Architecture;

/// <summary>The files of the repository, as the tests read them.</summary>
internal static partial class Repository
{
    /// <summary>The folder of the solution.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>Every project but those in build output.</summary>
    internal static IReadOnlyList<Project> Projects { get; } = [.. Files("*.csproj").Select(Project.Read)];

    /// <summary>Files below folders of the repository by their path from the root, those of build output left out.</summary>
    internal static IEnumerable<string> Files(string pattern, params string[] folders) =>
        (folders.Length == 0 ? [Root] : folders.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists))
            .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(name => name is "bin" or "obj" or "artifacts" or ".git"))
            .Order(StringComparer.Ordinal);

    internal static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>Fails with the list of what breaks a rule.</summary>
    internal static void None(IEnumerable<string> violations, string rule)
    {
        List<string> found = [.. violations];
        Assert.True(found.Count == 0, $"{rule}:{Environment.NewLine}{string.Join(Environment.NewLine, found)}");
    }

    /// <summary>The lines of C# files that match a pattern, comments and raw strings left out.</summary>
    internal static IEnumerable<string> Lines(Regex pattern, params string[] folders) =>
        from file in Files("*.cs", folders)
        from line in Matches(pattern, Read(file))
        select $"{file}:{line}";

    /// <summary>Numbers and text of the lines that match a pattern, comments and raw strings (often programs of others) left out.</summary>
    internal static IEnumerable<string> Matches(Regex pattern, string text) =>
        RawString.Replace(text, raw => new string('\n', raw.Value.AsSpan().Count('\n'))).Split('\n')
            .Select((line, index) => (Text: line.Trim(), Number: index + 1))
            .Where(line => !line.Text.StartsWith("//", StringComparison.Ordinal) && pattern.IsMatch(line.Text))
            .Select(line => $"{line.Number}: {line.Text}");

    [GeneratedRegex("(\"{3,}).*?\\1", RegexOptions.Singleline)]
    private static partial Regex RawString { get; }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Functions.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds Functions.sln");
    }
}

/// <summary>One project file.</summary>
/// <param name="File">Its path from the root.</param>
/// <param name="Xml">Its content.</param>
internal sealed record Project(string File, XElement Xml)
{
    /// <summary>Its folder from the root, which names it: <c>src/Core</c>.</summary>
    internal string Name => Path.GetDirectoryName(File)!;

    /// <summary>The projects it references, by name.</summary>
    internal IEnumerable<string> References =>
        from reference in Included("ProjectReference")
        select Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(Repository.Root, Name, reference)))!);

    /// <summary>The packages it references.</summary>
    internal IEnumerable<string> Packages => Included("PackageReference");

    internal static Project Read(string file) => new(file, XElement.Parse(Repository.Read(file)));

    private IEnumerable<string> Included(string item) => Xml.Descendants(item).Select(element => (string?)element.Attribute("Include") ?? "");
}
