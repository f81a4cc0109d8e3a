using System.Diagnostics;
using Katanemimena.Tests.Contracts;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(Katanemimena.Tests.EndToEnd.Running.PublishedMrctl))]

namespace Katanemimena.Tests.EndToEnd.Running;

/// <summary>Builds mrctl once, by the launcher that users start, if it is not up to date.</summary>
public sealed class PublishedMrctl : IAsyncLifetime
{
    /// <summary>The repository's folder.</summary>
    public static string Root => RepositoryFolder.Root;

    /// <summary>The launcher.</summary>
    public static string Launcher => Path.Join(Root, "mrctl");

    /// <summary>What the launcher starts.</summary>
    public static string Program => Path.Join(Root, "artifacts", "mrctl", "mrctl");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        using var build = Process.Start(new ProcessStartInfo(Launcher, ["--version"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> error = build.StandardError.ReadToEndAsync();
        await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 0, $"mrctl does not build:\n{await error}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
