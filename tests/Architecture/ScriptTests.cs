using System.Diagnostics;
using Xunit;

namespace Katanemimena.Tests.Architecture;

/// <summary>The scripts below eng tell what they do, and refuse what they do not know before they build, install or remove anything.</summary>
public sealed class ScriptTests : IDisposable
{
    private const int Timeout = 30_000;

    /// <summary>Commands that only read; all others fail loudly, for they are not on the path.</summary>
    private static readonly string[] s_reading = ["bash", "basename", "dirname", "sed"];

    private readonly DirectoryInfo _path = Directory.CreateTempSubdirectory("script-tests-");

    public ScriptTests()
    {
        foreach (string command in s_reading)
        {
            File.CreateSymbolicLink(Path.Join(_path.FullName, command), Path.Join("/usr/bin", command));
        }
    }

    public void Dispose() => _path.Delete(recursive: true);

    [Theory]
    [InlineData("check.sh", "--help")]
    [InlineData("check.sh", "Unit", "-h")]
    [InlineData("faults.sh", "--help")]
    [InlineData("pods.sh", "--help")]
    public void Help_is_the_comment_at_the_head(string script, params string[] arguments)
    {
        (int code, string output, string error) = Run(script, arguments);
        Assert.Equal((0, ""), (code, error));
        string[] head = [.. File.ReadLines(Path.Join(Repository.Root, "eng", script)).Skip(1).TakeWhile(line => line.StartsWith('#')).Select(line => line.TrimStart('#').TrimStart(' '))];
        Assert.Equal(head, output.TrimEnd('\n').Split('\n').Select(line => line.TrimStart(' ')));
        Assert.Contains(head, line => line.Contains("--help", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("check.sh", "there is no test project 'Nope'; there are: Adapters Architecture ", "Unit", "Nope")]
    [InlineData("check.sh", "there is no test project 'Contracts'", "Contracts")]
    [InlineData("check.sh", "there is no test project '--keep'", "--keep")]
    [InlineData("faults.sh", "'many' is not a number of 1 or more", "many")]
    [InlineData("faults.sh", "'3' is one argument too many", "1", "2", "3")]
    [InlineData("pods.sh", "'Unit' is not an option of it", "--keep", "Unit")]
    public void Argument_that_a_script_does_not_know_is_refused_before_anything_is_done(string script, string message, params string[] arguments)
    {
        (int code, string output, string error) = Run(script, arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"eng/{script}: {message}", error, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run(string script, string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/bash", [Path.Join(Repository.Root, "eng", script), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
        };
        start.Environment["PATH"] = _path.FullName;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Timeout))
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
