using System.Net.Sockets;
using Katanemimena.Runners;
using Xunit;

namespace Katanemimena.Tests.Unit.Runners.Sandbox;

/// <summary>The ways by which debuggers reach a process are closed; those of other processes are let be.</summary>
public sealed class DiagnosticFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("katanemimena-diagnostics-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Socket_and_pipes_of_a_process_are_removed_and_no_others()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Join(_folder, "dotnet-diagnostic-77-1234-socket")));
        foreach (string name in (string[])["clr-debug-pipe-77-1234-in", "clr-debug-pipe-77-1234-out", "dotnet-diagnostic-7-77-socket", "dotnet-diagnostic-777-1-socket", "mine-77-x"])
        {
            File.WriteAllText(Path.Join(_folder, name), "");
        }

        Assert.Equal(3, DiagnosticFiles.Of(77, _folder).Length);
        Assert.True(DiagnosticFiles.Remove(77, _folder));
        Assert.Equal(["dotnet-diagnostic-7-77-socket", "dotnet-diagnostic-777-1-socket", "mine-77-x"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void This_very_process_has_what_is_looked_for_until_it_is_removed()
    {
        bool makesNone = Environment.GetEnvironmentVariable(DiagnosticFiles.Variable) == "0";
        Assert.Equal(makesNone, DiagnosticFiles.Of(Environment.ProcessId, Path.GetTempPath()).Length == 0);
        Assert.True(DiagnosticFiles.Remove(Environment.ProcessId, Path.GetTempPath()));
        Assert.Empty(DiagnosticFiles.Of(Environment.ProcessId, Path.GetTempPath()));
    }

    [Fact]
    public void Folder_that_is_not_there_has_none() => Assert.True(DiagnosticFiles.Remove(77, Path.Join(_folder, "none")));
}
