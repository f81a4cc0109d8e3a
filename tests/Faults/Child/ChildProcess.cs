using System.Diagnostics;
using Katanemimena.Tests.Contracts;
using Xunit;

namespace Katanemimena.Tests.Faults;

/// <summary>A child playing one of the <see cref="ChildProgram"/>s; killed at the end, if it still lives.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    /// <summary>Starts a child.</summary>
    /// <param name="program">Name of the program.</param>
    /// <param name="folder">The folder it works in.</param>
    /// <param name="shell">A shell script that ends in running its arguments, to do so under a limit; none to run it as it is.</param>
    internal static ChildProcess Start(string program, string folder, string? shell = null)
    {
        ProcessStartInfo start = new() { FileName = Environment.ProcessPath!, RedirectStandardOutput = true, RedirectStandardError = true };
        if (shell is not null)
        {
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(shell);
            start.ArgumentList.Add("sh");
            start.ArgumentList.Add(Environment.ProcessPath!);
        }

        start.Environment[ChildProgram.Variable] = program;
        start.Environment[ChildProgram.FolderVariable] = folder;
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line that the child said; null when it has ended.</summary>
    internal Task<string?> ReadAsync() => _process.StandardOutput.ReadLineAsync().InTimeAsync();

    /// <summary>Kills it with SIGKILL and returns what it had still said, the last line only if it is whole.</summary>
    internal async Task<List<string>> KillAsync()
    {
        _process.Kill();
        string rest = await _process.StandardOutput.ReadToEndAsync().InTimeAsync();
        await _process.WaitForExitAsync().InTimeAsync();
        return [.. rest.Split('\n')[..^1]];
    }

    /// <summary>Waits for its end, which must be a good one, and returns all that it said.</summary>
    internal async Task<string> EndAsync()
    {
        string said = await _process.StandardOutput.ReadToEndAsync().InTimeAsync();
        await _process.WaitForExitAsync().InTimeAsync();
        Assert.True(_process.ExitCode == 0, $"the child ended with {_process.ExitCode}: {await _errors.InTimeAsync()}");
        return said;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().InTimeAsync();
        }

        _process.Dispose();
    }
}
