using Katanemimena.Tests.Contracts;

namespace Katanemimena.Tests.Cluster.Running;

/// <summary>The repository that the tests are built from.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root => RepositoryFolder.Root;

    /// <summary>The configuration that these tests, and so the apps, are built in: bin/{configuration}/net10.0.</summary>
    public static string Configuration { get; } = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;
}
