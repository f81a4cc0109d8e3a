using Katanemimena.Tests.EndToEnd.Running;

namespace Katanemimena.Tests.EndToEnd;

/// <summary>A full disk is an error of the machine that says where, leaves nothing half done, and no process.</summary>
public sealed class DiskFullTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public DiskFullTests()
    {
        _sandbox.Write("data.txt", string.Concat(Enumerable.Range(0, 400_000).Select(number => $"line {number}\n")));
        _sandbox.Write("lines.py", Programs.GeneratorsLineCount);
    }

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Full_device_as_output_is_an_error()
    {
        (await _sandbox.RunAsync("run", "--data", "data.txt", "--mapper", "lines.py", "--output", "/dev/full")).ExpectError(3, "/dev/full", "disk is full");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Full_device_as_standard_output_is_an_error()
    {
        Outcome outcome = await _sandbox.ShellAsync("mrctl run --data data.txt --mapper lines.py > /dev/full");
        outcome.ExpectError(3, "standard output", "disk is full");
    }

    [Fact]
    public async Task Full_temporary_folder_is_an_error()
    {
        Outcome outcome = await OnSmallDiskAsync("tmp", "mrctl run --data data.txt --mapper lines.py");
        outcome.ExpectError(3, "no space left");
        await _sandbox.ExpectCleanAsync();
    }

    [Fact]
    public async Task Disk_that_fills_while_standard_input_is_kept_is_an_error()
    {
        Outcome outcome = await OnSmallDiskAsync("tmp", "cat data.txt | mrctl run --data - --mapper lines.py");
        outcome.ExpectError(3, "--data -", "disk is full", "TMPDIR");
    }

    [Fact]
    public async Task Disk_that_fills_while_the_result_is_written_leaves_no_output()
    {
        Outcome outcome = await OnSmallDiskAsync("small", "mrctl run --data data.txt --mapper lines.py --output small/out.tsv; code=$?; ls -A small; exit $code");
        outcome.ExpectError(3, "out.tsv", "disk is full");
        Assert.Empty(outcome.Text);
    }

    /// <summary>Runs a line with a file system of 1 MiB mounted on a folder, in a mount namespace of its own.</summary>
    private Task<Outcome> OnSmallDiskAsync(string folder, string line)
    {
        Directory.CreateDirectory(_sandbox[folder]);
        string namespaces = Environment.UserName == "root" ? "-m" : "-rm";
        _sandbox.Write("line.sh", $"mount -t tmpfs -o size=1m none {folder} || exit 99\n{line}\n");
        return _sandbox.ShellAsync($"exec unshare {namespaces} /bin/bash line.sh");
    }
}
