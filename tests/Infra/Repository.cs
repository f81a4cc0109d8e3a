using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Infra;

/// <summary>The files of the repository.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    internal static string Root => RepositoryFolder.Root;

    internal static string Read(string file) => File.ReadAllText(Path.Join(Root, file));
}
